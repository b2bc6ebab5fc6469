// Whether the programs take what the manifests give them: each stage is started with its pod's omni.toml, its variables and
// the Secrets that it mounts, no others, and must come past its configuration; then it is stopped.
//
// OMNI_BIN is the folder of the programs (target/debug). The Secrets and their keys are those that docs/kubernetes.md tells to make.
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';

import { objects, ours, RENDERED, ROOT, render, serves, settings, tool } from './rendered.mjs';

const BIN = process.env.OMNI_BIN ?? path.join(ROOT, 'target/debug');
const EXAMPLE = readFileSync(path.join(ROOT, 'deploy/omni.example.toml'), 'utf8');
const BOOK = readFileSync(path.join(ROOT, 'docs/kubernetes.md'), 'utf8');

/** What the tool makes of a password. */
const HASH = spawnSync(path.join(BIN, 'omni'), ['access', 'password'], {
  input: 'a password of mine\n',
  encoding: 'utf8',
}).stdout;

const scratch = mkdtempSync(path.join(tmpdir(), 'omni-settings-'));
after(() => rmSync(scratch, { recursive: true }));

/** The keys of each Secret, as kubectl makes it of the commands of the book. */
const SECRETS = (() => {
  for (const name of ['hash', 'ca.crt']) writeFileSync(path.join(scratch, name), name);
  const found = {};
  for (const [command] of BOOK.replaceAll('\\\n', ' ').matchAll(
    /^kubectl -n omni create secret generic [^#\n]*/gm,
  )) {
    const here = command.replace('kubectl', tool('kubectl')).replace(/\$\(.*?\)/g, 'random');
    const made = execFileSync('sh', ['-c', `${here} --dry-run=client -o json`], {
      cwd: scratch,
      encoding: 'utf8',
    });
    const { metadata, data } = JSON.parse(made);
    found[metadata.name] = Object.keys(data);
  }
  return found;
})();

/** A machine of its own for a pod: its file, its variables, its Secrets, with addresses that hurt nobody. */
function machine(all, { object, pod }) {
  const [container] = pod.containers;
  const folder = mkdtempSync(path.join(scratch, 'pod-'));
  const here = text =>
    text.replaceAll('/run/secrets/omni', `${folder}/secrets`).replaceAll('/var/lib/omni', `${folder}/data`);
  for (const { name, secret } of pod.volumes.filter(volume => volume.secret)) {
    const { mountPath } = container.volumeMounts.find(mount => mount.name === name);
    const keys = SECRETS[secret.secretName];
    assert.ok(
      keys || secret.optional,
      `docs/kubernetes.md does not tell to make the Secret ${secret.secretName}`,
    );
    mkdirSync(here(mountPath), { recursive: true });
    for (const key of keys ?? [])
      writeFileSync(path.join(here(mountPath), key), /hash/.test(key) ? HASH : 'a secret');
  }
  const file = path.join(folder, 'omni.toml');
  writeFileSync(file, here(settings(all, pod)));
  const env = { PATH: process.env.PATH, OMNI_CONFIG: file, OMNI_INSTANCE: '3' };
  for (const { configMapRef } of container.envFrom)
    Object.assign(
      env,
      all.find(one => one.kind === 'ConfigMap' && one.metadata.name === configMapRef.name).data,
    );
  for (const { name, value } of container.env ?? []) if (value) env[name] = value;
  for (const [name, value] of Object.entries(env)) if (name !== 'OMNI_CONFIG') env[name] = here(value);
  // Nobody is there.
  Object.assign(env, { OMNI_KAFKA__BOOTSTRAP: '127.0.0.1:9', OMNI_WAREHOUSE__URL: 'http://127.0.0.1:9' });
  const table = object.metadata.name.toUpperCase();
  for (const { name } of container.ports ?? [])
    env[`OMNI_${table}__${name === 'http' ? 'LISTEN' : 'ADMIN_LISTEN'}`] = '127.0.0.1:0';
  if (table === 'REPORTING') env.OMNI_REPORTING__WEB_DIR = path.join(ROOT, 'web');
  return { env, file };
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

for (const folder of RENDERED) {
  describe(folder, () => {
    const all = objects(render(folder));
    for (const workload of ours(all).filter(serves)) {
      const { name } = workload.object.metadata;
      test(`${name} starts with what its pod has`, { timeout: 60_000 }, async () => {
        const { code, said } = await started(`omni-${name}`, machine(all, workload).env);
        assert.equal(code, null, said);
        const line = said.split('\n').find(text => text.includes('"started"'));
        assert.match(line, /"instance":"3"/);
      });
    }

    test('the job reads what its pod has', () => {
      const job = ours(all).find(({ object }) => object.kind === 'Job');
      const { env } = machine(all, job);
      const [, , script] = job.pod.containers[0].command;
      assert.equal(script, 'omni topics create; omni migrate');
      const said = spawnSync(path.join(BIN, 'omni'), ['migrate'], { env, encoding: 'utf8' });
      // It read its password, and found nobody to tell it to.
      assert.doesNotMatch(said.stderr, /omni\.toml:|environment variable/);
      assert.match(said.stderr, /127\.0\.0\.1:9|Connection refused|connect/i);
    });

    test('the look at all stages reads what its pod has, and asks each where its pods are', () => {
      const look = ours(all).find(({ object }) => object.kind === 'CronJob');
      const { env, file } = machine(all, look);
      const [program, ...words] = look.pod.containers[0].command;
      for (const stage of ours(all).filter(serves)) {
        const { name } = stage.object.metadata;
        const service = all.find(({ kind, metadata }) => kind === 'Service' && metadata.name === `${name}-admin`);
        const { port } = service.spec.ports.find(one => one.name === 'admin');
        const asked = readFileSync(file, 'utf8').includes(`${name} = ["http://${service.metadata.name}:${port}"]`);
        assert.ok(asked && service.spec.clusterIP === 'None', `${name} is not asked by all its pods`);
      }
      // Names of a cluster are no names here.
      writeFileSync(file, readFileSync(file, 'utf8').replace(/-admin:9/g, '.invalid:9'));
      const said = spawnSync(path.join(BIN, program), words, { env, encoding: 'utf8' });
      assert.doesNotMatch(said.stderr, /omni\.toml:|environment variable/);
      assert.match(`${said.stdout}${said.stderr}`, /OmniStageDown|Kafka|kafka/);
      assert.ok([1, 2].includes(said.status), `${said.status}: ${said.stderr}`);
    });

    test('every documented setting may stand in its omni.toml, under its variables', () => {
      const { env, file } = machine(all, ours(all)[0]);
      // The examples become settings, all at once. Some of them exclude each other; but each is known, and of its kind.
      writeFileSync(file, EXAMPLE.replace(/^#(?=[[\w"])/gm, ''));
      const tables = [...EXAMPLE.matchAll(/^#?\[([\w.]+)\]/gm)].length;
      assert.ok(tables > 40);
      const said = spawnSync(path.join(BIN, 'omni'), ['check'], { env, encoding: 'utf8' });
      assert.doesNotMatch(said.stderr, /has no key|there is no table|, but must be|needs `/);
      assert.match(`${said.stdout}${said.stderr}`, /# In force|\[kafka\.security\]/);
    });
  });
}
