/**
 * The first minute of an installation: where Pipedrive should send, and what to set there.
 *
 * Shown until the first event is loaded. What the server does not tell is said in general words.
 */
import { t } from '../i18n/words.ts';
import { Icon } from '../panels/icons.tsx';
import { type Page, usePage } from '../state/page.ts';
import { copyText } from './copy.ts';

export function isFirstMinute(page: Page): boolean {
  const fresh = page.session.fresh.value;
  return fresh !== null && fresh.last_event_at === null;
}

interface Address {
  name: string;
  url: string | null;
  user: string | null;
}

export function FirstMinute() {
  const page = usePage();
  const setup = page.session.setup.value;
  const given: Address[] = (setup?.sources ?? []).map(source => ({
    name: source.name,
    url: source.url ?? null,
    user: source.user ?? null,
  }));
  if (given.length === 0)
    given.push({ name: '', url: setup?.webhook_url ?? null, user: setup?.user ?? null });
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
        {given.map(address => (
          <AddressBox key={address.name} address={address} />
        ))}
      </div>
    </section>
  );
}

function AddressBox({ address }: { address: Address }) {
  const page = usePage();
  const { url } = address;
  return (
    <dl class="address">
      <dt>
        {t.first.address}
        {address.name !== '' && <span class="quiet"> · {address.name}</span>}
      </dt>
      <dd>
        <code>{url ?? t.first.pattern}</code>
        {url !== null && (
          <button type="button" class="button" onClick={() => void copyText(page, url)}>
            <Icon name="copy" />
            <span class="face">{t.first.copy}</span>
          </button>
        )}
      </dd>
      {address.user !== null && (
        <>
          <dt>{t.first.user}</dt>
          <dd>
            <code>{address.user}</code>
          </dd>
        </>
      )}
      <dd class="quiet">{url !== null && isLocal(url) ? t.first.local : t.first.patternHint}</dd>
    </dl>
  );
}

function isLocal(url: string): boolean {
  return /^https?:\/\/(localhost|127\.|\[::1\])/.test(url);
}
