/** The top line: whose board this is, whether it is live, and the few things a viewer may switch. */
import { t } from '../i18n/words.ts';
import { Icon } from '../panels/icons.tsx';
import { usePage } from '../state/page.ts';
import { copyText } from './copy.ts';
import { HelpList } from './help.tsx';
import { LanguagePicker } from './pickers.tsx';
import { Sheet } from './sheet.tsx';

export function Header() {
  const page = usePage();
  const { session, looks } = page;
  const manifest = session.manifest.value;
  const isNarrow = looks.size.value === 'narrow';
  const theme = looks.theme.value;
  return (
    <header class="top">
      <p class="brand">
        <Mark />
        <span>{t.product}</span>
      </p>
      <BoardName title={manifest?.title ?? ''} />
      <LinkState />
      {!isNarrow && <LanguagePicker isQuiet />}
      <div class="top-tools">
        <PauseButton />
        <button
          type="button"
          class="icon-button"
          aria-label={t.theme[theme]}
          title={t.theme[theme]}
          onClick={() => looks.nextTheme()}
        >
          <Icon name={theme === 'auto' ? 'auto' : theme === 'light' ? 'sun' : 'moon'} />
        </button>
        {!isNarrow && (
          <>
            <button
              type="button"
              class="icon-button"
              aria-label={t.copyLink}
              title={t.copyLink}
              onClick={() => void copyText(page, location.href)}
            >
              <Icon name="link" />
            </button>
            <button
              type="button"
              class="icon-button"
              aria-label={t.fullScreen}
              title={t.fullScreen}
              onClick={toggleFullScreen}
            >
              <Icon name="screen" />
            </button>
          </>
        )}
        <Sheet name="help" class="icon-button" label={t.help} title={t.help} face={<Icon name="keys" />}>
          {() => <HelpList />}
        </Sheet>
      </div>
    </header>
  );
}

export function toggleFullScreen(): void {
  if (document.fullscreenElement) void document.exitFullscreen();
  else void document.documentElement.requestFullscreen?.().catch(() => {});
}

/** Rings that meet in a point: many sources, one place. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 24 24" width="22" height="22" aria-hidden="true" focusable="false">
      <circle cx="12" cy="12" r="9.25" />
      <circle cx="12" cy="14.9" r="6.35" />
      <circle cx="12" cy="17.8" r="3.45" class="mark-core" />
    </svg>
  );
}

function BoardName({ title }: { title: string }) {
  const { session } = usePage();
  const boards = session.boards.value;
  if (boards.length < 2) return <h1 class="board-name">{title}</h1>;
  const choices = session.choices.value;
  const first = boards[0]?.id ?? '';
  return (
    <h1 class="board-name">
      <label class="select">
        <span class="hidden">{t.board}</span>
        <select
          value={choices?.board ?? first}
          onChange={event => session.chooseBoard(event.currentTarget.value)}
        >
          {boards.map(board => (
            <option key={board.id} value={board.id}>
              {board.title}
            </option>
          ))}
        </select>
      </label>
    </h1>
  );
}

export function LinkState() {
  const page = usePage();
  const link = page.session.link.value;
  const state = page.slots.paused.value && link.state === 'open' ? 'paused' : stateName(link.state);
  return (
    <p class={`link link-${state}`} data-link={state}>
      <span class="link-dot" aria-hidden="true" />
      <span class="link-words">{t.link[state]}</span>
    </p>
  );
}

function stateName(state: string): 'live' | 'connecting' | 'waiting' | 'hidden' | 'ended' | 'offline' {
  if (!navigator.onLine) return 'offline';
  if (state === 'open') return 'live';
  if (state === 'waiting' || state === 'hidden' || state === 'ended') return state;
  return 'connecting';
}

export function PauseButton() {
  const { slots } = usePage();
  const isPaused = slots.paused.value;
  return (
    <button
      type="button"
      class={isPaused ? 'button is-on pause' : 'icon-button pause'}
      aria-pressed={isPaused}
      aria-label={isPaused ? t.resume : t.pause}
      title={isPaused ? t.resume : t.pause}
      onClick={() => slots.pause(isPaused ? 'off' : 'on')}
    >
      <Icon name={isPaused ? 'play' : 'pause'} />
      {isPaused && <span class="face">{t.pausedHeld(slots.held.value)}</span>}
    </button>
  );
}
