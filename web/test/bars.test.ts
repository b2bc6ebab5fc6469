import { describe, expect, test } from 'vitest';
import { barsView } from '../src/panels/bars_view.ts';
import { notesOf } from '../src/panels/notes.ts';
import { EN, result, spec } from './fixtures.ts';

describe('bars by source', () => {
  const columns = {
    currency: 'String',
    source: 'String',
    won_deals: 'UInt64',
    total_value: 'Nullable(Decimal(38, 4))',
    average_value: 'Nullable(Decimal(38, 4))',
    unconverted_deals: 'UInt64',
    is_other: 'Bool',
    sources: 'UInt64',
  };
  const rows = [
    ['EUR', 'google', '48', '400.0000', '10.0000', '1', false, '1'],
    ['EUR', '(not set)', '4', '100.0000', '40.0000', '0', false, '1'],
    ['EUR', 'radio', '1', null, null, '1', false, '1'],
    ['EUR', '(other)', '7', '20.0000', '2.0000', '0', true, '123'],
  ];
  const made = barsView(result('won_by_source', columns, rows), spec('won_by_source'), EN, ['google']);

  test('each column has its own scale from zero', () => {
    expect(made.rows.map(row => row.bars.map(bar => bar.share))).toEqual([
      [1, 0.25],
      [0.25, 1],
      [null, null],
      [0.05, 0.05],
    ]);
  });

  test('no converted value is a dash, not a zero', () => {
    expect(made.rows[2]?.bars.map(bar => bar.text)).toEqual(['–', '–']);
  });

  test('a row filters by its source, the rest of them does not', () => {
    expect(made.rows.map(row => row.value)).toEqual(['google', '(not set)', 'radio', null]);
    expect(made.rows.map(row => row.isChosen)).toEqual([true, false, false, false]);
  });

  test('a row says what a press does, and has every digit at hand', () => {
    expect(made.rows.map(row => row.press)).toEqual([
      'remove the filter google',
      'filter the board by (not set)',
      'filter the board by radio',
      '',
    ]);
    expect(made.rows[1]?.bars.map(bar => bar.full)).toEqual(['€100.00', '€40.00']);
  });

  test('currencies have scales of their own', () => {
    const native = barsView(
      result('won_by_source', columns, [
        ['EUR', 'google', '1', '10.0000', '10.0000', '0', false, '1'],
        ['JPY', 'google', '1', '9000.0000', '9000.0000', '0', false, '1'],
      ]),
      spec('won_by_source'),
      EN,
      [],
    );
    expect(native.rows.map(row => [row.label, row.currency, row.bars[0]?.share])).toEqual([
      ['google', 'EUR', 1],
      ['google', 'JPY', 1],
    ]);
    expect(new Set(native.rows.map(row => row.key)).size).toBe(2);
  });

  test('the small print says what was left out, and of how many the top are', () => {
    expect(
      notesOf(result('won_by_source', columns, rows), spec('won_by_source'), EN).map(note => note.text),
    ).toEqual([
      '2 not converted: no rate for their currency on that day',
      'Top 3 of 126, the rest as (other)',
    ]);
  });

  test('there is no small print when there is nothing to say', () => {
    expect(
      notesOf(result('won_by_source', columns, rows.slice(1, 2)), spec('won_by_source'), EN),
    ).toMatchObject([]);
  });
});

describe('bars with a share', () => {
  const columns = {
    status: 'String',
    contacts: 'UInt64',
    share: 'Nullable(Float64)',
    disposable_contacts: 'UInt64',
    blocked_contacts: 'UInt64',
    unchecked_contacts: 'UInt64',
    deliverable_share: 'Nullable(Float64)',
  };
  const made = barsView(
    result('email_quality', columns, [
      ['valid', '15', 0.75, '2', '1', '3', 0.882],
      ['webmail', '5', 0.25, '2', '1', '3', 0.882],
    ]),
    spec('email_quality'),
    EN,
    [],
  );

  test('tell it beside the number, and need no bar', () => {
    expect(made.head).toEqual({ label: 'Status', count: 'Contacts', portion: 'Share', bars: [] });
    expect(made.rows.map(row => [row.count, row.portion, row.bars])).toEqual([
      ['15', '75.0%', []],
      ['5', '25.0%', []],
    ]);
  });

  test('have beneath what is true of all rows together, once', () => {
    expect(made.facts.map(fact => [fact.label, fact.text])).toEqual([
      ['Disposable', '2'],
      ['Blocked', '1'],
      ['Not checked', '3'],
      ['Deliverable', '88.2%'],
    ]);
  });
});
