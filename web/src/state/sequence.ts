/**
 * Watches the numbers of a stream's events for holes.
 *
 * A number that jumps ahead means that something was missed; one that falls back means that the
 * server began anew. Both lead to a fresh round of questions. Events without a number say nothing.
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
    const last = this.last;
    this.last = number;
    if (last === null || number === last || number === last + 1) return 'next';
    return 'gap';
  }
}
