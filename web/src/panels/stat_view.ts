/**
 * A number tile: one figure, its change, the facts beneath, and its run over time.
 *
 * No row means that nothing happened, which is a zero and not an absence (R8). Change follows R7.
 */
import type { PanelResult, PanelSpec } from '../api/wire.ts';
import { type MoneyPart, moneyParts } from '../format/money.ts';
import { approximate, percent, sumText } from '../format/number.ts';
import { wallTime, wallTimeAt } from '../format/time.ts';
import { t } from '../i18n/words.ts';
import { behind, behindAll } from '../lists/drill.ts';
import type { Opened } from '../state/opened.ts';
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
import { changeOf, type StatChange } from './stat_change.ts';

/** What fits beside a run over time on a phone. */
const FIGURE_CHARS_MAX = 12;
/** A rate stands beside the list of what it is made of. */
const RATE_CHARS_MAX = 8;

export interface Figure {
  /** For counting up to it; not what is read. */
  amount: number | null;
  currency: string | null;
  parts: MoneyPart[];
  full: string;
  /** What it is a rate of, in words. */
  per: string | null;
  /** What it is above of, in words, when the template calls that a warning. */
  warning: string | null;
  /** What stands behind it. */
  list: Opened | null;
}

export interface Fact {
  key: string;
  label: string;
  text: string;
  /** The panel that tells of it at length. */
  panel: string | null;
  list: Opened | null;
}

export interface Spark {
  points: (number | null)[];
  /** The last bucket is still running. */
  unfinished: boolean;
}

export interface StatView {
  /** In native mode that of the first currency; the others are facts, never added to it. */
  figure: Figure;
  change: StatChange | null;
  facts: Fact[];
  spark: Spark | null;
  /** A part of the figure, 0 to 1, drawn as a thin bar. */
  share: { part: number; text: string } | null;
  /** What a rate is a rate of, as parts of one bar. */
  split: { key: string; label: string; text: string; tone: string; part: number }[];
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
  const unit = readPart(encode.value).per;
  const per = typeof unit === 'string' ? unit : null;
  const main = rows[0] ?? zeroRow([value, ...(share ? [share] : [])], details, per !== null);
  return {
    figure: {
      ...figure(main, value, per, context),
      warning: warningOf(main, value, readPart(encode.value).warn_above, context),
      list: listOf(spec, value, main, rows),
    },
    change: compare === 'off' ? null : changeOf(main, encode, value, context, compare),
    facts: [
      ...details.map((field, i) => ({
        ...fact(main, rows, field, context),
        panel: panelOf(encode, i),
        list: listOf(spec, field, main, rows),
      })),
      ...otherCurrencies(rows.slice(1), value, context),
    ],
    spark: sparkOf(main, encode.spark, result, context),
    share: shareOf(main, value, share, context),
    split: splitOf(main, encode.split, context),
  };
}

function firstMoney(result: PanelResult): Field {
  const column = result.columns.find(one => one.type.includes('Decimal')) ?? result.columns[0];
  return { field: column?.name ?? 'value', format: 'money', label: null };
}

/** What a tile shows of nothing: zeros where things are counted and summed, a dash for rates and averages. */
function zeroRow(sums: Field[], details: Field[], isRate: boolean): Row {
  const row: Row = {};
  for (const field of details) row[field.field] = field.format === 'int' ? 0 : null;
  const isSum = (field: Field) => !isRate && (field.format === 'money' || field.format === 'int');
  for (const field of sums) row[field.field] = isSum(field) ? '0' : null;
  return row;
}

/** Counts of several currencies are told together, so is the list behind them. */
function listOf(spec: PanelSpec, field: Field, main: Row, rows: Row[]): Opened | null {
  const isAll = field.format === 'int' && rows.length > 1;
  return isAll ? behindAll(spec, field.field) : behind(spec, field.field, main, rows);
}

function figure(
  row: Row,
  value: Field,
  per: string | null,
  context: ViewContext,
): Omit<Figure, 'list' | 'warning'> {
  const isMoney = value.format === 'money';
  const currency = isMoney ? currencyOf(row, context) : null;
  const isLong = show(row, value, context).length > (per === null ? FIGURE_CHARS_MAX : RATE_CHARS_MAX);
  const shape = context.size === 'narrow' && isLong ? 'compact' : 'whole';
  return {
    amount: approximate(row[value.field]),
    currency,
    parts: isMoney
      ? moneyParts(row[value.field], currency ?? '', context.locale, shape)
      : unitApart(show(row, value, context)),
    full: show(row, value, context, 'full'),
    per: per === null ? null : t.stat.per(context.texts[`unit.${per}`] ?? per),
  };
}

function warningOf(row: Row, value: Field, above: unknown, context: ViewContext): string | null {
  const amount = approximate(row[value.field]);
  if (typeof above !== 'number' || amount === null || amount <= above) return null;
  return t.stat.above(show({ ...row, [value.field]: above }, value, context));
}

/** "12.3 d": the unit is set lighter, as that of money is. */
function unitApart(text: string): MoneyPart[] {
  const at = text.indexOf('\u00a0');
  if (at < 0) return [{ quiet: false, text }];
  return [
    { quiet: false, text: text.slice(0, at) },
    { quiet: true, text: text.slice(at) },
  ];
}

/** Counts have no currency, so they are those of all rows; amounts are the main row's. */
function fact(main: Row, rows: Row[], field: Field, context: ViewContext): Omit<Fact, 'panel' | 'list'> {
  const isCount = field.format === 'int' && rows.length > 1;
  const row = isCount ? { [field.field]: sumText(rows.map(one => one[field.field])) } : main;
  return { key: field.field, label: labelOf(field, context), text: show(row, field, context) };
}

function panelOf(encode: { [key: string]: unknown }, place: number): string | null {
  const given: unknown = Array.isArray(encode.details) ? encode.details[place] : encode.details;
  const { panel } = readPart(given);
  return typeof panel === 'string' ? panel : null;
}

const CURRENCIES_MAX = 2;

function otherCurrencies(others: Row[], value: Field, context: ViewContext): Fact[] {
  if (others.length === 0) return [];
  const shape = context.size === 'narrow' ? 'compact' : 'whole';
  const named = others.slice(0, CURRENCIES_MAX).map(row => show(row, value, context, shape));
  const rest = others.length - named.length;
  const text = [...named, ...(rest > 0 ? [t.stat.more(rest)] : [])].join(' · ');
  return [{ key: 'other-currencies', label: t.stat.otherCurrencies, text, panel: null, list: null }];
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

function splitOf(row: Row, given: unknown, context: ViewContext): StatView['split'] {
  const list: unknown[] = Array.isArray(given) ? given : [];
  const parts = list.flatMap(json => {
    const field = readField(json, 'int');
    const { tone } = readPart(json);
    return field === null ? [] : [{ field, tone: typeof tone === 'string' ? tone : 'accent' }];
  });
  const amounts = parts.map(({ field }) => Math.max(0, approximate(row[field.field]) ?? 0));
  const whole = amounts.reduce((sum, amount) => sum + amount, 0);
  if (whole <= 0) return [];
  return parts.map(({ field, tone }, i) => ({
    key: field.field,
    label: labelOf(field, context),
    text: show(row, field, context),
    tone,
    part: (amounts[i] ?? 0) / whole,
  }));
}
