/** The body of a number tile. */
import { useMemo } from 'preact/hooks';
import { Chart } from '../charts/chart.tsx';
import { sparkOption } from '../charts/options.ts';
import { t } from '../i18n/en.ts';
import { usePage, viewContext } from '../state/page.ts';
import type { BodyProps } from './kinds.tsx';
import { Counting, Moving } from './parts.tsx';
import { type Spark, type StatView, statView } from './stat_view.ts';

export function StatBody({ result, spec }: BodyProps) {
  const page = usePage();
  const compare = page.session.choices.value?.compare ?? 'off';
  const context = viewContext(page);
  const view = useMemo(
    () => statView(result, spec, context, compare),
    [result, spec, compare, context.locale, context.currency, context.size],
  );
  const { figure } = view;
  return (
    <div class="stat">
      <div class="stat-main">
        <p class="figure" title={figure.full}>
          <Counting parts={figure.parts} amount={figure.amount} />
        </p>
        {view.change && <ChangeLine change={view.change} />}
      </div>
      {view.spark && <SparkLine spark={view.spark} title={spec.title} />}
      {view.share && <ShareBar share={view.share} />}
      <dl class="facts">
        {view.facts.map(fact => (
          <div key={fact.key}>
            <dt>{fact.label}</dt>
            <dd>
              <Moving text={fact.text} />
            </dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

const ARROWS = { up: '↑', down: '↓', same: '→', none: '' };
const ARROW_WORDS = { up: t.stat.up, down: t.stat.down, same: t.stat.same, none: '' };

function ChangeLine({ change }: { change: NonNullable<StatView['change']> }) {
  return (
    <p class={`change change-${change.tone}`}>
      <span class="change-figure">
        {change.tone !== 'none' && (
          <>
            <span aria-hidden="true">{ARROWS[change.tone]} </span>
            <span class="hidden">{ARROW_WORDS[change.tone]} </span>
          </>
        )}
        {change.text}
      </span>{' '}
      <span class="quiet">{change.versus}</span>
    </p>
  );
}

function SparkLine({ spark, title }: { spark: Spark; title: string }) {
  const page = usePage();
  const isMoving = !page.looks.isStill.value;
  const option = useMemo(() => sparkOption({ ...spark, isMoving }), [spark, isMoving]);
  return <Chart class="spark" option={option} name={t.stat.trend(title, spark.points.length)} />;
}

function ShareBar({ share }: { share: NonNullable<StatView['share']> }) {
  return (
    <div class="share">
      <div class="share-track" aria-hidden="true">
        <div class="share-part" style={{ width: `${share.part * 100}%` }} />
      </div>
      <p class="quiet">{share.text}</p>
    </div>
  );
}
