// A backend of a few lines, without packages: serves the page beside it, and asks the dashboard for tokens with an API
// key that never leaves it. In yours, /token looks first who is signed in, and what that person may see.
//
//   OMNI_API_KEY=omni_… OMNI_COMPANY=7077 node deploy/embedding/server.mjs
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';

const { OMNI_API_KEY, OMNI_COMPANY } = process.env;
const dashboard = process.env.OMNI_URL ?? 'http://localhost:8090';
const template = process.env.OMNI_TEMPLATE ?? 'pipedrive-deals';
const fit = process.env.OMNI_FIT ?? 'scroll';
const port = Number(process.env.PORT ?? 5173);
if (!OMNI_API_KEY || !OMNI_COMPANY) {
  console.error('set OMNI_API_KEY (omni access key new --scope tokens) and OMNI_COMPANY (the id in Pipedrive)');
  process.exit(1);
}

const FILES = { '/': ['index.html', 'text/html'], '/host.js': ['host.js', 'text/javascript'] };

async function token() {
  const response = await fetch(`${dashboard}/api/v1/embed/tokens`, {
    method: 'POST',
    headers: { authorization: `Bearer ${OMNI_API_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      template,
      company: Number(OMNI_COMPANY),
      allow: ['period', 'compare', 'source'],
      ttl_seconds: Number(process.env.OMNI_TTL_SECONDS ?? 900),
    }),
  });
  const answer = await response.json();
  if (!response.ok) return { status: response.status, body: { error: answer.error.message } };
  const url = `${dashboard}${answer.path.replace('#', `&fit=${fit}#`)}`;
  return { status: 200, body: { token: answer.token, url } };
}

createServer(async (request, response) => {
  const path = new URL(request.url, 'http://here').pathname;
  if (path === '/token') {
    const { status, body } = await token().catch(error => ({ status: 502, body: { error: error.message } }));
    response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
    response.end(JSON.stringify(body));
    return;
  }
  const [file, type] = FILES[path] ?? [];
  if (!file) return response.writeHead(404).end();
  response.writeHead(200, { 'content-type': type });
  response.end(await readFile(new URL(file, import.meta.url)));
}).listen(port, '127.0.0.1', () => console.log(`http://localhost:${port}`));
