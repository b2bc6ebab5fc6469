/**
 * The list that is open, in the address: `list=closed_deals`, and what it is given as `list.status=won`.
 *
 * What a row of a panel gives replaces the board's own choice of the same name, for the list alone.
 */
import type { Manifest } from '../api/wire.ts';
import { readSorts, type Sort, sortText } from './views.ts';

/** As many as reporting takes of what a panel gives. */
export const GIVEN_ITEMS_MAX = 1000;

export interface Opened {
  id: string;
  /** Values by parameter or variable, in the order of the rows they come from. */
  given: { [name: string]: string[] };
  sort: Sort | null;
}

type Pairs = ReadonlyMap<string, string>;
type Decode = (text: string) => string | null;

/** Null where none is open, or one that this board does not have. */
export function readOpened(pairs: Pairs, manifest: Manifest, decode: Decode): Opened | null {
  const id = decode(pairs.get('list') ?? '');
  const list = manifest.lists.find(one => one.id === id);
  if (!list) return null;
  const types = new Map([...manifest.variables, ...list.parameters].map(one => [one.name, one.type]));
  const given: Opened['given'] = {};
  for (const [name, type] of types) {
    const values = (pairs.get(`list.${name}`) ?? '')
      .split(',')
      .map(decode)
      .filter((value): value is string => value !== null && value !== '')
      .filter(value => !type.includes('Int') || /^\d{1,20}$/.test(value));
    if (values.length > 0) given[name] = values.slice(0, GIVEN_ITEMS_MAX);
  }
  const columns = new Set([list.id]);
  const sort = readSorts([`${list.id}.${decode(pairs.get('list.sort') ?? '') ?? ''}`], columns)[list.id];
  const isColumn = list.columns.some(column => column.field === sort?.key);
  return { id: list.id, given, sort: sort && isColumn ? sort : null };
}

export function openedPairs(opened: Opened | null, encode: (text: string) => string): [string, string][] {
  if (opened === null) return [];
  const given = Object.entries(opened.given).map(([name, values]): [string, string] => [
    `list.${name}`,
    values.map(encode).join(','),
  ]);
  const sort = opened.sort === null ? [] : [['list.sort', sortOf(opened.sort)] as [string, string]];
  return [['list', encode(opened.id)], ...given, ...sort];
}

/** As reporting reads it: `-value` is the largest first. */
export function sortOf(sort: Sort): string {
  return sortText(['', sort]).slice(1);
}
