/**
 * Watches the numbers of a stream's events.
 *
 * The number is the server's own and is shared by all its streams, so it jumps ahead as a matter
 * of course; what was left out on purpose was replaced by something newer. A number that falls
 * back within one stream means that another server took over and what lies between is unknown.
 */
export class Sequence {
  private last: number | null = null;

  /** The next number seen is the first. */
  restart(): void {
    this.last = null;
  }

  see(id: string | null): 'next' | 'gap' {
    if (id === null || !/^\d+$/.test(id)) return 'next';
    const number = Number(id);
    const isBack = this.last !== null && number < this.last;
    this.last = number;
    return isBack ? 'gap' : 'next';
  }
}
