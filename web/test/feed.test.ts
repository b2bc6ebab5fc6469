import { describe, expect, test } from 'vitest';
import { feedView } from '../src/panels/feed_view.ts';
import { EN, result, spec } from './fixtures.ts';

describe('the feed', () => {
  const columns = {
    at: 'DateTime64(6)',
    event_uuid: 'UUID',
    what: 'String',
    events: 'UInt64',
    deal_id: 'UInt64',
    title: 'String',
    value: 'Nullable(Decimal(18,4))',
    previous_value: 'Nullable(Decimal(18,4))',
    currency: 'String',
    status: 'String',
    stage: 'String',
    previous_stage: 'String',
    lost_reason: 'String',
    owner: 'String',
    actor: 'String',
  };
  const line = (what: string, more: { [name: string]: unknown } = {}) => {
    const row: { [name: string]: unknown } = {
      at: '2026-11-24T12:00:00Z',
      event_uuid: 'u',
      what,
      events: '1',
      deal_id: '7',
      title: 'Acme',
      value: '22944.0000',
      previous_value: '20000.0000',
      currency: 'USD',
      stage: 'Demo',
      previous_stage: 'Qualified',
      lost_reason: 'price',
      owner: 'Ada',
      actor: '',
      ...more,
    };
    return feedView(
      result('live_activity', columns, [Object.keys(columns).map(name => row[name])]),
      spec('live_activity'),
      EN,
    )[0];
  };

  test.each([
    ['won', 'won', 'US$22,944'],
    ['lost', 'lost: price', 'US$22,944'],
    ['moved', 'Qualified › Demo', null],
    ['added', 'created · Demo', 'US$22,944'],
    ['revalued', 'US$20,000 › US$22,944', null],
    ['merged_away', 'merged', null],
    ['something_new', 'updated', null],
  ])('%s reads "%s"', (what, words, amount) => {
    expect(line(what)).toMatchObject({ what: words, amount, title: 'Acme', who: 'Ada' });
  });

  test('a deal entered when it was won already is told as won', () => {
    expect(line('added', { status: 'won' })).toMatchObject({ what: 'created · won', tone: 'won' });
  });

  test('a deal without a title has its number', () => {
    expect(line('won', { title: '' })?.title).toBe('Deal 7');
  });

  test('many at once are one line that says how many', () => {
    expect(line('updated', { events: '250' })?.title).toBe('250 changed at once');
  });

  test('holds fifty lines', () => {
    const rows = Array.from({ length: 80 }, (_, i) => [
      '2026-11-24T12:00:00Z',
      `u${i}`,
      'won',
      '1',
      String(i),
    ]);
    expect(feedView(result('live_activity', columns, rows), spec('live_activity'), EN)).toHaveLength(50);
  });
});
