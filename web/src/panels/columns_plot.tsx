/**
 * The drawing of columns and its buckets: one tab stop, arrows among them, a tooltip that Esc takes
 * away, a press or a drag that chooses days.
 */
import { useLayoutEffect, useMemo } from 'preact/hooks';
import { Chart } from '../charts/chart.tsx';
import { columnsOption, LANE_HEAD } from '../charts/columns_option.ts';
import { useWidth } from '../charts/width.ts';
import { usePage } from '../state/page.ts';
import { LegendWords } from './columns.tsx';
import { ColumnTip } from './columns_tip.tsx';
import type { ColumnsView, Series } from './columns_view.ts';
import { usePointing } from './pointing.ts';
import { useRoving } from './roving.ts';
import { ticksOf } from './ticks.ts';

export interface PlotProps {
  view: ColumnsView;
  title: string;
  onPick: (series: Series) => void;
  onChoose: (first: string, last: string) => void;
}

export function Plot({ view, title, onPick, onChoose }: PlotProps) {
  const page = usePage();
  const isMoving = !page.looks.isStill.value;
  const { columns } = view;
  const option = useMemo(
    () =>
      columnsOption({
        keys: columns.map(column => column.key),
        series: view.series.map((one, i) => ({
          key: one.key,
          tone: one.tone,
          amounts: columns.map(column => column.parts[i]?.amount ?? null),
        })),
        scale: view.scale,
        isStacked: view.isStacked,
        hasLanes: view.hasLanes,
        isMoving,
      }),
    [view, isMoving],
  );
  const { box, width } = useWidth<HTMLDivElement>();
  const roving = useRoving(columns.map(column => column.key));
  const pointing = usePointing(view, onPick, onChoose);
  const { at, brush } = pointing;
  useKeptFocus(box.current);
  const tipped = at === null ? undefined : columns[at];
  // With another number of strips the drawing starts anew, since nothing of it stays in place.
  const shape = view.hasLanes ? `strips-${view.series.length}` : 'one';
  return (
    <div class="plot" style={{ '--buckets': String(columns.length), '--gutter': `${gutterPx(view)}px` }}>
      <Scale view={view} />
      {/* biome-ignore lint/a11y/useSemanticElements: a group of buttons, not of form fields. */}
      <div
        class={`plot-field${view.canChoose ? ' can-choose' : ''}`}
        ref={box}
        role="group"
        aria-label={title}
        onKeyDown={roving.onKeyDown}
        onFocusOut={event => {
          const field = event.currentTarget;
          if (!field.contains(event.relatedTarget as Node | null)) pointing.show(null);
        }}
        {...pointing.on}
      >
        <div class="plot-buckets">
          {columns.map((column, i) => (
            <button
              key={column.key}
              type="button"
              class={`plot-bucket is-${column.state}${i === at ? ' is-at' : ''}`}
              data-row={column.key}
              tabIndex={roving.tabIndex(column.key)}
              aria-label={column.words}
              aria-disabled={view.canChoose && column.state !== 'ahead' ? undefined : true}
              onFocus={() => {
                roving.onFocus(column.key);
                pointing.show(i);
              }}
              onClick={event => pointing.press(i, event)}
            />
          ))}
        </div>
        <Chart key={shape} class="plot-drawing" option={option} />
        <Lanes view={view} />
        <div class="plot-hatches" aria-hidden="true">
          {columns.map(column => (
            <span key={column.key} class={column.state === 'running' ? 'is-hatched' : ''} />
          ))}
        </div>
        {brush && (
          <div
            class="plot-brush"
            style={{
              left: `${(brush.first / columns.length) * 100}%`,
              right: `${(1 - (brush.last + 1) / columns.length) * 100}%`,
            }}
          />
        )}
        {tipped && at !== null && !brush && (
          <ColumnTip view={view} column={tipped} at={at} canChoose={view.canChoose} />
        )}
      </div>
      <div class="plot-ticks" aria-hidden="true">
        {ticksOf(columns, width).map(tick => (
          <span key={tick.key} style={{ left: `${(tick.at / width) * 100}%` }}>
            {tick.text}
          </span>
        ))}
      </div>
    </div>
  );
}

const DIGIT_PX = 6.6;
const APART_PX = 12;

/** What the longest word of the scale needs. */
function gutterPx({ ticks }: ColumnsView): number {
  return Math.ceil(Math.max(0, ...ticks.map(tick => tick.length)) * DIGIT_PX + APART_PX);
}

/** Other buckets came while one had the focus: the focus stays in the drawing. */
function useKeptFocus(field: HTMLElement | null): void {
  // Asked while the old buckets still stand.
  const wasInside = field?.contains(document.activeElement) ?? false;
  useLayoutEffect(() => {
    if (wasInside && document.activeElement === document.body)
      field?.querySelector<HTMLElement>('[data-row][tabindex="0"]')?.focus({ preventScroll: true });
  });
}

function Scale({ view }: { view: ColumnsView }) {
  const { scale, ticks, series } = view;
  const ends = [ticks[0], ticks[ticks.length - 1]];
  return (
    <div class="plot-scale" aria-hidden="true">
      {view.hasLanes
        ? series.map((one, lane) => (
            <LaneScale key={one.key} lane={lane} lanes={series.length} words={ends} />
          ))
        : ticks.map((text, i) => (
            <span
              key={text}
              style={{ bottom: `${(((scale.steps[i - 1] ?? 0) / scale.max) * 100).toFixed(3)}%` }}
            >
              {text}
            </span>
          ))}
    </div>
  );
}

/** Only the ends of a strip's scale. */
function LaneScale(props: { lane: number; lanes: number; words: (string | undefined)[] }) {
  const { lane, lanes, words } = props;
  const low = (lanes - lane - 1) / lanes;
  const high = low + (1 - LANE_HEAD) / lanes;
  return (
    <>
      <span style={{ bottom: `${low * 100}%` }}>{words[0]}</span>
      <span style={{ bottom: `${high * 100}%` }}>{words[1]}</span>
    </>
  );
}

function Lanes({ view }: { view: ColumnsView }) {
  if (!view.hasLanes) return null;
  const lanes = view.series.length;
  return (
    <div class="plot-lanes">
      {view.series.map((one, i) => (
        <p key={one.key} style={{ top: `${(i / lanes) * 100}%`, height: `${100 / lanes}%` }}>
          <LegendWords series={one} />
        </p>
      ))}
    </div>
  );
}
