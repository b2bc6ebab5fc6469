// Replaces every service of docker-compose.production.yml, one after the other, while webhooks come, and proves that nothing is
// lost: each event that was accepted has its row once, and the ledger balances. Stages are replaced by another version of their
// image, as in an upgrade; Kafka, ClickHouse and the door are restarted.
//
//   docker compose -f docker-compose.production.yml build
//   node deploy/docker/rolling/rolling.mjs
//
// OMNI_ROLLING_RATE (50) webhooks a second, OMNI_ROLLING_SECONDS (15) after each service is healthy again, OMNI_ROLLING_KEEP=1
// leaves everything up (the next run takes it over by OMNI_ROLLING_FOLDER), OMNI_ROLLING_STEPS a list of some,
// OMNI_ROLLING_WAREHOUSE=http://clickhouse:8123 for a ClickHouse that cannot speak TLS. It has a project of its own, with volumes
// that go afterwards.
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { Sender } from './sender.mjs';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const RATE = Number(process.env.OMNI_ROLLING_RATE ?? 50);
const SECONDS = Number(process.env.OMNI_ROLLING_SECONDS ?? 15);
const STAGES = ['collector', 'collector-2', 'enricher', 'activation', 'loader', 'reporting'];
const SERVERS = ['kafka', 'clickhouse', 'door'];
const STEPS = (process.env.OMNI_ROLLING_STEPS ?? [...STAGES, ...SERVERS].join()).split(',').filter(Boolean);
const BEFORE = process.env.OMNI_VERSION ?? '0.1.0';
const AFTER = `${BEFORE}-rolled`;
const IMAGES = process.env.OMNI_IMAGES ?? 'omni';
const WAREHOUSE = process.env.OMNI_ROLLING_WAREHOUSE;
const PORT = 18_443;
/** Pipedrive bans a webhook at so many failed first deliveries. */
const BANNED_AT = 10;

const KEPT = process.env.OMNI_ROLLING_FOLDER;
const folder = KEPT ?? mkdtempSync(path.join(tmpdir(), 'omni-rolling-'));
const secrets = path.join(folder, 'secrets');
const settings = path.join(folder, 'omni.toml');
const env = {
  ...process.env,
  OMNI_VERSION: BEFORE,
  OMNI_SECRETS: secrets,
  OMNI_SETTINGS: settings,
  OMNI_COLLECTOR_ADDRESS: `127.0.0.1:${PORT}`,
  OMNI_DASHBOARD_ADDRESS: '127.0.0.1:18444',
  OMNI_PROMETHEUS_PORT: '19090',
  OMNI_GRAFANA_PORT: '13000',
};
const sleep = ms => new Promise(resolve => setTimeout(resolve, ms));
const say = text => console.log(`[${String(Math.round(performance.now() / 1_000)).padStart(4)} s] ${text}`);
const secret = name => readFileSync(path.join(secrets, name), 'utf8').trim();

/** Runs Docker, while webhooks go on: its exit status and what it said. */
const docker = (words, version = BEFORE) =>
  new Promise(resolve => {
    const options = { cwd: ROOT, env: { ...env, OMNI_VERSION: version }, maxBuffer: 1 << 28 };
    execFile('docker', words, options, (error, stdout, stderr) => resolve({ status: error?.code ?? 0, stdout, stderr }));
  });
const PROJECT = ['compose', '--project-name', 'omni-rolling', '--file', 'docker-compose.production.yml'];

/** Runs Docker Compose on the project, and answers what it printed; `version` is that of the images. */
async function compose(args, version = BEFORE) {
  const { status, stdout, stderr } = await docker([...PROJECT, ...args], version);
  assert.equal(status, 0, `docker compose ${args.join(' ')}\n${stdout}\n${stderr}`);
  return stdout;
}

