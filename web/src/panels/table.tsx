/** The table twin of a panel: full figures, a header for each column. */
import { useMemo } from 'preact/hooks';
import { Opens } from '../lists/opens.tsx';
import { usePage, viewContext } from '../state/page.ts';
import type { BodyProps } from './kinds.tsx';
import { Moving } from './parts.tsx';
import { tableView } from './table_view.ts';

export function TableBody({ result, spec }: BodyProps) {
  const page = usePage();
  const context = viewContext(page);
  const view = useMemo(
    () => tableView(result, spec, context),
    [result, spec, context.locale, context.timezone, context.currency],
  );
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard.
    <section class="table-box" tabIndex={0} aria-label={spec.title}>
      <table>
        <thead>
          <tr>
            {view.columns.map(column => (
              <th key={column.key} scope="col" class={column.isNumber ? 'number' : ''}>
                {column.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {view.rows.map(row => (
            <tr key={row.key}>
              {row.cells.map((cell, i) => (
                <td key={String(i)} class={view.columns[i]?.isNumber ? 'number' : ''}>
                  <Opens list={row.lists?.[i] ?? null}>
                    <Moving text={cell} />
                  </Opens>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
