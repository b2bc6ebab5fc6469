/**
 * A development aid, no part of the product: serves reporting's API and the built page on loopback,
 * from an account that lives in memory. The tests of the page hold its strings.
 */
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import type { BoardRef, Fresh, Manifest, OnScreen, PanelResult } from '../src/api/wire.ts';
import { Account } from './account.ts';
import { type Board, ownerId, type Question } from './counting.ts';
import { inGerman } from './german.ts';
import { type Given, listed } from './lists.ts';
import { MANIFEST } from './manifest.ts';
import { answer } from './results.ts';
import { traitsOf } from './traits.ts';

/** As strict as reporting may ever be: nothing inline, nothing from elsewhere, no eval. */
export const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'";

const TYPES: { [extension: string]: string } = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

interface Viewer {
  question: Question;
  response: ServerResponse;
  sent: Map<string, string>;
}

export class StandIn {
  readonly account: Account;
  readonly failing = new Map<string, string>();
  /** Answers streams with this status instead. */
  refuseStreams: number | null = null;
  isBare = false;
  /** Makes another answer of what would be sent. */
  alter: (result: PanelResult) => PanelResult = result => result;
  /** When not null: the tokens that open the API, as in an embed. */
  tokens: Set<string> | null = null;
  /** The tokens that were sent. */
  readonly sent: string[] = [];
  /** Pages that may hold the page of an embed. */
  ancestors = "'self'";
  /** The API answers nothing but 503. */
  isAway = false;
  isSilent = false;
  heartbeatAt = Date.now();
  eventsDue: number | null = null;
  setup: unknown = null;
  /** Whose rows there are. */
  companies = ['1'];
  readonly tests: string[] = [];
  /** What happens to a test event that was sent; on a real server it takes its way. */
  onTest: (event: string) => void = () => {};
  readonly asked: string[] = [];
  /** What pages said is on their screens. */
  readonly onScreen: OnScreen[] = [];
  /** Boards that can be chosen beside the one. */
  otherBoards: BoardRef[] = [];
  /** Results of panels that were sent. */
  pushed = 0;
  private streamsEver = 0;
  private manifest: Manifest = MANIFEST;
  private templateHash = 'dev';
  private readonly viewers = new Set<Viewer>();
  private readonly server: Server;
  private seq = 0;

  constructor(
    seed: number,
    private readonly dist: string | null,
  ) {
    this.account = new Account(seed, Date.now());
    this.server = createServer((request, response) => void this.handle(request, response));
  }

  async listen(port = 0): Promise<string> {
    await new Promise<void>(done => this.server.listen(port, '127.0.0.1', done));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.dropStreams();
    this.server.closeAllConnections();
    await new Promise(done => this.server.close(done));
  }

  get streams(): number {
    return this.viewers.size;
  }

  /** Something happens in the account, and every viewer is told what changed. */
  step(times = 1): void {
    for (let i = 0; i < times; i += 1) this.account.step(Date.now());
    this.push();
  }

  push(): void {
    this.heartbeatAt = Date.now();
    for (const viewer of this.viewers) this.tell(viewer);
  }

  send(event: string, data: unknown, id?: number): void {
    for (const viewer of this.viewers) this.write(viewer, event, data, id);
  }

  /** Another template is in force: viewers are told to come back for it. */
  reload(manifest: Manifest): void {
    this.manifest = manifest;
    this.templateHash += '+';
    this.send('reload', { template: 'pipedrive-deals/2.0', template_hash: this.templateHash });
  }

  dropStreams(): void {
    for (const viewer of this.viewers) viewer.response.destroy();
    this.viewers.clear();
  }

  /** For a server that serves the page itself, as vite does. */
  async middleware(request: IncomingMessage, response: ServerResponse, next: () => void): Promise<void> {
    if (request.url?.startsWith('/api/')) await this.handle(request, response);
    else next();
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://stand.in');
    this.asked.push(url.pathname + url.search);
    const parts = url.pathname.split('/').filter(Boolean).map(decodeURIComponent);
    if (parts[0] !== 'api') return this.file(url.pathname, response);
    if (this.isAway) return refuse(response, 503, 'starting');
    const token = request.headers.authorization?.replace('Bearer ', '') ?? '';
    this.sent.push(token);
    if (this.tokens && !this.tokens.has(token)) return refuse(response, 401, 'the token has run out');
    const question = questionOf(url.search);
    const [, , what, , which, name = ''] = parts;
    if (what === 'setup' && request.method === 'POST') {
      const { event } = JSON.parse(await bodyOf(request)) as { event: string };
      this.tests.push(`${request.headers['content-type']} ${event}`);
      this.onTest(event);
      return json(response, { event_uuid: 'feed0000-0000-4000-8000-000000000001' });
    }
    if (what === 'setup')
      return this.setup ? json(response, this.setup) : refuse(response, 404, 'no set-up here');
    if (what !== 'boards') return refuse(response, 404, 'no such route');
    const told = url.searchParams.get('lang') === 'de' ? inGerman(this.manifest) : this.manifest;
    const manifest = { ...told, companies: this.companies.map(id => ({ id })) };
    if (parts.length === 3)
      return json(response, {
        boards: [{ id: manifest.id, version: '2.0', title: manifest.title }, ...this.otherBoards],
      });
    if (parts.length === 4) return json(response, manifest);
    if (which === 'live') return this.stream(question, response);
    if (which === 'on-screen') {
      this.onScreen.push(JSON.parse(await bodyOf(request)) as OnScreen);
      response.writeHead(204).end();
      return;
    }
    if (which === 'options') return json(response, { options: this.options(name) });
    if (which === 'panels' && name.endsWith('.csv')) return this.csv(name.slice(0, -4), question, response);
    if (which === 'panels') return this.panel(name, question, response);
    if (which === 'lists') return this.list(name, url.search, question, response);
    return refuse(response, 404, 'no such route');
  }

