/**
 * Columns over time: what is drawn in words above, the drawing with its buckets beneath.
 */
import { useMemo } from 'preact/hooks';
import { t } from '../i18n/words.ts';
import { Opens } from '../lists/opens.tsx';
import { usePage, viewContext } from '../state/page.ts';
import { dayIn, dayText, periodDays } from '../state/period.ts';
import { toggled } from '../state/url.ts';
import { Plot } from './columns_plot.tsx';
import { type ColumnsView, columnsView, type Series } from './columns_view.ts';
import type { BodyProps } from './kinds.tsx';
import { Moving } from './parts.tsx';

const NONE: string[] = [];

export function ColumnsBody({ result, spec }: BodyProps) {
  const page = usePage();
  const { session } = page;
  const choices = session.choices.value;
  const context = viewContext(page);
  const variable = spec.filter_on_click?.variable;
  const chosen = choices?.lists[variable ?? ''] ?? NONE;
  const wished = choices?.shown[spec.id] ?? null;
  const wish = (group: string) => {
    if (!choices) return;
    const { [spec.id]: _, ...others } = choices.shown;
    const isUsual = group === view.groups[0];
    session.choose({ ...choices, shown: isUsual ? others : { ...others, [spec.id]: group } });
  };
  const view = useMemo(
    () => columnsView(result, spec, context, { group: wished, chosen }),
    [result, spec, wished, chosen, context.locale, context.timezone, context.currency, context.size],
  );
  const pick = (series: Series) => {
    if (variable !== undefined && series.value !== null && choices)
      session.choose(toggled(choices, variable, series.value));
  };
  /** Days outside of the period are not counted in its buckets, so they are not chosen either. */
  const choose = (first: string, last: string) => {
    if (!choices) return;
    const today = dayIn(Date.parse(result.as_of), context.timezone);
    const days = periodDays(choices.period, today, choices.from, choices.to);
    const from = days && dayText(days.first) > first ? dayText(days.first) : first;
    const to = days && dayText(days.last) < last ? dayText(days.last) : last;
    if (from <= to) session.choose({ ...choices, period: 'custom', from, to });
  };
  return (
    <div class="columns">
      {(!view.hasLanes || view.groups.length > 0) && (
        <div class={`columns-head${view.groups.length > 0 ? ' has-switch' : ''}`}>
          {!view.hasLanes && <Legend view={view} canFilter={variable !== undefined} onPick={pick} />}
          {view.groups.length > 0 && <Switch view={view} onWish={wish} />}
        </div>
      )}
      <Plot view={view} title={spec.title} onPick={pick} onChoose={choose} />
    </div>
  );
}

/** One currency is drawn at a time; the others are one press away, at the same height. */
function Switch({ view, onWish }: { view: ColumnsView; onWish: (group: string) => void }) {
  return (
    <fieldset class="switch">
      <legend class="hidden">{t.columns.currencies}</legend>
      {view.groups.map(group => (
        <button key={group} type="button" aria-pressed={group === view.group} onClick={() => onWish(group)}>
          {group}
        </button>
      ))}
    </fieldset>
  );
}

function Legend(props: { view: ColumnsView; canFilter: boolean; onPick: (series: Series) => void }) {
  const { view, canFilter } = props;
  const hasChosen = view.series.some(one => one.isChosen);
  return (
    <ul class="legend" aria-label={t.columns.series}>
      {view.series.map(one => (
        <li key={one.key} class={hasChosen && !one.isChosen ? 'is-faint' : ''}>
          {canFilter && one.value !== null ? (
            <button
              type="button"
              class="legend-item"
              data-series={one.key}
              aria-pressed={one.isChosen}
              onClick={() => props.onPick(one)}
            >
              <LegendName series={one} />
              <span class="hidden"> {one.press}</span>
            </button>
          ) : null}
          {canFilter && one.value !== null ? (
            <LegendTotal series={one} />
          ) : (
            <span class="legend-item">
              <LegendWords series={one} />
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}

export function LegendWords({ series }: { series: Series }) {
  return (
    <>
      <LegendName series={series} />
      <LegendTotal series={series} />
    </>
  );
}

function LegendName({ series }: { series: Series }) {
  return (
    <>
      <span class={`swatch mark-${series.tone}`} aria-hidden="true" />
      <span class="legend-word">{series.label}</span>
    </>
  );
}

function LegendTotal({ series }: { series: Series }) {
  if (series.total === null) return null;
  return (
    <>
      {' '}
      <Opens list={series.list} name={series.label} class="legend-total">
        <Moving class="legend-total" text={series.total} />
      </Opens>
    </>
  );
}
