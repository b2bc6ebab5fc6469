/** One row of a table: its figures, and beneath them those that found no room beside. */
import { Fragment } from 'preact';
import { DASH } from '../format/number.ts';
import { t } from '../i18n/words.ts';
import { Opens } from '../lists/opens.tsx';
import { classOf } from './listing.tsx';
import { figurePx } from './listing_order.ts';
import type { ListCell, ListColumn, ListRow } from './listing_view.ts';
import { Age, Moving } from './parts.tsx';

interface Placed {
  column: ListColumn;
  cell: ListCell | undefined;
}

export interface EntryProps {
  row: ListRow;
  shown: Placed[];
  rest: Placed[];
  canPick: boolean;
  tabIndex: number;
  onFocus: () => void;
  onPick: () => void;
}

export function Entry(props: EntryProps) {
  const { row, shown, rest } = props;
  const looks = [
    'entry',
    row.value !== null ? 'can-pick' : '',
    row.isOther || row.isUnset ? 'is-rest' : '',
    row.isChosen ? 'is-chosen' : '',
  ];
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the row's button is what keys press; its click comes here.
    <tbody class={looks.filter(Boolean).join(' ')} onClick={row.value === null ? undefined : props.onPick}>
      <tr>
        {shown.map(({ column, cell }) =>
          column.isLabel ? (
            <th key={column.key} scope="row" class={classOf(column)}>
              <Name {...props} />
            </th>
          ) : (
            <td key={column.key} class={classOf(column)} title={cell?.full}>
              {cell && (
                <Cell
                  cell={cell}
                  column={column}
                  name={`${row.label}, ${column.label}`}
                  tabIndex={props.tabIndex}
                />
              )}
            </td>
          ),
        )}
      </tr>
      {rest.length > 0 && (
        <tr class="entry-rest">
          <td colSpan={shown.length}>
            {rest.map(({ column, cell }) => (
              <Fragment key={column.key}>
                <span>
                  {column.label}{' '}
                  <b>
                    {cell && (
                      <Opens list={cell.list} name={row.label} tabIndex={props.tabIndex}>
                        <Words cell={cell} />
                      </Opens>
                    )}
                  </b>
                </span>{' '}
              </Fragment>
            ))}
          </td>
        </tr>
      )}
    </tbody>
  );
}

function Name({ row, canPick, tabIndex, onFocus }: EntryProps) {
  const words = (
    <span class="entry-words">
      <span class="entry-name" title={row.label}>
        {row.label}
      </span>
      {row.currency !== '' && <span class="row-group"> {row.currency}</span>}
    </span>
  );
  if (!canPick)
    return (
      <Opens list={row.list} tabIndex={tabIndex} onFocus={onFocus} row={row.key}>
        {words}
      </Opens>
    );
  return (
    <button
      type="button"
      class="entry-button"
      data-row={row.key}
      tabIndex={tabIndex}
      aria-pressed={row.value === null ? undefined : row.isChosen}
      aria-disabled={row.value === null ? true : undefined}
      onFocus={onFocus}
    >
      {words}
      <span class="hidden"> {row.press}</span>
    </button>
  );
}

function Cell(props: { cell: ListCell; column: ListColumn; name: string; tabIndex: number }) {
  const { cell, column } = props;
  const opens = { list: cell.list, name: props.name, tabIndex: props.tabIndex };
  if (!column.hasBar)
    return (
      <Opens {...opens}>
        <Words cell={cell} />
      </Opens>
    );
  return (
    <span class="barred" style={{ '--figure': `${figurePx(column)}px` }}>
      <Opens {...opens}>
        <Moving text={cell.text} />
      </Opens>
      <span class="barred-track" aria-hidden="true">
        <span class={`barred-bar mark-${column.tone}`} style={{ width: `${(cell.share ?? 0) * 100}%` }} />
      </span>
    </span>
  );
}

function Words({ cell }: { cell: ListCell }) {
  if (cell.move)
    return (
      <span class="places">
        {cell.move.sign !== '' && <span aria-hidden="true">{cell.move.sign} </span>}
        {cell.move.word}
      </span>
    );
  if (cell.at !== null) return <Age at={cell.at} words={t.fresh.ago} />;
  if (cell.isFlag) return <span class="flag">{cell.text}</span>;
  return <Moving text={cell.text} class={cell.text === DASH ? 'quiet' : undefined} />;
}
