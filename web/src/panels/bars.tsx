/**
 * Bars in aligned columns. The rows are buttons with the figures in them; the drawing lies beneath.
 */
import { useMemo } from 'preact/hooks';
import { Chart } from '../charts/chart.tsx';
import { barsOption } from '../charts/options.ts';
import { t } from '../i18n/words.ts';
import { Opens } from '../lists/opens.tsx';
import { usePage, viewContext } from '../state/page.ts';
import { toggled } from '../state/url.ts';
import { type BarRow, type BarsView, barsView } from './bars_view.ts';
import { useHeld } from './held.ts';
import { Icon } from './icons.tsx';
import type { BodyProps } from './kinds.tsx';
import { Moving } from './parts.tsx';
import { usePinned } from './pinned.ts';
import { useRoving } from './roving.ts';

const COLORS = ['var(--accent)', 'var(--accent-pale)', 'var(--grey-mark)'];
const NONE: string[] = [];

export function BarsBody({ result, spec }: BodyProps) {
  const page = usePage();
  const { session } = page;
  const choices = session.choices.value;
  const chosen = choices?.lists[spec.filter_on_click?.variable ?? ''] ?? NONE;
  const context = viewContext(page);
  const view = useMemo(
    () => barsView(result, spec, context, chosen),
    [result, spec, chosen, context.locale, context.currency, context.size],
  );
  const { isHeld, on } = useHeld();
  const rows = usePinned(view.rows, isHeld);
  const pick = (row: BarRow) => {
    const variable = spec.filter_on_click?.variable;
    if (variable && row.value !== null && choices) session.choose(toggled(choices, variable, row.value));
  };
  const roving = useRoving(rows.map(row => row.key));
  const { head } = view;
  const hasPortion = head.portion !== null ? ' has-share' : '';
  const hasLists = rows.some(row => row.list !== null) ? ' has-lists' : '';
  return (
    <div
      class={`bars bars-${head.bars.length}${hasPortion}${hasLists}`}
      style={{ '--rows': String(rows.length), '--first': figurePx(rows, 0), '--second': figurePx(rows, 1) }}
    >
      <div class="rows-head" aria-hidden="true">
        <span>{head.label}</span>
        <span class="number row-count">{head.count ?? ''}</span>
        {head.portion !== null && <span class="number row-share">{head.portion}</span>}
        {head.bars.map(label => (
          <span key={label} class="bar-head">
            {label}
          </span>
        ))}
      </div>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: arrows move among the buttons inside. */}
      <div class="rows" onKeyDown={roving.onKeyDown} {...on}>
        {head.bars.map((label, column) => (
          <BarColumn key={label} rows={rows} column={column} />
        ))}
        {rows.map((row, i) => (
          <BarLine
            key={row.key}
            row={row}
            head={head}
            place={i + 1}
            tabIndex={roving.tabIndex(row.key)}
            onFocus={() => roving.onFocus(row.key)}
            onPick={() => pick(row)}
            hasChosen={chosen.length > 0}
          />
        ))}
        {rows.map((row, i) => (
          <RowList key={`list ${row.key}`} row={row} place={i + 1} tabIndex={roving.tabIndex(row.key)} />
        ))}
      </div>
      {view.facts.length > 0 && (
        <dl class="facts">
          {view.facts.map(fact => (
            <div key={fact.key}>
              <dt>{fact.label}</dt>
              <dd>
                <Opens list={fact.list} name={fact.label}>
                  <Moving text={fact.text} />
                </Opens>
              </dd>
            </div>
          ))}
        </dl>
      )}
    </div>
  );
}

const DIGIT_PX = 7.6;

/** What the figures of a column need, in any language. */
function figurePx(rows: BarRow[], column: number): string {
  const longest = Math.max(0, ...rows.map(row => row.bars[column]?.text.length ?? 0));
  return `${Math.ceil(longest * DIGIT_PX)}px`;
}

function BarLine(props: {
  row: BarRow;
  head: BarsView['head'];
  /** The line of the grid, which is also the band of the drawing. */
  place: number;
  tabIndex: number;
  hasChosen: boolean;
  onFocus: () => void;
  onPick: () => void;
}) {
  const { row } = props;
  const faint = props.hasChosen && !row.isChosen ? ' is-faint' : '';
  return (
    <button
      type="button"
      class={`row${row.isOther || row.isUnset ? ' is-rest' : ''}${faint}`}
      data-row={row.key}
      style={{ gridRow: String(props.place) }}
      tabIndex={props.tabIndex}
      aria-pressed={row.value === null ? undefined : row.isChosen}
      aria-disabled={row.value === null ? true : undefined}
      onFocus={props.onFocus}
      onClick={props.onPick}
    >
      <span class="row-label">
        <span class="row-name" title={row.label}>
          {row.label}
        </span>
        {row.currency !== '' && <span class="row-group"> {row.currency}</span>}
      </span>
      <span class="number row-count">
        <span class="hidden"> {props.head.count} </span>
        <Moving text={row.count ?? ''} />
      </span>
      {row.portion !== null && (
        <span class="number row-share">
          <span class="hidden"> {props.head.portion} </span>
          <Moving text={row.portion} />
        </span>
      )}
      {row.bars.map((bar, i) => (
        <span class="bar-cell" key={String(i)} title={bar.full}>
          <span class="number">
            <span class="hidden"> {props.head.bars[i]} </span>
            <Moving text={bar.text} />
          </span>
        </span>
      ))}
      <span class="hidden"> {row.press}</span>
    </button>
  );
}

/** A row is a button that filters, so its list is opened by a link at its end: the next tab stop. */
function RowList({ row, place, tabIndex }: { row: BarRow; place: number; tabIndex: number }) {
  if (row.list === null) return null;
  return (
    <span class="row-list" style={{ gridRow: String(place) }}>
      <Opens list={row.list} class="row-opens" tabIndex={tabIndex} name={t.list.of(row.label)}>
        <Icon name="list" />
      </Opens>
    </span>
  );
}

function BarColumn({ rows, column }: { rows: BarRow[]; column: number }) {
  const page = usePage();
  const isMoving = !page.looks.isStill.value;
  const option = useMemo(
    () =>
      barsOption({
        keys: rows.map(row => row.key),
        shares: rows.map(row => row.bars[column]?.share ?? null),
        color: COLORS[column] ?? COLORS[2] ?? '',
        thickness: 10,
        isMoving,
      }),
    [rows, column, isMoving],
  );
  return <Chart class={`bar-column bar-column-${column}`} option={option} />;
}
