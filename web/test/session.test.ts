import { beforeEach, describe, expect, test } from 'vitest';
import { MANIFEST } from '../dev/manifest.ts';
import { Api } from '../src/api/client.ts';
import { ANSWER_MS, RESYNC_MS, Session } from '../src/state/session.ts';
import { Slots } from '../src/state/slots.ts';
import { HandClock, result, settled } from './fixtures.ts';

class FakeStream {
  readonly opened: string[] = [];
  ended: string | null = null;
  open(url: string) {
    this.opened.push(url);
  }
  close() {}
  end(reason: string) {
    this.ended = reason;
  }
  retryNow() {}
}

let clock: HandClock;
let slots: Slots;
let stream: FakeStream;
let session: Session;
let asked: string[];
let answers: (path: string) => { status: number; body: unknown };
let history: { search: string; how: string }[];
let search: string;
/** While it is pending no answer of a panel arrives. */
let hold: Promise<void>;

const event = (name: string, data: unknown, id: string | null = null) =>
  session.onEvent({ id, event: name, data: JSON.stringify(data) });
const hello = (hash = 'h1') =>
  event('hello', {
    template: 'pipedrive-deals/2.0',
    template_hash: hash,
    server_time: '2026-11-24T12:00:00Z',
    stream: 'the-stream',
    panels: [],
  });
const panel = (id: string, n = 1, number: string | null = null) =>
  event('panel', result(id, { n: 'UInt64' }, [[n]]), number);
const panelsAsked = () => asked.filter(path => path.includes('/panels/'));

beforeEach(async () => {
  clock = new HandClock();
  slots = new Slots(clock);
  stream = new FakeStream();
  asked = [];
  history = [];
  search = '';
  hold = Promise.resolve();
  answers = path => {
    if (path.startsWith('/api/v1/boards?lang=')) {
      return { status: 200, body: { boards: [{ id: 'pipedrive-deals', version: '2.0', title: 'Deals' }] } };
    }
    const name = /panels\/([a-z_]+)/.exec(path)?.[1];
    if (name) return { status: 200, body: result(name, { n: 'UInt64' }, [[99]], { seq: null }) };
    return path.endsWith('/setup') ? { status: 404, body: {} } : { status: 200, body: MANIFEST };
  };
  const fetchIt = async (path: string) => {
    asked.push(path);
    if (path.includes('/panels/')) await hold;
    const { status, body } = answers(path);
    return new Response(JSON.stringify(body), { status });
  };
  const address = {
    search: () => search,
    back: () => {},
    write: (next: string, how: 'push' | 'replace') => {
      search = next;
      history.push({ search: next, how });
    },
  };
  session = new Session(new Api(fetchIt), slots, address, clock, stream);
  await session.start();
});

