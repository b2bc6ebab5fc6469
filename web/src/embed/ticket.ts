/**
 * The token of an embed: taken out of the address, sent with every request, renewed by the page
 * around this one before it runs out.
 *
 * Only the parent window is heard, and only from an origin that the token in force names. What the
 * token says is read here to know when to ask and whom; whether it is true the server judges. When
 * nobody answers, asking goes on, more seldom, and what is shown stays.
 */
import type { Fetch } from '../api/client.ts';
import type { Timing } from '../state/slots.ts';

/** Asked for so long before the end, or at this share of its life when that is later. */
export const RENEW_BEFORE_MS = 60_000;
const RENEW_AT_SHARE = 0.8;
/** Between two questions to the host: while the token holds, and when it does not. */
export const ASK_AGAIN_MS = 5000;
export const ASK_SELDOM_MS = 30_000;

export interface Claims {
  madeAt: number;
  endsAt: number;
  origins: string[];
}

/** The window around this one, as far as it may be known. */
export interface Host {
  /** Sends to the parent, if it is of that origin. */
  post(message: unknown, origin: string): void;
  /** Hears what the parent says, and nobody else. */
  listen(hear: (message: unknown, origin: string) => void): void;
  /** The parent's origin, where the browser tells. */
  origin: string | null;
}

export class Ticket {
  private claims: Claims | null;
  private timer: number | null = null;
  /** Called when there is a new token. */
  onRenewed: () => void = () => {};

  constructor(
    private token: string,
    private readonly host: Host,
    private readonly timing: Timing,
  ) {
    this.claims = readClaims(token);
    host.listen((message, origin) => this.hear(message, origin));
    this.wait();
  }

  /** `fetch` with the token, and never with anything that a browser keeps. */
  fetchWith(fetchIt: Fetch): Fetch {
    return (input, init) => {
      if (this.token === '') return Promise.reject(new Error('no token came with the address'));
      const headers = { ...(init?.headers as Record<string, string>), authorization: `Bearer ${this.token}` };
      return fetchIt(input, { ...init, headers, credentials: 'omit' });
    };
  }

  /** The server takes the token no more. */
  ended(): void {
    this.stop();
    this.ask();
  }

  /** Tells the host, wherever the token lets it be. */
  tell(message: unknown): void {
    const origins = this.claims?.origins ?? [];
    const { origin } = this.host;
    for (const to of origins) if (origin === null || origin === to) this.host.post(message, to);
  }

  private hear(message: unknown, origin: string): void {
    if (!this.claims?.origins.includes(origin)) return;
    const { type, token } = (message ?? {}) as { type?: unknown; token?: unknown };
    if (type !== 'omni:token' || typeof token !== 'string' || token === this.token) return;
    const claims = readClaims(token);
    if (claims === null || claims.endsAt <= this.claims.endsAt) return;
    this.token = token;
    this.claims = claims;
    this.stop();
    this.wait();
    this.onRenewed();
  }

  private ask(): void {
    if (this.claims === null) return;
    this.tell({ type: 'omni:renew' });
    const isOver = this.timing.now() >= this.claims.endsAt;
    this.timer = this.timing.setTimer(() => this.ask(), isOver ? ASK_SELDOM_MS : ASK_AGAIN_MS);
  }

  private wait(): void {
    if (this.claims === null) return;
    const { madeAt, endsAt } = this.claims;
    const at = Math.max(endsAt - RENEW_BEFORE_MS, madeAt + RENEW_AT_SHARE * (endsAt - madeAt));
    this.timer = this.timing.setTimer(() => this.ask(), Math.max(0, at - this.timing.now()));
  }

  private stop(): void {
    if (this.timer !== null) this.timing.clearTimer(this.timer);
    this.timer = null;
  }
}

/** What a token says of itself; null when it says nothing that can be read. */
export function readClaims(token: string): Claims | null {
  try {
    const [, body = ''] = token.split('.');
    const text = atob(body.replace(/-/g, '+').replace(/_/g, '/'));
    const bytes = Uint8Array.from(text, letter => letter.charCodeAt(0));
    const { iat, exp, origins } = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
    if (typeof iat !== 'number' || typeof exp !== 'number' || !Array.isArray(origins)) return null;
    const named = origins.filter(one => typeof one === 'string');
    return { madeAt: iat * 1000, endsAt: exp * 1000, origins: named };
  } catch {
    return null;
  }
}
