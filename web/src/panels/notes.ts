/**
 * The small print under a panel: what was left out, told only when there is something to tell.
 */
import type { PanelResult, PanelSpec } from '../api/wire.ts';
import { approximate, int } from '../format/number.ts';
import { t } from '../i18n/words.ts';
import { behindAll } from '../lists/drill.ts';
import type { Opened } from '../state/opened.ts';
import { encodeOf, type Row, readable, readField, rowsOf, type ViewContext, word } from './frame.ts';

export interface Note {
  text: string;
  /** Those it tells of. */
  list: Opened | null;
}

/** A note names a column of counts; its rows are few, and counts are whole, so a sum is exact. */
export function notesOf(result: PanelResult, spec: PanelSpec, context: ViewContext): Note[] {
  const rows = rowsOf(result);
  const notes: Note[] = [];
  for (const name of spec.notes ?? []) {
    const count = rows.reduce((sum, row) => sum + (approximate(row[name]) ?? 0), 0);
    if (count > 0)
      notes.push({ text: noteText(name, int(count, context.locale), context), list: behindAll(spec, name) });
  }
  const rest = restOf(rows, spec);
  if (rest !== null)
    notes.push({
      text: t.notes.other(
        int(rest.shown, context.locale),
        int(rest.all, context.locale),
        word('(other)', '', context),
      ),
      list: null,
    });
  return notes;
}

function noteText(name: string, count: string, context: ViewContext): string {
  const own = context.texts[`note.${name}`] ?? context.texts[`notes.${name}`];
  if (own) return own.replace(/\{n\}|\{count\}/g, count);
  if (name.startsWith('unconverted')) return t.notes.unconverted(count);
  if (name.startsWith('zero_value')) return t.notes.zero_value(count);
  return t.notes.any(count, readable(name).toLowerCase());
}

/** "Top 20 of 143": the query made one row of all others and says how many they are. */
function restOf(rows: Row[], spec: PanelSpec): { shown: number; all: number } | null {
  const members = readField(encodeOf(spec).members)?.field;
  const rest = rows.filter(row => Object.values(row).includes('(other)'));
  if (rest.length === 0 || members === undefined) return null;
  const hidden = rest.reduce((sum, row) => sum + (approximate(row[members]) ?? 0), 0);
  const shown = rows.length - rest.length;
  return { shown, all: shown + hidden };
}
