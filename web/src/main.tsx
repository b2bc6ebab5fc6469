/** Puts the page together: real clock, real address, real stream. */
import './style/index.css';
import { batch, computed, effect, signal } from '@preact/signals';
import { render } from 'preact';
import { Api } from './api/client.ts';
import { LiveStream } from './api/live.ts';
import { embedOf, tellHeight } from './embed/embed.ts';
import { type Language, languageOf, loadWords, localeOf, speak, t, type Words } from './i18n/words.ts';
import { spokenWords } from './panels/spoken.ts';
import { App } from './shell/app.tsx';
import { listenToKeys } from './shell/keyboard.ts';
import { Announcer } from './state/announcer.ts';
import { Looks } from './state/looks.ts';
import { type Page, PageProvider, viewContext } from './state/page.ts';
import { Session } from './state/session.ts';
import { Slots } from './state/slots.ts';
import { parseOne } from './state/url.ts';

const TOAST_MS = 2500;

const timing = {
  now: () => Date.now(),
  setTimer: (run: () => void, ms: number) => window.setTimeout(run, ms),
  clearTimer: (id: number) => window.clearTimeout(id),
};
const plainFetch = (input: string, init?: RequestInit) => window.fetch(input, init);
/** The server's clock minus ours, once there is a session that knows it. */
let skewMs = () => 0;
const serverTiming = { ...timing, now: () => Date.now() + skewMs() };
const ownAddress = {
  search: () => location.search,
  write: (search: string, how: 'push' | 'replace') => {
    const url = `${location.pathname}${search}${location.hash}`;
    if (how === 'push') history.pushState(null, '', url);
    else history.replaceState(null, '', url);
  },
  back: () => history.back(),
};

const embed = embedOf(window, plainFetch, serverTiming);
const fetchIt = embed?.ticket.fetchWith(plainFetch) ?? plainFetch;

const slots = new Slots(timing);
const stream: LiveStream = new LiveStream(
  { fetch: fetchIt, random: Math.random, ...timing },
  { link: link => session.onLink(link), event: event => session.onEvent(event) },
);
const session = new Session(new Api(fetchIt), slots, embed?.address ?? ownAddress, timing, stream);
skewMs = () => session.skewMs.peek();

const page: Page = {
  session,
  slots,
  looks: new Looks(window, embed === null ? 'device' : 'page', embed?.theme),
  embed,
  now: signal(Date.now()),
  spoken: signal(''),
  locale: 'en',
  language: signal<Language>('en'),
  texts: computed(() => session.manifest.value?.texts ?? {}),
  toast: signal<string | null>(null),
  optionLabels: signal({}),
};

const announcer = new Announcer(timing, parts => {
  page.spoken.value = t.summary(parts);
});
slots.onChanged = result => {
  const spec = session.manifest.peek()?.panels.find(panel => panel.id === result.panel);
  const words = spec ? spokenWords(result, spec, viewContext(page)) : null;
  if (words !== null) announcer.note(result.panel, words);
};

window.setInterval(() => {
  page.now.value = Date.now() + session.skewMs.value;
}, 1000);
effect(() => {
  page.now.value = Date.now() + session.skewMs.value;
});
let toastTimer = 0;
effect(() => {
  if (page.toast.value === null) return;
  window.clearTimeout(toastTimer);
  toastTimer = window.setTimeout(() => {
    page.toast.value = null;
  }, TOAST_MS);
});

/** Words, board and numbers of a language; the last one that was asked for is the one that is spoken. */
async function change(language: Language): Promise<void> {
  const [words, adopt] = await Promise.all([loadWords(language), session.speak(language)]);
  if (language !== wanted()) return;
  // At once, so that no one sees two languages.
  batch(() => {
    adopt();
    say(language, words);
  });
}

function say(language: Language, words: Words): void {
  speak(words);
  document.documentElement.lang = language;
  page.locale = localeOf(language, navigator.languages);
  page.optionLabels.value = {};
  page.language.value = language;
}

function wanted(): Language {
  const lang = session.choices.value?.lang ?? parseOne(location.search, 'lang');
  return languageOf(lang, navigator.languages);
}

window.addEventListener('popstate', () => void session.followAddress());
window.addEventListener('online', () => session.retryNow());
document.addEventListener('visibilitychange', () =>
  stream.setVisible(document.visibilityState === 'visible'),
);

await change(wanted()).catch(async () => say('en', await loadWords('en')));
effect(() => {
  const language = wanted();
  if (language !== page.language.peek()) void change(language).catch(() => {});
});
effect(() => {
  document.title = session.manifest.value ? `${session.manifest.value.title} · ${t.product}` : t.product;
});
listenToKeys(page, document);

const root = document.getElementById('root');
if (embed) {
  document.documentElement.dataset.embed = embed.fit;
  embed.ticket.onRenewed = () => session.renewed();
  effect(() => {
    if (session.link.value.state === 'ended') embed.ticket.ended();
  });
  if (root && embed.fit === 'content') tellHeight(embed, root);
}
if (root) {
  render(
    <PageProvider value={page}>
      <App />
    </PageProvider>,
    root,
  );
}
stream.setVisible(document.visibilityState === 'visible');
void session.start().then(() => {
  // The panels are drawn by then.
  requestAnimationFrame(() => {
    if (location.hash.length > 1) document.getElementById(location.hash.slice(1))?.scrollIntoView();
  });
});
