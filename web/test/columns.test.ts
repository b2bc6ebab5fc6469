import { describe, expect, test } from 'vitest';
import { columnsOption } from '../src/charts/columns_option.ts';
import { scaleTo } from '../src/charts/scale.ts';
import { columnsView } from '../src/panels/columns_view.ts';
import { ticksOf } from '../src/panels/ticks.ts';
import { EN, result, spec } from './fixtures.ts';

const NONE = { group: null, chosen: [] };
const plain = (text: string | null | undefined) => (text ?? '').replace(/\s/g, ' ');

describe('columns side by side', () => {
  const columns = {
    bucket_at: "DateTime('Europe/Warsaw')",
    created_deals: 'Nullable(UInt64)',
    won_deals: 'Nullable(UInt64)',
    lost_deals: 'Nullable(UInt64)',
  };
  const rows = [
    ['2026-11-23 00:00:00', '8', '0', '2'],
    ['2026-11-24 00:00:00', '3', '1', '0'],
    ['2026-11-25 00:00:00', null, null, null],
  ];
  const view = columnsView(result('deals_over_time', columns, rows), spec('deals_over_time'), EN, NONE);

  test('tell what is over, what still runs and what has not begun', () => {
    expect(view.columns.map(column => column.state)).toEqual(['done', 'running', 'ahead']);
  });

  test('draw a zero as zero and nothing where nothing is known yet', () => {
    expect(view.columns.map(column => column.parts[1]?.amount)).toEqual([0, 1, null]);
  });

  test('say bucket and figures in one line', () => {
    expect(view.columns.map(column => column.words)).toEqual([
      'Mon, 23 Nov 2026: Created 8, Won deals 0, Lost deals 2',
      'Tue, 24 Nov 2026: still running, Created 3, Won deals 1, Lost deals 0',
      'Wed, 25 Nov 2026: not yet',
    ]);
  });

  test('add up each series, and take its tone from the board', () => {
    expect(view.series.map(one => [one.label, one.tone, one.total])).toEqual([
      ['Created', 'open', '11'],
      ['Won deals', 'won', '1'],
      ['Lost deals', 'lost', '2'],
    ]);
  });

  test('stand on a scale from zero with whole steps', () => {
    expect(view.scale).toEqual({ max: 8, steps: [2, 4, 6, 8] });
    expect(view.ticks).toEqual(['0', '2', '4', '6', '8']);
  });

  test('cover the days of their bucket', () => {
    expect(view.columns[0]?.days).toEqual({ first: '2026-11-23', last: '2026-11-23' });
    const weeks = columnsView(
      result('deals_over_time', columns, [
        ['2026-11-09 00:00:00', '1', '1', '1'],
        ['2026-11-16 00:00:00', '1', '1', '1'],
      ]),
      spec('deals_over_time'),
      EN,
      NONE,
    );
    expect(weeks.columns.map(column => column.days)).toEqual([
      { first: '2026-11-09', last: '2026-11-15' },
      { first: '2026-11-16', last: '2026-11-22' },
    ]);
    expect(plain(weeks.columns[1]?.name)).toBe('16 – 22 Nov 2026');
  });

  test('many of them have a strip for each series instead of hair-thin neighbours', () => {
    const many = Array.from({ length: 30 }, (_, i) => [
      `2026-10-${String(i + 1).padStart(2, '0')} 00:00:00`,
      '1',
      '1',
      '1',
    ]);
    const at = (size: 'wide' | 'narrow') =>
      columnsView(result('x', columns, many), spec('deals_over_time'), { ...EN, size }, NONE).hasLanes;
    expect([at('wide'), at('narrow')]).toEqual([false, true]);
  });
});

describe('columns one on another', () => {
  const columns = {
    bucket_at: "DateTime('Europe/Warsaw')",
    size: 'String',
    currency: 'String',
    won_value: 'Nullable(Decimal(38, 4))',
  };
  const day = (at: string, currency: string, small: string | null, large: string | null) => [
    [at, 'small', currency, small],
    [at, 'large', currency, large],
    [at, '(not set)', currency, small === null ? null : '0.0000'],
  ];
  const rows = [
    ...day('2026-11-23 00:00:00', 'EUR', '0.1000', '0.2000'),
    ...day('2026-11-24 00:00:00', 'EUR', '100.0000', '50.0000'),
    ...day('2026-11-25 00:00:00', 'EUR', null, null),
  ];
  const made = (chosen: string[], all: unknown[][] = rows, group: string | null = null) =>
    columnsView(result('revenue_by_size', columns, all), spec('revenue_by_size'), EN, { group, chosen });

  test('are one column a bucket, in the order of the query', () => {
    const view = made([]);
    expect(view.isStacked).toBe(true);
    expect(view.series.map(one => [one.key, one.tone])).toEqual([
      ['small', 'part-0'],
      ['large', 'part-1'],
      ['(not set)', 'unset'],
    ]);
    expect(view.columns).toHaveLength(3);
    expect(view.columns[2]?.state).toBe('ahead');
  });

  test('are added up without losing a digit', () => {
    expect(plain(made([]).columns[0]?.more[0]?.text)).toBe('€0.30');
    expect(made([]).scale.max).toBe(160);
  });

  test('filter by what they are', () => {
    const view = made(['large']);
    expect(view.series.map(one => [one.value, one.isChosen])).toEqual([
      ['small', false],
      ['large', true],
      ['(not set)', false],
    ]);
    expect(view.series[1]?.press).toBe('remove the filter large');
  });

  test('of two currencies are two drawings, never one sum', () => {
    const both = [...rows, ...day('2026-11-24 00:00:00', 'USD', '7.0000', '0.0000')];
    expect(made([], both).groups).toEqual(['EUR', 'USD']);
    expect(made([], both).scale.max).toBe(160);
    const dollars = made([], both, 'USD');
    expect(dollars.columns.map(column => plain(column.more[0]?.text))).toEqual(['US$7.00']);
    expect(made([], both, 'GBP').group).toBe('EUR');
  });

  test('are drawn with a seam, and a zero without an outline', () => {
    const view = made([]);
    const option = columnsOption({
      keys: view.columns.map(column => column.key),
      series: view.series.map((one, i) => ({
        key: one.key,
        tone: one.tone,
        amounts: view.columns.map(column => column.parts[i]?.amount ?? null),
      })),
      scale: view.scale,
      isStacked: true,
      hasLanes: false,
      isMoving: false,
    });
    expect(option.series).toHaveLength(3);
    expect(option.series).toMatchObject([
      { stack: 'all', itemStyle: { borderColor: 'var(--panel)' } },
      { stack: 'all' },
      { data: [{ value: 0, itemStyle: { borderWidth: 0 } }, { value: 0 }, { value: '-' }] },
    ]);
  });
});

