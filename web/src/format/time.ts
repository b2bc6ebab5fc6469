/**
 * Times of the wire, and how they are said: ages that count up, clock times in the board's zone.
 *
 * Reads RFC 3339 and ClickHouse's `YYYY-MM-DD hh:mm:ss[.ffffff]`, which is UTC.
 */
import { formatter } from './number.ts';

const formatters = new Map<string, Intl.DateTimeFormat>();

/** Made once per locale and shape: making one costs a hundred times what using it does. */
export function dateFormatter(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${locale}|${JSON.stringify(options)}`;
  let found = formatters.get(key);
  if (!found) {
    found = new Intl.DateTimeFormat(locale, options);
    formatters.set(key, found);
  }
  return found;
}

export function instant(cell: unknown): number | null {
  if (typeof cell !== 'string' || cell === '') return null;
  const plain = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}:\d{2})(\.\d+)?$/.exec(cell);
  const text = plain ? `${plain[1]}T${plain[2]}${(plain[3] ?? '').slice(0, 4)}Z` : cell;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? null : ms;
}

const ZONED = /(?:Z|[+-]\d{2}:?\d{2})$/;
const PLAIN = /^(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2}:\d{2}))?/;

/** A type whose values belong to a zone of their own (`DateTime('Europe/Warsaw')`), or to none (`Date`). */
export function isWallType(type: string): boolean {
  return /DateTime(64)?\((\d+, ?)?'(?!UTC|Etc\/UTC)/.test(type) || type === 'Date' || type === 'Date32';
}

/**
 * What the wall clock of the zone shows, as if it were UTC: good for order, distance and words, not
 * an instant. A text without an offset is such a reading already.
 */
export function wallTime(cell: unknown, timezone: string): number | null {
  if (typeof cell !== 'string') return null;
  if (ZONED.test(cell)) {
    const at = instant(cell);
    return at === null ? null : wallTimeAt(at, timezone);
  }
  const found = PLAIN.exec(cell);
  return found ? Date.parse(`${found[1]}T${found[2] ?? '00:00:00'}Z`) : null;
}

/** What the wall clock of the zone shows at an instant, in the same measure. */
export function wallTimeAt(ms: number, timezone: string): number {
  const parts = dateFormatter('en-CA', {
    timeZone: timezone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(ms);
  const of = (type: string) => parts.find(part => part.type === type)?.value ?? '00';
  return Date.parse(
    `${of('year')}-${of('month')}-${of('day')}T${of('hour')}:${of('minute')}:${of('second')}Z`,
  );
}

/** A day, with its time only when it is not midnight. */
export function wallText(wall: number, locale: string): string {
  const isDay = wall % 86_400_000 === 0;
  const time = isDay ? {} : ({ timeStyle: 'short' } as const);
  return dateFormatter(locale, { timeZone: 'UTC', dateStyle: 'medium', ...time }).format(wall);
}

/** Whole seconds since `at`; a clock that runs ahead of the server never gives less than 0. */
export function ageSeconds(at: number, now: number): number {
  return Math.max(0, Math.floor((now - at) / 1000));
}

/** "12 s", "4 min", "3 h", "5 d": one unit, short, for things that count up. */
export function ageText(seconds: number, locale: string): string {
  const [value, unit] =
    seconds < 120
      ? ([seconds, 'second'] as const)
      : seconds < 7200
        ? ([Math.floor(seconds / 60), 'minute'] as const)
        : seconds < 172_800
          ? ([Math.floor(seconds / 3600), 'hour'] as const)
          : ([Math.floor(seconds / 86_400), 'day'] as const);
  return formatter(locale, { style: 'unit', unit, unitDisplay: 'short' }).format(value);
}

/** "45 s", "12 min", "3.5 h", "2.1 d": one unit, with one decimal from hours on; signed for a difference of two. */
export function spanText(seconds: number, locale: string, sign: 'plain' | 'signed' = 'plain'): string {
  const size = Math.abs(seconds);
  const [value, unit] =
    size < 90
      ? ([seconds, 'second'] as const)
      : size < 5400
        ? ([seconds / 60, 'minute'] as const)
        : size < 172_800
          ? ([seconds / 3600, 'hour'] as const)
          : ([seconds / 86_400, 'day'] as const);
  return formatter(locale, {
    style: 'unit',
    unit,
    unitDisplay: 'short',
    maximumFractionDigits: size < 5400 ? 0 : 1,
    ...(sign === 'signed' ? { signDisplay: 'exceptZero' } : {}),
  }).format(value);
}

export function clockText(ms: number, locale: string, timezone: string): string {
  return dateFormatter(locale, {
    timeZone: timezone,
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  }).format(ms);
}

export function dateTimeText(ms: number, locale: string, timezone: string): string {
  return dateFormatter(locale, {
    timeZone: timezone,
    dateStyle: 'medium',
    timeStyle: 'medium',
  }).format(ms);
}

/** A duration of the pipe: "180 ms", "2.4 s". */
export function durationText(ms: number, locale: string): string {
  const seconds = ms >= 1000;
  return formatter(locale, {
    style: 'unit',
    unit: seconds ? 'second' : 'millisecond',
    unitDisplay: 'short',
    maximumFractionDigits: seconds ? 1 : 0,
  }).format(seconds ? ms / 1000 : ms);
}
