/** Stages in order: left how far new deals got, right what stands there now. */
import { useMemo } from 'preact/hooks';
import { Chart } from '../charts/chart.tsx';
import { barsOption } from '../charts/options.ts';
import { t } from '../i18n/words.ts';
import { Opens } from '../lists/opens.tsx';
import { usePage, viewContext } from '../state/page.ts';
import { type FunnelRow, funnelView } from './funnel_view.ts';
import type { BodyProps } from './kinds.tsx';
import { Moving } from './parts.tsx';
import { useRoving } from './roving.ts';

export function FunnelBody({ result, spec }: BodyProps) {
  const page = usePage();
  const context = viewContext(page);
  const view = useMemo(
    () => funnelView(result, spec, context),
    [result, spec, context.locale, context.currency, context.size],
  );
  const { rows } = view;
  const isMoving = !page.looks.isStill.value;
  const roving = useRoving(rows.map(row => row.key));
  const option = useMemo(
    () =>
      barsOption({
        keys: rows.map(row => row.key),
        shares: rows.map(row => row.share),
        behind: rows.map(row => row.before),
        color: 'var(--accent)',
        thickness: 16,
        isMoving,
      }),
    [rows, isMoving],
  );
  return (
    <div class="funnel" style={{ '--rows': String(rows.length) }}>
      <div class="rows-head" aria-hidden="true">
        <span>{t.funnel.stage}</span>
        <span class="funnel-reached-head">{t.funnel.reached}</span>
        <span class="number funnel-step">{t.funnel.step}</span>
        <span class="number funnel-total">{t.funnel.total}</span>
        <span class="number">{t.funnel.open}</span>
        <span class="number">{t.funnel.value}</span>
      </div>
      <ul class="rows" onKeyDown={roving.onKeyDown} aria-label={spec.title}>
        <li class="bar-column funnel-column" aria-hidden="true">
          <Chart class="fill" option={option} />
        </li>
        {rows.map((row, i) => (
          <FunnelLine
            key={row.key}
            row={row}
            place={i + 1}
            tabIndex={roving.tabIndex(row.key)}
            onFocus={() => roving.onFocus(row.key)}
          />
        ))}
      </ul>
    </div>
  );
}

function FunnelLine(props: { row: FunnelRow; place: number; tabIndex: number; onFocus: () => void }) {
  const { row, place, tabIndex, onFocus } = props;
  return (
    <li
      class="row"
      data-row={row.key}
      style={{ gridRow: String(place) }}
      tabIndex={tabIndex}
      onFocus={onFocus}
    >
      <span class="hidden">{row.words}</span>
      <span class="row-label" aria-hidden="true">
        {row.group !== null && <span class="row-group">{row.group}</span>}
        {row.label}
      </span>
      <span class="bar-cell">
        <span class="number">
          <Opens list={row.lists.reached} name={`${row.label}, ${t.funnel.reached}`} tabIndex={tabIndex}>
            <Moving text={row.reached} />
          </Opens>
        </span>
      </span>
      <span class="number funnel-step" aria-hidden="true">
        <Moving text={row.step ?? ''} />
      </span>
      <span class="number funnel-total quiet" aria-hidden="true">
        <Moving text={row.total ?? ''} />
      </span>
      <span class="number funnel-open">
        <Opens list={row.lists.open} name={`${row.label}, ${t.funnel.open}`} tabIndex={tabIndex}>
          <Moving text={row.open} />
        </Opens>
      </span>
      <span class="number funnel-value" aria-hidden="true">
        <Moving text={row.value} />
      </span>
    </li>
  );
}
