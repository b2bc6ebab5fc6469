/**
 * A list as rows of words, and what all of it comes to.
 *
 * Totals come from the server, of all rows; nothing is added up here. Amounts of several currencies
 * stand side by side.
 */
import type { ListColumnSpec, ListResult, ListSpec, Manifest } from '../api/wire.ts';
import { DASH, int } from '../format/number.ts';
import { dateFormatter } from '../format/time.ts';
import { t } from '../i18n/words.ts';
import {
  type Format,
  isTrue,
  labelOf,
  type Row,
  show,
  text,
  type ViewContext,
  word,
} from '../panels/frame.ts';
import type { Opened } from '../state/opened.ts';

export interface Cell {
  text: string;
  /** With every digit. */
  full: string;
  /** An address of Pipedrive. */
  link: string | null;
  isQuiet: boolean;
}

export interface ListHead {
  key: string;
  label: string;
  isNumber: boolean;
}

export interface ListView {
  heads: ListHead[];
  rows: { key: string; cells: Cell[] }[];
  /** "50 of 1,204 deals". */
  counted: string;
  /** Whether there is more than is shown. */
  isCut: boolean;
  totals: { key: string; label: string; text: string }[];
}

const NUMBERS = ['int', 'money', 'percent', 'days', 'seconds', 'decimal'];

export function listView(result: ListResult, spec: ListSpec, context: ViewContext): ListView {
  const rows = named(result.columns, result.rows);
  const totals = named(result.total_columns, result.totals);
  const whole = totals[0] ?? {};
  const [counting] = spec.totals;
  const all = text(whole[counting?.name ?? '']) || String(rows.length);
  const shown = String(rows.length);
  return {
    heads: spec.columns.map(column => ({
      key: column.field,
      label: labelOf(column.field, context),
      isNumber: NUMBERS.includes(column.format),
    })),
    rows: rows.map((row, i) => ({
      key: text(row[spec.key]) || String(i),
      cells: spec.columns.map(column => cellOf(row, column, context)),
    })),
    counted: t.list.counted(int(shown, context.locale), int(all, context.locale), counting?.label ?? ''),
    isCut: shown !== all,
    totals: totalsOf(spec, whole, totals.slice(1), all, context),
  };
}

function named(columns: { name: string }[], rows: unknown[][]): Row[] {
  return rows.map(cells => Object.fromEntries(columns.map((column, i) => [column.name, cells[i] ?? null])));
}

function cellOf(row: Row, column: ListColumnSpec, context: ViewContext): Cell {
  const cell = row[column.field];
  const isMissing = column.missing !== null && isTrue(row[column.missing]);
  const full = isMissing ? labelOf(column.missing ?? '', context) : words(row, column, context, 'full');
  const shown = isMissing ? full : words(row, column, context, 'whole');
  return {
    text: shown,
    full,
    link: addressOf(column.link === null ? null : row[column.link]),
    isQuiet: isMissing || shown === DASH || cell === false,
  };
}

function words(row: Row, column: ListColumnSpec, context: ViewContext, shape: 'whole' | 'full'): string {
  const cell = row[column.field];
  if (cell === false) return DASH;
  const currency = column.currency === null ? {} : { currency: row[column.currency] };
  const told = context.texts[`${column.field}.${text(cell)}`];
  if (told !== undefined) return told;
  if (column.format === 'text' && typeof cell === 'string') return word(cell, column.field, context) || DASH;
  const field = { field: column.field, format: column.format as Format, label: null };
  return show({ ...row, ...currency }, field, context, shape);
}

/** What is no web address is no link, whatever was sent. */
function addressOf(cell: unknown): string | null {
  const link = text(cell);
  return /^https:\/\/[a-z0-9][a-z0-9.-]*\/[\w/]*$/i.test(link) ? link : null;
}

/** What says nothing new is left out: a zero, a count of all, an amount told before. */
function totalsOf(spec: ListSpec, whole: Row, groups: Row[], all: string, context: ViewContext) {
  const told = new Set<string>();
  return spec.totals.slice(1).flatMap(({ name, format, label }) => {
    const field = { field: name, format: format as Format, label: null };
    const isApart = format === 'money' && spec.group !== null;
    const rows = isApart ? groups.map(row => ({ ...row, currency: row[spec.group ?? ''] })) : [whole];
    const cells = rows.filter(row => row[name] !== null && row[name] !== undefined);
    const shown = cells.map(row => show(row, field, context)).join(' · ');
    const isPlain = text(whole[name]) === '0' || (format === 'int' && text(whole[name]) === all);
    const isSame = format === 'percent' && [0, 1].includes(Number(whole[name] ?? 0));
    if (shown === '' || isPlain || isSame || (isApart && told.has(shown))) return [];
    if (isApart) told.add(shown);
    return [{ key: name, label, text: shown }];
  });
}

/** What the list was given, in words: "Source: google". */
export function givenWords(
  opened: Opened,
  manifest: Manifest,
  context: ViewContext,
  labels: { [variable: string]: { [value: string]: string } },
): string[] {
  return Object.entries(opened.given).flatMap(([name, values]) => {
    const variable = manifest.variables.find(one => one.name === name);
    const label = variable?.label ?? context.texts[`given.${name}`] ?? name;
    if (name.startsWith('not_')) return [label];
    if (name === 'shown' && values[0] === context.currency) return [];
    const list = manifest.lists.find(one => one.id === opened.id);
    const type = list?.parameters.find(one => one.name === name)?.type ?? '';
    const told = values.map(value => {
      if (type.includes('DateTime')) return momentText(value, context);
      const known = labels[name]?.[value] ?? context.texts[`${name}.${value}`];
      return known ?? (type.includes('Int') ? `#${value}` : value);
    });
    return [`${label}: ${told.map(value => word(value, name, context)).join(', ')}`];
  });
}

function momentText(value: string, context: ViewContext): string {
  const at = Date.parse(value);
  if (Number.isNaN(at)) return value;
  const format = dateFormatter(context.locale, {
    timeZone: context.timezone,
    dateStyle: 'medium',
    timeStyle: 'short',
  });
  return format.format(at);
}
