import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { dayIn, dayText, isPeriod, PERIODS, parseDay, periodDays, rangeText } from '../src/state/period.ts';

const today = { year: 2026, month: 3, day: 15 }; // A Sunday.
const days = (period: string) => {
  const range = isPeriod(period) ? periodDays(period, today) : null;
  return range && `${dayText(range.first)} ${dayText(range.last)}`;
};

describe('the days of a period', () => {
  test.each([
    ['today', '2026-03-15 2026-03-15'],
    ['7d', '2026-03-09 2026-03-15'],
    ['30d', '2026-02-14 2026-03-15'],
    ['this_week', '2026-03-09 2026-03-15'],
    ['last_week', '2026-03-02 2026-03-08'],
    ['this_month', '2026-03-01 2026-03-31'],
    ['last_month', '2026-02-01 2026-02-28'],
    ['this_quarter', '2026-01-01 2026-03-31'],
    ['last_quarter', '2025-10-01 2025-12-31'],
    ['this_year', '2026-01-01 2026-12-31'],
    ['last_year', '2025-01-01 2025-12-31'],
  ])('%s', (period, expected) => {
    expect(days(period)).toBe(expected);
  });

  /** The server's test reads the same cases: what the page says is what is counted. */
  const cases: { now: string; zone: string; days: { [period: string]: string } }[] = JSON.parse(
    readFileSync(new URL('./period_days.json', import.meta.url), 'utf8'),
  );
  test.each(cases)('at $now in $zone, over clock changes and leap days', ({ now, zone, days: expected }) => {
    const told = PERIODS.filter(period => period !== 'custom');
    expect(Object.keys(expected)).toEqual(told);
    for (const period of told) {
      const range = periodDays(period, dayIn(Date.parse(now), zone));
      expect(range && `${dayText(range.first)} ${dayText(range.last)}`, period).toBe(expected[period]);
    }
  });

  test('every name has days, but for a custom one without bounds', () => {
    for (const period of PERIODS) expect(periodDays(period, today) === null).toBe(period === 'custom');
  });

  test('the day is that of the zone', () => {
    const at = Date.parse('2026-03-31T22:30:00Z');
    expect(dayText(dayIn(at, 'Europe/Warsaw'))).toBe('2026-04-01');
    expect(dayText(dayIn(at, 'America/New_York'))).toBe('2026-03-31');
  });

  test('a day that is none is refused', () => {
    expect(parseDay('2026-02-29')).toBeNull();
    expect(parseDay('2024-02-29')).toEqual({ year: 2024, month: 2, day: 29 });
  });

  test('is said in the words of the viewer', () => {
    const range = periodDays('this_month', today);
    expect(range && rangeText(range, 'en-GB').replace(/\s*–\s*/, '–')).toBe('1–31 Mar 2026');
  });
});