describe('the forecast', () => {
  const columns = {
    month_at: 'Nullable(Date)',
    month: 'String',
    currency: 'String',
    open_value: 'Nullable(Decimal(38, 4))',
    weighted_value: 'Nullable(Decimal(38, 4))',
    open_deals: 'UInt64',
    is_overdue: 'Bool',
    is_later: 'Bool',
    is_unset: 'Bool',
  };
  const view = columnsView(
    result('forecast', columns, [
      [null, 'overdue', 'EUR', '10.0000', '5.0000', '2', true, false, false],
      ['2026-11-01', '2026-11', 'EUR', '20.0000', '5.0000', '3', false, false, false],
      ['2026-12-01', '2026-12', 'EUR', null, null, '0', false, false, false],
      [null, 'later', 'EUR', '1.0000', '1.0000', '1', false, true, false],
      [null, '(not set)', 'EUR', '4.0000', '1.0000', '4', false, false, true],
    ]),
    spec('forecast'),
    EN,
    NONE,
  );

  test('has words where there is no month, and no month that still runs', () => {
    expect(view.columns.map(column => [column.tick, column.state])).toEqual([
      ['Overdue', 'done'],
      ['Nov', 'done'],
      ['Dec', 'done'],
      ['Later', 'done'],
      ['(not set)', 'done'],
    ]);
    expect(view.columns[1]?.name).toBe('November 2026');
    expect(view.columns[0]?.days).toBeNull();
  });

  test('tells the deals beside the amounts', () => {
    expect(view.columns[0]?.more).toMatchObject([{ label: 'Open deals', text: '2' }]);
    expect(view.more).toMatchObject([{ label: 'Open deals', text: '10' }]);
  });
});

describe('a scale', () => {
  test.each([
    [0, true, [1]],
    [1, true, [1]],
    [3, true, [1, 2, 3]],
    [9, true, [3, 6, 9]],
    [11, false, [3, 6, 9, 12]],
    [115_000, false, [30_000, 60_000, 90_000, 120_000]],
    [0.3, false, [0.1, 0.2, 0.30000000000000004]],
  ])('to %s has few round steps', (largest, isWhole, steps) => {
    const scale = scaleTo(largest, isWhole);
    expect(scale.steps).toEqual(steps);
    expect(scale.steps.length).toBeLessThanOrEqual(4);
    expect(scale.max).toBeGreaterThanOrEqual(largest);
  });
});

describe('words beneath columns', () => {
  const bucket = (tick: string, isTime = true) => ({
    key: tick,
    tick,
    name: tick,
    state: 'done' as const,
    days: isTime ? { first: '', last: '' } : null,
  });
  const days = Array.from({ length: 30 }, (_, i) => bucket(`${i + 1} Nov`));

  test('never lie over one another, and are evenly apart', () => {
    const ticks = ticksOf(days, 300);
    const gaps = ticks.slice(1).map((tick, i) => tick.at - (ticks[i]?.at ?? 0));
    expect(ticks.length).toBeGreaterThan(3);
    expect(Math.min(...gaps)).toBeGreaterThan(6 * 6.2);
    expect(Math.max(...gaps.slice(1)) - Math.min(...gaps.slice(1))).toBeLessThan(1);
  });

  test('that are no time go first', () => {
    const ticks = ticksOf(
      [bucket('Overdue', false), bucket('Nov'), bucket('Dec'), bucket('(not set)', false)],
      130,
    );
    expect(ticks.map(tick => tick.text)).toEqual(['Overdue', '(not set)']);
  });

  test('stay inside', () => {
    for (const tick of ticksOf(days, 300)) expect(tick.at).toBeLessThanOrEqual(300);
  });
});
