/**
 * What every part of the page may use: session, slots, clock, looks. Made once, in `main`.
 */
import type { ReadonlySignal, Signal } from '@preact/signals';
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Embed } from '../embed/embed.ts';
import type { Language } from '../i18n/words.ts';
import { type ViewContext, word } from '../panels/frame.ts';
import type { Looks } from './looks.ts';
import type { Session } from './session.ts';
import type { Slots } from './slots.ts';

export interface Page {
  session: Session;
  slots: Slots;
  looks: Looks;
  /** Null on the page for people. */
  embed: Embed | null;
  /** Server time in milliseconds, moved once a second by the one timer of the page. */
  now: Signal<number>;
  /** What a screen reader is told, at most twice a minute. */
  spoken: Signal<string>;
  locale: string;
  /** The one that is spoken; another one draws the whole page anew. */
  language: Signal<Language>;
  /** The board's own words, with dotted keys. */
  texts: ReadonlySignal<{ [key: string]: string }>;
  /** One thing is said at a time: a short confirmation that fades. */
  toast: Signal<string | null>;
  /** Labels of options that were loaded, for the words of chips and empty panels. */
  optionLabels: Signal<{ [variable: string]: { [value: string]: string } }>;
}

const Context = createContext<Page | null>(null);
export const PageProvider = Context.Provider;

export function usePage(): Page {
  const page = useContext(Context);
  if (page === null) throw new Error('used outside of the page');
  return page;
}

export function viewContext(page: Page): ViewContext {
  const manifest = page.session.manifest.value;
  const choices = page.session.choices.value;
  return {
    locale: page.locale,
    timezone: choices?.tz ?? manifest?.timezone ?? 'UTC',
    currency: choices?.currency ?? manifest?.currency ?? '',
    texts: page.texts.value,
    // Large type leaves as little room as a small window.
    size: choices?.kiosk && page.looks.size.value === 'wide' ? 'medium' : page.looks.size.value,
  };
}

/** What a value of a filter is called. */
export function optionLabel(page: Page, variable: string, value: string): string {
  const label = page.optionLabels.value[variable]?.[value] ?? value;
  return word(label, variable, { texts: page.texts.value });
}
