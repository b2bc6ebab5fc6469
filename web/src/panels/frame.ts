/**
 * A result as named cells, and the parts of `encode` that say which cell means what.
 *
 * Pure reading: a column that is missing is `undefined`, never a guess of its value.
 */
import type { PanelResult, PanelSpec } from '../api/wire.ts';
import { money } from '../format/money.ts';
import * as number from '../format/number.ts';
import { dateTimeText, durationText, instant, spanText, wallText, wallTime } from '../format/time.ts';
import { t } from '../i18n/words.ts';

/** What a view may know besides the result. */
export interface ViewContext {
  locale: string;
  timezone: string;
  /** The reporting currency. */
  currency: string;
  texts: { [key: string]: string };
  size: 'narrow' | 'medium' | 'wide';
}

export type Format =
  | 'money'
  | 'int'
  | 'decimal'
  | 'percent'
  | 'change'
  | 'points'
  | 'days'
  | 'seconds'
  | 'duration'
  | 'time'
  | 'wall'
  | 'text';

export interface Field {
  field: string;
  format: Format;
  label: string | null;
}

export type Row = { [column: string]: unknown };

export function rowsOf(result: PanelResult): Row[] {
  return result.rows.map(cells => {
    const row: Row = {};
    result.columns.forEach((column, i) => {
      row[column.name] = cells[i] ?? null;
    });
    return row;
  });
}

const FORMATS: readonly string[] = [
  'money',
  'int',
  'decimal',
  'percent',
  'change',
  'points',
  'days',
  'seconds',
  'duration',
  'time',
  'wall',
  'text',
];

function isObject(json: unknown): json is { [key: string]: unknown } {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

/** `"name"` or `{ field, format, label }`. */
export function readField(json: unknown, format: Format = 'text'): Field | null {
  if (typeof json === 'string') return { field: json, format, label: null };
  if (!isObject(json) || typeof json.field !== 'string') return null;
  const given = json.format;
  return {
    field: json.field,
    format: typeof given === 'string' && FORMATS.includes(given) ? (given as Format) : format,
    label: typeof json.label === 'string' ? json.label : null,
  };
}

export function readFields(json: unknown, format: Format = 'text'): Field[] {
  const list = Array.isArray(json) ? json : json === undefined || json === null ? [] : [json];
  return list.map(item => readField(item, format)).filter((field): field is Field => field !== null);
}

export function encodeOf(spec: PanelSpec): { [key: string]: unknown } {
  return spec.encode ?? {};
}

/** The words for a column: its own label, the board's text, or its name made readable. */
export function labelOf(field: Field | string, context: ViewContext): string {
  const name = typeof field === 'string' ? field : field.field;
  if (typeof field !== 'string' && field.label) return context.texts[field.label] ?? field.label;
  return context.texts[`column.${name}`] ?? context.texts[name] ?? readable(name);
}

export function readable(name: string): string {
  const text = name.replace(/_/g, ' ').trim();
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** A part of `encode` that is an object of its own; empty when it is not. */
export function readPart(json: unknown): { [key: string]: unknown } {
  return isObject(json) ? json : {};
}

/** Native mode (FX6): a row that names its currency is told in that one. */
export function currencyOf(row: Row, context: ViewContext): string {
  const own = row.currency ?? row.deal_currency;
  return typeof own === 'string' && own !== '' ? own : context.currency;
}

/** ClickHouse sends a Bool as true and a comparison as 1. */
export function isTrue(cell: unknown): boolean {
  return cell === true || cell === 1 || cell === '1';
}

export function text(cell: unknown): string {
  if (cell === null || cell === undefined) return '';
  if (typeof cell === 'object') return JSON.stringify(cell);
  return String(cell);
}

/**
 * A word as the board's texts say it: `value.<column>.<word>`, and for those in parentheses, which the
 * SQL of any column may write, `value.<word>`. Filters and keys hold what the query sent.
 */
export function word(cell: unknown, column: string, context: Pick<ViewContext, 'texts'>): string {
  const plain = text(cell);
  const own = context.texts[`value.${column}.${plain}`];
  return own ?? (plain.startsWith('(') ? context.texts[`value.${plain}`] : undefined) ?? plain;
}

export function show(
  row: Row,
  field: Field,
  context: ViewContext,
  shape: 'whole' | 'full' | 'compact' = 'whole',
): string {
  const cell = row[field.field];
  switch (field.format) {
    case 'money':
      return money(cell, currencyOf(row, context), context.locale, shape);
    case 'int':
      return number.int(cell, context.locale);
    case 'decimal':
      return number.decimal(cell, context.locale);
    case 'days': {
      const days = number.approximate(cell);
      return days === null ? number.DASH : number.days(days, context.locale);
    }
    case 'points': {
      const points = number.approximate(cell);
      return points === null ? number.DASH : number.points(points, context.locale, t.points);
    }
    case 'percent':
      return number.percent(number.approximate(cell), context.locale);
    case 'change': {
      const share = number.approximate(cell);
      return share === null ? number.DASH : number.signedPercent(share, context.locale);
    }
    case 'seconds': {
      const seconds = number.approximate(cell);
      return seconds === null ? number.DASH : durationText(seconds * 1000, context.locale);
    }
    case 'duration': {
      const seconds = number.approximate(cell);
      return seconds === null ? number.DASH : spanText(seconds, context.locale);
    }
    case 'time': {
      const at = instant(cell);
      return at === null ? number.DASH : dateTimeText(at, context.locale, context.timezone);
    }
    case 'wall': {
      const wall = wallTime(cell, context.timezone);
      return wall === null ? number.DASH : wallText(wall, context.locale);
    }
    case 'text':
      return (typeof cell === 'boolean' ? t.truth(cell) : word(cell, field.field, context)) || number.DASH;
  }
}
