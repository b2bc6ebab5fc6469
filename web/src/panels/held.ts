/**
 * Whether a hand or the focus is inside an element: then nothing in it may move.
 */
import { useState } from 'preact/hooks';

export function useHeld() {
  const [isPointed, setPointed] = useState(false);
  const [isFocused, setFocused] = useState(false);
  return {
    isHeld: isPointed || isFocused,
    on: {
      onPointerEnter: (event: PointerEvent) => {
        if (event.pointerType !== 'touch') setPointed(true);
      },
      onPointerLeave: () => setPointed(false),
      onFocusCapture: () => setFocused(true),
      onBlurCapture: (event: FocusEvent) => {
        const inside = event.currentTarget as HTMLElement;
        if (!inside.contains(event.relatedTarget as Node | null)) setFocused(false);
      },
    },
  };
}
