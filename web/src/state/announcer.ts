/**
 * Tells a screen reader what moved, in one summary at most every 30 s, and only when something did.
 */
import { REPAINT_MS, type Timing } from './slots.ts';

export const SUMMARY_MS = 30_000;
/** How long a summary gathers: panels moved by the same rows repaint up to `REPAINT_MS` apart. */
export const GATHER_MS = 4 * REPAINT_MS;
/** Panels named in one summary. */
export const PARTS_MAX = 4;

export class Announcer {
  private readonly parts = new Map<string, string>();
  private timer: number | null = null;
  private saidAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly timing: Timing,
    private readonly say: (parts: string[]) => void,
  ) {}

  /** The newest words of a panel replace its older ones. */
  note(panel: string, words: string): void {
    this.parts.set(panel, words);
    if (this.timer !== null) return;
    const wait = Math.max(GATHER_MS, this.saidAt + SUMMARY_MS - this.timing.now());
    this.timer = this.timing.setTimer(() => {
      this.timer = null;
      this.saidAt = this.timing.now();
      const parts = [...this.parts.values()].slice(0, PARTS_MAX);
      this.parts.clear();
      this.say(parts);
    }, wait);
  }
}
