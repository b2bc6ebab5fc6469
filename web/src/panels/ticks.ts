/**
 * Which words fit beneath the columns, and where: evenly spaced, never one over another.
 */
import type { Bucket } from './buckets.ts';

export interface Tick {
  key: string;
  text: string;
  /** The middle of the words, in pixels from the left. */
  at: number;
}

const CHAR_PX = 6.2;
const APART_PX = 12;

export function ticksOf(buckets: readonly Bucket[], width: number): Tick[] {
  if (width <= 0 || buckets.length === 0) return [];
  const band = width / buckets.length;
  const wide = (text: string) => text.length * CHAR_PX;
  const timed = buckets.filter(bucket => bucket.days !== null);
  const widest = Math.max(0, ...timed.map(bucket => wide(bucket.tick)));
  const every = Math.max(1, Math.ceil((widest + APART_PX) / band));
  const taken: { from: number; to: number }[] = [];
  const ticks: (Tick & { place: number })[] = [];
  const place = (bucket: Bucket, i: number) => {
    const half = wide(bucket.tick) / 2;
    const at = Math.min(Math.max((i + 0.5) * band, Math.min(half, band)), width - Math.min(half, width / 2));
    const from = at - half;
    const to = at + half;
    if (taken.some(other => from < other.to + APART_PX && to > other.from - APART_PX)) return;
    taken.push({ from, to });
    ticks.push({ key: bucket.key, text: bucket.tick, at, place: i });
  };
  // Words that are no time stand once, so they go first, from the ends inwards.
  const odd = buckets.map((bucket, i) => ({ bucket, i })).filter(({ bucket }) => bucket.days === null);
  for (const { bucket, i } of [...odd.slice(0, 1), ...odd.slice(1).reverse()]) place(bucket, i);
  let turn = 0;
  buckets.forEach((bucket, i) => {
    if (bucket.days === null) return;
    if (turn % every === 0) place(bucket, i);
    turn += 1;
  });
  return ticks.sort((a, b) => a.place - b.place).map(({ key, text, at }) => ({ key, text, at }));
}
