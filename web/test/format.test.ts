import { describe, expect, test } from 'vitest';
import { money, moneyParts } from '../src/format/money.ts';
import { change, decimalText, int, percent, signedPercent } from '../src/format/number.ts';
import {
  ageText,
  durationText,
  instant,
  isWallType,
  spanText,
  wallText,
  wallTime,
} from '../src/format/time.ts';

const plain = (text: string) => text.replace(/\s/g, ' ');

describe('money', () => {
  test('keeps digits that a float would lose', () => {
    expect(money('90071992547409931234.5600', 'EUR', 'en-GB', 'full')).toBe('€90,071,992,547,409,931,234.56');
    expect(money('0.1000', 'EUR', 'en-GB', 'full')).toBe('€0.10');
  });

  test('is rounded on screen alone, by what the currency has', () => {
    expect(money('1234.5600', 'EUR', 'en-GB')).toBe('€1,235');
    expect(money('1234.5600', 'JPY', 'en-GB', 'full')).toBe('JP¥1,235');
    expect(money('1234567.0000', 'EUR', 'en-US', 'compact')).toBe('€1.2M');
  });

  test('follows the locale', () => {
    expect(plain(money('1234567.8900', 'EUR', 'de-DE', 'full'))).toBe('1.234.567,89 €');
    expect(plain(money('1234567.8900', 'PLN', 'pl-PL', 'full'))).toBe('1 234 567,89 zł');
  });

  test('a code that Intl refuses stands behind the number', () => {
    expect(plain(money('12.5000', 'POINTS', 'en-GB', 'full'))).toBe('12.50 POINTS');
    expect(plain(money('12.5000', '(not set)', 'en-GB'))).toBe('13 (not set)');
    expect(money('12.5000', '', 'en-GB')).toBe('13');
  });

  test.each([null, undefined, '', 'abc', 'NaN', {}, [], '1,2'])('%s is no amount', cell => {
    expect(money(cell, 'EUR', 'en-GB')).toBe('–');
  });

  test('units and cents are told from the figure', () => {
    expect(moneyParts('1234.5600', 'EUR', 'en-GB', 'full')).toEqual([
      { quiet: true, text: '€' },
      { quiet: false, text: '1,234' },
      { quiet: true, text: '.56' },
    ]);
  });
});

describe('numbers', () => {
  test('64-bit text keeps its digits', () => {
    expect(int('11499498413772974357', 'en-GB')).toBe('11,499,498,413,772,974,357');
  });

  test('reads numbers and decimal text, nothing else', () => {
    expect(decimalText(3)).toBe('3');
    expect(decimalText(' -2.50 ')).toBe('-2.50');
    expect(decimalText(Number.NaN)).toBeNull();
    expect(decimalText('0x10')).toBeNull();
    expect(decimalText(true)).toBeNull();
  });

  test('shares have one decimal, changes a sign', () => {
    expect(percent(0.34567, 'en-GB')).toBe('34.6%');
    expect(percent(null, 'en-GB')).toBe('–');
    expect(signedPercent(0.0371, 'en-GB')).toBe('+3.7%');
    expect(signedPercent(-0.5, 'en-GB')).toBe('-50.0%');
    expect(signedPercent(0, 'en-GB')).toBe('0.0%');
    expect(signedPercent(123.4, 'en-GB')).toBe('+12,340%');
  });

  test('without an earlier value, or with 0, there is no change', () => {
    expect(change('10', '0.0000')).toEqual({ kind: 'none' });
    expect(change('10', null)).toEqual({ kind: 'none' });
    expect(change('15', '10')).toEqual({ kind: 'change', share: 0.5 });
  });
});

describe('times', () => {
  test('reads RFC 3339 and what ClickHouse writes', () => {
    expect(instant('2026-03-15T12:00:00.123456Z')).toBe(Date.parse('2026-03-15T12:00:00.123Z'));
    expect(instant('2026-03-15 12:00:00.123456')).toBe(Date.parse('2026-03-15T12:00:00.123Z'));
    expect(instant('yesterday')).toBeNull();
    expect(instant(null)).toBeNull();
  });

  test('a day that begins in the zone is that day, however its time is written', () => {
    expect(isWallType("DateTime('Europe/Warsaw')")).toBe(true);
    expect(isWallType("DateTime64(6, 'UTC')")).toBe(false);
    for (const cell of [
      '2026-03-15 00:00:00',
      '2026-03-14T23:00:00Z',
      '2026-03-15T00:00:00+01:00',
      '2026-03-15',
    ]) {
      const wall = wallTime(cell, 'Europe/Warsaw');
      expect(wall !== null && wallText(wall, 'en-GB')).toBe('15 Mar 2026');
    }
  });

  test('spans have one decimal from hours on, and a sign where they are differences', () => {
    const texts = [45, 90, 5399, 5400, 7200, 172_800].map(seconds => plain(spanText(seconds, 'en-GB')));
    expect(texts).toEqual(['45 secs', '2 mins', '90 mins', '1.5 hrs', '2 hrs', '2 days']);
    expect(plain(spanText(-46_800, 'en-GB', 'signed'))).toBe('-13 hrs');
    expect(plain(spanText(60, 'en-GB', 'signed'))).toBe('+60 secs');
  });

  test('ages grow in one unit at a time', () => {
    expect([0, 119, 120, 7200, 172_800].map(seconds => plain(ageText(seconds, 'en-GB')))).toEqual([
      '0 secs',
      '119 secs',
      '2 mins',
      '2 hrs',
      '2 days',
    ]);
    expect(plain(durationText(142, 'en-GB'))).toBe('142 ms');
    expect(plain(durationText(2440, 'en-GB'))).toBe('2.4 secs');
  });
});
