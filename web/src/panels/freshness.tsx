/** The tile that says whether the numbers beside it are of now. */
import { DASH } from '../format/number.ts';
import { ageSeconds, ageText } from '../format/time.ts';
import { t } from '../i18n/words.ts';
import { Opens } from '../lists/opens.tsx';
import { usePage, viewContext } from '../state/page.ts';
import { freshnessView } from './freshness_view.ts';
import type { BodyProps } from './kinds.tsx';
import { Age, Moving } from './parts.tsx';

/** The figure large, its unit quiet. */
function BigAge({ at }: { at: number }) {
  const page = usePage();
  const age = ageText(ageSeconds(at, page.now.value), page.locale);
  const digits = /^[\d.,\s]*\d/.exec(age)?.[0] ?? '';
  return (
    <time dateTime={new Date(at).toISOString()}>
      {digits}
      <span class="unit">{age.slice(digits.length)}</span>
    </time>
  );
}

export function FreshnessBody({ result, spec }: BodyProps) {
  const page = usePage();
  const view = freshnessView(page.session.fresh.value, result, spec, viewContext(page), page.now.value);
  return (
    <div class="stat freshness">
      <div class="stat-main">
        <p class="figure">{view.eventAt === null ? DASH : <BigAge at={view.eventAt} />}</p>
        <p class="quiet">{view.eventAt === null ? t.fresh.never : t.fresh.since}</p>
      </div>
      <p class="fresh-state">
        <span class={`state state-${view.state}`}>{t.fresh.states[view.state]}</span>{' '}
        <span class="quiet">{t.fresh.words[view.state]}</span>
      </p>
      <dl class="facts">
        <div>
          <dt>{t.fresh.loaded}</dt>
          <dd>{view.loadedAt === null ? DASH : <Age at={view.loadedAt} words={t.fresh.ago} />}</dd>
        </div>
        {view.details.map(detail => (
          <div key={detail.key}>
            <dt>{detail.label}</dt>
            <dd>
              <Opens list={detail.list} name={detail.label}>
                <Moving text={detail.text} />
              </Opens>
            </dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
