/**
 * One slot a panel: what is shown, what is waiting to be shown.
 *
 * Old data stays until new data is there. A panel repaints at most four times a second; of what comes
 * faster only the newest is kept. Paused, the newest result of each panel waits, except the answer
 * to a choice the viewer just made, which is shown at once.
 */
import { type Signal, signal } from '@preact/signals';
import type { PanelResult } from '../api/wire.ts';

export const REPAINT_MS = 250;

export interface Failure {
  message: string;
  id: string | null;
}

export interface Slot {
  /** The last good result. */
  result: PanelResult | null;
  failure: Failure | null;
  /** Asked for anew; what is shown answers an older question. */
  refreshing: boolean;
  /** Counts answers, good or bad. 0: nothing was ever answered. */
  version: number;
  /** Counts the times that rows which landed changed what is shown; a new question does not count. */
  changes: number;
}

export interface Timing {
  now: () => number;
  setTimer: (run: () => void, ms: number) => number;
  clearTimer: (id: number) => void;
}

const EMPTY: Slot = { result: null, failure: null, refreshing: false, version: 0, changes: 0 };

interface Pace {
  shownAt: number;
  timer: number | null;
  next: PanelResult | null;
}

export class Slots {
  readonly paused = signal(false);
  /** How many panels have something newer than what is shown. */
  readonly held = signal(0);
  /** Called when rows that landed changed what is shown. */
  onChanged: (result: PanelResult) => void = () => {};

  private readonly slots = new Map<string, Signal<Slot>>();
  private readonly paces = new Map<string, Pace>();

  constructor(private readonly timing: Timing) {}

  slot(panel: string): Signal<Slot> {
    let found = this.slots.get(panel);
    if (!found) {
      found = signal(EMPTY);
      this.slots.set(panel, found);
    }
    return found;
  }

  /** A new board: nothing of the old one may show. */
  reset(panels: string[]): void {
    for (const pace of this.paces.values()) if (pace.timer !== null) this.timing.clearTimer(pace.timer);
    this.paces.clear();
    for (const [id, slot] of this.slots) {
      slot.value = EMPTY;
      if (!panels.includes(id)) this.slots.delete(id);
    }
    for (const id of panels) this.slot(id);
    this.held.value = 0;
  }

  /** The same board with other panels: what stays shows what it has until it is answered anew. */
  keep(panels: string[]): void {
    for (const id of this.slots.keys()) {
      if (panels.includes(id)) continue;
      this.stop(this.pace(id));
      this.slots.delete(id);
    }
    for (const id of panels) this.slot(id);
    this.refresh();
  }

  /** Another question was asked: keep what is shown, say that it is being replaced. */
  refresh(): void {
    for (const [id, slot] of this.slots) {
      slot.value = { ...slot.value, refreshing: true };
      this.stop(this.pace(id));
    }
    this.countHeld();
  }

  /** Panels that wait for an answer. */
  unanswered(): string[] {
    return [...this.slots]
      .filter(([, slot]) => slot.value.refreshing || slot.value.version === 0)
      .map(([id]) => id);
  }

  offer(result: PanelResult): void {
    const slot = this.slots.get(result.panel);
    if (!slot) return;
    if (result.state === 'failed') {
      // A server that still has the last good rows sends them along.
      if (slot.value.result === null && result.columns.length > 0) slot.value = { ...slot.value, result };
      this.fail(result.panel, failureOf(result));
      return;
    }
    const pace = this.pace(result.panel);
    if (!slot.value.refreshing && isOvertaken(result, pace.next ?? slot.value.result)) return;
    if (slot.value.refreshing || slot.value.version === 0) {
      this.show(result, pace);
      return;
    }
    pace.next = result;
    if (this.paused.value) this.countHeld();
    else this.schedule(pace);
  }

  /** The last good data stays; a short reason stands beside it. */
  fail(panel: string, failure: Failure): void {
    const slot = this.slots.get(panel);
    if (!slot) return;
    slot.value = { ...slot.value, failure, refreshing: false, version: Math.max(1, slot.value.version) };
  }

  pause(on: 'on' | 'off'): void {
    this.paused.value = on === 'on';
    if (on === 'off') for (const pace of this.paces.values()) if (pace.next) this.schedule(pace);
    this.countHeld();
  }

  private schedule(pace: Pace): void {
    if (pace.timer !== null) return;
    const wait = pace.shownAt + REPAINT_MS - this.timing.now();
    if (wait <= 0) {
      if (pace.next) this.show(pace.next, pace);
      return;
    }
    pace.timer = this.timing.setTimer(() => {
      pace.timer = null;
      if (pace.next && !this.paused.value) this.show(pace.next, pace);
    }, wait);
  }

  private show(result: PanelResult, pace: Pace): void {
    this.stop(pace);
    pace.shownAt = this.timing.now();
    const slot = this.slot(result.panel);
    const { result: before, refreshing, version, changes } = slot.value;
    const isChange = before !== null && !refreshing && !sameRows(before, result);
    slot.value = {
      result,
      failure: null,
      refreshing: false,
      version: version + 1,
      changes: isChange ? changes + 1 : changes,
    };
    if (isChange) this.onChanged(result);
  }

  private stop(pace: Pace): void {
    if (pace.timer !== null) this.timing.clearTimer(pace.timer);
    pace.timer = null;
    pace.next = null;
  }

  private pace(panel: string): Pace {
    let found = this.paces.get(panel);
    if (!found) {
      found = { shownAt: Number.NEGATIVE_INFINITY, timer: null, next: null };
      this.paces.set(panel, found);
    }
    return found;
  }

  private countHeld(): void {
    this.held.value = this.paused.value ? [...this.paces.values()].filter(pace => pace.next).length : 0;
  }
}

function sameRows(a: PanelResult, b: PanelResult): boolean {
  return JSON.stringify(a.rows) === JSON.stringify(b.rows);
}

function failureOf(result: PanelResult): Failure {
  return { message: result.error?.message ?? '', id: result.error?.id ?? null };
}

/** Answers to plain requests carry no number; one that was overtaken by a push is of no use. */
function isOvertaken(result: PanelResult, shown: PanelResult | null): boolean {
  return result.seq === null && shown !== null && Date.parse(result.as_of) < Date.parse(shown.as_of);
}
