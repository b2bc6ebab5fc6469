// Every query of every board, asked of a Prometheus that scrapes `omni dev --demo`: it gives data, or the panel says why it may not.
// No alert may fire meanwhile. `make observe` runs it; OMNI_BIN and PROMETHEUS name the programs.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { quietReason } from './panels.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const READY_MS_MAX = 600_000;
const DATA_MS_MAX = 300_000;

const boards = readdirSync(path.join(HERE, 'dashboards')).map(file => JSON.parse(readFileSync(path.join(HERE, 'dashboards', file), 'utf8')));
const folder = mkdtempSync(path.join(tmpdir(), 'omni-boards-'));
const started = [];
let prometheus;

const pause = ms => new Promise(done => setTimeout(done, ms));

/** Asks until `ask` gives something, or throws what it said last. */
async function until(what, msMax, ask) {
  const end = Date.now() + msMax;
  let said;
  while (Date.now() < end) {
    try {
      const answer = await ask();
      if (answer) return answer;
    } catch (error) {
      said = error;
    }
    await pause(1_000);
  }
  throw new Error(`${what} in ${msMax / 1_000} s`, { cause: said });
}

function start(program, args) {
  const child = spawn(program, args, { stdio: 'ignore' });
  started.push(child);
  return child;
}

const freePort = () =>
  new Promise(done => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });

const get = async (address, query = {}) => {
  const answer = await fetch(`${prometheus}${address}?${new URLSearchParams(query)}`);
  const body = await answer.json();
  assert.equal(body.status, 'success', `${JSON.stringify(query)}: ${body.error}`);
  return body.data;
};

/** As Grafana would send it, for a short past. */
const filled = expr => expr.replaceAll('$__rate_interval', '30s').replaceAll(/\$(source|destination)/g, '.+');

const empty = async expr => (await get('/api/v1/query', { query: filled(expr) })).result.filter(({ value }) => value[1] !== 'NaN').length === 0;

const queries = boards.flatMap(board =>
  board.panels.flatMap(panel => (panel.targets ?? []).map(target => ({ name: `${board.title} / ${panel.title} / ${target.legendFormat}`, expr: target.expr, quiet: quietReason(panel) }))),
);

before(async () => {
  const ready = path.join(folder, 'ready.json');
  start(process.env.OMNI_BIN, ['dev', '--demo', '--port-base', '0', '--state-dir', path.join(folder, 'state'), '--ready-file', ready]);
  const { admin } = await until('omni dev is ready', READY_MS_MAX, () => JSON.parse(readFileSync(ready, 'utf8')));
  const targets = Object.entries(admin).map(([stage, url]) => ({ targets: [new URL(url).host], labels: { stage } }));
  const config = {
    global: { scrape_interval: '2s', evaluation_interval: '2s' },
    rule_files: [fileURLToPath(new URL('../prometheus/alerts.yml', import.meta.url))],
    scrape_configs: [{ job_name: 'omni', static_configs: targets }],
  };
  const file = path.join(folder, 'prometheus.json');
  writeFileSync(file, JSON.stringify(config));
  const port = await freePort();
  prometheus = `http://127.0.0.1:${port}`;
  start(process.env.PROMETHEUS, [`--config.file=${file}`, `--storage.tsdb.path=${path.join(folder, 'data')}`, `--web.listen-address=127.0.0.1:${port}`]);
  await until('prometheus answers', 30_000, async () => (await fetch(`${prometheus}/-/ready`)).ok);
});

after(async () => {
  for (const child of started.reverse()) {
    const ended = new Promise(done => child.once('exit', done));
    if (child.exitCode === null && child.kill('SIGINT')) await ended;
  }
  rmSync(folder, { recursive: true, force: true });
});

test('every query gives data, or its panel says why it may not', async () => {
  let left = queries.filter(({ quiet }) => !quiet);
  assert.ok(left.length > 60, 'the boards were read');
  const look = async () => {
    const still = [];
    for (const query of left) if (await empty(query.expr)) still.push(query);
    left = still;
    return left.length === 0;
  };
  await until('all have data', DATA_MS_MAX, look).catch(() => {});
  assert.deepEqual(left.map(({ name, expr }) => `${name}: ${expr}`), []);
});

test('those that may be empty are understood', async () => {
  for (const { expr } of queries.filter(({ quiet }) => quiet)) await get('/api/v1/query', { query: filled(expr) });
});

test('no alert fires on a pipeline that works', async () => {
  const { alerts } = await get('/api/v1/alerts');
  assert.deepEqual(alerts.filter(({ state }) => state === 'firing').map(({ labels }) => labels.alertname), []);
  const { groups } = await get('/api/v1/rules');
  const rules = groups.flatMap(({ rules }) => rules);
  assert.ok(rules.length > 30, 'the rules were read');
  assert.deepEqual(rules.filter(({ health }) => health !== 'ok').map(({ name, lastError }) => `${name}: ${lastError}`), []);
});
