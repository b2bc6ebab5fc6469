/**
 * One tab stop a chart: arrows, Home and End move among its rows.
 */
import { useState } from 'preact/hooks';

export function useRoving(keys: string[]) {
  const [at, setAt] = useState<string | null>(null);
  const current = at !== null && keys.includes(at) ? at : (keys[0] ?? null);
  return {
    tabIndex: (key: string) => (key === current ? 0 : -1),
    onFocus: (key: string) => setAt(key),
    onKeyDown: (event: KeyboardEvent) => {
      const next = stepTo(event.key, current === null ? -1 : keys.indexOf(current), keys.length);
      if (next === null) return;
      event.preventDefault();
      const key = keys[next];
      if (key === undefined) return;
      setAt(key);
      const list = event.currentTarget as HTMLElement;
      list.querySelectorAll<HTMLElement>('[data-row]')[next]?.focus();
    },
  };
}

export function stepTo(key: string, at: number, count: number): number | null {
  if (count === 0) return null;
  switch (key) {
    case 'ArrowDown':
    case 'ArrowRight':
      return Math.min(count - 1, at + 1);
    case 'ArrowUp':
    case 'ArrowLeft':
      return Math.max(0, at - 1);
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return null;
  }
}
