/**
 * Asks for the open list, and again when rows landed: one question at a time, at most one a second,
 * a slow one less often. What is shown stays until the new answer is there.
 */
import { signal } from '@preact/signals';
import type { ListResult } from '../api/wire.ts';
import type { Failure, Timing } from '../state/slots.ts';

export const ASK_MS = 1000;
/** After a failure. */
export const RETRY_MS = 5000;
/** Rows at first, and with each wish for more. */
export const STEPS = [50, 250, 1000] as const;

export interface Asked {
  result: ListResult | null;
  failure: Failure | null;
  /** What is shown answers an older question. */
  isWaiting: boolean;
}

export class Asking {
  readonly asked = signal<Asked>({ result: null, failure: null, isWaiting: true });
  private step = 0;
  private askedAt = Number.NEGATIVE_INFINITY;
  private tookMs = 0;
  private timer: number | null = null;
  private going: AbortController | null = null;
  private isDue = false;
  private isOver = false;

  constructor(
    private readonly ask: (rows: number, abort: AbortSignal) => Promise<ListResult>,
    private readonly toFailure: (error: unknown) => Failure,
    private readonly timing: Timing,
  ) {
    this.run();
  }

  get rows(): number {
    return STEPS[this.step] ?? STEPS[0];
  }

  get canShowMore(): boolean {
    return this.step < STEPS.length - 1;
  }

  more(): void {
    this.step = Math.min(STEPS.length - 1, this.step + 1);
    this.anew();
  }

  /** The viewer wants another order: what is on its way answers nothing any more. */
  anew(): void {
    this.asked.value = { ...this.asked.value, isWaiting: true };
    this.going?.abort();
    this.going = null;
    this.run();
  }

  /** Rows landed, perhaps of this list. */
  landed(): void {
    this.isDue = true;
    if (this.going !== null || this.timer !== null || this.isOver) return;
    const pause = Math.max(ASK_MS, 2 * this.tookMs);
    this.later(Math.max(0, this.askedAt + pause - this.timing.now()));
  }

  stop(): void {
    this.isOver = true;
    this.going?.abort();
    this.cancel();
  }

  private later(ms: number): void {
    this.cancel();
    this.timer = this.timing.setTimer(() => this.run(), ms);
  }

  private cancel(): void {
    if (this.timer !== null) this.timing.clearTimer(this.timer);
    this.timer = null;
  }

  private run(): void {
    this.cancel();
    this.isDue = false;
    const abort = new AbortController();
    this.going = abort;
    this.askedAt = this.timing.now();
    this.ask(this.rows, abort.signal).then(
      result => this.end(abort, { result, failure: null, isWaiting: false }),
      (error: unknown) => {
        const { result } = this.asked.value;
        this.end(abort, { result, failure: this.toFailure(error), isWaiting: false });
      },
    );
  }

  private end(abort: AbortController, asked: Asked): void {
    if (abort !== this.going || this.isOver) return;
    this.going = null;
    this.tookMs = this.timing.now() - this.askedAt;
    this.asked.value = asked;
    if (asked.failure !== null) this.later(RETRY_MS);
    else if (this.isDue) this.landed();
  }
}