  private board(): Board {
    return { account: this.account, now: Date.now(), heartbeatAt: this.heartbeatAt, isBare: this.isBare };
  }

  private result(panel: string, question: Question): PanelResult {
    const result = this.alter(answer(panel, question, this.board(), this.seq));
    const reason = this.failing.get(panel);
    if (reason === undefined) return result;
    return { ...result, state: 'failed', columns: [], rows: [], error: { message: reason, id: 'q-7f3a' } };
  }

  private panel(panel: string, question: Question, response: ServerResponse): void {
    json(response, this.result(panel, question));
  }

  private csv(panel: string, question: Question, response: ServerResponse): void {
    const { columns, rows } = this.result(panel, question);
    response.writeHead(200, { 'content-type': 'text/csv; charset=utf-8' });
    response.end([columns.map(column => column.name), ...rows].map(row => row.join(',')).join('\n'));
  }

  private list(name: string, search: string, question: Question, response: ServerResponse): void {
    const id = name.replace(/\.csv$/, '');
    const reason = this.failing.get(id);
    if (reason !== undefined) {
      refuse(response, 503, reason);
      return;
    }
    const given = givenOf(search, id !== name);
    const result = listed(id, question, given, this.board());
    if (result === null) {
      refuse(response, 404, 'no such list');
      return;
    }
    if (id === name) {
      json(response, result);
      return;
    }
    response.writeHead(200, { 'content-type': 'text/csv; charset=utf-8' });
    response.end(
      [result.columns.map(column => column.name), ...result.rows].map(row => row.join(',')).join('\n'),
    );
  }

  private options(name: string) {
    const counts = new Map<string, number>();
    for (const deal of this.account.deals) {
      const { source, owner, campaign } = deal;
      const { industry, size } = traitsOf(deal);
      const value = { source, owner, campaign, industry, size }[name] ?? '';
      counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    return [...counts]
      .sort((a, b) => b[1] - a[1])
      .map(([value, count]) => ({
        value: name === 'owner' ? ownerId(value) : value,
        label: value,
        count: String(count),
      }));
  }

  private stream(question: Question, response: ServerResponse): void {
    if (this.refuseStreams !== null) {
      refuse(response, this.refuseStreams, 'not now');
      return;
    }
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache, no-transform',
    });
    const viewer: Viewer = { question, response, sent: new Map() };
    this.streamsEver += 1;
    this.viewers.add(viewer);
    response.on('close', () => this.viewers.delete(viewer));
    const now = new Date().toISOString();
    this.write(viewer, 'hello', {
      template: MANIFEST.id,
      template_hash: this.templateHash,
      server_time: now,
      stream: `stream-${this.streamsEver}`,
      panels: [],
    });
    this.tell(viewer);
  }

  private tell(viewer: Viewer): void {
    if (this.isSilent) return;
    for (const { id } of this.manifest.panels) {
      const result = this.result(id, viewer.question);
      const print = JSON.stringify([result.state, result.rows]);
      if (viewer.sent.get(id) === print) continue;
      viewer.sent.set(id, print);
      this.write(viewer, 'panel', result);
    }
    this.write(viewer, 'fresh', this.fresh());
  }

  private fresh(): Fresh {
    const last = this.isBare ? null : (this.account.happenings[0]?.at ?? null);
    const iso = (at: number | null) => (at === null ? null : new Date(at).toISOString());
    return {
      last_event_at: iso(last),
      last_loaded_at: iso(last === null ? null : last + 160),
      heartbeat_at: iso(this.heartbeatAt),
      events_due: this.eventsDue,
      server_time: new Date().toISOString(),
    };
  }

  private write(viewer: Viewer, event: string, data: unknown, id?: number): void {
    this.seq = id ?? this.seq + 1;
    if (event === 'panel') this.pushed += 1;
    viewer.response.write(`id: dev-${this.seq}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  private async file(path: string, response: ServerResponse): Promise<void> {
    const isEmbed = path.startsWith('/e/');
    const name = path === '/' || isEmbed ? 'index.html' : normalize(path).replace(/^([/\\]|\.\.)+/, '');
    try {
      const body = await readFile(join(this.dist ?? '', name));
      response.writeHead(200, {
        'content-type': TYPES[extname(name)] ?? 'application/octet-stream',
        'content-security-policy': isEmbed ? CSP.replace(/'self'$/, this.ancestors) : CSP,
      });
      response.end(body);
    } catch {
      refuse(response, 404, 'no such file');
    }
  }
}

function pairsOf(search: string): Map<string, string> {
  const pieces = search.replace(/^\?/, '').split('&');
  return new Map(pieces.map(piece => piece.split('=', 2) as [string, string]));
}

function givenOf(search: string, isFile: boolean): Given {
  const pairs = pairsOf(search);
  const of = (name: string) => (pairs.get(name) ?? '').split(',').filter(Boolean).map(decodeURIComponent);
  return { of, sort: of('sort')[0] ?? '', rows: isFile ? 1_000_000 : Number(of('rows')[0] ?? 50) };
}

export function questionOf(search: string): Question {
  const pairs = pairsOf(search);
  const lists: { [name: string]: string[] } = {};
  for (const name of ['source', 'campaign', 'owner', 'industry', 'size']) {
    lists[name] = (pairs.get(name) ?? '').split(',').filter(Boolean).map(decodeURIComponent);
  }
  return {
    period: pairs.get('period') ?? '30d',
    from: pairs.get('from') ?? null,
    to: pairs.get('to') ?? null,
    lists,
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const piece of request) body += String(piece);
  return body;
}

function json(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ error: { message } }));
}
