/**
 * The words of the page in the language that is in force. Each language is a file of its own that is
 * loaded when it is chosen; `t` is set before anything is drawn.
 */
import type { Words } from './en.ts';

export type { Words } from './en.ts';

/** What each language calls itself. */
export const LANGUAGES = { en: 'English', de: 'Deutsch' } as const;
export type Language = keyof typeof LANGUAGES;

const USUAL: Language = 'en';
/** How numbers and dates are written for who reads a language and names no land. */
const LOCALES: { [language in Language]: string } = { en: 'en-GB', de: 'de-DE' };

export let t: Words;

/** From now on the page speaks in these words; what is drawn must be drawn anew. */
export function speak(words: Words): void {
  t = words;
}

export async function loadWords(language: Language): Promise<Words> {
  return language === 'de' ? (await import('./de.ts')).de : (await import('./en.ts')).en;
}

export function isLanguage(text: string | null): text is Language {
  return text !== null && Object.hasOwn(LANGUAGES, text);
}

/** The chosen language, else the first of the viewer's that there is, else English. */
export function languageOf(chosen: string | null, wanted: readonly string[]): Language {
  if (isLanguage(chosen)) return chosen;
  return wanted.map(primary).find(isLanguage) ?? USUAL;
}

/** The viewer's own land where it speaks that language: Swiss German for a Swiss. */
export function localeOf(language: Language, wanted: readonly string[]): string {
  return wanted.find(locale => primary(locale) === language && locale.length > 2) ?? LOCALES[language];
}

function primary(locale: string): string {
  return locale.split('-')[0]?.toLowerCase() ?? '';
}
