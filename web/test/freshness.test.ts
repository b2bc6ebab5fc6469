import { describe, expect, test } from 'vitest';
import { freshnessOf, limitsOf, marksOf } from '../src/panels/freshness_view.ts';
import { result, spec } from './fixtures.ts';

describe('freshness', () => {
  const now = Date.parse('2026-11-24T12:00:00Z');
  const ago = (seconds: number) => now - seconds * 1000;
  const limits = limitsOf(spec('freshness'));

  test.each([
    ['waiting', null, null, null, null],
    ['waiting', null, null, ago(5), null],
    ['fresh', ago(5), ago(4), ago(5), null],
    ['quiet', ago(900), ago(900), ago(5), null],
    ['silent', ago(900), ago(900), ago(5), 35],
    ['fresh', ago(5), ago(4), ago(5), 35],
    ['late', ago(100), ago(100), ago(50), 35],
    ['broken', ago(400), ago(400), ago(301), null],
  ])('is %s', (state, eventAt, loadedAt, heartbeatAt, eventsDue) => {
    expect(freshnessOf({ eventAt, loadedAt, heartbeatAt, eventsDue }, now, limits)).toBe(state);
  });

  test('takes the newer of what the stream and the panel say', () => {
    const row = result('freshness', { last_event_at: 'x', last_loaded_at: 'x', heartbeat_at: 'x' }, [
      ['2026-11-24 11:00:00', null, '2026-11-24 11:59:00.5'],
    ]);
    const fresh = {
      last_event_at: '2026-11-24T11:30:00Z',
      last_loaded_at: null,
      heartbeat_at: null,
      events_due: 35,
      server_time: '',
    };
    expect(marksOf(fresh, row, spec('freshness'))).toEqual({
      eventAt: Date.parse('2026-11-24T11:30:00Z'),
      loadedAt: null,
      heartbeatAt: Date.parse('2026-11-24T11:59:00.500Z'),
      eventsDue: 35,
    });
  });
});