function prepare() {
  // A change of the account's API is none of this: nothing is looked up.
  const text = readFileSync(path.join(ROOT, 'deploy/docker/production/omni.toml'), 'utf8');
  const quiet = text.replace(/^api_(url|token_file) = .*\n/gm, '');
  writeFileSync(settings, WAREHOUSE ? quiet.replace(/^url = "https:.*\nca_file = .*$/m, `url = "${WAREHOUSE}"`) : quiet);
  mkdirSync(secrets);
  execFileSync(path.join(ROOT, 'deploy/docker/secrets.sh'), [secrets, 'localhost', '127.0.0.1'], { env, stdio: 'pipe' });
}

/** Replaces or restarts a service, and waits until it is healthy. */
async function replace(service) {
  if (STAGES.includes(service)) return compose(['up', '--detach', '--no-deps', '--wait', service], AFTER);
  await compose(['restart', service]);
  return compose(['up', '--detach', '--no-deps', '--no-recreate', '--wait', service]);
}

/** Rows of the base table: UUID, when it was accepted and when it was loaded, in ms. */
async function rows() {
  const query =
    'SELECT event_uuid, toUnixTimestamp64Milli(event_received_at), toUnixTimestamp64Milli(loaded_at), event_revision FROM omni.deal_events FORMAT TabSeparated';
  const words = ['--user', 'omni_dashboard', '--password', secret('clickhouse/dashboard'), '--query', query];
  const text = await compose(['exec', '-T', 'clickhouse', 'clickhouse-client', ...words]);
  return text.split('\n').filter(Boolean).map(line => {
    const [uuid, received, loaded] = line.split('\t');
    return { uuid, received: Number(received), loaded: Number(loaded) };
  });
}

/** What the ledger says, once it balances. */
async function ledger() {
  let said = {};
  for (let asked = 0; asked < 12; asked += 1) {
    const words = ['run', '--rm', '--no-deps', '-T', 'tool', 'ledger', '--since', '2h', '--json'];
    said = await docker([...PROJECT, ...words]);
    if (said.status === 0 && !/"in_flight": [1-9]/.test(said.stdout)) return JSON.parse(said.stdout);
    await sleep(5_000);
  }
  assert.fail(`the ledger: ${said.stdout}${said.stderr}`);
}

/** Each accepted event has one row; how late the latest of each step was. */
async function prove(sender, parts) {
  const accepted = sender.events.filter(one => one.accepted);
  const own = new Set(accepted.map(({ uuid }) => uuid));
  const byUuid = new Map();
  for (let asked = 0; asked < 60 && byUuid.size < own.size; asked += 1) {
    if (asked > 0) await sleep(2_000);
    byUuid.clear();
    for (const row of (await rows()).filter(({ uuid }) => own.has(uuid)))
      byUuid.set(row.uuid, [...(byUuid.get(row.uuid) ?? []), row]);
  }
  const lost = accepted.filter(({ uuid }) => !byUuid.has(uuid));
  const doubled = [...byUuid.values()].filter(list => list.length > 1);
  for (const part of parts) {
    const late = accepted
      .filter(({ due }) => due >= part.from && due < part.until)
      .map(({ uuid }) => byUuid.get(uuid)?.[0])
      .filter(Boolean)
      .map(({ received, loaded }) => loaded - received);
    part.rowMs = Math.max(0, ...late);
  }
  return { sent: sender.events.length, accepted: accepted.length, rows: [...byUuid.values()].flat().length, lost: lost.length, doubled: doubled.length };
}

function table(parts) {
  console.log('\n| | s | posts | refused at first | given up | longest without an answer | answered p50 / p99 | latest row |');
  console.log('| --- | --- | --- | --- | --- | --- | --- | --- |');
  for (const { name, seconds, events, refusedAtFirst, givenUp, gapMs, p50Ms, p99Ms, rowMs, reasons } of parts) {
    const why = refusedAtFirst ? ` (${JSON.stringify(reasons)})` : '';
    const answered = `${p50Ms.toFixed(0)} / ${p99Ms.toFixed(0)} ms`;
    console.log(`| ${name} | ${seconds.toFixed(1)} | ${events} | ${refusedAtFirst}${why} | ${givenUp} | ${gapMs} ms | ${answered} | ${(rowMs / 1_000).toFixed(1)} s |`);
  }
}

async function run() {
  if (!KEPT) prepare();
  for (const name of ['collector', 'enricher', 'activation', 'loader', 'reporting'])
    execFileSync('docker', ['tag', `${IMAGES}/${name}:${BEFORE}`, `${IMAGES}/${name}:${AFTER}`]);
  say('starting everything');
  await compose(['up', '--detach', '--wait']);
  say('everything is healthy');
  const sender = new Sender({
    target: `https://localhost:${PORT}/webhooks/pipedrive/pipedrive`,
    user: 'pipedrive',
    password: secret('source-password'),
    ca: readFileSync(path.join(secrets, 'ca.crt')),
    rate: RATE,
  });
  const parts = [];
  const part = async (name, work) => {
    const from = Date.now();
    await work();
    const seconds = (Date.now() - from) / 1_000;
    await sleep(SECONDS * 1_000);
    parts.push({ name, from, until: Date.now(), seconds });
    say(`${name}: ${seconds.toFixed(1)} s, ${sender.events.length} posts so far`);
  };
  sender.start();
  await part('as usual', () => sleep(SECONDS * 1_000));
  for (const service of STEPS) await part(service, () => replace(service));
  await part('as usual again', () => {});
  say('no further posts; waiting for what is tried again');
  await sender.stop();
  for (const one of parts) Object.assign(one, sender.between(one.from, one.until));
  const proof = await prove(sender, parts);
  const report = await ledger();
  table(parts);
  console.log(`\n${JSON.stringify(proof)}\nledger: ${JSON.stringify(report.total ?? report.rows ?? report)}`);
  console.log(execFileSync('docker', ['stats', '--no-stream', '--format', '{{.Name}} {{.MemUsage}}'], { encoding: 'utf8' }));
  assert.deepEqual({ lost: proof.lost, doubled: proof.doubled }, { lost: 0, doubled: 0 });
  assert.equal(proof.accepted, proof.sent, 'a post was given up');
  for (const { name, refusedAtFirst } of parts)
    assert.ok(name === 'door' || refusedAtFirst < BANNED_AT, `${name}: ${refusedAtFirst} refusals would ban the webhook`);
}

try {
  await run();
} catch (error) {
  if (process.env.OMNI_ROLLING_KEEP !== '1') console.error(await compose(['logs', '--tail', '20']));
  throw error;
} finally {
  if (process.env.OMNI_ROLLING_KEEP === '1') say(`left up, with its settings and secrets in ${folder}`);
  else {
    await compose(['down', '--volumes', '--timeout', '20']);
    rmSync(folder, { recursive: true });
  }
}
