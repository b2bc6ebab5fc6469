import { describe, expect, test } from 'vitest';
import { tableView } from '../src/panels/table_view.ts';
import { EN, result, spec } from './fixtures.ts';

const plain = (text: string) => text.replace(/\s/g, ' ');
const lines = (id: string, columns: { [name: string]: string }, rows: unknown[][]) => {
  const made = tableView(result(id, columns, rows), spec(id), EN);
  return [made.columns.map(column => column.label), ...made.rows.map(row => row.cells)].map(cells =>
    cells.map(plain).join(' | '),
  );
};

describe('the twin of columns', () => {
  test('is a line a bucket, with what they add up to', () => {
    expect(
      lines(
        'deals_over_time',
        {
          bucket_at: "DateTime('Europe/Warsaw')",
          created_deals: 'Nullable(UInt64)',
          won_deals: 'Nullable(UInt64)',
          lost_deals: 'Nullable(UInt64)',
        },
        [
          ['2026-11-23 00:00:00', '8', '0', '2'],
          ['2026-11-24 00:00:00', '3', '1', '0'],
          ['2026-11-25 00:00:00', null, null, null],
        ],
      ),
    ).toEqual([
      'Time | Created | Won deals | Lost deals',
      'Mon, 23 Nov 2026 | 8 | 0 | 2',
      'Tue, 24 Nov 2026 | 3 | 1 | 0',
      'Wed, 25 Nov 2026 | not yet |  | ',
      'Total | 11 | 1 | 2',
    ]);
  });

  test('of a stack gives the totals across and down, each currency for itself', () => {
    const columns = {
      bucket_at: "DateTime('Europe/Warsaw')",
      size: 'String',
      currency: 'String',
      won_value: 'Nullable(Decimal(38, 4))',
    };
    const rows = (currency: string) => [
      ['2026-11-23 00:00:00', 'small', currency, '0.1000'],
      ['2026-11-23 00:00:00', 'large', currency, '0.2000'],
      ['2026-11-24 00:00:00', 'small', currency, '1.0000'],
      ['2026-11-24 00:00:00', 'large', currency, '0.0000'],
    ];
    expect(lines('revenue_by_size', columns, rows('EUR'))).toEqual([
      'Time | small | large | Total',
      'Mon, 23 Nov 2026 | €0.10 | €0.20 | €0.30',
      'Tue, 24 Nov 2026 | €1.00 | €0.00 | €1.00',
      'Total | €1.10 | €0.20 | €1.30',
    ]);
    expect(lines('revenue_by_size', columns, [...rows('EUR'), ...rows('USD')]).slice(3)).toEqual([
      'Total | EUR | €1.10 | €0.20 | €1.30',
      'Mon, 23 Nov 2026 | USD | US$0.10 | US$0.20 | US$0.30',
      'Tue, 24 Nov 2026 | USD | US$1.00 | US$0.00 | US$1.00',
      'Total | USD | US$1.10 | US$0.20 | US$1.30',
    ]);
  });

  test('of the forecast has its words', () => {
    expect(
      lines(
        'forecast',
        {
          month_at: 'Nullable(Date)',
          month: 'String',
          currency: 'String',
          open_value: 'Nullable(Decimal(38, 4))',
          weighted_value: 'Nullable(Decimal(38, 4))',
          open_deals: 'UInt64',
          is_overdue: 'Bool',
        },
        [
          [null, 'overdue', 'EUR', '10.0000', '5.0000', '2', true],
          ['2026-11-01', '2026-11', 'EUR', null, null, '0', false],
          ['2026-12-01', '2026-12', 'EUR', '20.0000', '5.0000', '3', false],
        ],
      ),
    ).toEqual([
      'Expected close | Open value | Weighted value | Open deals',
      'Overdue | €10.00 | €5.00 | 2',
      'November 2026 | – | – | 0',
      'December 2026 | €20.00 | €5.00 | 3',
      'Total | €30.00 | €10.00 | 5',
    ]);
  });
});

describe('the twin of a rate', () => {
  test('tells the figure before as it tells the figure', () => {
    expect(
      lines(
        'win_rate',
        {
          win_rate: 'Nullable(Float64)',
          won_deals: 'UInt64',
          previous_win_rate: 'Nullable(Float64)',
          change_points: 'Nullable(Float64)',
        },
        [[0.7, '140', 0.65, 0.05]],
      ).slice(1),
    ).toEqual(['Win rate | 70.0%', 'Won deals | 140', 'Earlier win rate | 65.0%', 'Change | +5.0 pp']);
  });
});

describe('the twin of bars with figures of all', () => {
  test('tells those once, beneath', () => {
    expect(
      lines(
        'email_quality',
        { status: 'String', contacts: 'UInt64', share: 'Nullable(Float64)', blocked_contacts: 'UInt64' },
        [
          ['valid', '15', 0.75, '1'],
          ['webmail', '5', 0.25, '1'],
        ],
      ),
    ).toEqual([
      'Status | Contacts | Share',
      'valid | 15 | 75.0%',
      'webmail | 5 | 25.0%',
      'Disposable | – | ',
      'Blocked | 1 | ',
      'Not checked | – | ',
      'Deliverable | – | ',
    ]);
  });
});
