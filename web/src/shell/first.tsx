/**
 * The first minute of an installation: where Pipedrive should send, what to set there, and a test
 * deal that shows the way works.
 *
 * Shown until the first event is loaded, and as long as there are no events but the test's. What
 * the server does not tell is said in general words.
 */
import { useEffect, useRef, useState } from 'preact/hooks';
import { t } from '../i18n/words.ts';
import { Icon } from '../panels/icons.tsx';
import { type Page, usePage } from '../state/page.ts';
import { copyText } from './copy.ts';

/** An event takes a second; after this long something holds it up. */
const SLOW_MS = 20_000;

export function isFirstMinute(page: Page): boolean {
  const fresh = page.session.fresh.value;
  return fresh !== null && (fresh.last_event_at === null || page.session.isTest());
}

export function FirstMinute() {
  const page = usePage();
  const { setup } = page.session;
  const sources = setup.value?.sources ?? [];
  return (
    <section class="first" aria-labelledby="first-title">
      <div class="first-words">
        <h2 id="first-title">
          <span class="pulse" aria-hidden="true" />
          {t.first.title}
        </h2>
        <p>{t.first.lead}</p>
        <ol>
          {t.first.steps.map(step => (
            <li key={step}>{step}</li>
          ))}
        </ol>
      </div>
      <div class="first-addresses">
        {sources.length === 0 && <AddressBox name="" url={null} user={null} />}
        {sources.map(source => (
          <AddressBox key={source.name} {...source} />
        ))}
        {setup.value?.test_company && <Test />}
      </div>
    </section>
  );
}

interface Address {
  name: string;
  url: string | null;
  user: string | null;
}

function AddressBox({ name, url, user }: Address) {
  return (
    <dl class="address">
      <dt>
        {t.first.address}
        {name !== '' && <span class="quiet"> · {name}</span>}
      </dt>
      <dd>
        <code>{url ?? t.first.pattern}</code>
        {url !== null && <Copy text={url} />}
      </dd>
      {user !== null && user !== '' && (
        <>
          <dt>{t.first.user}</dt>
          <dd>
            <code>{user}</code>
            <Copy text={user} />
          </dd>
          <dd class="quiet">{t.first.password}</dd>
        </>
      )}
      <dd class="quiet">{url !== null && isLocal(url) ? t.first.local : t.first.patternHint}</dd>
    </dl>
  );
}

function Copy({ text }: { text: string }) {
  const page = usePage();
  return (
    <button
      type="button"
      class="icon-button"
      aria-label={`${t.first.copy}: ${text}`}
      title={t.first.copy}
      onClick={() => void copyText(page, text)}
    >
      <Icon name="copy" />
    </button>
  );
}

type Step = 'idle' | 'going' | 'slow' | 'gone';

/** One button at a time: send while there is no test deal, remove once it has arrived. */
function Test() {
  const page = usePage();
  const { session } = page;
  const [step, setStep] = useState<Step>('idle');
  const [failure, setFailure] = useState('');
  const newest = session.fresh.value?.last_event_at ?? null;
  const hasArrived = session.isTest() && newest !== null;
  const before = useRef(newest);
  const [wished, setWished] = useState<'send' | 'remove'>('send');
  useEffect(() => {
    if (step !== 'going' && step !== 'slow') return;
    if (newest !== before.current) {
      setStep(wished === 'send' ? 'idle' : 'gone');
      return;
    }
    const timer = window.setTimeout(() => setStep('slow'), SLOW_MS);
    return () => window.clearTimeout(timer);
  }, [step, newest]);
  const press = () => {
    setFailure('');
    before.current = newest;
    setWished(hasArrived ? 'remove' : 'send');
    setStep('going');
    session.testEvent(hasArrived ? 'remove' : 'send').catch((error: unknown) => {
      setStep('idle');
      setFailure(error instanceof Error ? error.message : String(error));
    });
  };
  const said = {
    idle: hasArrived ? t.first.arrived : t.first.testLead,
    going: wished === 'remove' ? t.first.removing : t.first.testing,
    slow: t.first.testSlow,
    gone: t.first.removed,
  };
  return (
    <div class="first-test">
      <p role="status">{failure === '' ? said[step] : t.first.testFailed(failure)}</p>
      {step !== 'gone' && (
        <button
          type="button"
          class={hasArrived ? 'button' : 'button is-main'}
          disabled={step === 'going'}
          onClick={press}
        >
          {hasArrived ? t.first.remove : t.first.test}
        </button>
      )}
    </div>
  );
}

function isLocal(url: string): boolean {
  return /^https?:\/\/(localhost|127\.|\[::1\])/.test(url);
}
