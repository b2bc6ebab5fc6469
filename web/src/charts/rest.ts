/**
 * Motion tells of a change after a while of stillness. What changes again and again is seen by that alone: it is shown at
 * once, exact and without motion, and costs the browser one frame a change.
 */

/** Nothing that changed less than so long ago moves, is washed or glows. */
export const REST_MS = 2000;

/** How long something has not changed. */
export class Rest {
  private changedAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** It changes now: whether it had been still for a while. */
  end(): boolean {
    const at = this.now();
    const isRested = at - this.changedAt >= REST_MS;
    this.changedAt = at;
    return isRested;
  }
}
