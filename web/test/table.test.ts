import { describe, expect, test } from 'vitest';
import { tableView } from '../src/panels/table_view.ts';
import { EN, result, spec } from './fixtures.ts';

describe('the table twin', () => {
  test('has full figures of each column', () => {
    const made = tableView(
      result(
        'won_by_source',
        { source: 'String', won_deals: 'UInt64', total_value: 'Nullable(Decimal(38, 4))' },
        [
          ['google', '48', '451613.2500'],
          ['(not set)', '1', null],
        ],
      ),
      spec('won_by_source'),
      EN,
    );
    expect(made.columns.map(column => column.label)).toEqual(['Source', 'Won deals', 'Total value']);
    expect(made.rows[0]?.cells).toEqual(['google', '48', '€451,613.25']);
  });

  test('a lone row is told downwards, and its run over time follows', () => {
    const made = tableView(
      result(
        'won_value',
        {
          currency: 'String',
          won_value: 'Decimal(38,4)',
          won_deals: 'UInt64',
          change: 'Nullable(Float64)',
          spark_at: "Array(DateTime('Europe/Warsaw'))",
          spark_value: 'Array(Decimal(38,4))',
        },
        [['EUR', '3.5000', '2', 0.25, ['2026-11-23 00:00:00', '2026-11-24 00:00:00'], ['1.0000', null]]],
      ),
      spec('won_value'),
      EN,
    );
    expect(made.rows.map(row => row.cells)).toEqual([
      ['Won value', '€3.50'],
      ['Won deals', '2'],
      ['Change', '+25.0%'],
      ['23 Nov 2026', '€1.00'],
      ['24 Nov 2026', '–'],
    ]);
  });

  test('leaves out what only steers the drawing', () => {
    const made = tableView(
      result(
        'won_by_source',
        {
          currency: 'String',
          source: 'String',
          total_value: 'Decimal(38,4)',
          is_other: 'Bool',
          sources: 'UInt64',
        },
        [
          ['EUR', 'a', '1.0000', false, '1'],
          ['EUR', 'b', '1.0000', false, '1'],
        ],
      ),
      spec('won_by_source'),
      EN,
    );
    expect(made.columns.map(column => column.key)).toEqual(['source', 'total_value']);
  });

  test('a tile of several currencies tells each, and its run', () => {
    const made = tableView(
      result(
        'won_value',
        {
          currency: 'String',
          won_value: 'Decimal(38,4)',
          at: "Array(DateTime('Europe/Warsaw'))",
          v: 'Array(Decimal(38,4))',
        },
        [
          ['EUR', '1.0000', ['2026-11-22T23:00:00Z'], ['1.0000']],
          ['USD', '2.0000', ['2026-11-22T23:00:00Z'], ['2.0000']],
        ],
      ),
      spec('won_value'),
      EN,
    );
    expect(made.rows.map(row => row.cells.join(' | '))).toEqual([
      'EUR | Won value | €1.00',
      'EUR | 23 Nov 2026 | €1.00',
      'USD | Won value | US$2.00',
      'USD | 23 Nov 2026 | US$2.00',
    ]);
    expect(new Set(made.rows.map(row => row.key)).size).toBe(4);
  });

  test('amounts of several currencies stand side by side in their cell', () => {
    const made = tableView(
      result(
        'pipeline_by_stage',
        { stage: 'String', open_currencies: 'Array(String)', open_values: 'Array(Nullable(Decimal(38,4)))' },
        [
          ['New', ['EUR', 'USD'], ['1.5000', '2.0000']],
          ['Demo', [], []],
        ],
      ),
      spec('pipeline_by_stage'),
      EN,
    );
    expect(made.rows.map(row => row.cells)).toEqual([
      ['New', '€1.50 · US$2.00'],
      ['Demo', ''],
    ]);
  });

  test('shows any result, also of a kind that is not known', () => {
    const odd = { ...spec('won_value'), kind: 'sankey', encode: {} };
    const made = tableView(
      result('x', { a: 'String', b: 'Array(String)', c: 'Float64' }, [
        ['q', ['x'], 1.5],
        ['r', [], null],
      ]),
      odd,
      EN,
    );
    expect(made.rows[0]?.cells).toEqual(['q', 'x', '1.5']);
  });
});
