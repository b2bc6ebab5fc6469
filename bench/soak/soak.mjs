// An hour of `omni dev --demo` with everything that happens in weeks: bans, a webhook that is removed, 429s, restarts of each stage,
// an upgrade of the running binary, a broker that is killed, a destination that refuses, a collector that stands still. At the end
// everything is counted: the ledger, the account, a panel, the memory, and which alerts fired.
//
//   make soak                    60 minutes; MINUTES=20 leaves out what comes later
//
// OMNI_BIN is the version that is begun with, OMNI_NEXT the one that it is upgraded to, PROMETHEUS the program. Ends with 1 when
// anything is other than it must be; the report is printed, and its folder is kept then.
import { execFile, spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const MINUTES = Number(process.env.MINUTES ?? 60);
/** Nothing is broken in the last ones. */
const CALM_MINUTES = 5;
/** Memory is looked at from then on. */
const WARM_MINUTES = 10;
const MEMORY_SHARE_MAX = 0.1;
/** Below that a tenth is noise. */
const MEMORY_NOISE_BYTES = 8 << 20;
const STAGES = ['collector', 'enricher', 'activation', 'loader', 'reporting'];
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const folder = mkdtempSync(path.join(tmpdir(), 'omni-soak-'));
const omni = path.join(folder, 'omni');
const settings = path.join(folder, 'state', 'omni.toml');
const readyFile = path.join(folder, 'ready.json');
const started = [];
const begun = Date.now();
const minutes = () => (Date.now() - begun) / 60_000;
const say = text => console.log(`${minutes().toFixed(1).padStart(5)} min  ${text}`);
const pause = ms => new Promise(done => setTimeout(done, ms));
const ready = () => JSON.parse(readFileSync(readyFile, 'utf8'));

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
  throw new Error(`${what}: not in ${msMax / 1_000} s`, { cause: said });
}

const freePort = () =>
  new Promise(done => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });

/** The tool: its exit status and what it said. */
const tool = (...words) =>
  new Promise(done => {
    execFile(omni, [...words, '--config', settings], { maxBuffer: 1 << 26 }, (error, stdout, stderr) => done({ code: error?.code ?? 0, stdout, stderr }));
  });

