import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readTexts } from '../dev/german.ts';
import { MANIFEST } from '../dev/manifest.ts';
import { de } from '../src/i18n/de.ts';
import { en } from '../src/i18n/en.ts';
import { languageOf, localeOf } from '../src/i18n/words.ts';
import { barsView } from '../src/panels/bars_view.ts';
import { word } from '../src/panels/frame.ts';
import { EN, result, spec } from './fixtures.ts';

describe('the language', () => {
  test.each([
    ['de', ['en-GB'], 'de'],
    [null, ['de-CH', 'en'], 'de'],
    [null, ['pl-PL', 'de', 'en'], 'de'],
    [null, ['pl-PL'], 'en'],
    ['xx', ['de-AT'], 'de'],
    ['toString', [], 'en'],
  ])('chosen %s, of the browser %s: %s', (chosen, wanted, language) => {
    expect(languageOf(chosen, wanted)).toBe(language);
  });

  test('numbers are those of the land that reads it', () => {
    expect(localeOf('de', ['fr-CH', 'de-CH', 'de'])).toBe('de-CH');
    expect(localeOf('de', ['en-GB'])).toBe('de-DE');
    expect(localeOf('en', ['pl-PL'])).toBe('en-GB');
    expect(localeOf('en', ['en-US'])).toBe('en-US');
  });

  test('has a word for everything, and all of them are its own', () => {
    const same: string[] = [];
    const compare = (a: unknown, b: unknown, path: string) => {
      expect(typeof b, path).toBe(typeof a);
      if (typeof a === 'string' && a === b && /[a-z]{3}/.test(a)) same.push(a);
      if (typeof a !== 'object' || a === null) return;
      expect(Object.keys(b as object), path).toEqual(Object.keys(a));
      for (const [key, value] of Object.entries(a))
        compare(value, (b as { [key: string]: unknown })[key], `${path}.${key}`);
    };
    compare(en, de, 'words');
    expect([...new Set(same)].sort()).toEqual(['Board', 'Enter', 'Live', 'Offline', 'Omni']);
  });
});

describe('words that a query writes', () => {
  const texts = { 'value.(not set)': '(ohne Angabe)', 'value.month.later': 'Später' };

  test('are said in the language; those in parentheses anywhere, others in their column', () => {
    expect(word('(not set)', 'source', { texts })).toBe('(ohne Angabe)');
    expect(word('later', 'month', { texts })).toBe('Später');
    expect(word('later', 'title', { texts })).toBe('later');
    expect(word('(someone)', 'owner', { texts })).toBe('(someone)');
  });

  test('stay what they are in filters and keys', () => {
    const made = barsView(
      result('won_by_source', { source: 'String', won_deals: 'UInt64', total_value: 'Decimal(38,4)' }, [
        ['(not set)', '4', '100.0000'],
      ]),
      spec('won_by_source'),
      { ...EN, texts },
      ['(not set)'],
    );
    expect(made.rows[0]).toMatchObject({ label: '(ohne Angabe)', value: '(not set)', isUnset: true });
    expect(made.rows[0]).toMatchObject({ isChosen: true, key: '(not set)|' });
  });

  test('have a translation in the template for each that a panel of it sends', () => {
    const german = readTexts(
      readFileSync(new URL('../../templates/pipedrive-deals/2.0/i18n/de.toml', import.meta.url), 'utf8'),
    );
    for (const panel of MANIFEST.panels) expect(german[`panel.${panel.id}.title`], panel.id).toBeDefined();
    for (const plain of ['(not set)', '(other)', '(no reason given)', '(not checked)'])
      expect(german[`value.${plain}`], plain).toMatch(/^\(.+\)$/);
  });
});
