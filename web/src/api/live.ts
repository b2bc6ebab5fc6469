/**
 * One stream of pushed results, kept alive.
 *
 * Reconnects with full jitter after any break, after 45 s of silence, and when the tab is looked at
 * again; lets go of its connection 30 s after the tab is hidden, because a browser allows about six
 * per host. The last `id` is sent on, so the server can leave out what did not change.
 * Never gives up by itself, except on 401 and 403: then the session is over.
 */
import type { ApiError, Fetch } from './client.ts';
import { refusal } from './client.ts';
import { type ServerEvent, SseParser } from './sse.ts';

export const SILENCE_MS = 45_000;
export const HIDDEN_MS = 30_000;
export const BACKOFF_FIRST_MS = 500;
export const BACKOFF_MAX_MS = 30_000;

export type Link =
  | { state: 'idle' }
  | { state: 'connecting'; attempt: number }
  | { state: 'open'; since: number }
  /** `refused`: the server answered, and what was asked is the reason. */
  | { state: 'waiting'; attempt: number; retryAt: number; reason: string; cause: 'lost' | 'refused' }
  | { state: 'hidden' }
  | { state: 'ended'; reason: string };

export interface LiveDeps {
  fetch: Fetch;
  now: () => number;
  random: () => number;
  setTimer: (run: () => void, ms: number) => number;
  clearTimer: (id: number) => void;
}

export interface LiveListener {
  link(link: Link): void;
  event(event: ServerEvent): void;
}

export class LiveStream {
  private abort: AbortController | null = null;
  private silence: number | null = null;
  private timer: number | null = null;
  private attempt = 0;
  private lastId: string | null = null;
  private visible = true;
  private url: string | null = null;
  private ended = false;

  constructor(
    private readonly deps: LiveDeps,
    private readonly listener: LiveListener,
  ) {}

  /** Opens the stream at `url`; another url forgets the last id, since the sequence is another. */
  open(url: string): void {
    if (url !== this.url) this.lastId = null;
    this.url = url;
    this.ended = false;
    this.attempt = 0;
    this.stopTimers();
    void this.connect();
    if (!this.visible) this.hideLater();
  }

  close(): void {
    this.url = null;
    this.drop();
    this.tell({ state: 'idle' });
  }

  /** Tries now instead of waiting; also after the browser said it is online again. */
  retryNow(): void {
    if (this.url === null || this.ended || !this.visible || this.abort !== null) return;
    this.attempt = 0;
    this.stopTimers();
    void this.connect();
  }

  /** The server ended the session: keep what is shown and stay away. */
  end(reason: string): void {
    this.ended = true;
    this.drop();
    this.tell({ state: 'ended', reason });
  }

  setVisible(visible: boolean): void {
    if (visible === this.visible) return;
    this.visible = visible;
    if (this.url === null || this.ended) return;
    if (visible) {
      if (this.abort === null) this.retryNow();
      else this.clear('timer');
      return;
    }
    this.hideLater();
  }

  private hideLater(): void {
    this.clear('timer');
    this.timer = this.deps.setTimer(() => {
      this.drop();
      this.tell({ state: 'hidden' });
    }, HIDDEN_MS);
  }

  private async connect(): Promise<void> {
    this.drop();
    if (this.url === null) return;
    const abort = new AbortController();
    this.abort = abort;
    this.tell({ state: 'connecting', attempt: this.attempt });
    this.listen();
    try {
      const headers: Record<string, string> = { accept: 'text/event-stream' };
      if (this.lastId !== null) headers['last-event-id'] = this.lastId;
      const response = await this.deps.fetch(this.url, { headers, signal: abort.signal, cache: 'no-store' });
      if (!response.ok || response.body === null) throw await refusal(response);
      await this.read(response.body, abort.signal);
      this.lost(abort, 'the server closed the stream');
    } catch (error) {
      this.lost(abort, error);
    }
  }

  private async read(body: ReadableStream<Uint8Array>, signal: AbortSignal): Promise<void> {
    const reader = body.getReader();
    const decoder = new TextDecoder();
    const parser = new SseParser();
    let heard = false;
    for (;;) {
      const { done, value } = await reader.read();
      if (done || signal.aborted) return;
      this.listen();
      for (const event of parser.push(decoder.decode(value, { stream: true }))) {
        if (signal.aborted) return;
        if (!heard) {
          heard = true;
          this.attempt = 0;
          this.tell({ state: 'open', since: this.deps.now() });
        }
        if (event.id !== null) this.lastId = event.id;
        this.listener.event(event);
      }
    }
  }

  /** Starts the clock of silence anew. */
  private listen(): void {
    this.clear('silence');
    const abort = this.abort;
    this.silence = this.deps.setTimer(() => {
      if (abort !== null && abort === this.abort) {
        this.drop();
        this.wait('nothing was heard for 45 s');
      }
    }, SILENCE_MS);
  }

  private lost(abort: AbortController, error: unknown): void {
    if (abort !== this.abort) return;
    this.drop();
    const over = (error as Partial<ApiError> | null)?.ended === true;
    const reason = error instanceof Error ? error.message : String(error);
    if (over) this.end(reason);
    else this.wait(reason, isRefusal(error) ? 'refused' : 'lost');
  }

  private wait(reason: string, cause: 'lost' | 'refused' = 'lost'): void {
    const ceiling = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** this.attempt);
    const delay = Math.round(ceiling * (0.5 + this.deps.random() / 2));
    this.attempt = Math.min(this.attempt + 1, 16);
    this.tell({ state: 'waiting', attempt: this.attempt, retryAt: this.deps.now() + delay, reason, cause });
    this.clear('timer');
    this.timer = this.deps.setTimer(() => {
      if (this.visible) void this.connect();
      else this.tell({ state: 'hidden' });
    }, delay);
  }

  private drop(): void {
    this.stopTimers();
    const abort = this.abort;
    this.abort = null;
    abort?.abort();
  }

  private stopTimers(): void {
    this.clear('silence');
    this.clear('timer');
  }

  private clear(which: 'silence' | 'timer'): void {
    const id = this[which];
    if (id !== null) this.deps.clearTimer(id);
    this[which] = null;
  }

  private tell(link: Link): void {
    this.listener.link(link);
  }
}

/** A 4xx that another try may not change; too many requests and time-outs are no such thing. */
function isRefusal(error: unknown): boolean {
  const status = (error as Partial<ApiError> | null)?.status ?? 0;
  return status >= 400 && status < 500 && status !== 408 && status !== 429;
}
