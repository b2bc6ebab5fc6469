/**
 * Which bucket is pointed at, and what a press or a drag over buckets does.
 *
 * A finger shows first and chooses with the second tap, since it cannot hover. Esc takes the
 * tooltip away, or gives up a drag.
 */
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { ColumnsView, Series } from './columns_view.ts';

const DRAG_PX = 5;

interface Drag {
  startX: number;
  from: number;
  to: number;
  isMoved: boolean;
  /** The bucket was shown before this press. */
  wasShown: boolean;
}

export function usePointing(
  view: ColumnsView,
  onPick: (series: Series) => void,
  onChoose: (first: string, last: string) => void,
) {
  const [at, setAt] = useState<number | null>(null);
  const [brush, setBrush] = useState<{ first: number; last: number } | null>(null);
  const drag = useRef<Drag | null>(null);
  const { columns } = view;

  // With the tooltip itself, so that no key comes between.
  useLayoutEffect(() => {
    if (at === null && brush === null) return;
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== 'Escape') return;
      drag.current = null;
      setBrush(null);
      setAt(null);
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [at, brush]);

  const choose = (from: number, to: number) => {
    const days = columns
      .slice(Math.min(from, to), Math.max(from, to) + 1)
      .filter(column => column.state !== 'ahead')
      .map(column => column.days);
    const first = days[0]?.first;
    const last = days[days.length - 1]?.last;
    if (view.canChoose && first !== undefined && last !== undefined) onChoose(first, last);
  };

  const indexAt = (event: PointerEvent): number => {
    const field = event.currentTarget as HTMLElement;
    const box = field.getBoundingClientRect();
    const i = Math.floor(((event.clientX - box.left) / Math.max(1, box.width)) * columns.length);
    return Math.min(columns.length - 1, Math.max(0, i));
  };

  return {
    at: at !== null && at < columns.length ? at : null,
    brush,
    show: setAt,
    /** A click on a bucket; one from the keyboard has no place. */
    press: (i: number, event: MouseEvent) => {
      const isTap = event instanceof PointerEvent && event.pointerType === 'touch';
      if (isTap && drag.current?.wasShown !== true) return;
      if (view.canChoose) choose(i, i);
      else if (event.detail > 0) {
        const series = partAt(view, i, event);
        if (series) onPick(series);
      }
    },
    on: {
      onPointerDown: (event: PointerEvent) => {
        if (event.button !== 0 || isInTip(event)) return;
        const i = indexAt(event);
        drag.current = { startX: event.clientX, from: i, to: i, isMoved: false, wasShown: at === i };
      },
      onPointerMove: (event: PointerEvent) => {
        const going = drag.current;
        if (going && event.buttons !== 0 && view.canChoose) {
          going.to = indexAt(event);
          if (!going.isMoved && Math.abs(event.clientX - going.startX) > DRAG_PX) {
            going.isMoved = true;
            (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
          }
          if (going.isMoved)
            setBrush({ first: Math.min(going.from, going.to), last: Math.max(going.from, going.to) });
          return;
        }
        if (event.pointerType !== 'touch' && !isInTip(event)) setAt(indexAt(event));
      },
      onPointerUp: () => {
        const going = drag.current;
        setBrush(null);
        if (going?.isMoved) choose(going.from, going.to);
      },
      onPointerCancel: () => {
        drag.current = null;
        setBrush(null);
      },
      onPointerLeave: (event: PointerEvent) => {
        const field = event.currentTarget as HTMLElement;
        if (!field.contains(document.activeElement)) setAt(null);
      },
    },
  };
}

/** The tooltip may be pointed at itself without going away. */
function isInTip(event: Event): boolean {
  return event.target instanceof Element && event.target.closest('[data-tip]') !== null;
}

/** The part of a stack that lies under the pointer. */
function partAt(view: ColumnsView, i: number, event: MouseEvent): Series | null {
  const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
  const amount = ((box.bottom - event.clientY) / Math.max(1, box.height)) * view.scale.max;
  let below = 0;
  const found = (view.columns[i]?.parts ?? []).findIndex(part => {
    below += Math.max(0, part.amount ?? 0);
    return amount < below;
  });
  return view.isStacked ? (view.series[found] ?? null) : null;
}
