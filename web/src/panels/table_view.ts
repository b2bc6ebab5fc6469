/**
 * The table twin: the same result as rows and columns, with full figures.
 *
 * Columns that only steer the drawing are left out. Columns over time are a line a bucket. A number tile is told downwards, one line a
 * figure, and its run over time follows, one line a point. Also what a panel of an unknown kind is
 * shown as, so that a newer template never shows nothing.
 */
import type { Column, PanelResult, PanelSpec } from '../api/wire.ts';
import { money } from '../format/money.ts';
import { isWallType } from '../format/time.ts';
import { t } from '../i18n/words.ts';
import { behind } from '../lists/drill.ts';
import type { Opened } from '../state/opened.ts';
import { columnsTwin } from './columns_twin.ts';
import {
  currencyOf,
  encodeOf,
  type Field,
  type Format,
  labelOf,
  type Row,
  readField,
  readFields,
  readPart,
  rowsOf,
  show,
  text,
  type ViewContext,
} from './frame.ts';

export interface TableView {
  columns: { key: string; label: string; isNumber: boolean }[];
  /** `lists`: what stands behind each cell, where something does. */
  rows: { key: string; cells: string[]; lists?: (Opened | null)[] }[];
}

export function tableView(result: PanelResult, spec: PanelSpec, context: ViewContext): TableView {
  const columns = result.columns.filter(column => !steers(column, result, spec));
  const rows = rowsOf(result);
  if (spec.kind === 'stat' || spec.kind === 'freshness') return downwards(rows, columns, spec, context);
  if (spec.kind === 'columns') return columnsTwin(result, spec, context);
  const details = spec.kind === 'bars' ? readFields(encodeOf(spec).details, 'int') : [];
  const isDetail = (column: Column) => details.some(field => field.field === column.name);
  const fields = columns.filter(column => !isDetail(column)).map(column => fieldFor(column, spec));
  return {
    columns: fields.map(field => ({
      key: field.field,
      label: labelOf(field, context),
      isNumber: isNumber(field.format),
    })),
    rows: [
      ...rows.map((row, i) => ({
        key: String(i),
        cells: fields.map(field => cellOf(row, field, spec, context)),
        lists: fields.map(field => behind(spec, field.field, row, rows)),
      })),
      // What each row repeats is told once, beneath.
      ...details.map(field => ({
        key: field.field,
        cells: fields.map((_, i) =>
          i === 0 ? labelOf(field, context) : i === 1 ? show(rows[0] ?? {}, field, context, 'full') : '',
        ),
      })),
    ],
  };
}

/** Keys, flags and helpers of the drawing; a currency that every amount already carries. */
function steers(column: Column, result: PanelResult, spec: PanelSpec): boolean {
  const encode = encodeOf(spec);
  if (column.type === 'UUID' || column.name.endsWith('_id')) return true;
  if (['key', 'other', 'members'].some(part => readField(encode[part])?.field === column.name)) return true;
  if (amountsOf(spec)?.currencies === column.name) return true;
  const hasMoney = result.columns.some(other => other.type.includes('Decimal'));
  return hasMoney && readField(encode.currency)?.field === column.name;
}

function downwards(all: Row[], columns: Column[], spec: PanelSpec, context: ViewContext): TableView {
  const isNative = all.length > 1;
  const rows = all.flatMap(row => {
    const currency = isNative ? [currencyOf(row, context)] : [];
    const lines = [...figures(row, columns, spec, context), ...points(row, columns, spec, context)];
    return lines.map(line => ({ key: `${currency}${line[0]}`, cells: [...currency, ...line] }));
  });
  return {
    columns: [
      ...(isNative ? [{ key: 'currency', label: t.currency, isNumber: false }] : []),
      { key: 'what', label: t.table.what, isNumber: false },
      { key: 'value', label: t.table.value, isNumber: true },
    ],
    rows,
  };
}

function figures(row: Row, columns: Column[], spec: PanelSpec, context: ViewContext): string[][] {
  return columns
    .filter(column => !Array.isArray(row[column.name]))
    .map(column => fieldFor(column, spec))
    .map(field => [labelOf(field, context), show(row, field, context, 'full')]);
}

/** Two lists in a row are a run: when, and how much. */
function points(row: Row, columns: Column[], spec: PanelSpec, context: ViewContext): string[][] {
  const [times, values] = columns.filter(column => Array.isArray(row[column.name]));
  if (!times || !values) return [];
  const time = { ...fieldFor(unlisted(times), spec), field: 'at' };
  const value = { ...fieldFor(unlisted(values), spec), field: 'value' };
  const run = row[values.name] as unknown[];
  return (row[times.name] as unknown[]).map((at, i) => {
    const point: Row = { ...row, at, value: run[i] ?? null };
    return [show(point, time, context), show(point, value, context, 'full')];
  });
}

/** Amounts of several currencies stand side by side in their cell. */
function cellOf(row: Row, field: Field, spec: PanelSpec, context: ViewContext): string {
  const cell = row[field.field];
  if (!Array.isArray(cell)) return show(row, field, context, 'full');
  const currencies = row[amountsOf(spec)?.currencies ?? ''];
  if (amountsOf(spec)?.values !== field.field || !Array.isArray(currencies)) return cell.map(text).join(', ');
  return cell.map((amount, i) => money(amount, text(currencies[i]), context.locale, 'full')).join(' · ');
}

/** The part of `encode` that pairs a list of amounts with a list of their currencies. */
function amountsOf(spec: PanelSpec): { currencies: string; values: string } | null {
  for (const part of Object.values(encodeOf(spec)).map(readPart)) {
    const { currencies, values } = part;
    if (typeof currencies === 'string' && typeof values === 'string') return { currencies, values };
  }
  return null;
}

function unlisted(column: Column): Column {
  return { name: column.name, type: column.type.replace(/^Array\((.*)\)$/, '$1') };
}

function isNumber(format: Format): boolean {
  return format !== 'text' && format !== 'time' && format !== 'wall';
}

function fieldFor({ name, type }: Column, spec: PanelSpec): Field {
  const known = Object.values(encodeOf(spec))
    .flatMap(part => [...readFields(part), ...Object.values(readPart(part)).map(inner => readField(inner))])
    .find(field => field?.field === name && field.format !== 'text');
  return known ?? earlier(name, spec) ?? { field: name, format: formatOf(name, type), label: null };
}

/** The figure before is told as the figure is. */
function earlier(name: string, spec: PanelSpec): Field | null {
  const encode = encodeOf(spec);
  const value = readField(encode.value);
  const previous = readField(encode.previous) ?? readField(readPart(encode.change).previous);
  return previous?.field === name && value ? { field: name, format: value.format, label: null } : null;
}

function formatOf(name: string, type: string): Format {
  if (type.startsWith('Array(')) return type.includes('Decimal') ? 'money' : 'text';
  if (isWallType(type)) return 'wall';
  if (type.includes('DateTime')) return 'time';
  if (type.includes('Decimal')) return 'money';
  if (type.includes('Float')) return name === 'change' ? 'change' : floatFormat(name);
  if (type.includes('Int')) return 'int';
  return 'text';
}

function floatFormat(name: string): Format {
  if (/^from_|(^|_)(rate|share)$/.test(name)) return 'percent';
  return name.endsWith('_days') ? 'days' : 'decimal';
}
