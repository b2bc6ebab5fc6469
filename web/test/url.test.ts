import { describe, expect, test } from 'vitest';
import { MANIFEST } from '../dev/manifest.ts';
import {
  apiQuery,
  type Choices,
  cleared,
  defaultChoices,
  filterCount,
  pageQuery,
  parseChoices,
  toggled,
} from '../src/state/url.ts';

const usual = defaultChoices(MANIFEST);

describe('choices and the address', () => {
  test('the defaults are the empty query', () => {
    expect(pageQuery(usual, MANIFEST)).toBe('');
    expect(parseChoices('', MANIFEST)).toEqual(usual);
  });

  test.each<[string, Partial<Choices>]>([
    ['?period=7d', { period: '7d' }],
    [
      '?period=custom&from=2026-03-01&to=2026-03-31',
      { period: 'custom', from: '2026-03-01', to: '2026-03-31' },
    ],
    ['?source=google,(not%20set)', { lists: { source: ['google', '(not set)'] } }],
    ['?source=a%2Cb,c%26d&campaign=%C3%BC', { lists: { source: ['a,b', 'c&d'], campaign: ['ü'] } }],
    ['?compare=off', { compare: 'off' }],
    ['?currency=USD&tz=America/New_York', { currency: 'USD', tz: 'America/New_York' }],
    ['?company=42', { company: '42' }],
    ['?table=won_value,live_activity', { tables: ['won_value', 'live_activity'] }],
  ])('%s reads as it was written', (search, part) => {
    const choices = { ...usual, ...part };
    expect(pageQuery(choices, MANIFEST)).toBe(search);
    expect(parseChoices(search, MANIFEST)).toEqual(choices);
  });

  test('what is not known, not possible or default is passed over', () => {
    const search =
      '?utm_source=x&period=forever&compare=maybe&source=,,&table=nosuch&tz=Mars/Olympus&currency=eur&company=0&%zz=1&owner=%zz,x,-1&campaign=' +
      'x'.repeat(201);
    expect(parseChoices(search, MANIFEST)).toEqual(usual);
  });

  test.each([
    '?period=custom',
    '?period=custom&from=2026-02-30&to=2026-03-01',
    '?period=custom&from=2026-03-02&to=2026-03-01',
  ])('%s is no period', search => {
    expect(parseChoices(search, MANIFEST)).toEqual(usual);
  });

  test('what is a matter of the page alone is not asked of the server', () => {
    const choices = { ...usual, tables: ['won_value'], board: 'other', lists: { source: ['google'] } };
    expect(apiQuery(choices, MANIFEST)).toBe('?source=google');
    expect(pageQuery(choices, MANIFEST)).toBe('?board=other&source=google&table=won_value');
  });

  test('a value is added once and taken out by the second press', () => {
    const once = toggled(usual, 'source', 'google');
    expect(once.lists).toEqual({ source: ['google'] });
    expect(filterCount(once)).toBe(1);
    expect(toggled(once, 'source', 'google').lists).toEqual({});
  });

  test('a list holds no more than the server takes', () => {
    const many = Array.from({ length: 60 }, (_, i) => `s${i}`);
    expect(parseChoices(`?source=${many.join(',')}`, MANIFEST).lists.source).toHaveLength(50);
  });

  test('how single panels are looked at is in the address, and what is none is passed over', () => {
    const search = '?sort=leaderboard.-win_rate,won_by_campaign.owner&show=revenue_by_size.USD';
    const choices = parseChoices(search, MANIFEST);
    expect(choices.sorts).toEqual({
      leaderboard: { key: 'win_rate', direction: 'descending' },
      won_by_campaign: { key: 'owner', direction: 'ascending' },
    });
    expect(choices.shown).toEqual({ revenue_by_size: 'USD' });
    expect(pageQuery(choices, MANIFEST)).toBe(search);
    expect(apiQuery(choices, MANIFEST)).toBe('');
    const odd = parseChoices('?sort=nosuch.owner,leaderboard,.x,leaderboard.-&show=forecast.-USD', MANIFEST);
    expect([odd.sorts, odd.shown]).toEqual([{}, {}]);
  });

  test('clearing keeps how the board is looked at', () => {
    const choices: Choices = {
      ...usual,
      period: '7d',
      lists: { source: ['a'] },
      tables: ['won_value'],
      sorts: { leaderboard: { key: 'owner', direction: 'ascending' } },
      shown: { forecast: 'USD' },
      tz: 'Asia/Tokyo',
    };
    const { tables, sorts, shown, tz } = choices;
    expect(cleared(choices, MANIFEST)).toEqual({ ...usual, tables, sorts, shown, tz });
  });
});
