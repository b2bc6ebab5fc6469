/**
 * What an empty panel says: what was looked for, when, and with which filters.
 *
 * The board's own words for it come first; `{period}` in them is the days.
 */
import type { Manifest, PanelSpec } from '../api/wire.ts';
import { t } from '../i18n/words.ts';
import { dayIn, periodDays, rangeText } from '../state/period.ts';
import { type Choices, listVariables } from '../state/url.ts';

export interface EmptyInput {
  spec: PanelSpec;
  manifest: Manifest;
  choices: Choices;
  texts: { [key: string]: string };
  label: (variable: string, value: string) => string;
  now: number;
  locale: string;
}

/** Anchors that the period has no part in. */
const TIMELESS = ['now', 'open', 'event', 'events'];

export function isTimeless(spec: PanelSpec): boolean {
  return TIMELESS.includes(spec.anchor ?? '');
}

export function emptyWords(input: EmptyInput): string {
  const { spec, choices, texts } = input;
  const own = texts[`panel.${spec.id}.empty`];
  const filters = filterWords(input, choices);
  if (own !== undefined)
    return t.empty.within(own.replace('{period}', rangeOf(input) ?? '').trim(), null, filters);
  const what = t.empty.anchor(spec.anchor) ?? t.empty.nothing;
  return t.empty.within(what, isTimeless(spec) ? null : rangeOf(input), filters);
}

export function rangeOf(input: Pick<EmptyInput, 'manifest' | 'choices' | 'now' | 'locale'>): string | null {
  const { choices, manifest, now, locale } = input;
  const today = dayIn(now, choices.tz ?? manifest.timezone);
  const days = periodDays(choices.period, today, choices.from, choices.to);
  return days === null ? null : rangeText(days, locale);
}

/** "source google or radio and owner Ada". */
export function filterWords(
  { manifest, label }: Pick<EmptyInput, 'manifest' | 'label'>,
  choices: Choices,
): string {
  return listVariables(manifest)
    .map(variable => {
      const values = (choices.lists[variable.name] ?? []).map(value => label(variable.name, value));
      if (values.length === 0) return null;
      return t.empty.is(variable.label, values.join(t.empty.or));
    })
    .filter((words): words is string => words !== null)
    .join(t.empty.and);
}
