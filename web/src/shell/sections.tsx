/**
 * The way among the sections of a long board: links above it that say where the viewer is.
 */
import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Section } from '../api/wire.ts';
import { t } from '../i18n/words.ts';
import { usePage } from '../state/page.ts';

export function sectionId(section: Section): string {
  return `section-${section.id}`;
}

export function SectionNav() {
  const page = usePage();
  const sections = page.session.manifest.value?.sections ?? [];
  const strip = useRef<HTMLUListElement>(null);
  const current = useCurrent(sections);
  useInView(strip, current);
  if (sections.length < 2) return null;
  return (
    <nav class="sections" aria-label={t.sections}>
      <ul ref={strip}>
        {sections.map(section => (
          <li key={section.id}>
            <a
              href={`#${sectionId(section)}`}
              data-section={section.id}
              aria-current={section.id === current ? 'true' : undefined}
            >
              {section.title}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** How far below the board's edge a section may begin and still be the one that is read. */
const READING_PX = 96;

/** The section at the top of the board; at its very end the one that was asked for, or the last. */
function useCurrent(sections: Section[]): string | null {
  const [current, setCurrent] = useState<string | null>(null);
  useEffect(() => {
    const board = document.getElementById('board');
    if (board === null || sections.length === 0) return;
    const look = () => {
      const top = board.getBoundingClientRect().top + READING_PX;
      const begun = sections.filter(section => {
        const box = document.getElementById(sectionId(section))?.getBoundingClientRect();
        return box !== undefined && box.top <= top;
      });
      const isEnd = board.scrollTop > 0 && board.scrollTop + board.clientHeight >= board.scrollHeight - 2;
      const asked = sections.find(section => location.hash === `#${sectionId(section)}`);
      const last = isEnd ? (asked ?? sections[sections.length - 1]) : begun[begun.length - 1];
      setCurrent((last ?? sections[0])?.id ?? null);
    };
    look();
    board.addEventListener('scroll', look, { passive: true });
    window.addEventListener('hashchange', look);
    return () => {
      board.removeEventListener('scroll', look);
      window.removeEventListener('hashchange', look);
    };
  }, [sections]);
  return current;
}

/** On a phone the strip scrolls by itself to the link that is current. */
function useInView(strip: RefObject<HTMLUListElement | null>, current: string | null): void {
  useEffect(() => {
    const list = strip.current;
    const link = list?.querySelector<HTMLElement>('[aria-current]');
    if (!list || !link) return;
    list.scrollLeft = link.offsetLeft - (list.clientWidth - link.offsetWidth) / 2;
  }, [current]);
}
