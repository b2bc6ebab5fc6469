/**
 * The body of a table: heads that sort, rows that filter, its own place to scroll in.
 */
import { useMemo, useRef } from 'preact/hooks';
import { useWidth } from '../charts/width.ts';
import { usePage, viewContext } from '../state/page.ts';
import { toggled } from '../state/url.ts';
import type { Sort } from '../state/views.ts';
import { useHeld } from './held.ts';
import type { BodyProps } from './kinds.tsx';
import { BARS_BESIDE_PX, fitting, sortBy, sorted } from './listing_order.ts';
import { Entry } from './listing_row.tsx';
import { type ListColumn, type ListRow, listingView } from './listing_view.ts';
import { usePinned } from './pinned.ts';
import { useRoving } from './roving.ts';

const NONE: string[] = [];

export function ListingBody({ result, spec, question }: BodyProps) {
  const page = usePage();
  const { session } = page;
  const choices = session.choices.value;
  const variable = spec.filter_on_click?.variable;
  const chosen = choices?.lists[variable ?? ''] ?? NONE;
  const context = viewContext(page);
  const view = useMemo(
    () => listingView(result, spec, context, chosen),
    [result, spec, chosen, context.locale, context.timezone, context.currency, context.size],
  );
  const sort = choices?.sorts[spec.id] ?? null;
  const setSort = (next: Sort) => {
    if (choices) session.choose({ ...choices, sorts: { ...choices.sorts, [spec.id]: next } });
  };
  const { box, width } = useWidth<HTMLElement>();
  const { isHeld, on } = useHeld();
  const isNewOrder = useChanged(`${sort?.key} ${sort?.direction} ${question}`);
  const ordered = useMemo(
    () => sorted(view.rows, view.columns, sort, context.locale),
    [view, sort, context.locale],
  );
  const rows = usePinned(ordered, isHeld && !isNewOrder);
  const { shown, rest } = fitting(view.columns, width);
  const roving = useRoving(rows.map(row => row.key));
  const canPick = variable !== undefined;
  const pick = (row: ListRow) => {
    if (canPick && row.value !== null && choices) session.choose(toggled(choices, variable, row.value));
  };
  const place = new Map(view.columns.map((column, i) => [column, i]));
  return (
    <section
      ref={box}
      class={`listing${width < BARS_BESIDE_PX ? ' is-tight' : ''}${chosen.length > 0 ? ' has-chosen' : ''}`}
      aria-labelledby={`${spec.id}-title`}
      // A box that scrolls and holds no button must be reachable by keyboard itself.
      tabIndex={canPick || rows.some(row => row.list !== null) ? undefined : 0}
      onKeyDown={event => {
        if (event.target instanceof Element && event.target.closest('tbody')) roving.onKeyDown(event);
      }}
      {...on}
    >
      <table>
        <thead>
          <tr>
            {shown.map(column => (
              <Head key={column.key} column={column} sort={sort} onSort={setSort} />
            ))}
          </tr>
        </thead>
        {rows.map(row => (
          <Entry
            key={row.key}
            row={row}
            shown={shown.map(column => ({ column, cell: row.cells[place.get(column) ?? 0] }))}
            rest={rest.map(column => ({ column, cell: row.cells[place.get(column) ?? 0] }))}
            canPick={canPick}
            tabIndex={roving.tabIndex(row.key)}
            onFocus={() => roving.onFocus(row.key)}
            onPick={() => pick(row)}
          />
        ))}
      </table>
    </section>
  );
}

/** Whether a text is another than it was when this was last asked. */
function useChanged(now: string): boolean {
  const before = useRef(now);
  const isChanged = before.current !== now;
  before.current = now;
  return isChanged;
}

function Head(props: { column: ListColumn; sort: Sort | null; onSort: (sort: Sort) => void }) {
  const { column, sort, onSort } = props;
  const direction = sort?.key === column.key ? sort.direction : undefined;
  return (
    <th scope="col" class={classOf(column)} aria-sort={direction}>
      <button type="button" class="sort" data-sort={column.key} onClick={() => onSort(sortBy(column, sort))}>
        {column.label}
        <span class="sort-sign" aria-hidden="true">
          {direction === undefined ? '' : direction === 'ascending' ? '↑' : '↓'}
        </span>
      </button>
    </th>
  );
}

export function classOf(column: ListColumn): string {
  const kinds = [
    column.isNumber ? 'number' : '',
    column.hasBar ? 'has-bar' : '',
    column.isLabel ? 'is-label' : '',
    column.key === 'rank' ? 'is-rank' : '',
  ];
  return kinds.filter(Boolean).join(' ');
}