const simulator = async (method, address, body) => {
  const answer = await fetch(`${ready().simulator_url}${address}`, {
    method,
    headers: { 'content-type': 'application/json', 'x-api-token': 'simulated' },
    body: body && JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${address}: ${answer.status} ${text}`);
  return text ? JSON.parse(text) : {};
};

const sql = async statement => {
  const { url, user, password, database } = ready().clickhouse;
  const headers = { 'X-ClickHouse-User': user, 'X-ClickHouse-Key': password, 'X-ClickHouse-Database': database };
  const answer = await fetch(url, { method: 'POST', headers, body: `${statement} FORMAT JSONCompact` });
  const text = await answer.text();
  if (!answer.ok) throw new Error(text);
  return JSON.parse(text).data;
};

/** Ends a part; `omni dev` starts it again. */
async function restart(part, signal) {
  const { pids } = ready();
  process.kill(pids[part], signal);
  await until(`${part} is started again`, 120_000, () => ready().pids[part] !== pids[part]);
  const { admin } = ready();
  if (admin[part]) await until(`${part} is ready`, 120_000, async () => (await fetch(`${admin[part]}/readyz`)).ok);
}

const webhook = async () => (await simulator('GET', '/simulator/webhooks'))[0].id;

/** What happens when; `fires` is what must wake somebody for it. */
const STEPS = [
  { at: 4, what: 'the webhook is banned for half an hour', run: async () => simulator('POST', `/simulator/webhooks/${await webhook()}/ban`) },
  { at: 8, what: 'the API answers 429 for two minutes', run: () => simulator('PUT', '/simulator/faults', { api: 'burst', for_ms: 120_000 }) },
  ...STAGES.map((stage, number) => ({ at: 11 + number, what: `${stage} is restarted`, run: () => restart(stage, 'SIGTERM') })),
  { at: 17, what: 'the webhook is removed', run: async () => simulator('POST', `/simulator/webhooks/${await webhook()}/remove`) },
  { at: 19, what: 'the broker is killed', run: () => restart('kafka', 'SIGKILL') },
  ...STAGES.map((stage, number) => ({
    at: 22 + number,
    what: `${stage} is upgraded`,
    run: async () => {
      // The running processes keep the file they began with.
      copyFileSync(process.env.OMNI_NEXT ?? process.env.OMNI_BIN, `${omni}.next`);
      renameSync(`${omni}.next`, omni);
      await restart(stage, 'SIGTERM');
    },
  })),
  {
    at: 29,
    what: 'a destination refuses our credentials for 14 minutes',
    run: () => simulator('PUT', '/simulator/faults', { gtm: 'unauthorized', for_ms: 14 * 60_000 }),
    fires: 'OmniDestinationMisconfigured',
  },
  {
    at: 31,
    what: 'the collector stands still for five minutes',
    run: async () => {
      const pid = ready().pids.collector;
      process.kill(pid, 'SIGSTOP');
      await pause(5 * 60_000);
      process.kill(pid, 'SIGCONT');
    },
    fires: 'OmniStageDown',
  },
  { at: 38, what: 'ClickHouse is killed', run: () => restart('clickhouse', 'SIGKILL') },
];
/** What may wake somebody beside: the same faults seen from another side. */
const MAY_FIRE = { OmniStageDown: ['OmniInstanceDown', 'OmniSourceSilent'], OmniDestinationMisconfigured: ['OmniDestinationDown'] };

async function prometheus() {
  const { admin } = ready();
  const targets = Object.entries(admin).map(([stage, url]) => ({ targets: [new URL(url).host], labels: { stage } }));
  const config = {
    global: { scrape_interval: '5s', evaluation_interval: '5s' },
    rule_files: [path.join(ROOT, 'deploy/prometheus/alerts.yml')],
    scrape_configs: [{ job_name: 'omni', static_configs: targets }],
  };
  const file = path.join(folder, 'prometheus.json');
  writeFileSync(file, JSON.stringify(config));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const words = [`--config.file=${file}`, `--storage.tsdb.path=${path.join(folder, 'data')}`, `--web.listen-address=127.0.0.1:${port}`];
  started.push(spawn(process.env.PROMETHEUS, words, { stdio: 'ignore' }));
  await until('prometheus answers', 60_000, async () => (await fetch(`${url}/-/ready`)).ok);
  return async (address, query) => (await (await fetch(`${url}${address}?${new URLSearchParams(query)}`)).json()).data;
}

/** All that is wrong. */
const wrong = [];
const must = (holds, what) => {
  say(`${holds ? 'ok   ' : 'WRONG'} ${what}`);
  if (!holds) wrong.push(what);
};

async function alerts(ask, steps) {
  const query = { query: 'ALERTS{alertstate="firing"}', start: begun / 1_000, end: Date.now() / 1_000, step: '5' };
  const { result } = await ask('/api/v1/query_range', query);
  const fired = [...new Set(result.map(({ metric }) => metric.alertname))].sort();
  const wanted = steps.flatMap(({ fires }) => fires ?? []);
  const allowed = [...wanted, ...wanted.flatMap(name => MAY_FIRE[name] ?? [])];
  say(`alerts that fired: ${fired.join(', ') || 'none'}`);
  must(wanted.every(name => fired.includes(name)), `every fault that needs somebody woke somebody (${wanted.join(', ') || 'none was due'})`);
  must(fired.every(name => allowed.includes(name)), 'nothing else did');
}

async function memory(ask, end) {
  for (const stage of STAGES) {
    const series = async (from, to) => {
      const query = { query: `process_resident_memory_bytes{stage="${stage}"}`, start: from, end: to, step: '15' };
      const { result } = await ask('/api/v1/query_range', query);
      const values = result.flatMap(({ values }) => values.map(([, value]) => Number(value))).sort((a, b) => a - b);
      return values[Math.floor(values.length / 2)];
    };
    const [birth] = (await ask('/api/v1/query', { query: `process_start_time_seconds{stage="${stage}"}` })).result;
    const warm = Number(birth.value[1]) + WARM_MINUTES * 60;
    const mib = bytes => `${(bytes / (1 << 20)).toFixed(0)} MiB`;
    if (end - warm < 300) {
      say(`${stage} was started too late to be measured`);
      continue;
    }
    const [first, last] = [await series(warm, warm + 300), await series(end - 150, end)];
    const grown = Math.abs(last - first);
    must(grown <= Math.max(first * MEMORY_SHARE_MAX, MEMORY_NOISE_BYTES), `${stage}: ${mib(first)} ten minutes after its start, ${mib(last)} at the end, ${((end - warm) / 60).toFixed(0)} minutes later`);
  }
}

/** The account's own numbers against the warehouse's, and a panel against a recount of its events. */
async function counts() {
  const company = (await sql('SELECT toString(any(event_company_id)) FROM deal_events'))[0][0];
  const [[doubled]] = await sql('SELECT count() - uniqExact(event_company_id, event_uuid, event_revision) FROM deal_events');
  must(Number(doubled) === 0, `no row is there twice (${doubled} doubled)`);
  const recount = `SELECT status, count(), sum(ifNull(value, 0)) FROM (
      SELECT argMax(deal_status, (event_ver, event_revision)) AS status, argMax(deal_value, (event_ver, event_revision)) AS value,
             argMax(event_action, (event_ver, event_revision)) AS action
      FROM deal_events WHERE event_company_id = ${company} GROUP BY deal_id)
    WHERE action != 'deleted' GROUP BY status ORDER BY status`;
  const folded = `SELECT deal_status, count(), sum(ifNull(deal_value, 0)) FROM deals FINAL
    WHERE event_company_id = ${company} AND NOT is_deleted GROUP BY deal_status ORDER BY deal_status`;
  const [one, other] = [JSON.stringify(await sql(recount)), JSON.stringify(await sql(folded))];
  must(one === other, `the latest deals equal a recount of all events: ${one}`);
  const { dashboard_url } = ready();
  const board = 'pipedrive-deals';
  const panel = await fetch(`${dashboard_url}/api/v1/boards/${board}/panels/won_value?company=${company}&period=this_year&compare=off&currency=EUR&tz=UTC`);
  const answer = await panel.json();
  const at = answer.columns?.findIndex(({ name }) => name === 'won_deals') ?? -1;
  const shown = at < 0 ? JSON.stringify(answer).slice(0, 300) : answer.rows.reduce((sum, row) => sum + Number(row[at]), 0);
  const [[won]] = await sql(`SELECT count() FROM deals FINAL WHERE event_company_id = ${company} AND NOT is_deleted
    AND NOT deal_is_archived AND deal_status = 'won' AND toYear(deal_closed_at) = toYear(now())`);
  must(shown === Number(won), `the panel says ${shown} won deals this year, a recount ${won}`);
}

async function judge(ask, steps) {
  // Reconciling sends thousands of events: that is no calm any more.
  const calm = Date.now() / 1_000;
  const { changes, untold } = await simulator('GET', '/simulator/stats');
  const [{ banned_until: banned }] = await simulator('GET', '/simulator/webhooks');
  say(`${untold} of ${changes} changes were told by no webhook`);
  must(banned === null, 'no ban is in force any more');
  const { code: status, stdout: screen } = await until('all is well', 300_000, async () => {
    const told = await tool('status', '--since', '2h');
    return told.code === 0 && told;
  }).catch(() => tool('status', '--since', '2h'));
  console.log(screen);
  must(status === 0, 'omni status says that all is well');
  const first = await tool('reconcile', '--source', 'pipedrive');
  say(`reconcile: ${first.stdout.trim().split('\n').at(-1)}`);
  await until('nothing is missing', 300_000, async () => (await tool('ledger', '--since', '2h')).code === 0);
  await pause(20_000);
  const second = await tool('reconcile', '--source', 'pipedrive', '--json');
  const differences = (second.stdout.match(/"(missing|different|gone|sent)":\s*[1-9]\d*/g) ?? []).join(' ');
  must(second.code === 0 && differences === '', `a second reconcile finds nothing (${differences || 'nothing'})`);
  const ledger = await tool('ledger', '--since', '2h');
  must(ledger.code === 0, `the ledger balances: ${ledger.stdout.trim().split('\n').at(-1)}`);
  await counts();
  await memory(ask, calm);
  await alerts(ask, steps);
}

async function main() {
  copyFileSync(process.env.OMNI_BIN, omni);
  const words = ['dev', '--demo', '--port-base', '0', '--state-dir', path.join(folder, 'state'), '--ready-file', readyFile, '--web', path.join(ROOT, 'web')];
  started.push(spawn(omni, words, { stdio: 'ignore' }));
  await until('omni dev is ready', 600_000, () => ready());
  const ask = await prometheus();
  say(`ready; ${MINUTES} minutes`);
  const steps = STEPS.filter(({ at }) => at <= MINUTES - CALM_MINUTES);
  const running = [];
  for (const { at, what, run } of steps) {
    while (minutes() < at) await pause(500);
    say(what);
    const done = Promise.resolve(run()).catch(error => must(false, `${what}: ${error.message} ${error.cause?.message ?? ''}`));
    // What lasts goes on while the next begins.
    running.push(done);
  }
  await Promise.all(running);
  while (minutes() < MINUTES) await pause(1_000);
  await judge(ask, steps);
}

async function end() {
  for (const child of started.reverse()) {
    const ended = new Promise(done => child.once('exit', done));
    if (child.exitCode === null && child.kill('SIGINT')) await ended;
  }
}

try {
  await main();
} catch (error) {
  wrong.push(`${error.message} ${error.cause?.message ?? ''}`);
}
await end();
if (wrong.length === 0) rmSync(folder, { recursive: true, force: true });
for (const one of wrong) console.log(`WRONG ${one}`);
console.log(wrong.length === 0 ? 'the soak ended well' : `the soak found ${wrong.length} faults; kept: ${folder}`);
process.exit(wrong.length === 0 ? 0 : 1);
