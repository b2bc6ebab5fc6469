/**
 * Which days a chosen period covers, in the board's zone, for the words on the page.
 *
 * The server decides what is counted; this only says it: half-open in time, so the last day shown
 * is the day before the end. Weeks start on Monday. Days are plain dates, never instants.
 */
import { dateFormatter } from '../format/time.ts';

export const PERIODS = [
  'today',
  '7d',
  '30d',
  '90d',
  'this_week',
  'last_week',
  'this_month',
  'last_month',
  'this_quarter',
  'last_quarter',
  'this_year',
  'last_year',
  'custom',
] as const;
export type Period = (typeof PERIODS)[number];

export interface Day {
  year: number;
  month: number;
  day: number;
}

export interface DayRange {
  first: Day;
  last: Day;
}

export function isPeriod(text: string): text is Period {
  return (PERIODS as readonly string[]).includes(text);
}

/** The date it is at `ms` in the zone. */
export function dayIn(ms: number, timezone: string): Day {
  const parts = dateFormatter('en-CA', {
    timeZone: timezone,
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
  }).formatToParts(ms);
  const of = (type: string) => Number(parts.find(part => part.type === type)?.value ?? 0);
  return { year: of('year'), month: of('month'), day: of('day') };
}

/** Normalises overflow: day 0 is the last of the month before, month 13 is January. */
function day(year: number, month: number, date: number): Day {
  const at = new Date(Date.UTC(year, month - 1, date));
  return { year: at.getUTCFullYear(), month: at.getUTCMonth() + 1, day: at.getUTCDate() };
}

function plus(from: Day, days: number): Day {
  return day(from.year, from.month, from.day + days);
}

function weekday(of: Day): number {
  return (new Date(Date.UTC(of.year, of.month - 1, of.day)).getUTCDay() + 6) % 7;
}

export function parseDay(text: string | null | undefined): Day | null {
  const found = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text ?? '');
  if (!found) return null;
  const given = { year: Number(found[1]), month: Number(found[2]), day: Number(found[3]) };
  const real = day(given.year, given.month, given.day);
  return real.month === given.month && real.day === given.day ? given : null;
}

export function dayText(of: Day): string {
  const two = (n: number) => String(n).padStart(2, '0');
  return `${String(of.year).padStart(4, '0')}-${two(of.month)}-${two(of.day)}`;
}

/** The days of a period; a custom one that lacks a bound covers nothing and is null. */
export function periodDays(
  period: Period,
  today: Day,
  from?: string | null,
  to?: string | null,
): DayRange | null {
  const { year, month } = today;
  const quarter = Math.floor((month - 1) / 3) * 3 + 1;
  const monday = plus(today, -weekday(today));
  switch (period) {
    case 'today':
      return { first: today, last: today };
    case '7d':
      return { first: plus(today, -6), last: today };
    case '30d':
      return { first: plus(today, -29), last: today };
    case '90d':
      return { first: plus(today, -89), last: today };
    case 'this_week':
      return { first: monday, last: plus(monday, 6) };
    case 'last_week':
      return { first: plus(monday, -7), last: plus(monday, -1) };
    case 'this_month':
      return { first: day(year, month, 1), last: day(year, month + 1, 0) };
    case 'last_month':
      return { first: day(year, month - 1, 1), last: day(year, month, 0) };
    case 'this_quarter':
      return { first: day(year, quarter, 1), last: day(year, quarter + 3, 0) };
    case 'last_quarter':
      return { first: day(year, quarter - 3, 1), last: day(year, quarter, 0) };
    case 'this_year':
      return { first: day(year, 1, 1), last: day(year, 12, 31) };
    case 'last_year':
      return { first: day(year - 1, 1, 1), last: day(year - 1, 12, 31) };
    case 'custom': {
      const first = parseDay(from);
      const last = parseDay(to);
      return first && last ? { first, last } : null;
    }
  }
}

/** "1 – 30 Nov 2026" in the viewer's own order of words. */
export function rangeText(range: DayRange, locale: string): string {
  const format = dateFormatter(locale, {
    timeZone: 'UTC',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
  });
  const first = Date.UTC(range.first.year, range.first.month - 1, range.first.day);
  const last = Date.UTC(range.last.year, range.last.month - 1, range.last.day);
  return first === last ? format.format(first) : format.formatRange(first, last);
}
