// Omni on both sides of a container: the requests that its destination `gtm_server` makes (from the cases that its own
// tests hold it to), how it judges the answer, and a stand-in of the collector's `/events/flat`.
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';

import { bodyOf, stop } from './container.mjs';

const ROOT = new URL('../../../', import.meta.url);
const CASES = 'crates/omni-activation/tests/cases/gtm_server/';

/** Every case of the destination: its name, and the request that it makes. */
export function casesOfDestination() {
  const folders = readdirSync(new URL(CASES, ROOT), { withFileTypes: true }).filter(entry =>
    entry.isDirectory(),
  );
  return folders.map(({ name }) => {
    const [head, body] = text(`${CASES}${name}/request.txt`).split('\n\n');
    const [line, ...headers] = head.split('\n');
    const [method, url] = line.split(' ');
    return {
      name,
      method,
      query: new URL(url).search,
      headers: headers.map(header => header.split(': ')),
      body: body.trim(),
    };
  });
}

/** The flat event that a case sends. */
export function eventOfCase(name) {
  return JSON.parse(text(`${CASES}${name}/event.json`));
}

/** The flat events that Omni's contract shows. */
export function flatExamples() {
  return readdirSync(new URL('schemas/examples/flat/', ROOT)).map(name => ({
    name,
    event: JSON.parse(text(`schemas/examples/flat/${name}`)),
  }));
}

/** The keys of the flat event: by name, and by pattern. */
export function flatKeys() {
  const { properties, patternProperties, required } = JSON.parse(text('schemas/flat.schema.json'));
  return {
    names: Object.keys(properties),
    patterns: Object.keys(patternProperties).map(pattern => new RegExp(pattern)),
    required,
  };
}

/** `delivered`, or what the destination would say: the rule of `destination/gtm_server.rs`. */
export function judge(status, answer, uniqueEventId) {
  if (status < 200 || status > 299) return `status ${status}`;
  return JSON.parse(answer).unique_event_id === uniqueEventId ? 'delivered' : 'not_claimed';
}

/**
 * `/events/flat`: asks for the bearer token, the type, and that the event is flat and in the contract.
 * `answers`: what it answers first, before it looks; `null` breaks the connection, a function decides by itself.
 */
export async function startFlatIntake({ token, answers = [] }) {
  const keys = flatKeys();
  const taken = [];
  const refused = [];
  const server = createServer(async (request, answer) => {
    const body = await bodyOf(request);
    const next = answers.length > 0 ? answers.shift() : undefined;
    if (next === null) return request.socket.destroy();
    if (typeof next === 'function') return next(answer);
    const status = next ?? judgeIntake(request, body, token, keys);
    (status === 200 ? taken : refused).push(status === 200 ? JSON.parse(body) : status);
    answer.writeHead(status, { 'content-type': 'application/json' }).end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${server.address().port}`, taken, refused, close: () => stop(server) };
}

function judgeIntake(request, body, token, { names, patterns, required }) {
  if (request.method !== 'POST' || request.url !== '/events/flat') return 404;
  if (request.headers.authorization !== `Bearer ${token}`) return 401;
  if (request.headers['content-type'] !== 'application/json') return 415;
  const event = JSON.parse(body);
  const isKnown = key => names.includes(key) || patterns.some(pattern => pattern.test(key));
  const isComplete = required.every(key => key in event);
  return isComplete && Object.keys(event).every(isKnown) ? 200 : 400;
}

function text(path) {
  return readFileSync(new URL(path, ROOT), 'utf8');
}
