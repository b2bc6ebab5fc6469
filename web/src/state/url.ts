/**
 * All choices of a viewer, to and from the query string.
 *
 * The shortest form: what equals the board's default is left out, unknown keys and impossible
 * values are ignored, order is fixed, so equal choices have equal addresses. In lists a comma
 * separates and a comma inside a value is percent-encoded.
 */
import type { Manifest, Variable } from '../api/wire.ts';
import { isLanguage } from '../i18n/words.ts';
import { kioskText, readKiosk } from './kiosk.ts';
import { type Opened, openedPairs, readOpened, sortOf } from './opened.ts';
import { isPeriod, type Period, parseDay } from './period.ts';
import { readSorts, readWords, type Sort, sortText, wordText } from './views.ts';

export const COMPARES = ['off', 'previous', 'year'] as const;
export type Compare = (typeof COMPARES)[number];

/** Items kept of one list, as many as the server takes. */
export const LIST_ITEMS_MAX = 50;
export const VALUE_CHARS_MAX = 200;

export interface Choices {
  period: Period;
  from: string | null;
  to: string | null;
  compare: Compare;
  currency: string | null;
  tz: string | null;
  company: string | null;
  /** Values by variable; a variable without any is not in here. */
  lists: { [variable: string]: string[] };
  /** Panels shown as a table: a choice of the page, not sent to the server. */
  tables: string[];
  /** How tables are sorted, by panel; one in the order of its query is not in here. */
  sorts: { [panel: string]: Sort };
  /** Which currency a panel shows where it shows one at a time. */
  shown: { [panel: string]: string };
  /** On a wall: the seconds that a screen of panels stays. */
  kiosk: number | null;
  /** The language, when it was chosen here and not by the browser. */
  lang: string | null;
  /** The list that is open over the board. */
  opened: Opened | null;
  /** The board, when it is not the first one. */
  board: string | null;
}

const SINGLES = ['period', 'from', 'to', 'currency', 'tz', 'company', 'compare'];

export function isList(variable: Variable): boolean {
  return variable.control === 'multiselect' || variable.type.startsWith('Array(');
}

/** Whether the viewer may choose it; a token may hold it. */
export function isFree(manifest: Manifest, name: string): boolean {
  return manifest.variables.some(variable => variable.name === name && !variable.locked);
}

export function listVariables(manifest: Manifest): Variable[] {
  return manifest.variables.filter(variable => isList(variable) && !SINGLES.includes(variable.name));
}

/** What the board shows when nothing is chosen. */
export function defaultChoices(manifest: Manifest): Choices {
  const given = (name: string): string => {
    const value = manifest.variables.find(variable => variable.name === name)?.default;
    return typeof value === 'string' ? value : '';
  };
  const period = given('period');
  const compare = given('compare');
  return {
    period: isPeriod(period) && period !== 'custom' ? period : '30d',
    from: null,
    to: null,
    compare: isCompare(compare) ? compare : 'previous',
    currency: null,
    tz: null,
    company: null,
    lists: {},
    tables: [],
    sorts: {},
    shown: {},
    kiosk: null,
    lang: null,
    opened: null,
    board: null,
  };
}

function isCompare(text: string): text is Compare {
  return (COMPARES as readonly string[]).includes(text);
}

/** Splits before decoding, so that an encoded comma stays part of its value. */
function rawPairs(search: string): Map<string, string> {
  const pairs = new Map<string, string>();
  for (const piece of search.replace(/^\?/, '').split('&')) {
    const equals = piece.indexOf('=');
    if (equals <= 0) continue;
    const name = decode(piece.slice(0, equals));
    if (name !== null && !pairs.has(name)) pairs.set(name, piece.slice(equals + 1));
  }
  return pairs;
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text.replace(/\+/g, ' '));
  } catch {
    return null;
  }
}

function decodeList(raw: string): string[] {
  const values = raw
    .split(',')
    .map(decode)
    .filter((value): value is string => value !== null && value !== '');
  return [...new Set(values)].slice(0, LIST_ITEMS_MAX);
}

/** Readable where the URL standard allows it: `google%20ads` stays, `(not set)` is not mangled. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/%3A/g, ':').replace(/%2F/g, '/');
}

export function parseBoard(search: string): string | null {
  return parseOne(search, 'board');
}

export function parseOne(search: string, name: string): string | null {
  const raw = rawPairs(search).get(name);
  return raw === undefined ? null : decode(raw) || null;
}

export function parseChoices(search: string, manifest: Manifest): Choices {
  const pairs = rawPairs(search);
  const one = (name: string): string | null => decode(pairs.get(name) ?? '') || null;
  const choices = defaultChoices(manifest);
  choices.board = one('board');
  const period = one('period');
  if (period !== null && isPeriod(period)) choices.period = period;
  if (choices.period === 'custom') {
    const from = one('from');
    const to = one('to');
    if (parseDay(from) && parseDay(to) && from !== null && to !== null && from <= to) {
      choices.from = from;
      choices.to = to;
    } else {
      choices.period = defaultChoices(manifest).period;
    }
  }
  const compare = one('compare');
  if (compare !== null && isCompare(compare)) choices.compare = compare;
  choices.currency = sameAsDefault(only(one('currency'), isCurrency), manifest.currency);
  choices.tz = sameAsDefault(only(one('tz'), isZone), manifest.timezone);
  choices.company = only(one('company'), isNumber);
  for (const variable of listVariables(manifest)) {
    const isPossible = variable.type.includes('Int') ? isNumber : isShort;
    const values = decodeList(pairs.get(variable.name) ?? '').filter(isPossible);
    if (values.length > 0) choices.lists[variable.name] = values;
  }
  const known = new Set(manifest.panels.map(panel => panel.id));
  choices.tables = decodeList(pairs.get('table') ?? '').filter(id => known.has(id));
  choices.sorts = readSorts(decodeList(pairs.get('sort') ?? ''), known);
  choices.shown = readWords(decodeList(pairs.get('show') ?? ''), known);
  choices.kiosk = readKiosk(one('kiosk'));
  choices.lang = only(one('lang'), isLanguage);
  choices.opened = readOpened(pairs, manifest, decode);
  return choices;
}

function only(value: string | null, isPossible: (text: string) => boolean): string | null {
  return value !== null && isPossible(value) ? value : null;
}

/** The server refuses these as a whole; the page would rather show the board without them. */
function isNumber(text: string): boolean {
  return /^[1-9]\d{0,19}$/.test(text);
}

