/** The token of an embed: whom it hears, when it asks, what it does with an answer. */
import { beforeEach, describe, expect, test } from 'vitest';
import { ASK_AGAIN_MS, ASK_SELDOM_MS, readClaims, Ticket } from '../src/embed/ticket.ts';
import { HandClock } from './fixtures.ts';

const HOST = 'https://app.example.com';

let clock: HandClock;
let posted: { message: unknown; origin: string }[];
let hear: (message: unknown, origin: string) => void;
let renewed: number;

function token(endsInS: number, origins: string[] = [HOST]): string {
  const now = Math.floor(clock.now() / 1000);
  const body = btoa(JSON.stringify({ iat: now, exp: now + endsInS, origins, company: 7 }));
  return `h.${body.replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')}.s${endsInS}`;
}

function ticket(text: string, origin: string | null = HOST): Ticket {
  const host = {
    origin,
    post: (message: unknown, to: string) => posted.push({ message, origin: to }),
    listen: (take: typeof hear) => {
      hear = take;
    },
  };
  const made = new Ticket(text, host, clock);
  made.onRenewed = () => {
    renewed += 1;
  };
  return made;
}

async function sent(made: Ticket): Promise<string | undefined> {
  let headers: Record<string, string> = {};
  await made.fetchWith((_, init) => {
    headers = init?.headers as Record<string, string>;
    return Promise.resolve(new Response());
  })('/x', { headers: { accept: 'a' } });
  return headers.authorization;
}

beforeEach(() => {
  clock = new HandClock();
  posted = [];
  renewed = 0;
});

describe('a ticket', () => {
  test('asks the host a minute before the end, and again until it answers', async () => {
    ticket(token(900));
    await clock.turn(839_000);
    expect(posted).toEqual([]);
    await clock.turn(1000);
    expect(posted).toEqual([{ message: { type: 'omni:renew' }, origin: HOST }]);
    await clock.turn(ASK_AGAIN_MS);
    expect(posted.length).toBe(2);
    await clock.turn(120_000);
    const before = posted.length;
    await clock.turn(ASK_SELDOM_MS);
    expect(posted.length).toBe(before + 1);
  });

  test('takes a newer token of the named origin and of nobody else', async () => {
    const made = ticket(token(60));
    const newer = token(600);
    hear({ type: 'omni:token', token: newer }, 'https://evil.example.com');
    hear({ type: 'omni:token', token: 7 }, HOST);
    hear({ type: 'other', token: newer }, HOST);
    hear(null, HOST);
    hear({ type: 'omni:token', token: token(30) }, HOST);
    hear({ type: 'omni:token', token: 'nonsense' }, HOST);
    expect(renewed).toBe(0);
    expect(await sent(made)).toBe(`Bearer ${token(60)}`);
    hear({ type: 'omni:token', token: newer }, HOST);
    expect(renewed).toBe(1);
    expect(await sent(made)).toBe(`Bearer ${newer}`);
    await clock.turn(100_000);
    expect(posted).toEqual([]);
  });

  test('tells a parent of another origin nothing', () => {
    ticket(token(60), 'https://evil.example.com').tell({ type: 'omni:height', height: 1 });
    expect(posted).toEqual([]);
    ticket(token(60, [HOST, 'https://b.example.com']), null).tell({ type: 'omni:height', height: 1 });
    expect(posted.map(one => one.origin)).toEqual([HOST, 'https://b.example.com']);
  });

  test('asks at once when the server says it is over, and not at all without a token', async () => {
    ticket(token(900)).ended();
    expect(posted.length).toBe(1);
    const none = ticket('');
    none.ended();
    expect(posted.length).toBe(1);
    await expect(sent(none)).rejects.toThrow();
  });

  test('what is no token says nothing', () => {
    for (const text of ['', 'a.b.c', 'a..c', `a.${btoa('{"iat":1}')}.c`, `a.${btoa('null')}.c`])
      expect(readClaims(text)).toBeNull();
  });
});
