// Whether the programs take what docker-compose.production.yml gives them: each is started with its service's omni.toml,
// variables and secrets, no others, and must come past its configuration; then it is stopped.
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';

import { BIN, compose, made, ours, ROOT, read, secrets } from './compose.mjs';

const PRODUCTION = compose('docker-compose.production.yml');
const RIGHTS = 'deploy/docker/production/kafka-rights.txt';
const { folder: store } = made();
const scratch = mkdtempSync(path.join(tmpdir(), 'omni-compose-'));
after(() => {
  rmSync(scratch, { recursive: true });
  rmSync(path.dirname(store), { recursive: true });
});

/** A machine of its own for a service, where nobody is to be found. */
function machine(service, table) {
  const folder = mkdtempSync(path.join(scratch, 'service-'));
  const here = text =>
    text.replaceAll('/run/', `${folder}/run/`).replaceAll('/var/lib/omni', `${folder}/data`).replaceAll('/usr/share/omni', ROOT);
  mkdirSync(path.join(folder, 'run/secrets'), { recursive: true });
  for (const [name, at] of Object.entries(secrets(service)))
    copyFileSync(path.join(store, PRODUCTION.secrets[name].file.replace('./secrets/', '')), here(at));
  if (service.volumes.some(one => one.endsWith(':/run/tls:ro')))
    cpSync(path.join(store, 'tls'), path.join(folder, 'run/tls'), { recursive: true });
  const file = path.join(folder, 'omni.toml');
  writeFileSync(file, here(read('deploy/docker/production/omni.toml')));
  const env = { PATH: process.env.PATH, OMNI_CONFIG: file, OMNI_STAGE__LOG_FORMAT: 'json' };
  for (const [name, value] of Object.entries(service.environment)) env[name] = here(value);
  Object.assign(env, { OMNI_KAFKA__BOOTSTRAP: '127.0.0.1:9', OMNI_WAREHOUSE__URL: 'https://127.0.0.1:9' });
  if (!table) return env;
  env[`OMNI_${table}__ADMIN_LISTEN`] = '127.0.0.1:0';
  if (['COLLECTOR', 'REPORTING'].includes(table)) env[`OMNI_${table}__LISTEN`] = '127.0.0.1:0';
  return env;
}

/** What a program says until it has read its configuration; its exit code if it ends before. */
function started(program, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(path.join(BIN, program), [], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    const hear = chunk => {
      said += chunk;
      if (said.includes('"started"')) child.kill('SIGKILL');
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.on('error', reject);
    child.on('close', code => resolve({ code, said }));
  });
}

for (const [name, service] of ours(PRODUCTION).filter(([, { restart }]) => restart !== 'no')) {
  test(`${name} starts with what its service has`, { timeout: 60_000 }, async () => {
    const program = name.replace(/-\d$/, '');
    const { code, said } = await started(`omni-${program}`, machine(service, program.toUpperCase()));
    assert.equal(code, null, said);
    const line = said.split('\n').find(text => text.includes('"started"'));
    assert.ok(line.includes(`"instance":"${service.environment.OMNI_INSTANCE ?? '0'}"`), line);
  });
}

for (const name of ['migrate', 'tool']) {
  test(`${name} reads what its service has`, () => {
    const env = machine(PRODUCTION.services[name]);
    const { status, stderr } = spawnSync(path.join(BIN, 'omni'), ['migrate'], { env, encoding: 'utf8' });
    // It read its passwords, and found nobody to tell them to.
    assert.equal(status, 1);
    assert.doesNotMatch(stderr, /omni\.toml:|environment variable/);
    assert.match(stderr, /127\.0\.0\.1:9|connect/i);
  });
}

test('the rights are those that the tool prints', () => {
  const settings = 'deploy/docker/production/omni.toml';
  const words = ['topics', 'acls', '--config', settings];
  const printed = execFileSync(path.join(BIN, 'omni'), words, { cwd: ROOT, encoding: 'utf8' });
  assert.equal(read(RIGHTS), printed, `omni ${words.join(' ')} >${RIGHTS}`);
});
