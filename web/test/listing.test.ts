import { describe, expect, test } from 'vitest';
import { fitting, sortBy, sorted } from '../src/panels/listing_order.ts';
import { type ListView, listingView } from '../src/panels/listing_view.ts';
import type { Sort } from '../src/state/views.ts';
import { EN, result, spec } from './fixtures.ts';

const plain = (text: string | undefined) => (text ?? '').replace(/\s/g, ' ');

const BOARD = {
  currency: 'String',
  rank: 'UInt64',
  rank_change: 'Nullable(Int64)',
  owner_id: 'UInt64',
  owner: 'String',
  won_value: 'Decimal(38, 4)',
  won_deals: 'UInt64',
  lost_deals: 'UInt64',
  win_rate: 'Nullable(Float64)',
  open_deals: 'UInt64',
  open_value: 'Decimal(38, 4)',
  cycle_days: 'Nullable(Float64)',
};
const owners = (chosen: string[] = []) =>
  listingView(
    result('leaderboard', BOARD, [
      ['EUR', '1', '2', '7', 'Ada', '900.0000', '9', '1', 0.9, '3', '10.0000', 12.34],
      ['EUR', '2', '-1', '8', 'Björn', '450.0000', '12', '0', 1, '0', '0.0000', null],
      ['EUR', '3', null, '9', 'Zoë', '0.0000', '0', '0', null, '1', '40.0000', 1],
    ]),
    spec('leaderboard'),
    EN,
    chosen,
  );

const CAMPAIGNS = {
  currency: 'String',
  source: 'String',
  campaign: 'String',
  won_deals: 'UInt64',
  lost_deals: 'UInt64',
  total_value: 'Nullable(Decimal(38, 4))',
  average_value: 'Nullable(Decimal(38, 4))',
  win_rate: 'Nullable(Float64)',
  is_other: 'Bool',
  campaigns: 'UInt64',
};
const campaigns = (rows: unknown[][]) =>
  listingView(result('won_by_campaign', CAMPAIGNS, rows), spec('won_by_campaign'), EN, []);
const order = (view: ListView, sort: Sort | null) =>
  sorted(view.rows, view.columns, sort, EN.locale).map(row => `${row.label}${row.currency}`);

describe('a table', () => {
  test('has bars on the column’s own scale from zero', () => {
    const at = (key: string) => owners().columns.findIndex(column => column.key === key);
    expect(owners().rows.map(row => row.cells[at('won_value')]?.share)).toEqual([1, 0.5, 0]);
    expect(owners().rows.map(row => row.cells[at('open_value')]?.share)).toEqual([0.25, 0, 1]);
    expect(owners().rows.map(row => row.cells[at('won_deals')]?.share)).toEqual([null, null, null]);
  });

  test('tells a change of rank by arrow and word', () => {
    expect(owners().rows.map(row => row.cells[1]?.move)).toEqual([
      { sign: '↑', word: '2 up' },
      { sign: '↓', word: '1 down' },
      { sign: '', word: 'new' },
    ]);
  });

  test('has rows that filter by an id and are called by a name', () => {
    const [first, second] = owners(['8']).rows;
    expect([first?.label, first?.value, first?.isChosen, first?.press]).toEqual([
      'Ada',
      '7',
      false,
      'filter the board by Ada',
    ]);
    expect(second?.isChosen).toBe(true);
    expect(second?.press).toBe('remove the filter Björn');
  });

  test('says days with their unit, and a dash for what is not known', () => {
    expect(owners().rows.map(row => plain(row.cells[9]?.text))).toEqual(['12.3 d', '–', '1.0 d']);
  });

  test('does not let a row of all others be chosen', () => {
    const view = campaigns([['EUR', '', '(other)', '1', '1', '5.0000', '5.0000', 0.5, true, '9']]);
    expect(view.rows[0]).toMatchObject({ isOther: true, value: null, press: '' });
  });

  test('keeps apart rows of one name', () => {
    const deals = listingView(
      result(
        'oldest_deals',
        { title: 'String', stage: 'String', owner: 'String', no_next_activity: 'Bool' },
        [
          ['Renewal', 'Demo', 'Ada', true],
          ['Renewal', 'Demo', 'Ada', false],
        ],
      ),
      spec('oldest_deals'),
      EN,
      [],
    );
    expect(new Set(deals.rows.map(row => row.key)).size).toBe(2);
    expect(deals.rows.map(row => row.cells[5]?.text)).toEqual(['Yes', 'No']);
    expect(deals.rows.map(row => row.cells[5]?.isFlag)).toEqual([true, false]);
  });
});

