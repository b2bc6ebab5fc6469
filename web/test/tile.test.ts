import { describe, expect, test } from 'vitest';
import { statView } from '../src/panels/stat_view.ts';
import { EN, result, spec } from './fixtures.ts';

const plain = (text: string | undefined) => (text ?? '').replace(/\s/g, ' ');

describe('a number tile', () => {
  const columns = {
    currency: 'String',
    won_value: 'Decimal(38, 4)',
    won_deals: 'UInt64',
    average_value: 'Nullable(Decimal(38, 4))',
    previous_value: 'Nullable(Decimal(38, 4))',
    change: 'Nullable(Float64)',
    spark_at: "Array(DateTime('Europe/Warsaw'))",
    spark_value: 'Array(Decimal(38, 4))',
  };
  const days = ['2026-11-23 00:00:00', '2026-11-24 00:00:00'];
  const view = (rows: unknown[][], compare: 'previous' | 'off' = 'previous') =>
    statView(result('won_value', columns, rows), spec('won_value'), EN, compare);

  test('shows figure, change and facts', () => {
    const made = view([
      ['EUR', '1527182.5000', '141', '11229.2800', '1472000.0000', 0.0375, days, ['1.0000', '2.0000']],
    ]);
    expect(made.figure.full).toBe('€1,527,182.50');
    expect(made.change).toEqual({ text: '+3.8%', tone: 'up', versus: 'vs previous period' });
    expect(made.facts.map(fact => fact.text)).toEqual(['141', '€11,229']);
    expect(made.spark).toEqual({ points: [1, 2], unfinished: true });
  });

  test('a run that ended before now is finished', () => {
    const old = ['2026-10-01 00:00:00', '2026-10-02 00:00:00'];
    expect(view([['EUR', '1', '1', '1', '1', 0, old, ['1', '2']]]).spark?.unfinished).toBe(false);
  });

  test('nothing won is zero, not nothing', () => {
    const made = view([]);
    expect(made.figure.full).toBe('€0.00');
    expect(made.facts.map(fact => fact.text)).toEqual(['0', '–']);
  });

  test.each([null, '0.0000'])('an earlier value of %s is no change', previous => {
    expect(view([['EUR', '5', '1', '5', previous, null, days, ['1', '2']]]).change).toEqual({
      text: '–',
      tone: 'none',
      versus: 'no earlier period',
    });
  });

  test('comparison off shows no change', () => {
    expect(view([['EUR', '5', '1', '5', '4', 0.25, days, ['1', '2']]], 'off').change).toBeNull();
  });

  test('amounts of currencies without rates are not added, their counts are', () => {
    const made = view([
      ['EUR', '5.0000', '3', '5', null, null, days, []],
      ['USD', '7.0000', '2', '7', null, null, days, []],
      ['GBP', '1.0000', '1', '1', null, null, days, []],
      ['PLN', '1.0000', '1', '1', null, null, days, []],
    ]);
    expect(made.figure.full).toBe('€5.00');
    expect(made.facts.map(fact => [fact.label, plain(fact.text)])).toEqual([
      ['Won deals', '7'],
      ['Average value', '€5'],
      ['Other currencies', 'US$7 · £1 · 1 more'],
    ]);
  });

  test('a share of the figure is between nothing and all', () => {
    const made = statView(
      result(
        'open_pipeline',
        { currency: 'String', open_value: 'Decimal(38,4)', weighted_value: 'Decimal(38,4)' },
        [['EUR', '200.0000', '68.0000']],
      ),
      spec('open_pipeline'),
      EN,
      'off',
    );
    expect(made.share).toEqual({ part: 0.34, text: 'Weighted value: 34.0%' });
  });
});
