// What the tests of both templates stand on: a container on a real port, and requests as Omni makes them.
import { startContainer } from './container.mjs';
import { parseTemplate, readTemplate, settingsOf } from './template.mjs';

const CLIENT = readTemplate('omni-client.tpl');

/** A server that ends with its test. */
export async function started(t, starting) {
  const server = await starting;
  t.after(() => server.close());
  return server;
}

/** A container with our client, so set, and these tags. */
export function containerOf(t, { client = {}, ...parts } = {}) {
  return started(
    t,
    startContainer({ client: { template: CLIENT, settings: settingsOf(CLIENT, client) }, ...parts }),
  );
}

/** A tag of a few lines, for what other tags do. */
export function tagThat(id, code, trigger) {
  const sections = {
    TERMS_OF_SERVICE: '',
    INFO: '{}',
    TEMPLATE_PARAMETERS: '[]',
    SANDBOXED_JS_FOR_SERVER: code,
    SERVER_PERMISSIONS: '[]',
    TESTS: "scenarios:\nsetup: ''",
    NOTES: '',
  };
  const text = Object.entries(sections).map(([name, body]) => `___${name}___\n\n${body}\n`);
  return { id, template: parseTemplate(text.join('\n')), settings: {}, trigger };
}

export async function post(container, body, { path = '/omni', headers = {}, method = 'POST' } = {}) {
  const options = { method, headers: { 'content-type': 'application/json', ...headers } };
  const answer = await fetch(`${container.url}${path}`, method === 'POST' ? { ...options, body } : options);
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

/** The body that the destination makes of a flat event. */
export function asSent(event) {
  return JSON.stringify({
    ...event,
    client_id: '51',
    timestamp: event.event_timestamp,
    unique_event_id: event.event_uuid,
  });
}
