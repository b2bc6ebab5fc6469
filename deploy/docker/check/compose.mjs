// The compose files as objects, with what their variables mean when nobody sets them, and what stands in them.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

// Installed by deploy/kubernetes/check/setup.sh.
const { parse } = createRequire(new URL('../../kubernetes/check/package.json', import.meta.url))('yaml');

export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
export const BIN = process.env.OMNI_BIN ?? path.join(ROOT, 'target/debug');
export const FILES = ['docker-compose.yml', 'docker-compose.production.yml'];

export const read = name => readFileSync(path.join(ROOT, name), 'utf8');

/** `${NAME:-value}` as its value, `${NAME:+value}` as nothing. */
const plain = text =>
  text.replace(/\$\{\w+:-([^}]*)\}/g, '$1').replace(/\$\{\w+:\+[^}]*\}/g, '');

/** A compose file with its defaults. */
export const compose = file => parse(plain(read(file)), { merge: true });

/** `[name, service]` of those that stay up; the others run once. */
export const lasting = ({ services }) => Object.entries(services).filter(([, { restart }]) => restart !== 'no');

/** Omni's own programs: those that read omni.toml. */
export const ours = ({ services }) =>
  Object.entries(services).filter(([, { volumes = [] }]) => volumes.some(one => /:\/etc\/omni\/omni\.toml:ro$/.test(one)));

/** A service's secrets: where each is in the container, by its name. */
export function secrets({ secrets = [] }) {
  const entries = secrets.map(one => {
    const { source, target = source } = typeof one === 'string' ? { source: one } : one;
    return [source, path.resolve('/run/secrets', target)];
  });
  return Object.fromEntries(entries);
}

/** A folder of secrets as deploy/docker/secrets.sh makes it, and what it said. */
export function made(folder = path.join(mkdtempSync(path.join(tmpdir(), 'omni-secrets-')), 'secrets')) {
  const script = path.join(ROOT, 'deploy/docker/secrets.sh');
  const env = { PATH: process.env.PATH, OMNI: path.join(BIN, 'omni') };
  const ended = spawnSync(script, [folder, 'hooks.example.com', '127.0.0.1'], { env, encoding: 'utf8' });
  return { folder, status: ended.status, said: ended.stdout + ended.stderr };
}
