/**
 * The table twin: the same result as rows and columns, with full figures.
 *
 * Also what a panel of an unknown kind is shown as, so that a newer template never shows nothing.
 */
import type { PanelResult, PanelSpec } from '../api/wire.ts';
import { isLocalType } from '../format/time.ts';
import {
  encodeOf,
  type Field,
  type Format,
  labelOf,
  readField,
  readFields,
  rowsOf,
  show,
  type ViewContext,
} from './frame.ts';

export interface TableView {
  columns: { key: string; label: string; isNumber: boolean }[];
  rows: { key: string; cells: string[] }[];
}

export function tableView(result: PanelResult, spec: PanelSpec, context: ViewContext): TableView {
  const spread = unzipped(result);
  const fields = spread.columns.map(column => fieldFor(column.name, column.type, spec));
  return {
    columns: fields.map(field => ({
      key: field.field,
      label: labelOf(field, context),
      isNumber: field.format !== 'text' && field.format !== 'time' && field.format !== 'wall',
    })),
    rows: rowsOf(spread).map((row, i) => ({
      key: String(i),
      cells: fields.map(field => show(row, field, context, 'full')),
    })),
  };
}

/**
 * A lone row that holds a run over time in two lists becomes one row a point: the run is what a
 * chart draws, so it is what the twin must hold.
 */
function unzipped(result: PanelResult): PanelResult {
  const lists = result.columns.filter(column => column.type.startsWith('Array('));
  const first = result.rows[0];
  if (lists.length < 2 || result.rows.length !== 1 || first === undefined) return result;
  const columns = lists.map(list => result.columns.indexOf(list));
  const runs = columns.map(at => first[at]);
  const length = Math.max(...runs.map(run => (Array.isArray(run) ? run.length : 0)));
  return {
    ...result,
    columns: lists.map(list => ({ name: list.name, type: list.type.slice('Array('.length, -1) })),
    rows: Array.from({ length }, (_, i) => runs.map(run => (Array.isArray(run) ? (run[i] ?? null) : null))),
  };
}

function fieldFor(name: string, type: string, spec: PanelSpec): Field {
  const known = Object.values(encodeOf(spec))
    .flatMap(json => [...readFields(json), ...(Array.isArray(json) ? [] : [readField(json)])])
    .find(field => field?.field === name && field.format !== 'text');
  return known ?? { field: name, format: formatOf(name, type), label: null };
}

function formatOf(name: string, type: string): Format {
  if (type.includes('Array')) return 'text';
  if (isLocalType(type)) return 'wall';
  if (type.includes('DateTime')) return 'time';
  if (name.endsWith('_id') || name === 'position') return 'text';
  if (type.includes('Decimal')) return 'money';
  if (type.includes('Float')) return name.includes('from_') || name === 'change' ? 'percent' : 'decimal';
  if (type.includes('Int')) return 'int';
  return 'text';
}
