/** One panel in a few words, for the summary that a screen reader is told. */
import type { PanelResult, PanelSpec } from '../api/wire.ts';
import { encodeOf, readField, rowsOf, show, type ViewContext } from './frame.ts';

/** Feeds and freshness move all the time and are left out. */
export function spokenWords(result: PanelResult, spec: PanelSpec, context: ViewContext): string | null {
  if (spec.kind === 'feed' || spec.kind === 'freshness') return null;
  const value = readField(encodeOf(spec).value, 'text');
  const row = rowsOf(result)[0];
  if (spec.kind !== 'stat' || value === null || row === undefined) return spec.title;
  return `${spec.title} ${show(row, value, context)}`;
}
