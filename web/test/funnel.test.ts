import { describe, expect, test } from 'vitest';
import { funnelView } from '../src/panels/funnel_view.ts';
import { EN, result, spec } from './fixtures.ts';

const plain = (text: string | undefined) => (text ?? '').replace(/\s/g, ' ');

describe('the funnel', () => {
  const columns = {
    pipeline: 'String',
    stage_id: 'UInt64',
    stage: 'String',
    reached_deals: 'UInt64',
    from_previous: 'Nullable(Float64)',
    from_first: 'Nullable(Float64)',
    open_deals: 'UInt64',
    open_currencies: 'Array(String)',
    open_values: 'Array(Nullable(Decimal(38,4)))',
  };
  const made = funnelView(
    result('pipeline_by_stage', columns, [
      ['Sales', '1', 'Qualified', '10', null, 1, '4', ['EUR', 'USD'], ['1200.0000', '50.0000']],
      ['Sales', '2', 'Demo', '5', 0.5, 0.5, '0', [], []],
      ['Service', '9', 'New', '3', null, 1, '1', ['EUR'], [null]],
    ]),
    spec('pipeline_by_stage'),
    EN,
  );

  test('keeps the stages in their order, each pipeline on its own scale', () => {
    expect(made.rows.map(row => [row.group, row.label, row.share, row.before])).toEqual([
      ['Sales', 'Qualified', 1, 1],
      [null, 'Demo', 0.5, 1],
      ['Service', 'New', 1, 1],
    ]);
  });

  test('conversions are the query’s, and the first stage has none', () => {
    expect(made.rows.map(row => [row.step, row.total])).toEqual([
      [null, null],
      ['50.0%', '50.0%'],
      [null, null],
    ]);
  });

  test('open amounts of several currencies stand side by side', () => {
    expect(made.rows.map(row => plain(row.value))).toEqual(['€1,200 · US$50', '–', '–']);
  });
});
