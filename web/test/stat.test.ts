import { describe, expect, test } from 'vitest';
import { days, points, sumText } from '../src/format/number.ts';
import { statView } from '../src/panels/stat_view.ts';
import { EN, result, spec } from './fixtures.ts';

const plain = (text: string | null | undefined) => (text ?? '').replace(/\s/g, ' ');

describe('a change as a share', () => {
  const change = (better?: string) => {
    const told = spec('won_value');
    const encode = { ...told.encode, change: { field: 'change', format: 'change', better } };
    const columns = { currency: 'String', won_value: 'Decimal(38, 16)', change: 'Nullable(Float64)' };
    const made = statView(
      result('won_value', columns, [['EUR', '5', -0.25]]),
      { ...told, encode },
      EN,
      'previous',
    );
    return made.change;
  };

  test('is good where less is better, and neither where the template says so', () => {
    expect(change()).toMatchObject({ tone: 'down' });
    expect(change()?.isGood).toBeUndefined();
    expect(change('lower')).toMatchObject({ tone: 'down', isGood: true });
    expect(change('neither')).toMatchObject({ tone: 'down', isGood: null });
  });
});

describe('the win rate', () => {
  const columns = {
    win_rate: 'Nullable(Float64)',
    won_deals: 'UInt64',
    lost_deals: 'UInt64',
    win_rate_by_value: 'Nullable(Float64)',
    previous_win_rate: 'Nullable(Float64)',
    change_points: 'Nullable(Float64)',
  };
  const view = (rows: unknown[][]) =>
    statView(result('win_rate', columns, rows), spec('win_rate'), EN, 'previous');

  test('moves in points, not in per cent of itself', () => {
    const made = view([[0.7, '140', '60', null, 0.65, 0.05]]);
    expect(plain(made.change?.text)).toBe('+5.0 pp');
    expect(made.change).toMatchObject({ tone: 'up', versus: 'vs previous period' });
    expect(made.facts.map(fact => fact.text)).toEqual(['140', '60', '–']);
  });

  test('is split into what it is a rate of', () => {
    expect(view([[0.7, '140', '60', 0.5, null, null]]).split).toEqual([
      { key: 'won_deals', label: 'Won deals', text: '140', tone: 'won', part: 0.7 },
      { key: 'lost_deals', label: 'Lost deals', text: '60', tone: 'lost', part: 0.3 },
    ]);
  });

  test('is a warning above what its template calls one, and says so', () => {
    const warned = (rate: number | null) => {
      const strict = {
        ...spec('win_rate'),
        encode: { value: { field: 'win_rate', format: 'percent', warn_above: 0.5 } },
      };
      return statView(result('win_rate', columns, [[rate, '1', '1', null, null, null]]), strict, EN, 'off')
        .figure.warning;
    };
    expect(warned(0.51)).toBe('Above 50.0%');
    expect([warned(0.5), warned(null), view([[0.9, '9', '1', null, null, null]]).figure.warning]).toEqual([
      null,
      null,
      null,
    ]);
  });

  test('of nothing closed is a dash, not 0 %', () => {
    const made = view([]);
    expect(made.figure.full).toBe('–');
    expect(made.split).toEqual([]);
    expect(made.change?.versus).toBe('no earlier period');
  });
});

describe('the sales cycle', () => {
  const columns = {
    mean_days: 'Nullable(Float64)',
    median_days: 'Nullable(Float64)',
    p90_days: 'Nullable(Float64)',
    won_deals: 'UInt64',
    previous_mean_days: 'Nullable(Float64)',
    change_days: 'Nullable(Float64)',
    negative_durations: 'UInt64',
  };
  const change = (moved: number | null) =>
    statView(
      result('sales_cycle', columns, [[12.34, 10, 40.06, '9', 12, moved, '0']]),
      spec('sales_cycle'),
      EN,
      'previous',
    );

  test('is told in days, the unit lighter', () => {
    const made = change(-1.25);
    expect(made.figure.parts.map(part => [plain(part.text), part.quiet])).toEqual([
      ['12.3', false],
      [' d', true],
    ]);
    expect(made.facts.map(fact => plain(fact.text))).toEqual(['10.0 d', '40.1 d', '9']);
  });

  test('is better when it is shorter, by sign and by word', () => {
    expect(change(-1.25).change).toMatchObject({ tone: 'down', isGood: true, word: 'faster' });
    expect(change(2).change).toMatchObject({ tone: 'up', isGood: false, word: 'slower' });
    expect(plain(change(2).change?.text)).toBe('+2.0 d');
    expect(change(0.01).change).toMatchObject({ tone: 'same' });
    expect(change(null).change).toMatchObject({ tone: 'none', versus: 'no earlier period' });
  });
});

describe('the sales velocity', () => {
  const columns = {
    currency: 'String',
    velocity: 'Nullable(Decimal(38, 4))',
    open_deals: 'UInt64',
    average_won_value: 'Nullable(Decimal(38, 4))',
    win_rate: 'Nullable(Float64)',
    cycle_days: 'Nullable(Float64)',
  };
  const view = (rows: unknown[][]) =>
    statView(result('sales_velocity', columns, rows), spec('sales_velocity'), EN, 'previous');

  test('is money per day, and its parts lead to their panels', () => {
    const made = view([['EUR', '57066.5000', '69', '12033.0000', 0.661, 9.6]]);
    expect([plain(made.figure.full), made.figure.per]).toEqual(['€57,066.50', 'per day']);
    expect(made.facts.map(fact => [plain(fact.text), fact.panel])).toEqual([
      ['69', 'open_pipeline'],
      ['€12,033', 'won_value'],
      ['66.1%', 'win_rate'],
      ['9.6 d', 'sales_cycle'],
    ]);
  });

  test('without one of its parts is a dash', () => {
    expect(view([['EUR', null, '69', null, null, null]]).figure.full).toBe('–');
    expect(view([]).figure.full).toBe('–');
  });
});

describe('numbers', () => {
  test('sums are exact, also of what a float would round', () => {
    expect(sumText(['0.1000', '0.2000'])).toBe('0.3000');
    expect(sumText(['9007199254740993', '1'])).toBe('9007199254740994');
    expect(sumText(['-1.50', '0.25', null])).toBe('-1.25');
    expect(sumText([null, '–'])).toBeNull();
  });

  test('points and days carry sign and unit in the viewer’s own way', () => {
    expect(plain(points(-0.0125, 'en-GB', 'pp'))).toBe('-1.3 pp');
    expect(plain(points(0, 'en-GB', 'pp'))).toBe('0.0 pp');
    expect(plain(points(0.05, 'de-DE', 'pp'))).toBe('+5,0 pp');
    expect(plain(days(12.34, 'de-DE'))).toBe('12,3 Tage');
    expect(plain(days(-1.2, 'en-GB', 'signed'))).toBe('-1.2 d');
  });
});
