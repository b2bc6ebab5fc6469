/**
 * Rows keep their places while someone points at them or moves among them by keyboard.
 *
 * New rows join at the end, gone ones leave; when the hand is taken away the true order returns.
 */
import { useRef } from 'preact/hooks';

export function pinnedOrder(before: readonly string[], now: readonly string[]): string[] {
  const present = new Set(now);
  const kept = before.filter(key => present.has(key));
  const known = new Set(kept);
  return [...kept, ...now.filter(key => !known.has(key))];
}

export function usePinned<Row extends { key: string }>(rows: Row[], isHeld: boolean): Row[] {
  const order = useRef<string[]>([]);
  const keys = rows.map(row => row.key);
  order.current = isHeld ? pinnedOrder(order.current, keys) : keys;
  const byKey = new Map(rows.map(row => [row.key, row]));
  return order.current.map(key => byKey.get(key)).filter((row): row is Row => row !== undefined);
}
