/**
 * Watches the ids of a stream's events: `<boot>-<number>` of the server that numbers them.
 *
 * The number is shared by all streams of a server, so it jumps ahead as a matter of course; what
 * was left out on purpose was replaced by something newer. A number that falls back within one
 * stream, or another boot, means that another server took over and what lies between is unknown.
 */
export class Sequence {
  private last: { boot: string; number: number } | null = null;

  /** The next id seen is the first. */
  restart(): void {
    this.last = null;
  }

  see(id: string | null): 'next' | 'gap' {
    const found = /^(.*?)(\d+)$/.exec(id ?? '');
    if (!found) return 'next';
    const now = { boot: found[1] ?? '', number: Number(found[2]) };
    const last = this.last;
    this.last = now;
    return last !== null && (now.boot !== last.boot || now.number < last.number) ? 'gap' : 'next';
  }
}
