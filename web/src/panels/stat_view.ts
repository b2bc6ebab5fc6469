/**
 * A number tile: one figure, its change, the facts beneath, and its run over time.
 *
 * No row means that nothing happened, which is a zero and not an absence (R8). Change follows R7.
 */
import type { PanelResult, PanelSpec } from '../api/wire.ts';
import { type MoneyPart, moneyParts } from '../format/money.ts';
import { approximate, change, decimalText, percent, signedPercent } from '../format/number.ts';
import { wallTime, wallTimeAt } from '../format/time.ts';
import { t } from '../i18n/en.ts';
import type { Compare } from '../state/url.ts';
import {
  currencyOf,
  encodeOf,
  type Field,
  labelOf,
  type Row,
  readField,
  readFields,
  readPart,
  rowsOf,
  show,
  type ViewContext,
} from './frame.ts';

/** What fits beside a run over time on a phone. */
const FIGURE_CHARS_MAX = 12;

export interface Figure {
  /** For counting up to it; not what is read. */
  amount: number | null;
  currency: string | null;
  parts: MoneyPart[];
  full: string;
}

export interface Fact {
  key: string;
  label: string;
  text: string;
}

export interface Spark {
  points: (number | null)[];
  /** The last bucket is still running. */
  unfinished: boolean;
}

export interface StatView {
  /** In native mode that of the first currency; the others are facts, never added to it. */
  figure: Figure;
  change: { text: string; tone: 'up' | 'down' | 'same' | 'none'; versus: string } | null;
  facts: Fact[];
  spark: Spark | null;
  /** A part of the figure, 0 to 1, drawn as a thin bar. */
  share: { part: number; text: string } | null;
}

export function statView(
  result: PanelResult,
  spec: PanelSpec,
  context: ViewContext,
  compare: Compare,
): StatView {
  const encode = encodeOf(spec);
  const value = readField(encode.value, 'money') ?? firstMoney(result);
  const rows = rowsOf(result);
  const details = readFields(encode.details, 'int');
  const share = readField(encode.share, 'money');
  const main = rows[0] ?? zeroRow([value, ...(share ? [share] : [])], details);
  return {
    figure: figure(main, value, context),
    change: compare === 'off' ? null : changeOf(main, encode, value, context, compare),
    facts: [
      ...details.map(field => fact(main, rows, field, context)),
      ...otherCurrencies(rows.slice(1), value, context),
    ],
    spark: sparkOf(main, encode.spark, result, context),
    share: shareOf(main, value, share, context),
  };
}

function firstMoney(result: PanelResult): Field {
  const column = result.columns.find(one => one.type.includes('Decimal')) ?? result.columns[0];
  return { field: column?.name ?? 'value', format: 'money', label: null };
}

/** What a tile shows of nothing: zeros where things are counted and summed, a dash for averages. */
function zeroRow(sums: Field[], details: Field[]): Row {
  const row: Row = {};
  for (const field of details) row[field.field] = field.format === 'int' ? 0 : null;
  for (const field of sums) row[field.field] = '0';
  return row;
}

function figure(row: Row, value: Field, context: ViewContext): Figure {
  const isMoney = value.format === 'money';
  const currency = isMoney ? currencyOf(row, context) : null;
  const isLong = show(row, value, context).length > FIGURE_CHARS_MAX;
  const shape = context.size === 'narrow' && isLong ? 'compact' : 'whole';
  return {
    amount: approximate(row[value.field]),
    currency,
    parts: isMoney
      ? moneyParts(row[value.field], currency ?? '', context.locale, shape)
      : [{ quiet: false, text: show(row, value, context) }],
    full: show(row, value, context, 'full'),
  };
}

/** Counts have no currency, so they are those of all rows; amounts are the main row's. */
function fact(main: Row, rows: Row[], field: Field, context: ViewContext): Fact {
  const row = field.format === 'int' && rows.length > 1 ? { [field.field]: countOf(rows, field) } : main;
  return { key: field.field, label: labelOf(field, context), text: show(row, field, context) };
}

function countOf(rows: Row[], field: Field): string {
  const counts = rows
    .map(row => decimalText(row[field.field]))
    .filter(text => text !== null && /^\d+$/.test(text));
  return counts.reduce((sum, text) => sum + BigInt(text ?? 0), 0n).toString();
}

const CURRENCIES_MAX = 2;

function otherCurrencies(others: Row[], value: Field, context: ViewContext): Fact[] {
  if (others.length === 0) return [];
  const shape = context.size === 'narrow' ? 'compact' : 'whole';
  const named = others.slice(0, CURRENCIES_MAX).map(row => show(row, value, context, shape));
  const rest = others.length - named.length;
  const text = [...named, ...(rest > 0 ? [t.stat.more(rest)] : [])].join(' · ');
  return [{ key: 'other-currencies', label: t.stat.otherCurrencies, text }];
}

function changeOf(
  row: Row,
  encode: { [key: string]: unknown },
  value: Field,
  context: ViewContext,
  compare: Compare,
): StatView['change'] {
  const previous = readField(encode.previous) ?? readField(readPart(encode.change).previous);
  const given = readField(encode.change);
  if (previous === null && given === null) return null;
  const versus = t.stat.versus[compare];
  const own = given === null ? null : approximate(row[given.field]);
  const counted = previous === null ? null : change(row[value.field], row[previous.field]);
  const share = own ?? (counted?.kind === 'change' ? counted.share : null);
  if (share === null) return { text: '–', tone: 'none', versus: t.stat.noEarlier };
  const tone = share > 0.0005 ? 'up' : share < -0.0005 ? 'down' : 'same';
  return { text: signedPercent(share, context.locale), tone, versus };
}

/** Either two list columns in the one row, or nothing. */
function sparkOf(row: Row, encode: unknown, result: PanelResult, context: ViewContext): Spark | null {
  const spec = readPart(encode);
  const name = spec.value ?? spec.field;
  if (typeof name !== 'string') return null;
  const values = row[name];
  if (!Array.isArray(values) || values.length < 2) return null;
  const times = typeof spec.at === 'string' ? row[spec.at] : null;
  const last = Array.isArray(times) ? wallTime(times[times.length - 1], context.timezone) : null;
  const before = Array.isArray(times) ? wallTime(times[times.length - 2], context.timezone) : null;
  const now = wallTimeAt(Date.parse(result.as_of), context.timezone);
  const unfinished = last !== null && before !== null && now < last + (last - before);
  return { points: values.map(value => approximate(value)), unfinished };
}

function shareOf(row: Row, value: Field, part: Field | null, context: ViewContext): StatView['share'] {
  if (part === null) return null;
  const whole = approximate(row[value.field]);
  const some = approximate(row[part.field]);
  if (whole === null || some === null || whole <= 0) return null;
  const ratio = Math.min(1, Math.max(0, some / whole));
  return { part: ratio, text: t.stat.ofWhole(percent(ratio, context.locale), labelOf(part, context)) };
}
