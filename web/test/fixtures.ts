/** What several tests need: a board, results, a clock that is turned by hand. */
import { MANIFEST } from '../dev/manifest.ts';
import type { PanelResult, PanelSpec } from '../src/api/wire.ts';
import type { ViewContext } from '../src/panels/frame.ts';

export const EN: ViewContext = {
  locale: 'en-GB',
  timezone: 'Europe/Warsaw',
  currency: 'EUR',
  texts: MANIFEST.texts,
  size: 'wide',
};

export function spec(id: string): PanelSpec {
  const found = MANIFEST.panels.find(panel => panel.id === id);
  if (!found) throw new Error(`no panel ${id}`);
  return found;
}

/** `{ name: Type }` and rows, as reporting sends them. */
export function result(
  panel: string,
  columns: { [name: string]: string },
  rows: unknown[][],
  more: Partial<PanelResult> = {},
): PanelResult {
  return {
    panel,
    seq: 1,
    as_of: '2026-11-24T12:00:00Z',
    computed_ms: 1,
    state: 'ok',
    columns: Object.entries(columns).map(([name, type]) => ({ name, type })),
    rows,
    error: null,
    ...more,
  };
}

export class HandClock {
  private at = 1_000_000;
  private next = 1;
  private readonly timers = new Map<number, { at: number; run: () => void }>();

  now = () => this.at;
  setTimer = (run: () => void, ms: number) => {
    const id = this.next++;
    this.timers.set(id, { at: this.at + ms, run });
    return id;
  };
  clearTimer = (id: number) => {
    this.timers.delete(id);
  };

  get waiting(): number {
    return this.timers.size;
  }

  /** Moves time, and what is due happens in its order. */
  async turn(ms: number): Promise<void> {
    const end = this.at + ms;
    for (;;) {
      const due = [...this.timers]
        .filter(([, timer]) => timer.at <= end)
        .sort((a, b) => a[1].at - b[1].at)[0];
      if (!due) break;
      this.timers.delete(due[0]);
      this.at = Math.max(this.at, due[1].at);
      due[1].run();
      await settled();
    }
    this.at = end;
    await settled();
  }
}

/** Lets every promise that can go on do so. */
export async function settled(): Promise<void> {
  await new Promise<void>(done => setImmediate(done));
}
