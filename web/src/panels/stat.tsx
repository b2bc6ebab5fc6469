/** The body of a number tile. */
import { useMemo } from 'preact/hooks';
import { Chart } from '../charts/chart.tsx';
import { sparkOption } from '../charts/options.ts';
import { t } from '../i18n/words.ts';
import { Opens } from '../lists/opens.tsx';
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
    <div class={`stat${view.facts.some(fact => fact.panel !== null) ? ' has-links' : ''}`}>
      <div class="stat-main">
        <p class={`figure${figure.warning === null ? '' : ' is-warning'}`} title={figure.full}>
          <Opens list={figure.list}>
            <Counting parts={figure.parts} amount={figure.amount} />
          </Opens>
        </p>
        {figure.warning !== null && <p class="badge badge-warning">{figure.warning}</p>}
        {figure.per !== null && <p class="quiet">{figure.per}</p>}
        {view.change && <ChangeLine change={view.change} />}
      </div>
      {view.spark && <SparkLine spark={view.spark} title={spec.title} />}
      {view.share && <ShareBar share={view.share} />}
      {view.split.length > 0 && <SplitBar split={view.split} />}
      <dl class="facts">
        {view.facts.map(fact => (
          <div key={fact.key}>
            <dt>
              {view.split.some(part => part.key === fact.key) && <Swatch split={view.split} of={fact.key} />}
              {fact.panel === null ? fact.label : <a href={`#${fact.panel}`}>{fact.label}</a>}
            </dt>
            <dd>
              <Opens list={fact.list} name={fact.label}>
                <Moving text={fact.text} />
              </Opens>
            </dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

const ARROWS = { up: '↑', down: '↓', same: '→', none: '' };

function ChangeLine({ change }: { change: NonNullable<StatView['change']> }) {
  const isMove = (change.tone === 'up' || change.tone === 'down') && change.isGood !== null;
  const isGood = change.isGood ?? change.tone === 'up';
  return (
    <p class={`change${isMove ? (isGood ? ' is-good' : ' is-bad') : ''}`}>
      <span class="change-figure">
        {change.tone !== 'none' && (
          <>
            <span aria-hidden="true">{ARROWS[change.tone]} </span>
            <span class="hidden">{t.stat[change.tone]} </span>
          </>
        )}
        {change.text}
        {change.word !== undefined && ` ${change.word}`}
      </span>{' '}
      <span class="quiet">{change.versus}</span>
    </p>
  );
}

/** Beside the fact itself where there is no room for names under the bar. */
function Swatch({ split, of }: { split: StatView['split']; of: string }) {
  const tone = split.find(part => part.key === of)?.tone ?? '';
  return <span class={`swatch mark-${tone}`} aria-hidden="true" />;
}

/** Parts of one bar, each named beneath its end of it. */
function SplitBar({ split }: { split: StatView['split'] }) {
  return (
    <div class="split">
      <div class="split-track" aria-hidden="true">
        {split.map(part => (
          <div key={part.key} class={`mark-${part.tone}`} style={{ width: `${part.part * 100}%` }} />
        ))}
      </div>
      <p>
        {split.map(part => (
          <span key={part.key}>
            <span class={`swatch mark-${part.tone}`} aria-hidden="true" />
            {part.label}
          </span>
        ))}
      </p>
    </div>
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