function isShort(text: string): boolean {
  return text.length <= VALUE_CHARS_MAX && !text.includes('\0');
}

function isCurrency(text: string): boolean {
  return /^[A-Z0-9]{3,16}$/.test(text);
}

function isZone(text: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: text });
    return true;
  } catch {
    return false;
  }
}

function sameAsDefault(value: string | null, usual: string): string | null {
  return value === usual ? null : value;
}

/** The part that reporting reads: with a leading `?`, or empty when all is default. */
export function apiQuery(choices: Choices, manifest: Manifest): string {
  return joined(apiPairs(choices, manifest));
}

/** The whole of it, as the address bar shows it. */
export function pageQuery(choices: Choices, manifest: Manifest): string {
  const pairs = apiPairs(choices, manifest);
  if (choices.board !== null) pairs.unshift(['board', encode(choices.board)]);
  for (const [name, items] of [
    ['table', choices.tables],
    ['sort', Object.entries(choices.sorts).map(sortText)],
    ['show', Object.entries(choices.shown).map(wordText)],
  ] as const)
    if (items.length > 0) pairs.push([name, items.map(encode).join(',')]);
  if (choices.kiosk !== null) pairs.push(['kiosk', kioskText(choices.kiosk)]);
  if (choices.lang !== null) pairs.push(['lang', choices.lang]);
  return joined([...pairs, ...openedPairs(choices.opened, encode)]);
}

/** What reporting is asked of the list that is open: the board's choices, and over them what the list is given. */
export function listQuery(choices: Choices, opened: Opened, manifest: Manifest, rows: number | null): string {
  const pairs = new Map(apiPairs(choices, manifest));
  for (const [name, values] of Object.entries(opened.given)) pairs.set(name, values.map(encode).join(','));
  if (opened.sort !== null) pairs.set('sort', sortOf(opened.sort));
  if (rows !== null) pairs.set('rows', String(rows));
  return joined([...pairs]);
}

function joined(pairs: [string, string][]): string {
  return pairs.length === 0 ? '' : `?${pairs.map(([name, value]) => `${name}=${value}`).join('&')}`;
}

function apiPairs(choices: Choices, manifest: Manifest): [string, string][] {
  const usual = defaultChoices(manifest);
  const pairs: [string, string][] = [];
  if (choices.period !== usual.period) pairs.push(['period', choices.period]);
  if (choices.period === 'custom' && choices.from !== null && choices.to !== null) {
    pairs.push(['from', choices.from], ['to', choices.to]);
  }
  for (const variable of listVariables(manifest)) {
    const values = choices.lists[variable.name] ?? [];
    if (values.length > 0) pairs.push([variable.name, values.map(encode).join(',')]);
  }
  if (choices.compare !== usual.compare) pairs.push(['compare', choices.compare]);
  if (choices.currency !== null) pairs.push(['currency', encode(choices.currency)]);
  if (choices.tz !== null) pairs.push(['tz', encode(choices.tz)]);
  if (choices.company !== null) pairs.push(['company', encode(choices.company)]);
  return pairs;
}

/** Adds the value to the variable's list, or takes it out when it is in. */
export function toggled(choices: Choices, variable: string, value: string): Choices {
  const now = choices.lists[variable] ?? [];
  const next = now.includes(value) ? now.filter(other => other !== value) : [...now, value];
  return withList(choices, variable, next);
}

export function withList(choices: Choices, variable: string, values: string[]): Choices {
  const lists = { ...choices.lists };
  if (values.length === 0) delete lists[variable];
  else lists[variable] = values.slice(0, LIST_ITEMS_MAX);
  return { ...choices, lists };
}

/** Back to the board's defaults; what is a matter of view stays. */
export function cleared(choices: Choices, manifest: Manifest): Choices {
  const { tables, sorts, shown, kiosk, lang, board, company, tz, currency } = choices;
  const kept = { tables, sorts, shown, kiosk, lang, board, company, tz, currency };
  return { ...defaultChoices(manifest), ...kept };
}

export function filterCount(choices: Choices): number {
  return Object.values(choices.lists).reduce((sum, values) => sum + values.length, 0);
}
