// The server-side APIs that our templates use, behaving as Tag Manager's page "Server-side tagging APIs" says, each
// after its permission was asked for.
import { createHash, randomInt } from 'node:crypto';

/**
 * Where code runs: what a container knows while it serves one request.
 * @typedef {object} Surroundings
 * @property {object} [event] for a tag
 * @property {{ method: string, path: string, query: URLSearchParams, headers: object, body?: string }} [request]
 * @property {{ claim(): void, setStatus(code: number): void, setHeader(name: string, value: string): void,
 *   setBody(text: string): void, end(): void }} [response] for a client
 * @property {(event: object, onComplete?: Function, onStart?: Function) => void} [runContainer] for a client
 * @property {(callback: Function) => void} [addEventCallback]
 * @property {(url: string, options: object, body?: string) => Promise<object>} [send]
 * @property {(line: unknown[]) => void} log
 * @property {{ debugMode: boolean, previewMode: boolean }} version
 */

/**
 * @param {import('./permissions.mjs').Permissions} permissions
 * @param {Surroundings} surroundings
 */
export function apisOf(permissions, surroundings) {
  return { ...values(), ...data(permissions, surroundings), ...http(permissions, surroundings) };
}

/** Those that touch nothing but their arguments, the clock and chance. */
function values() {
  return {
    JSON: {
      parse: text => orUndefined(() => JSON.parse(String(text))),
      stringify: value => orUndefined(() => JSON.stringify(value)),
    },
    Object: { keys: Object.keys, values: Object.values, entries: Object.entries },
    generateRandom: (min, max) => randomInt(min, max + 1),
    getTimestampMillis: () => Date.now(),
    getType: typeOf,
    makeInteger: value => Math.trunc(Number(value)),
    makeString: value => String(value),
    sha256Sync: (text, options) =>
      createHash('sha256')
        .update(text)
        .digest(options?.outputEncoding ?? 'base64'),
  };
}

function data(permissions, { event, log, version }) {
  return {
    getAllEventData() {
      permissions.demand('read_event_data');
      return event;
    },
    getContainerVersion() {
      permissions.demand('read_container_data');
      return {
        containerId: 'GTM-TEST',
        environmentName: '',
        environmentMode: false,
        version: '1',
        ...version,
      };
    },
    logToConsole(...line) {
      permissions.demand('logging', version.debugMode || version.previewMode ? 'debug' : 'production');
      log(line);
    },
    queryPermission: (id, what, name) => permissions.allows(id, what, name),
  };
}

function http(permissions, { request, response, runContainer, addEventCallback, send }) {
  // A header and a parameter are asked for by name, the other parts as a whole.
  const guarded = (id, part, call) => (name, value) => {
    permissions.demand(id, part, ['header', 'query_parameter'].includes(part) ? name : undefined);
    return call(name, value);
  };
  const reads = (part, call) => guarded('read_request', part, call);
  const writes = (part, call) => guarded('access_response', part, call);
  return {
    addEventCallback: guarded('read_event_metadata', undefined, callback => addEventCallback(callback)),
    claimRequest: () => response.claim(),
    getRequestBody: reads('body', () => request.body),
    getRequestHeader: reads('header', name => request.headers[name.toLowerCase()]),
    getRequestMethod: () => request.method,
    getRequestPath: reads('path', () => request.path),
    getRequestQueryParameter: reads('query_parameter', name => request.query.get(name) ?? undefined),
    returnResponse: guarded('return_response', undefined, () => response.end()),
    runContainer(event, onComplete, onStart) {
      permissions.demand('run_container');
      runContainer(event, onComplete, onStart);
    },
    sendHttpRequest(url, options, body) {
      permissions.demand('send_http', url);
      return promised(send(url, options, body));
    },
    setResponseBody: writes('body', text => response.setBody(text)),
    setResponseHeader: writes('header', (name, value) => response.setHeader(name, value)),
    setResponseStatus: writes('status', code => response.setStatus(code)),
  };
}

/** A promise as the sandbox has them: an object with three functions. */
function promised(promise) {
  const functions = [
    ['then', (onAnswer, onError) => promised(promise.then(onAnswer, onError))],
    ['catch', onError => promised(promise.catch(onError))],
    ['finally', onEnd => promised(promise.finally(onEnd))],
  ];
  return Object.fromEntries(functions);
}

function typeOf(value) {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

function orUndefined(work) {
  try {
    return work();
  } catch {
    return undefined;
  }
}
