/** One line over the board when something is wrong with the board itself. Data stays where it is. */
import { int } from '../format/number.ts';
import { ageSeconds, ageText } from '../format/time.ts';
import { t } from '../i18n/words.ts';
import { freshnessOf, limitsOf, marksOf, pulseOf } from '../panels/freshness_view.ts';
import { usePage } from '../state/page.ts';

export function Banner() {
  const page = usePage();
  const { session } = page;
  const link = session.link.value;
  if (session.trouble.value !== null) {
    return <Line words={t.banner.trouble(session.trouble.value)} onRetry={() => session.retryNow()} />;
  }
  if (link.state === 'ended') return <Line words={t.banner.ended} />;
  if (!navigator.onLine) return <Line words={t.banner.offline} />;
  if (link.state === 'waiting' || (link.state === 'connecting' && link.attempt > 0)) return <Lost />;
  return <Late />;
}

function Lost() {
  const page = usePage();
  const link = page.session.link.value;
  const left =
    link.state === 'waiting'
      ? Math.ceil((link.retryAt + page.session.skewMs.value - page.now.value) / 1000)
      : 0;
  const next = left > 0 ? t.banner.retryIn(ageText(left, page.locale)) : t.banner.retrying;
  return (
    <Line
      words={
        link.state === 'waiting' && link.cause === 'refused' ? t.banner.refused(link.reason) : t.banner.lost
      }
      moving={next}
      onRetry={link.state === 'waiting' ? () => page.session.retryNow() : undefined}
    />
  );
}

/** The stream is well but what feeds it is not. */
function Late() {
  const page = usePage();
  const spec = page.session.manifest.value?.panels.find(panel => panel.kind === 'freshness');
  const marks = marksOf(page.session.fresh.value, null);
  const pulse = pulseOf(marks);
  if (pulse === null || page.session.link.value.state !== 'open') return null;
  const age = ageSeconds(pulse, page.now.value);
  if (age > limitsOf(spec).lateSeconds) return <Line words={t.banner.late(ageText(age, page.locale))} />;
  if (freshnessOf(marks, page.now.value, limitsOf(spec)) !== 'silent') return null;
  return <Line words={t.banner.silent(int(marks.eventsDue, page.locale))} />;
}

/** What moves every second stands outside of what is read aloud. */
function Line(props: { words: string; moving?: string | undefined; onRetry?: (() => void) | undefined }) {
  return (
    <section class="banner" aria-label={t.banner.name}>
      <p>
        <span role="status">{props.words}</span>{' '}
        {props.moving && <span aria-hidden="true">{props.moving}</span>}
      </p>
      {props.onRetry && (
        <button type="button" class="button" onClick={props.onRetry}>
          {t.banner.retry}
        </button>
      )}
    </section>
  );
}
