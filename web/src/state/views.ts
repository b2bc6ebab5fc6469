/**
 * How single panels are looked at, as items of a list in the address: `leaderboard.-win_rate`
 * sorts that table by that column from the largest, `revenue_by_size.USD` shows that currency.
 */
export interface Sort {
  key: string;
  direction: 'ascending' | 'descending';
}

const ITEM = /^([a-z0-9_]+)\.(-?)(\w+)$/i;

export function sortText([panel, { key, direction }]: [string, Sort]): string {
  return `${panel}.${direction === 'descending' ? '-' : ''}${key}`;
}

export function readSorts(items: string[], known: ReadonlySet<string>): { [panel: string]: Sort } {
  const sorts: { [panel: string]: Sort } = {};
  for (const [panel, sign, key] of read(items, known))
    sorts[panel] ??= { key, direction: sign === '-' ? 'descending' : 'ascending' };
  return sorts;
}

export function wordText([panel, word]: [string, string]): string {
  return `${panel}.${word}`;
}

export function readWords(items: string[], known: ReadonlySet<string>): { [panel: string]: string } {
  const words: { [panel: string]: string } = {};
  for (const [panel, sign, word] of read(items, known)) if (sign === '') words[panel] ??= word;
  return words;
}

/** The first of a panel counts; what is no item, or of no panel here, is passed over. */
function read(items: string[], known: ReadonlySet<string>): [string, string, string][] {
  return items.flatMap(item => {
    const [, panel = '', sign = '', word = ''] = ITEM.exec(item) ?? [];
    return known.has(panel) ? [[panel, sign, word] as [string, string, string]] : [];
  });
}
