/**
 * The table twin: the same result as rows and columns, with full figures.
 *
 * Columns that only steer the drawing are left out. A lone row is told downwards, one line a figure,
 * and a run over time follows it, one line a point. Also what a panel of an unknown kind is shown
 * as, so that a newer template never shows nothing.
 */
import type { Column, PanelResult, PanelSpec } from '../api/wire.ts';
import { isLocalType } from '../format/time.ts';
import { t } from '../i18n/en.ts';
import {
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
  type ViewContext,
} from './frame.ts';

export interface TableView {
  columns: { key: string; label: string; isNumber: boolean }[];
  rows: { key: string; cells: string[] }[];
}

export function tableView(result: PanelResult, spec: PanelSpec, context: ViewContext): TableView {
  const columns = result.columns.filter(column => !steers(column, result, spec));
  const rows = rowsOf(result);
  const [only] = rows;
  if (only !== undefined && rows.length === 1 && columns.length > 2) {
    return downwards(only, columns, spec, context);
  }
  const fields = columns.map(column => fieldFor(column, spec));
  return {
    columns: fields.map(field => ({
      key: field.field,
      label: labelOf(field, context),
      isNumber: isNumber(field.format),
    })),
    rows: rows.map((row, i) => ({
      key: String(i),
      cells: fields.map(field => show(row, field, context, 'full')),
    })),
  };
}

/** Keys, flags and helpers of the drawing; a currency that every amount already carries. */
function steers(column: Column, result: PanelResult, spec: PanelSpec): boolean {
  const encode = encodeOf(spec);
  if (column.type === 'UUID' || column.name.endsWith('_id')) return true;
  if (['key', 'other', 'members'].some(part => readField(encode[part])?.field === column.name)) return true;
  const hasMoney = result.columns.some(other => other.type.includes('Decimal'));
  return hasMoney && readField(encode.currency)?.field === column.name;
}

function downwards(row: Row, columns: Column[], spec: PanelSpec, context: ViewContext): TableView {
  const rows: TableView['rows'] = [];
  const lists = columns.filter(column => Array.isArray(row[column.name]));
  for (const column of columns) {
    if (lists.includes(column)) continue;
    const field = fieldFor(column, spec);
    rows.push({ key: column.name, cells: [labelOf(field, context), show(row, field, context, 'full')] });
  }
  const [times, values] = lists.map(column => ({ column, run: row[column.name] as unknown[] }));
  if (times && values) {
    const time = { ...fieldFor(unlisted(times.column), spec), field: 'at' };
    const value = { ...fieldFor(unlisted(values.column), spec), field: 'value' };
    times.run.forEach((at, i) => {
      const point: Row = { ...row, at, value: values.run[i] ?? null };
      rows.push({ key: `${i}`, cells: [show(point, time, context), show(point, value, context, 'full')] });
    });
  }
  return {
    columns: [
      { key: 'what', label: t.table.what, isNumber: false },
      { key: 'value', label: t.table.value, isNumber: true },
    ],
    rows,
  };
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
  return known ?? { field: name, format: formatOf(name, type), label: null };
}

function formatOf(name: string, type: string): Format {
  if (type.startsWith('Array(')) return 'text';
  if (isLocalType(type)) return 'wall';
  if (type.includes('DateTime')) return 'time';
  if (type.includes('Decimal')) return 'money';
  if (type.includes('Float'))
    return name === 'change' ? 'change' : name.startsWith('from_') ? 'percent' : 'decimal';
  if (type.includes('Int')) return 'int';
  return 'text';
}
