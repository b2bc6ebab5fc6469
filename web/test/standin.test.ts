import { describe, expect, test } from 'vitest';
import { Account } from '../dev/account.ts';
import type { Board, Question } from '../dev/counting.ts';
import { answer } from '../dev/results.ts';
import { sumText } from '../src/format/number.ts';
import { rowsOf } from '../src/panels/frame.ts';

const now = Date.parse('2026-11-24T12:00:00Z');
const board: Board = { account: new Account(7, now), now, heartbeatAt: now, isBare: false };

describe.each([
  ['all', {}],
  ['one source', { source: ['google'] }],
  ['one size and one owner', { size: ['medium'], owner: ['1', '2'] }],
])('the figures that the page is tested with, of %s,', (_, lists) => {
  const question: Question = { period: '30d', from: null, to: null, lists };
  const rows = (panel: string) => rowsOf(answer(panel, question, board, 1));
  const sum = (panel: string, column: string) => sumText(rows(panel).map(row => row[column]));

  test('add up to the won value, however they are grouped', () => {
    const won = sum('won_value', 'won_value');
    expect(won).not.toBeNull();
    for (const [panel, column] of [
      ['won_by_source', 'total_value'],
      ['won_by_campaign', 'total_value'],
      ['revenue_by_industry', 'total_value'],
      ['revenue_by_size', 'won_value'],
      ['leaderboard', 'won_value'],
    ] as const)
      expect([panel, sum(panel, column)]).toEqual([panel, won]);
  });

  test('count each deal once', () => {
    const won = sum('won_value', 'won_deals');
    for (const panel of ['won_by_source', 'deals_over_time', 'leaderboard', 'win_rate', 'sales_cycle'])
      expect([panel, sum(panel, 'won_deals')]).toEqual([panel, won]);
    const lost = sum('win_rate', 'lost_deals');
    for (const panel of ['deals_over_time', 'leaderboard', 'lost_reasons'])
      expect([panel, sum(panel, 'lost_deals')]).toEqual([panel, lost]);
  });

  test('agree about what is open', () => {
    const [value, deals] = [sum('open_pipeline', 'open_value'), sum('open_pipeline', 'open_deals')];
    for (const panel of ['forecast', 'ageing', 'leaderboard'])
      expect([panel, sum(panel, 'open_value'), sum(panel, 'open_deals')]).toEqual([panel, value, deals]);
    expect(sum('forecast', 'weighted_value')).toBe(sum('open_pipeline', 'weighted_value'));
  });
});
