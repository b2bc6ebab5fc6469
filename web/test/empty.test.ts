import { describe, expect, test } from 'vitest';
import { MANIFEST } from '../dev/manifest.ts';
import { emptyWords } from '../src/panels/empty.ts';
import { defaultChoices } from '../src/state/url.ts';
import { spec } from './fixtures.ts';

describe('an empty panel', () => {
  const words = (id: string, source: string[], texts = MANIFEST.texts) =>
    emptyWords({
      spec: spec(id),
      manifest: MANIFEST,
      choices: { ...defaultChoices(MANIFEST), period: 'today', lists: source.length > 0 ? { source } : {} },
      texts,
      label: (_, value) => value,
      now: Date.parse('2026-11-24T12:00:00Z'),
      locale: 'en-GB',
    });

  test('says what was looked for, when, and with which filters', () => {
    expect(words('won_by_source', ['google', 'radio'])).toBe(
      'No deals won 24 Nov 2026 with source google or radio.',
    );
    expect(words('live_activity', [])).toBe('No activity.');
  });

  test('says it in the words of the board where it has some, with the days where they want them', () => {
    const own = { 'panel.won_by_source.empty': 'Nothing sold {period} by anyone' };
    expect(words('won_by_source', ['google'], own)).toBe(
      'Nothing sold 24 Nov 2026 by anyone with source google.',
    );
    expect(words('leaderboard', [], { 'panel.leaderboard.empty': 'Nobody here' })).toBe('Nobody here.');
  });
});
