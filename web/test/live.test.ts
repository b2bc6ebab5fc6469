import { beforeEach, describe, expect, test } from 'vitest';
import { HIDDEN_MS, type Link, LiveStream, SILENCE_MS } from '../src/api/live.ts';
import type { ServerEvent } from '../src/api/sse.ts';
import { HandClock, settled } from './fixtures.ts';

/** A server whose connections the test holds in its hand. */
class Server {
  readonly asked: { url: string; lastId: string | null; signal: AbortSignal }[] = [];
  refuse: number | null = null;
  private current: ReadableStreamDefaultController<Uint8Array> | null = null;

  fetch = async (url: string, init?: RequestInit): Promise<Response> => {
    const headers = new Headers(init?.headers);
    const signal = init?.signal ?? new AbortController().signal;
    this.asked.push({ url, lastId: headers.get('last-event-id'), signal });
    if (this.refuse !== null) return new Response('{"error":{"message":"no"}}', { status: this.refuse });
    const body = new ReadableStream<Uint8Array>({
      start: controller => {
        this.current = controller;
        signal.addEventListener('abort', () => {
          try {
            controller.error(new DOMException('aborted', 'AbortError'));
          } catch {
            // It was closed already.
          }
        });
      },
    });
    return new Response(body, { status: 200 });
  };

  async say(text: string): Promise<void> {
    this.current?.enqueue(new TextEncoder().encode(text));
    await settled();
  }

  async hangUp(): Promise<void> {
    this.current?.close();
    await settled();
  }
}

let clock: HandClock;
let server: Server;
let links: Link[];
let events: ServerEvent[];
let stream: LiveStream;
const state = () => links[links.length - 1]?.state;

beforeEach(() => {
  clock = new HandClock();
  server = new Server();
  links = [];
  events = [];
  stream = new LiveStream(
    { fetch: server.fetch, random: () => 0.5, ...clock },
    { link: link => links.push(link), event: event => events.push(event) },
  );
});

describe('the live stream', () => {
  test('is open once the first event came', async () => {
    stream.open('/live');
    await settled();
    expect(state()).toBe('connecting');
    await server.say('id: 1\nevent: hello\ndata: {}\n\n');
    expect(state()).toBe('open');
    expect(events.map(event => event.event)).toEqual(['hello']);
  });

  test('comes back after a break, and sends the last id', async () => {
    stream.open('/live');
    await settled();
    await server.say('id: 41\nevent: hello\ndata: {}\n\n');
    await server.hangUp();
    expect(state()).toBe('waiting');
    await clock.turn(1000);
    expect(server.asked.map(one => one.lastId)).toEqual([null, '41']);
  });

  test('waits longer after each failure, within the ceiling, and never stops trying', async () => {
    server.refuse = 503;
    stream.open('/live');
    await settled();
    const waits: number[] = [];
    for (let i = 0; i < 12; i += 1) {
      const link = links[links.length - 1];
      if (link?.state !== 'waiting') throw new Error(`not waiting but ${link?.state}`);
      waits.push(link.retryAt - clock.now());
      await clock.turn(link.retryAt - clock.now());
    }
    expect(waits.slice(0, 4)).toEqual([375, 750, 1500, 3000]);
    expect(Math.max(...waits)).toBeLessThanOrEqual(30_000);
    expect(server.asked.length).toBe(13);
  });

  test('takes 45 s of silence for a break, and any byte for a sign of life', async () => {
    stream.open('/live');
    await settled();
    await server.say('event: hello\ndata: {}\n\n');
    await clock.turn(SILENCE_MS - 1000);
    await server.say(': still here\n');
    await clock.turn(SILENCE_MS - 1000);
    expect(state()).toBe('open');
    await clock.turn(1000);
    expect(state()).toBe('waiting');
    expect(server.asked[0]?.signal.aborted).toBe(true);
  });

  test('lets go of its connection 30 s after the tab was hidden, and resumes on return', async () => {
    stream.open('/live');
    await settled();
    await server.say('id: 9\nevent: hello\ndata: {}\n\n');
    stream.setVisible(false);
    await clock.turn(HIDDEN_MS - 1);
    expect(state()).toBe('open');
    await clock.turn(1);
    expect(state()).toBe('hidden');
    expect(server.asked[0]?.signal.aborted).toBe(true);
    stream.setVisible(true);
    await settled();
    expect(server.asked.map(one => one.lastId)).toEqual([null, '9']);
  });

  test('a tab that was opened in the background lets go as well', async () => {
    stream.setVisible(false);
    stream.open('/live');
    await settled();
    await server.say('event: hello\ndata: {}\n\n');
    expect(state()).toBe('open');
    await clock.turn(HIDDEN_MS);
    expect(state()).toBe('hidden');
  });

  test('a short look away changes nothing', async () => {
    stream.open('/live');
    await settled();
    await server.say('event: hello\ndata: {}\n\n');
    stream.setVisible(false);
    await clock.turn(HIDDEN_MS / 2);
    stream.setVisible(true);
    await server.say(': life\n');
    await clock.turn(HIDDEN_MS);
    expect(state()).toBe('open');
    expect(server.asked.length).toBe(1);
  });

  test.each([401, 403])('is over after %i, until another question is asked', async status => {
    server.refuse = status;
    stream.open('/live');
    await settled();
    expect(state()).toBe('ended');
    stream.retryNow();
    await clock.turn(120_000);
    expect(server.asked.length).toBe(1);
  });

  test('says when it is the question that is refused', async () => {
    server.refuse = 400;
    stream.open('/live?x');
    await settled();
    expect(links[links.length - 1]).toMatchObject({ state: 'waiting', cause: 'refused', reason: 'no' });
  });

  test('another question drops the old stream and its numbers', async () => {
    stream.open('/live?a');
    await settled();
    await server.say('id: 5\nevent: hello\ndata: {}\n\n');
    stream.open('/live?b');
    await settled();
    expect(server.asked[0]?.signal.aborted).toBe(true);
    expect(server.asked[1]).toMatchObject({ url: '/live?b', lastId: null });
    expect(links.filter(link => link.state === 'waiting')).toEqual([]);
  });

  test('holds one timer at a time, however often it is asked to hurry', async () => {
    server.refuse = 503;
    stream.open('/live');
    await settled();
    for (let i = 0; i < 5; i += 1) {
      stream.retryNow();
      await settled();
    }
    expect(clock.waiting).toBe(1);
  });
});
