/**
 * Single keys for a viewer's habits. Silent while something is typed, while a dialog is open, and
 * with any modifier, so no browser or reader shortcut is taken.
 */
import { SECONDS_USUAL } from '../state/kiosk.ts';
import type { Page } from '../state/page.ts';
import { COMPARES, cleared, isFree } from '../state/url.ts';
import { toggleFullScreen } from './header.tsx';

export function listenToKeys(page: Page, target: Document): () => void {
  const onKey = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || isTyping(event.target)) return;
    if (target.querySelector('dialog[open]')) return;
    if (run(page, event.key, target)) event.preventDefault();
  };
  target.addEventListener('keydown', onKey);
  return () => target.removeEventListener('keydown', onKey);
}

function run(page: Page, key: string, target: Document): boolean {
  const { session, slots, looks } = page;
  const choices = session.choices.peek();
  const manifest = session.manifest.peek();
  if (!choices || !manifest) return false;
  switch (key) {
    case '?':
      return press(target, '[data-opens="help"]');
    case 'p':
      slots.pause(slots.paused.peek() ? 'off' : 'on');
      return true;
    case 'x': {
      if (!isFree(manifest, 'compare')) return false;
      const compare = COMPARES[(COMPARES.indexOf(choices.compare) + 1) % COMPARES.length] ?? 'off';
      session.choose({ ...choices, compare });
      return true;
    }
    case 't':
      return press(target, '[data-opens="period"], [data-opens="filters"]');
    case '/':
      return press(target, '[data-opens^="filter"]');
    case 'c':
      session.choose(cleared(choices, manifest));
      return true;
    case 'd':
      looks.nextTheme();
      return true;
    case 'k':
      session.choose({ ...choices, kiosk: choices.kiosk === null ? SECONDS_USUAL : null });
      return true;
    case 'Escape':
      if (choices.kiosk === null) return false;
      session.choose({ ...choices, kiosk: null });
      return true;
    case 'f':
      toggleFullScreen();
      return true;
    case 'e': {
      const panel = target.activeElement?.closest<HTMLElement>('[data-panel]');
      if (!panel?.querySelector('[data-opens="menu"]')) return false;
      press(target, `#${panel.id} [data-opens="menu"]`);
      // The menu is drawn by then.
      requestAnimationFrame(() => panel.querySelector<HTMLElement>('[data-export]')?.focus());
      return true;
    }
    default:
      return /^[1-9]$/.test(key) && press(target, `.sections li:nth-child(${key}) a`);
  }
}

function press(target: Document, selector: string): boolean {
  const button = target.querySelector<HTMLElement>(selector);
  button?.focus();
  button?.click();
  return button !== null;
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return target.type !== 'checkbox';
  return (
    target instanceof HTMLSelectElement || target instanceof HTMLTextAreaElement || target.isContentEditable
  );
}
