/**
 * Stages in their own order: how many new deals reached each, and what stands there now.
 *
 * Conversions come from the query; where it leaves them out there is a dash. Bars start at zero and
 * share one scale within a pipeline, so a drop is a drop.
 */
import type { PanelResult, PanelSpec } from '../api/wire.ts';
import { money } from '../format/money.ts';
import { approximate, int, percent } from '../format/number.ts';
import { t } from '../i18n/words.ts';
import { behind } from '../lists/drill.ts';
import type { Opened } from '../state/opened.ts';
import {
  encodeOf,
  type Row,
  readField,
  readFields,
  readPart,
  rowsOf,
  text,
  type ViewContext,
  word,
} from './frame.ts';

export interface FunnelRow {
  key: string;
  label: string;
  /** The pipeline, when there are several and this row is its first. */
  group: string | null;
  reached: string;
  share: number;
  /** The stage before, on the same scale: the gap is the loss. */
  before: number;
  step: string | null;
  total: string | null;
  open: string;
  value: string;
  words: string;
  /** The deals that reached it, and those that stand there now. */
  lists: { reached: Opened | null; open: Opened | null };
}

export interface FunnelView {
  rows: FunnelRow[];
}

interface Names {
  label: string;
  group: string;
  key: string;
  reached: string;
  step: string;
  total: string;
  open: string;
  currencies: string;
  values: string;
}

export function funnelView(result: PanelResult, spec: PanelSpec, context: ViewContext): FunnelView {
  const names = namesOf(spec);
  const rows = rowsOf(result);
  const pipelines = new Set(rows.map(row => text(row[names.group])));
  let lastGroup: string | null = null;
  let before = 0;
  return {
    rows: rows.map(row => {
      const group = text(row[names.group]);
      const isFirst = group !== lastGroup;
      lastGroup = group;
      const longest = longestOf(rows, names, group);
      const reached = approximate(row[names.reached]) ?? 0;
      const share = longest > 0 ? reached / longest : 0;
      const label = word(row[names.label], names.label, context) || t.panel.loading;
      const out: FunnelRow = {
        key: `${group}|${text(row[names.key]) || text(row[names.label])}`,
        label,
        group: pipelines.size > 1 && isFirst ? word(group, names.group, context) : null,
        reached: int(row[names.reached], context.locale),
        share,
        before: isFirst ? share : Math.max(share, before),
        step: isFirst ? null : shareText(row, names.step, context),
        total: isFirst ? null : shareText(row, names.total, context),
        open: int(row[names.open], context.locale),
        value: moneyText(row, names, context, context.size === 'wide' ? 'whole' : 'compact'),
        words: '',
        lists: {
          reached: behind(spec, names.reached, row, rows),
          open: behind(spec, names.open, row, rows),
        },
      };
      before = share;
      const full = moneyText(row, names, context, 'full');
      out.words = t.funnel.row(label, out.reached, out.step ?? '–', out.total ?? '–', out.open, full);
      return out;
    }),
  };
}

function namesOf(spec: PanelSpec): Names {
  const encode = encodeOf(spec);
  const name = (key: string, usual: string) => readField(encode[key])?.field ?? usual;
  const rates = readFields(encode.rates, 'percent');
  const open = readPart(encode.open);
  const part = (key: string, usual: string) => readField(open[key])?.field ?? usual;
  return {
    label: name('label', 'stage'),
    group: name('group', 'pipeline'),
    key: name('key', 'stage_id'),
    reached: name('value', 'reached_deals'),
    step: rates[0]?.field ?? 'from_previous',
    total: rates[1]?.field ?? 'from_first',
    open: part('count', 'open_deals'),
    currencies: part('currencies', 'open_currencies'),
    values: part('values', 'open_values'),
  };
}

function longestOf(rows: Row[], names: Names, group: string): number {
  return rows
    .filter(row => text(row[names.group]) === group)
    .reduce((max, row) => Math.max(max, approximate(row[names.reached]) ?? 0), 0);
}

function shareText(row: Row, name: string, context: ViewContext): string | null {
  const share = approximate(row[name]);
  return share === null ? null : percent(share, context.locale);
}

/** One amount a currency, side by side, never added. */
function moneyText(
  row: Row,
  names: Names,
  context: ViewContext,
  shape: 'whole' | 'full' | 'compact',
): string {
  const currencies = row[names.currencies];
  const values = row[names.values];
  if (!Array.isArray(values)) return money(values, context.currency, context.locale, shape);
  if (values.length === 0) return '–';
  return values
    .map((value, i) => {
      const own = Array.isArray(currencies) ? currencies[i] : null;
      return money(value, typeof own === 'string' ? own : context.currency, context.locale, shape);
    })
    .join(' · ');
}
