// A tagging server of one client and some tags, on a real port: what the client does not claim is answered 400, the
// client runs the container, the tags whose trigger fires run at once, and what became of each is told when all are
// done. As Google's image does it, where its documentation says so.
import { once } from 'node:events';
import { createServer } from 'node:http';

import { apisOf } from './apis.mjs';
import { Permissions } from './permissions.mjs';
import { Sandbox } from './sandbox.mjs';

/** What a tagging server takes of a body. */
const BODY_BYTES_MAX = 1024 * 1024;

/**
 * @typedef {ReturnType<import('./template.mjs').parseTemplate>} Template
 * @typedef {{ id: string, template: Template, settings: object, trigger?: (event: object) => boolean }} Tag
 * @param {{ client: { template: Template, settings: object }, tags?: Tag[], hosts?: Record<string, string>,
 *   version?: { debugMode: boolean, previewMode: boolean } }} parts
 *   `hosts`: where the hosts are that tags send to, as a proxy that ends TLS would know
 */
export async function startContainer({ client, tags = [], hosts = {}, version = PRODUCTION }) {
  const logs = [];
  const container = { client, tags, send: sender(hosts), log: line => logs.push(line.join(' ')), version };
  const server = createServer((request, answer) => {
    serve(container, request, answer).catch(error => answer.writeHead(500).end(error.message));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    logs,
    close: () => stop(server),
  };
}

/** Closes a server and what is still connected to it. */
export function stop(server) {
  server.closeAllConnections();
  return new Promise(resolve => server.close(resolve));
}

/** The body of a request, or undefined when it is over the limit. */
export async function bodyOf(request, bytesMax = BODY_BYTES_MAX) {
  const chunks = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > bytesMax) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

const PRODUCTION = { debugMode: false, previewMode: false };

async function serve(container, request, answer) {
  const url = new URL(request.url, 'http://container');
  const body = await bodyOf(request);
  if (body === undefined) return answer.writeHead(413, { connection: 'close' }).end();
  const response = new Response(answer);
  run(container.client, {
    ...container,
    request: {
      method: request.method,
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body: body || undefined,
    },
    response,
    ...events(container),
  });
  if (!response.close()) answer.writeHead(400).end();
}

/** What is set is sent by `end`; a request may be claimed only while the client has not returned. */
class Response {
  #answer;
  #status = 200;
  #headers = {};
  #body = '';
  #isClaimed = false;
  #isClosed = false;

  constructor(answer) {
    this.#answer = answer;
  }

  claim() {
    if (this.#isClosed) throw new Error('claimRequest after the client returned');
    this.#isClaimed = true;
  }

  /** The client returned: whether it claimed the request. */
  close() {
    this.#isClosed = true;
    return this.#isClaimed;
  }

  setStatus(code) {
    this.#status = code;
  }

  setHeader(name, value) {
    this.#headers[name] = value;
  }

  setBody(text) {
    this.#body = text;
  }

  end() {
    this.#answer.writeHead(this.#status, this.#headers).end(this.#body);
  }
}

/** `runContainer`, and `addEventCallback` for what `bindToEvent` binds. */
function events(container) {
  let current;
  const addEventCallback = callback => current.then(tags => callback('GTM-TEST', { tags }));
  const runContainer = (event, onComplete, onStart) => {
    const ended = Promise.all(
      container.tags.filter(tag => tag.trigger?.(event) ?? true).map(tag => fire(container, tag, event)),
    );
    const bindToEvent =
      api =>
      (...args) => {
        current = ended;
        return api(...args);
      };
    onStart?.(bindToEvent);
    ended.then(() => onComplete?.(bindToEvent));
  };
  return { runContainer, addEventCallback };
}

/** Runs a tag to its end: it says itself how that was, or throws. */
function fire(container, tag, event) {
  const begun = Date.now();
  return new Promise(resolve => {
    const end = status => resolve({ id: tag.id, status, executionTime: Date.now() - begun });
    const ends = { gtmOnSuccess: () => end('success'), gtmOnFailure: () => end('failure') };
    try {
      run({ ...tag, settings: { ...tag.settings, ...ends } }, { ...container, event });
    } catch {
      end('exception');
    }
  });
}

function run({ template, settings }, surroundings) {
  const apis = apisOf(new Permissions(template.permissions), surroundings);
  const require = name => {
    if (!(name in apis)) throw new Error(`the harness has no API ${name}`);
    return apis[name];
  };
  return new Sandbox().run(template.code, { require, data: settings });
}

/** Sends as a container does: no redirects, `failed` or `timed_out` as the reason when there is no answer. */
function sender(hosts) {
  return async (address, { method = 'GET', headers, timeout = 15_000 } = {}, body) => {
    const { origin, pathname, search } = new URL(address);
    try {
      const signal = AbortSignal.timeout(timeout);
      const url = `${hosts[origin] ?? origin}${pathname}${search}`;
      const answer = await fetch(url, { method, headers, body, signal, redirect: 'manual' });
      const text = await answer.text();
      return { statusCode: answer.status, headers: Object.fromEntries(answer.headers), body: text };
    } catch (error) {
      throw { reason: error.name === 'TimeoutError' ? 'timed_out' : 'failed' };
    }
  };
}
