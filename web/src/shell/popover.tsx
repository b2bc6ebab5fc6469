/**
 * A button and what it opens. Esc and a press outside close it, the focus goes back to the button.
 */
import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks';

export interface PopoverProps {
  /** The accessible name; left out when the face says it. */
  label?: string;
  face: ComponentChildren;
  class?: string;
  /** A name that keyboard shortcuts open it by. */
  name?: string;
  /** What it lies over, beside the nearest ancestor that has it: not to be reached while it is open. */
  over?: { within: string; part: string };
  children: (close: () => void) => ComponentChildren;
  onOpen?: () => void;
}

export function Popover(props: PopoverProps) {
  const [isOpen, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const id = useId();
  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  useLayoutEffect(() => {
    if (!isOpen) return;
    const outside = (event: Event) => {
      if (!root.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener('pointerdown', outside);
    document.addEventListener('focusin', outside);
    const first = root.current?.querySelector<HTMLElement>('[data-first]');
    first?.focus();
    keepInside(root.current);
    const { over } = props;
    const under = over && root.current?.closest(over.within)?.querySelector(over.part);
    under?.toggleAttribute('inert', true);
    return () => {
      under?.toggleAttribute('inert', false);
      document.removeEventListener('pointerdown', outside);
      document.removeEventListener('focusin', outside);
    };
  }, [isOpen]);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Esc is heard from whatever inside has the focus.
    <div
      class="popover"
      ref={root}
      onKeyDown={event => {
        if (event.key !== 'Escape' || !isOpen) return;
        event.stopPropagation();
        close();
      }}
    >
      <button
        type="button"
        ref={button}
        class={props.class ?? 'button'}
        aria-label={props.label}
        title={props.label}
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        data-opens={props.name}
        onClick={() => {
          if (!isOpen) props.onOpen?.();
          setOpen(!isOpen);
        }}
      >
        {props.face}
      </button>
      {isOpen && (
        <div class="popover-box" id={id}>
          {props.children(close)}
        </div>
      )}
    </div>
  );
}

/** Opens towards the side that has room, so that nothing is cut off at 320 px. */
function keepInside(root: HTMLElement | null): void {
  const box = root?.querySelector<HTMLElement>('.popover-box');
  if (!root || !box) return;
  const place = root.getBoundingClientRect();
  const width = box.offsetWidth;
  const room = document.documentElement.clientWidth;
  const wanted = place.left + width <= room - 8 ? place.left : place.right - width;
  const left = Math.max(8, Math.min(wanted, room - width - 8));
  box.style.left = `${left - place.left}px`;
}
