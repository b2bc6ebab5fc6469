/**
 * The buckets of a drawing over time: what each is called, which days it covers, whether it is over.
 *
 * Starts are readings of the board's own clock, so a bucket is as long as the distance to the next.
 * Rows that are no time at all (what is overdue, what has no date) carry a word instead.
 */

import type { PanelResult, PanelSpec } from '../api/wire.ts';
import { dateFormatter, wallTime, wallTimeAt } from '../format/time.ts';
import { isTimeless } from './empty.ts';
import { encodeOf, isTrue, type Row, readable, readField, text, type ViewContext, word } from './frame.ts';

export type Grain = 'hour' | 'day' | 'week' | 'month' | 'quarter';
export type BucketState = 'done' | 'running' | 'ahead';

export interface Bucket {
  key: string;
  /** Short, beneath the columns. */
  tick: string;
  /** Whole, in the tooltip and the twin. */
  name: string;
  state: BucketState;
  /** First and last day, or null where the bucket is no time. */
  days: { first: string; last: string } | null;
}

const DAY_MS = 86_400_000;
const FLAGS = ['is_overdue', 'is_later', 'is_unset'];

/** One bucket for each row; several rows of one bucket are told once, in the order they come. */
export function bucketsOf(rows: Row[], result: PanelResult, spec: PanelSpec, context: ViewContext): Bucket[] {
  const encode = encodeOf(spec);
  const at = readField(encode.x)?.field ?? '';
  const label = readField(encode.label)?.field;
  const walls = rows.map(row =>
    label !== undefined && FLAGS.some(flag => isTrue(row[flag])) ? null : wallTime(row[at], context.timezone),
  );
  const grain = grainOf(walls);
  const now = isTimeless(spec) ? null : wallTimeAt(Date.parse(result.as_of), context.timezone);
  return rows.map((row, i) => {
    const wall = walls[i] ?? null;
    if (wall === null) {
      const plain = text(row[label ?? at]);
      const said = readable(word(plain, label ?? at, context));
      return { key: plain, tick: said, name: said, state: 'done', days: null };
    }
    const next = walls.slice(i + 1).find(other => other !== null && other > wall) ?? after(wall, grain);
    const end = Math.min(next, after(wall, grain));
    const last = Math.max(wall, end - 1);
    return {
      key: text(row[at]),
      tick: tickText(wall, grain, context.locale),
      name: nameText(wall, last, grain, context.locale),
      state: now === null || end <= now ? 'done' : wall <= now ? 'running' : 'ahead',
      days: { first: iso(wall), last: iso(last) },
    };
  });
}

export function grainOf(walls: (number | null)[]): Grain {
  const times = [...new Set(walls.filter((wall): wall is number => wall !== null))].sort((a, b) => a - b);
  const steps = times.slice(1).map((time, i) => (time - (times[i] ?? time)) / DAY_MS);
  const step = steps.length === 0 ? 1 : Math.min(...steps);
  if (step < 1) return 'hour';
  return step < 6 ? 'day' : step < 27 ? 'week' : step < 80 ? 'month' : 'quarter';
}

function after(wall: number, grain: Grain): number {
  const at = new Date(wall);
  switch (grain) {
    case 'hour':
      return wall + DAY_MS / 24;
    case 'day':
      return wall + DAY_MS;
    case 'week':
      return wall + 7 * DAY_MS;
    case 'month':
    case 'quarter':
      return Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + (grain === 'month' ? 1 : 3), at.getUTCDate());
  }
}

function iso(wall: number): string {
  return new Date(wall).toISOString().slice(0, 10);
}

function tickText(wall: number, grain: Grain, locale: string): string {
  const isYear = new Date(wall).getUTCMonth() === 0;
  const shape: Intl.DateTimeFormatOptions =
    grain === 'hour'
      ? { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }
      : grain === 'day' || grain === 'week'
        ? { day: 'numeric', month: 'short' }
        : { month: 'short', ...(isYear ? { year: 'numeric' as const } : {}) };
  return dateFormatter(locale, { timeZone: 'UTC', ...shape }).format(wall);
}

function nameText(wall: number, last: number, grain: Grain, locale: string): string {
  const utc = { timeZone: 'UTC' } as const;
  if (grain === 'hour')
    return dateFormatter(locale, { ...utc, dateStyle: 'medium', timeStyle: 'short' }).format(wall);
  if (grain === 'month')
    return dateFormatter(locale, { ...utc, month: 'long', year: 'numeric' }).format(wall);
  const day = { ...utc, day: 'numeric', month: 'short', year: 'numeric' } as const;
  if (grain === 'day') return dateFormatter(locale, { ...day, weekday: 'short' }).format(wall);
  return dateFormatter(locale, day).formatRange(wall, last);
}
