/**
 * Which panels are on the screen, told to the server: when it cannot keep all of them new at once, those come first.
 *
 * Told a moment after the last change, and anew for each stream. Nothing depends on it being heard.
 */
import type { Timing } from './slots.ts';

/** Long enough for a scroll to come to rest. */
export const REST_MS = 300;

export class OnScreen {
  private readonly seen = new Set<string>();
  private stream: string | null = null;
  private told = '';
  private timer: number | null = null;

  constructor(
    private readonly timing: Timing,
    private readonly tell: (stream: string, panels: string[]) => void,
  ) {}

  /** A new stream knows nothing yet. */
  opened(stream: string): void {
    this.stream = stream;
    this.told = '';
    this.later();
  }

  set(panel: string, to: 'on' | 'off'): void {
    if (to === 'on') this.seen.add(panel);
    else this.seen.delete(panel);
    this.later();
  }

  private later(): void {
    if (this.timer !== null) this.timing.clearTimer(this.timer);
    this.timer = this.timing.setTimer(() => {
      this.timer = null;
      const panels = [...this.seen].sort();
      const now = panels.join();
      if (this.stream === null || now === this.told) return;
      this.told = now;
      this.tell(this.stream, panels);
    }, REST_MS);
  }
}
