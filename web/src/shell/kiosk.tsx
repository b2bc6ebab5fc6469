/**
 * The board on a wall: one screen of panels after the other, large, without anything to press in
 * sight. Stands still when paused, and from the start for whoever wants less motion.
 */
import { useEffect, useLayoutEffect, useState } from 'preact/hooks';
import type { Manifest } from '../api/wire.ts';
import { t } from '../i18n/words.ts';
import { rangeOf } from '../panels/empty.ts';
import { Icon } from '../panels/icons.tsx';
import { Panel } from '../panels/panel.tsx';
import { type Screen, screensOf } from '../state/kiosk.ts';
import { usePage } from '../state/page.ts';
import { Banner } from './banner.tsx';
import { LinkState, Mark, PauseButton } from './header.tsx';
import { sectionId } from './sections.tsx';

/** The size that a screen is laid out for; a larger one shows the same, larger. */
const LAID_OUT = { width: 960, height: 540 };

export function Kiosk({ manifest }: { manifest: Manifest }) {
  const screens = screensOf(manifest);
  const { at, go } = useTurns(screens);
  useScale();
  useAwake();
  const screen = screens[at];
  if (!screen) return null;
  return (
    <div class="kiosk">
      <KioskBar screens={screens} at={at} onGo={go} />
      <Banner />
      <main class="kiosk-screen" id="board" key={at} tabIndex={-1}>
        <div class="grid" data-rows={String(screen.rows)}>
          {screen.panels.map(panel => (
            <Panel key={panel.id} spec={panel} />
          ))}
        </div>
      </main>
    </div>
  );
}

function KioskBar(props: { screens: Screen[]; at: number; onGo: (to: number) => void }) {
  const page = usePage();
  const { session } = page;
  const manifest = session.manifest.value;
  const choices = session.choices.value;
  const { screens, at, onGo } = props;
  if (!manifest || !choices) return null;
  const range = rangeOf({ manifest, choices, now: page.now.value, locale: page.locale });
  return (
    <header class="kiosk-bar">
      <Mark />
      <h1>{manifest.title}</h1>
      <h2>{screens[at]?.section.title}</h2>
      <div class="kiosk-tools">
        {screens.map((screen, i) => (
          <button
            key={String(i)}
            type="button"
            class="kiosk-dot"
            aria-label={t.kiosk.screen(i + 1, screens.length, screen.section.title)}
            aria-current={i === at ? 'true' : undefined}
            onClick={() => onGo(i)}
          />
        ))}
        <PauseButton />
        <button
          type="button"
          class="icon-button"
          aria-label={t.kiosk.leave}
          title={t.kiosk.leave}
          onClick={() => session.choose({ ...choices, kiosk: null })}
        >
          <Icon name="close" />
        </button>
      </div>
      <p class="quiet">
        {range} · {choices.tz ?? manifest.timezone}
      </p>
      <LinkState />
    </header>
  );
}

/** Which screen is shown: the next one in its time, or the one that is asked for by arrows. */
function useTurns(screens: Screen[]) {
  const page = usePage();
  const [at, setAt] = useState(() => {
    const asked = screens.findIndex(({ section }) => location.hash === `#${sectionId(section)}`);
    return Math.max(0, asked);
  });
  const count = Math.max(1, screens.length);
  const shown = at % count;
  const seconds = page.session.choices.value?.kiosk ?? 0;
  const isStill = page.looks.isStill.value || page.slots.paused.value || seconds === 0;
  useEffect(() => {
    if (isStill) return;
    const timer = window.setTimeout(() => setAt((shown + 1) % count), seconds * 1000);
    return () => window.clearTimeout(timer);
  }, [isStill, seconds, shown, count]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const step = { ArrowRight: 1, PageDown: 1, ArrowLeft: -1, PageUp: -1 }[event.key];
      if (step === undefined || (event.target as Element | null)?.closest?.('[data-row]')) return;
      setAt(now => (now + step + count) % count);
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [count]);
  return { at: shown, go: setAt };
}

/** Laid out small and drawn large: everything grows alike, figures, bars and distances. */
function useScale(): void {
  useLayoutEffect(() => {
    const root = document.documentElement;
    const adjust = () => {
      const scale = Math.min(window.innerWidth / LAID_OUT.width, window.innerHeight / LAID_OUT.height);
      root.style.setProperty('--scale', String(Math.max(1, scale)));
    };
    adjust();
    window.addEventListener('resize', adjust);
    return () => {
      window.removeEventListener('resize', adjust);
      root.style.removeProperty('--scale');
    };
  }, []);
}

/** A wall does not go to sleep, where the browser can be asked for that; a hidden tab loses the lock. */
function useAwake(): void {
  useEffect(() => {
    let lock: WakeLockSentinel | null = null;
    let isOver = false;
    const hold = async () => {
      if (document.visibilityState !== 'visible') return;
      try {
        lock = (await navigator.wakeLock?.request('screen')) ?? null;
        if (isOver) void lock?.release();
      } catch {
        // Refused, for instance on low battery: the wall may sleep then.
      }
    };
    void hold();
    document.addEventListener('visibilitychange', hold);
    return () => {
      isOver = true;
      document.removeEventListener('visibilitychange', hold);
      void lock?.release();
    };
  }, []);
}
