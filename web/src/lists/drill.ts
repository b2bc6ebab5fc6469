/**
 * Which list stands behind a number, and what its row gives it.
 *
 * Pure. What a row does not have (a total over all buckets has no bucket) narrows nothing.
 */
import type { Drill, PanelSpec } from '../api/wire.ts';
import { encodeOf, isTrue, type Row, readField, text } from '../panels/frame.ts';
import type { Opened } from '../state/opened.ts';

/** The list behind this number of a row, or null where there is none. */
export function behind(spec: PanelSpec, field: string, row: Row, rows: Row[]): Opened | null {
  const drill = drillOf(spec, field);
  if (!drill) return null;
  const other = readField(encodeOf(spec).other)?.field ?? '';
  const isOther = (one: Row) => isTrue(one[other]);
  const replaced = new Set(isOther(row) ? Object.values(drill.other) : []);
  const kept = Object.entries(drill.from).filter(([, column]) => !replaced.has(column));
  const given = fixed(drill);
  for (const [name, column] of kept) give(given, name, [text(row[column])]);
  if (isOther(row)) {
    const isBeside = (one: Row) => !isOther(one) && kept.every(([, column]) => one[column] === row[column]);
    const beside = rows.filter(isBeside);
    for (const [name, column] of Object.entries(drill.other))
      give(
        given,
        name,
        beside.map(one => text(one[column])),
      );
  }
  return { id: drill.list, given, sort: null };
}

/** The list behind a number that is told of all rows together. */
export function behindAll(spec: PanelSpec, field: string): Opened | null {
  const drill = drillOf(spec, field);
  return drill ? { id: drill.list, given: fixed(drill), sort: null } : null;
}

function drillOf(spec: PanelSpec, field: string): Drill | undefined {
  return spec.drill.find(drill => field in drill.numbers);
}

function fixed(drill: Drill): Opened['given'] {
  return Object.fromEntries(Object.entries(drill.set).map(([name, value]) => [name, [value]]));
}

function give(given: Opened['given'], name: string, values: string[]): void {
  const told = values.filter(value => value !== '');
  if (told.length > 0) given[name] = told;
}