describe('the session', () => {
  test('opens one stream for the first board', () => {
    expect(stream.opened).toEqual(['/api/v1/boards/pipedrive-deals/live']);
    expect(session.manifest.value?.title).toBe('Pipedrive deals');
  });

  test('a choice is one entry of the history and one new stream, the old data stays', () => {
    panel('won_value');
    const choices = session.choices.value;
    if (!choices) throw new Error('no choices');
    session.choose({ ...choices, lists: { source: ['google'] } });
    expect(history).toEqual([{ search: '?source=google', how: 'push' }]);
    expect(stream.opened[1]).toBe('/api/v1/boards/pipedrive-deals/live?source=google');
    expect(slots.slot('won_value').value).toMatchObject({ refreshing: true });
    expect(slots.slot('won_value').value.result).not.toBeNull();
  });

  test('a choice of the page alone leaves the stream be', () => {
    const choices = session.choices.value;
    if (!choices) throw new Error('no choices');
    session.choose({ ...choices, tables: ['won_value'] }, 'replace');
    expect(search).toBe('?table=won_value');
    expect(stream.opened.length).toBe(1);
  });

  test('another language is asked for, and neither data nor stream are touched', async () => {
    panel('won_value', 7);
    const before = slots.slot('won_value').value.result;
    const opened = stream.opened.length;
    asked.length = 0;
    answers = path =>
      path.startsWith('/api/v1/boards?')
        ? { status: 200, body: { boards: [{ id: 'pipedrive-deals', version: '2.0', title: 'Deals' }] } }
        : { status: 200, body: { ...MANIFEST, title: 'Pipedrive-Deals' } };
    const adopt = await session.speak('de');
    expect(session.manifest.value?.title).toBe(MANIFEST.title);
    adopt();
    expect(asked).toEqual(['/api/v1/boards?lang=de', '/api/v1/boards/pipedrive-deals?lang=de']);
    expect(session.manifest.value?.title).toBe('Pipedrive-Deals');
    expect(slots.slot('won_value').value.result).toBe(before);
    expect(stream.opened.length).toBe(opened);
  });

  test('a text asks nothing', async () => {
    const panels = MANIFEST.panels.map(panel =>
      panel.id === 'forecast' ? { ...panel, kind: 'text' } : panel,
    );
    answers = path =>
      path.startsWith('/api/v1/boards?')
        ? { status: 200, body: { boards: [{ id: 'pipedrive-deals', version: '1.03', title: 'Deals' }] } }
        : { status: 200, body: { ...MANIFEST, panels } };
    await session.openBoard('pipedrive-deals');
    asked.length = 0;
    hello();
    await clock.turn(ANSWER_MS + 1);
    expect(panelsAsked().some(path => path.includes('won_value'))).toBe(true);
    expect(panelsAsked().some(path => path.includes('forecast'))).toBe(false);
  });

  test('back and forward are followed', async () => {
    search = '?period=7d';
    await session.followAddress();
    expect(session.choices.value?.period).toBe('7d');
    expect(stream.opened[1]).toContain('?period=7d');
    search = '';
    await session.followAddress();
    expect(stream.opened[2]).toBe('/api/v1/boards/pipedrive-deals/live');
  });

  test('a panel that the stream leaves out is asked for by itself', async () => {
    hello();
    for (const { id } of MANIFEST.panels) if (id !== 'freshness') panel(id);
    await clock.turn(ANSWER_MS);
    expect(panelsAsked()).toEqual(['/api/v1/boards/pipedrive-deals/panels/freshness']);
    expect(slots.unanswered()).toEqual([]);
  });

  test('numbers that jump ahead are normal', async () => {
    hello();
    for (const { id } of MANIFEST.panels) panel(id, 1, 'b0-10');
    panel('won_value', 2, 'b0-500');
    await clock.turn(RESYNC_MS * 2);
    expect(panelsAsked()).toEqual([]);
  });

  test('a number that falls back leads to one round of questions', async () => {
    hello();
    for (const { id } of MANIFEST.panels) panel(id, 1, 'b0-100');
    panel('won_value', 2, 'b0-3');
    panel('won_value', 3, 'b1-4');
    await clock.turn(1);
    expect(panelsAsked().length).toBe(MANIFEST.panels.length);
  });

  test('a storm of resyncs leads to a few rounds, not to many', async () => {
    hello();
    for (const { id } of MANIFEST.panels) panel(id);
    for (let i = 0; i < 20; i += 1) {
      event('resync', {});
      await clock.turn(100);
    }
    expect(panelsAsked().length).toBe(MANIFEST.panels.length);
    await clock.turn(RESYNC_MS);
    expect(panelsAsked().length).toBe(MANIFEST.panels.length * 2);
  });

  test('an event that cannot be read leads to a resync', async () => {
    hello();
    session.onEvent({ id: null, event: 'panel', data: '{"panel":' });
    await clock.turn(1);
    expect(panelsAsked().length).toBe(MANIFEST.panels.length);
  });

  test('an answer to the question before is not shown', async () => {
    const choices = session.choices.value;
    if (!choices) throw new Error('no choices');
    let release: () => void = () => {};
    hold = new Promise<void>(done => {
      release = done;
    });
    event('resync', {});
    await clock.turn(0);
    expect(panelsAsked().length).toBe(MANIFEST.panels.length);
    session.choose({ ...choices, period: '7d' });
    release();
    await settled();
    expect(slots.slot('won_value').value.result).toBeNull();
  });

  test('one panel that fails leaves the others alone', async () => {
    const before = answers;
    answers = path =>
      path.includes('won_value')
        ? { status: 500, body: { error: { code: 'failed', message: 'too much memory', id: 'e1' } } }
        : before(path);
    hello();
    await clock.turn(ANSWER_MS);
    expect(slots.slot('won_value').value.failure).toEqual({ message: 'too much memory', id: 'e1' });
    expect(slots.slot('open_pipeline').value.result?.rows[0]?.[0]).toBe(99);
  });

  test('without a stream the panels are fetched', async () => {
    session.onLink({ state: 'waiting', attempt: 1, retryAt: 0, reason: 'x', cause: 'lost' });
    await settled();
    expect(slots.unanswered()).toEqual([]);
  });

  test('a refused session ends, what is shown stays', async () => {
    panel('won_value', 5);
    answers = () => ({ status: 401, body: { error: { message: 'expired' } } });
    hello();
    await clock.turn(ANSWER_MS);
    expect(stream.ended).toBe('expired');
    expect(slots.slot('won_value').value.result?.rows[0]?.[0]).toBe(5);
  });

  test('another template under the stream is loaded without losing the choices', async () => {
    const choices = session.choices.value;
    if (!choices) throw new Error('no choices');
    session.choose({ ...choices, lists: { source: ['google'] } });
    hello('h1');
    hello('h2');
    await settled();
    expect(session.choices.value?.lists).toEqual({ source: ['google'] });
    expect(asked.filter(path => path === '/api/v1/boards/pipedrive-deals?lang=en').length).toBe(2);
  });

  test('a changed template keeps choices, address and what is shown', async () => {
    hello();
    panel('won_value', 7);
    const choices = session.choices.peek();
    if (choices) session.choose({ ...choices, currency: 'USD' });
    panel('won_value', 8);
    const before = history.length;
    const panels = MANIFEST.panels.map(one => (one.id === 'win_rate' ? { ...one, id: 'new_one' } : one));
    const manifest = { ...MANIFEST, title: 'Changed', panels };
    answers = () => ({ status: 200, body: manifest });
    event('reload', { template: 'pipedrive-deals/2.0', template_hash: 'h2' });
    await settled();
    expect(session.manifest.value?.title).toBe('Changed');
    expect(session.choices.value?.currency).toBe('USD');
    expect(history.length).toBe(before);
    expect(stream.opened.at(-1)).toBe('/api/v1/boards/pipedrive-deals/live?currency=USD');
    expect(slots.slot('won_value').value.result?.rows).toEqual([[8]]);
    expect(slots.slot('won_value').value.refreshing).toBe(true);
    expect(slots.unanswered()).toContain('new_one');
    expect(slots.unanswered()).not.toContain('win_rate');
  });

  test('the server says what time it is', () => {
    event('ping', { server_time: new Date(clock.now() + 5000).toISOString() });
    expect(session.skewMs.value).toBe(5000);
  });

  test('an empty warehouse asks once how to set up, and does well without an answer', async () => {
    const fresh = {
      last_event_at: null,
      last_loaded_at: null,
      heartbeat_at: null,
      events_due: null,
      server_time: 'x',
    };
    event('fresh', fresh);
    event('fresh', fresh);
    await settled();
    expect(asked.filter(path => path.endsWith('/setup')).length).toBe(1);
    expect(session.setup.value).toBeNull();
  });

  test('a server that is away at first is asked again until it is there', async () => {
    const before = answers;
    answers = () => ({ status: 503, body: { error: { message: 'starting' } } });
    await session.start();
    expect(session.trouble.value).toBe('starting');
    await clock.turn(1000);
    await clock.turn(2000);
    answers = before;
    await clock.turn(4000);
    expect(session.trouble.value).toBeNull();
    const count = asked.length;
    await clock.turn(120_000);
    expect(asked.slice(count).filter(path => path.endsWith('/boards'))).toEqual([]);
  });

  test('no board at all is said', async () => {
    answers = () => ({ status: 200, body: { boards: [] } });
    await session.start();
    expect(session.trouble.value).toBe('no board is installed');
  });
});
