/**
 * The plain requests of the page: boards, manifest, options, one panel, set-up.
 *
 * Every answer is JSON of the same origin. A refusal becomes an `ApiError` that says whether
 * asking again can help.
 */
import type {
  BoardList,
  ListResult,
  Manifest,
  Options,
  PanelResult,
  Setup,
  TestSent,
  OnScreen as Told,
} from './wire.ts';

export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly id: string | null = null,
    /** The choice that was refused, when it was one. */
    readonly parameter: string | null = null,
  ) {
    super(message);
  }

  /** The session is over: only a new page or a new token helps. */
  get ended(): boolean {
    return this.status === 401 || (this.status === 403 && this.parameter === null);
  }
}

export type Fetch = (input: string, init?: RequestInit) => Promise<Response>;

export class Api {
  constructor(
    private readonly fetchIt: Fetch,
    private readonly base = '/api/v1',
  ) {}

  boards(lang: string, signal?: AbortSignal): Promise<BoardList> {
    return this.get(`/boards?lang=${lang}`, signal);
  }

  manifest(board: string, lang: string, signal?: AbortSignal): Promise<Manifest> {
    return this.get(`${boardPath(board)}?lang=${lang}`, signal);
  }

  options(board: string, variable: string, query: string, signal?: AbortSignal): Promise<Options> {
    return this.get(`${boardPath(board, 'options', variable)}${query}`, signal);
  }

  panel(board: string, panel: string, query: string, signal?: AbortSignal): Promise<PanelResult> {
    return this.get(`${boardPath(board, 'panels', panel)}${query}`, signal);
  }

  list(board: string, list: string, query: string, signal?: AbortSignal): Promise<ListResult> {
    return this.get(`${boardPath(board, 'lists', list)}${query}`, signal);
  }

  setup(signal?: AbortSignal): Promise<Setup> {
    return this.get('/setup', signal);
  }

  async testEvent(event: 'send' | 'remove'): Promise<TestSent> {
    return (await this.post('/setup/test-event', { event })).json();
  }

  async onScreen(board: string, stream: string, panels: string[]): Promise<void> {
    const told: Told = { stream, panels };
    await this.post(boardPath(board, 'on-screen'), told);
  }

  csvUrl(board: string, panel: string, query: string): string {
    return `${this.base}${boardPath(board, 'panels', panel)}.csv${query}`;
  }

  listCsvUrl(board: string, list: string, query: string): string {
    return `${this.base}${boardPath(board, 'lists', list)}.csv${query}`;
  }

  liveUrl(board: string, query: string): string {
    return `${this.base}${boardPath(board, 'live')}${query}`;
  }

  private async get<T>(path: string, signal?: AbortSignal): Promise<T> {
    const init = { headers: { accept: 'application/json' }, signal: signal ?? null };
    return (await this.ask(path, init)).json() as Promise<T>;
  }

  private post(path: string, body: unknown): Promise<Response> {
    return this.ask(path, {
      method: 'POST',
      headers: { accept: 'application/json', 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  }

  private async ask(path: string, init: RequestInit): Promise<Response> {
    const response = await this.fetchIt(this.base + path, init);
    if (!response.ok) throw await refusal(response);
    return response;
  }
}

function boardPath(...parts: string[]): string {
  return ['/boards', ...parts.map(encodeURIComponent)].join('/');
}

/** Reads the reason out of an error body, when there is one. */
export async function refusal(response: Response): Promise<ApiError> {
  let message = `${response.status} ${response.statusText}`.trim();
  let id: string | null = response.headers.get('x-request-id');
  let parameter: string | null = null;
  try {
    const body: unknown = await response.json();
    const error = record(body)?.error ?? body;
    const detail = record(error)?.message ?? error;
    if (typeof detail === 'string' && detail !== '') message = detail;
    const given = record(error)?.id;
    if (typeof given === 'string') id = given;
    const refused = record(error)?.parameter;
    if (typeof refused === 'string') parameter = refused;
  } catch {
    // The body is no JSON: the status line has to do.
  }
  return new ApiError(response.status, message, id, parameter);
}

function record(value: unknown): Record<string, unknown> | null {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
}
