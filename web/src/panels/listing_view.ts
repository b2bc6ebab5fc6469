/**
 * A table of ranked things: figures in columns, some with a bar on the column's own scale.
 *
 * The order is the query's until the viewer sorts; the row of all others stays last in any order,
 * and amounts of two currencies are never ranked among each other.
 */
import type { PanelResult, PanelSpec } from '../api/wire.ts';
import { approximate } from '../format/number.ts';
import { instant } from '../format/time.ts';
import { t } from '../i18n/words.ts';
import { behind } from '../lists/drill.ts';
import type { Opened } from '../state/opened.ts';
import { pressOf, shareOf } from './bars_view.ts';
import {
  currencyOf,
  encodeOf,
  type Field,
  isTrue,
  labelOf,
  type Row,
  readField,
  readPart,
  rowsOf,
  show,
  text,
  type ViewContext,
  word,
} from './frame.ts';

export interface ListColumn {
  key: string;
  label: string;
  field: Field;
  isLabel: boolean;
  isNumber: boolean;
  hasBar: boolean;
  /** Colour of its bars; the accent when the board names none. */
  tone: string;
  /** Length of its longest text, which decides what room it needs. */
  chars: number;
}

export interface ListCell {
  text: string;
  /** With every digit. */
  full: string;
  /** Length of the bar as a share of the column's longest; null draws none. */
  share: number | null;
  /** A moment, told by how long ago it was. */
  at: number | null;
  /** A change of place, told by an arrow and a word. */
  move: { sign: string; word: string } | null;
  /** What is true of the row and asks for a look. */
  isFlag: boolean;
  /** What stands behind the figure. */
  list: Opened | null;
}

export interface ListRow {
  key: string;
  label: string;
  /** Named in native mode only. */
  currency: string;
  isOther: boolean;
  isUnset: boolean;
  cells: ListCell[];
  /** What sorting looks at, in the order of the columns. */
  ranks: (number | string | null)[];
  value: string | null;
  isChosen: boolean;
  press: string;
  /** What its name opens, where the row filters nothing. */
  list: Opened | null;
}

export interface ListView {
  columns: ListColumn[];
  rows: ListRow[];
}

export function listingView(
  result: PanelResult,
  spec: PanelSpec,
  context: ViewContext,
  chosen: readonly string[],
): ListView {
  const encode = encodeOf(spec);
  const columns = columnsOf(spec, context);
  const label = readField(encode.label)?.field ?? columns.find(column => !column.isNumber)?.key ?? '';
  const other = readField(encode.other)?.field ?? '';
  const rows = rowsOf(result);
  const isNative = new Set(rows.map(row => currencyOf(row, context))).size > 1;
  const seen = new Map<string, number>();
  const cells = rows.map(row => columns.map(column => cellOf(row, column, rows, spec, context)));
  return {
    columns: columns.map((column, i) => ({ ...column, chars: longest(cells, i) })),
    rows: rows.map((row, place): ListRow => {
      const name = text(row[label]);
      const isOther = name === '(other)' || isTrue(row[other]);
      const filter = spec.filter_on_click;
      const value = filter && !isOther ? text(row[filter.field]) || null : null;
      const isChosen = value !== null && chosen.includes(value);
      const currency = isNative ? currencyOf(row, context) : '';
      const words = columns.filter(column => !column.isNumber).map(column => text(row[column.key]));
      return {
        key: unique(`${value ?? ''}|${words.join('|')}|${currency}`, seen),
        label: show(row, { field: label, format: 'text', label: null }, context),
        currency: word(currency, 'currency', context),
        isOther,
        isUnset: name === '(not set)',
        cells: cells[place] ?? [],
        ranks: columns.map(column => rankOf(row, column)),
        value,
        isChosen,
        press: pressOf(word(name, label, context), value, isChosen),
        list: filter ? null : (cells[place]?.find(cell => cell.list !== null)?.list ?? null),
      };
    }),
  };
}

function columnsOf(spec: PanelSpec, context: ViewContext): ListColumn[] {
  const encode = encodeOf(spec);
  const label = readField(encode.label)?.field;
  const given = Array.isArray(encode.columns) ? encode.columns : [];
  return given.flatMap((json: unknown): ListColumn[] => {
    const field = readField(json);
    if (field === null) return [];
    const { bar, tone } = readPart(json);
    return [
      {
        key: field.field,
        label: labelOf(field, context),
        field,
        isLabel: field.field === label,
        isNumber: field.format !== 'text' && field.format !== 'time' && field.format !== 'wall',
        hasBar: bar === true,
        tone: typeof tone === 'string' ? tone : 'accent',
        chars: 0,
      },
    ];
  });
}

function longest(cells: ListCell[][], column: number): number {
  return Math.max(0, ...cells.map(row => row[column]?.text.length ?? 0));
}

/** Two things may have one name; then they are told apart by their order. */
function unique(key: string, seen: Map<string, number>): string {
  const count = (seen.get(key) ?? 0) + 1;
  seen.set(key, count);
  return count === 1 ? key : `${key}#${count}`;
}

function cellOf(row: Row, column: ListColumn, rows: Row[], spec: PanelSpec, context: ViewContext): ListCell {
  const { field } = column;
  const cell = row[field.field];
  return {
    text: show(row, field, context, context.size === 'narrow' ? 'compact' : 'whole'),
    full: show(row, field, context, 'full'),
    share: column.hasBar ? shareOf(row, field, rows, context) : null,
    at: field.format === 'time' ? instant(cell) : null,
    move: field.field === 'rank_change' ? moveOf(cell) : null,
    isFlag: cell === true,
    list: behind(spec, field.field, row, rows),
  };
}

/** Places won since the period before; who was not there then is new. */
function moveOf(cell: unknown): ListCell['move'] {
  const places = approximate(cell);
  if (places === null) return { sign: '', word: t.listing.isNew };
  if (places === 0) return { sign: '', word: t.listing.same };
  const count = String(Math.abs(places));
  return places > 0 ? { sign: '↑', word: t.listing.up(count) } : { sign: '↓', word: t.listing.down(count) };
}

function rankOf(row: Row, column: ListColumn): number | string | null {
  const cell = row[column.key];
  if (column.field.format === 'time') return instant(cell);
  if (typeof cell === 'boolean') return cell ? 1 : 0;
  return column.isNumber ? approximate(cell) : text(cell) || null;
}
