/**
 * How a table is sorted, and which of its columns fit. What does not fit moves into a second line
 * of the row, so nothing is lost on a phone and nothing scrolls sideways.
 */
import type { Sort } from '../state/views.ts';
import type { ListColumn, ListRow } from './listing_view.ts';

/** Figures from the largest, words from A; a second press turns it round. */
export function sortBy(column: ListColumn, now: Sort | null): Sort {
  const first = column.isNumber || column.field.format === 'time' ? 'descending' : 'ascending';
  if (now?.key !== column.key) return { key: column.key, direction: first };
  return { key: column.key, direction: now.direction === 'ascending' ? 'descending' : 'ascending' };
}

/** Equal rows keep the order of the query; what has no figure comes after what has one. */
export function sorted(rows: ListRow[], columns: ListColumn[], sort: Sort | null, locale: string): ListRow[] {
  const at = columns.findIndex(column => column.key === sort?.key);
  const column = columns[at];
  if (sort === null || column === undefined) return [...rows].sort(othersLast);
  const groups = [...new Set(rows.map(row => row.currency))];
  const turn = sort.direction === 'ascending' ? 1 : -1;
  return [...rows].sort((a, b) => {
    const apart =
      column.field.format === 'money' ? groups.indexOf(a.currency) - groups.indexOf(b.currency) : 0;
    return othersLast(a, b) || apart || compared(a.ranks[at] ?? null, b.ranks[at] ?? null, turn, locale);
  });
}

function othersLast(a: ListRow, b: ListRow): number {
  return Number(a.isOther) - Number(b.isOther);
}

function compared(
  a: number | string | null,
  b: number | string | null,
  turn: number,
  locale: string,
): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  if (typeof a === 'number' && typeof b === 'number') return turn * (a - b);
  return turn * String(a).localeCompare(String(b), locale, { numeric: true });
}

/** Narrower than this, a bar lies under its figure instead of beside it. */
export const BARS_BESIDE_PX = 480;
const LABEL_PX = { tight: 124, roomy: 144 };

export interface Fit {
  shown: ListColumn[];
  rest: ListColumn[];
}

/** The name and the first figure with a bar come first, then the others in their order. */
export function fitting(columns: ListColumn[], width: number): Fit {
  const main = columns.find(column => column.hasBar) ?? columns.find(column => column.isNumber);
  const isFirst = (column: ListColumn) => column.isLabel || column === main;
  const order = [...columns.filter(isFirst), ...columns.filter(column => !isFirst(column))];
  const shown = new Set<ListColumn>();
  let room = width;
  for (const column of order) {
    room -= roomOf(column, width);
    if (room < 0 && !isFirst(column)) break;
    shown.add(column);
  }
  return {
    shown: columns.filter(column => shown.has(column)),
    rest: columns.filter(column => !shown.has(column)),
  };
}

/** Of the texts in a column, at the size they are set in. */
const FIGURE_PX = 7.8;
const HEAD_PX = 6.6;
const PADDING_PX = 16;
const SORT_SIGN_PX = 12;
const AGE_PX = 84;
const BAR_PX = 46;

/** What the figures of a column need, the same in each row so that its bars stand on one line. */
export function figurePx(column: ListColumn): number {
  return Math.ceil(column.chars * FIGURE_PX);
}

function roomOf(column: ListColumn, width: number): number {
  if (column.isLabel) return width < BARS_BESIDE_PX ? LABEL_PX.tight : LABEL_PX.roomy;
  const head = column.label.length * HEAD_PX + SORT_SIGN_PX;
  const bar = column.hasBar && width >= BARS_BESIDE_PX ? BAR_PX : 0;
  const figures = column.field.format === 'time' ? AGE_PX : figurePx(column) + bar;
  return PADDING_PX + Math.max(head, figures);
}