describe('sorting', () => {
  const columns = owners().columns;
  const by = (key: string) => columns.find(column => column.key === key);

  test('begins with the largest figure or the first word, and turns round', () => {
    const deals = by('won_deals');
    const owner = by('owner');
    if (!deals || !owner) throw new Error('no such column');
    const first = sortBy(deals, null);
    expect(first).toEqual({ key: 'won_deals', direction: 'descending' });
    expect(sortBy(deals, first).direction).toBe('ascending');
    expect(sortBy(owner, first)).toEqual({ key: 'owner', direction: 'ascending' });
  });

  test('is the query’s until then', () => {
    expect(order(owners(), null)).toEqual(['Ada', 'Björn', 'Zoë']);
    expect(order(owners(), { key: 'won_deals', direction: 'descending' })).toEqual(['Björn', 'Ada', 'Zoë']);
    expect(order(owners(), { key: 'owner', direction: 'descending' })).toEqual(['Zoë', 'Björn', 'Ada']);
  });

  test('puts what is not known last in either direction', () => {
    expect(order(owners(), { key: 'win_rate', direction: 'ascending' })).toEqual(['Ada', 'Björn', 'Zoë']);
    expect(order(owners(), { key: 'win_rate', direction: 'descending' })).toEqual(['Björn', 'Ada', 'Zoë']);
  });

  test('leaves the row of all others where it is: last', () => {
    const view = campaigns([
      ['EUR', 'google', 'a', '1', '1', '5.0000', '5.0000', 0.5, false, '1'],
      ['EUR', '', '(other)', '99', '1', '900.0000', '5.0000', 0.5, true, '9'],
      ['EUR', 'google', 'b', '2', '1', '6.0000', '5.0000', 0.5, false, '1'],
    ]);
    for (const direction of ['ascending', 'descending'] as const)
      expect(order(view, { key: 'total_value', direction })[2]).toBe('(other)');
  });

  test('does not rank amounts of two currencies among each other', () => {
    const view = campaigns([
      ['EUR', 'google', 'a', '1', '1', '5.0000', '5.0000', 0.5, false, '1'],
      ['JPY', 'google', 'a', '3', '1', '9000.0000', '5.0000', 0.5, false, '1'],
      ['EUR', 'google', 'b', '2', '1', '6.0000', '5.0000', 0.5, false, '1'],
    ]);
    expect(order(view, { key: 'total_value', direction: 'descending' })).toEqual(['bEUR', 'aEUR', 'aJPY']);
    expect(order(view, { key: 'won_deals', direction: 'descending' })).toEqual(['aJPY', 'bEUR', 'aEUR']);
    expect(view.rows.map(row => row.cells[4]?.share)).toEqual([5 / 6, 1, 1]);
  });
});

describe('columns of a table', () => {
  const { columns } = owners();
  const names = (width: number) => fitting(columns, width).shown.map(column => column.key);

  test('are all there when there is room', () => {
    expect(fitting(columns, 1400).rest).toEqual([]);
  });

  test('leave from the end when there is none, the name and the first bar never', () => {
    expect(names(260)).toEqual(['owner', 'won_value']);
    expect(names(320)).toEqual(['rank', 'owner', 'won_value']);
    expect(names(0)).toEqual(['owner', 'won_value']);
  });

  test('lose none: what is not shown is in the second line', () => {
    for (let width = 200; width < 1500; width += 50) {
      const { shown, rest } = fitting(columns, width);
      expect(shown.length + rest.length).toBe(columns.length);
    }
  });
});
