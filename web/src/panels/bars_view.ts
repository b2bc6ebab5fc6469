/**
 * One row a group, with bars in aligned columns, each column on its own scale from zero.
 *
 * Order is the query's. In native mode every currency has its own scale, since amounts of two
 * currencies cannot be compared by length.
 */
import type { PanelResult, PanelSpec } from '../api/wire.ts';
import { approximate } from '../format/number.ts';
import { t } from '../i18n/words.ts';
import { behind } from '../lists/drill.ts';
import type { Opened } from '../state/opened.ts';
import {
  currencyOf,
  encodeOf,
  type Field,
  isTrue,
  labelOf,
  type Row,
  readField,
  readFields,
  rowsOf,
  show,
  text,
  type ViewContext,
  word,
} from './frame.ts';

export interface BarCell {
  text: string;
  /** With every digit. */
  full: string;
  /** Length as a share of the column's longest, or null when there is no value. */
  share: number | null;
}

export interface BarRow {
  key: string;
  label: string;
  /** Named in native mode only. */
  currency: string;
  /** A group of groups: cannot be chosen. */
  isOther: boolean;
  isUnset: boolean;
  count: string | null;
  /** Of the whole, in words. */
  portion: string | null;
  bars: BarCell[];
  /** What a click adds to the filters. */
  value: string | null;
  isChosen: boolean;
  /** What a press does. */
  press: string;
  /** What stands behind its number. */
  list: Opened | null;
}

export interface BarsView {
  head: { label: string; count: string | null; portion: string | null; bars: string[] };
  rows: BarRow[];
  /** Figures of all rows together, which the query repeats in each. */
  facts: { key: string; label: string; text: string; list: Opened | null }[];
}

export function barsView(
  result: PanelResult,
  spec: PanelSpec,
  context: ViewContext,
  chosen: readonly string[],
): BarsView {
  const encode = encodeOf(spec);
  const label = readField(encode.label) ?? {
    field: result.columns[0]?.name ?? '',
    format: 'text',
    label: null,
  };
  const count = readField(encode.value ?? encode.count, 'int');
  const portion = readField(encode.share, 'percent');
  const bars = readFields(encode.bars, 'money');
  const rows = rowsOf(result);
  const currencies = new Set(rows.map(row => currencyOf(row, context)));
  const head = {
    label: labelOf(label, context),
    count: count ? labelOf(count, context) : null,
    portion: portion ? labelOf(portion, context) : null,
    bars: bars.map(bar => labelOf(bar, context)),
  };
  const details = readFields(encode.details, 'int');
  return {
    head,
    facts: details.map(field => ({
      key: field.field,
      label: labelOf(field, context),
      text: show(rows[0] ?? {}, field, context),
      list: behind(spec, field.field, rows[0] ?? {}, rows),
    })),
    rows: rows.map(row => {
      const name = text(row[label.field]);
      const native = currencies.size > 1 ? ` ${currencyOf(row, context)}` : '';
      const isOther = name === '(other)' || isTrue(row[readField(encode.other)?.field ?? '']);
      const filter = spec.filter_on_click;
      const value = filter && !isOther ? text(row[filter.field]) : null;
      return {
        key: `${name}|${native}`,
        label: word(name, label.field, context),
        currency: word(native.trim(), 'currency', context),
        isOther,
        isUnset: name === '(not set)',
        count: count ? show(row, count, context) : null,
        portion: portion ? show(row, portion, context) : null,
        bars: bars.map(bar => ({
          text: show(row, bar, context, context.size === 'wide' ? 'whole' : 'compact'),
          full: show(row, bar, context, 'full'),
          share: shareOf(row, bar, rows, context),
        })),
        value,
        isChosen: value !== null && chosen.includes(value),
        press: pressOf(word(name, label.field, context), value, value !== null && chosen.includes(value)),
        list: behind(spec, (count ?? bars[0] ?? label).field, row, rows),
      };
    }),
  };
}

export function shareOf(row: Row, bar: Field, rows: Row[], context: ViewContext): number | null {
  const value = approximate(row[bar.field]);
  if (value === null) return null;
  const currency = currencyOf(row, context);
  const longest = rows
    .filter(other => currencyOf(other, context) === currency)
    .reduce((max, other) => Math.max(max, approximate(other[bar.field]) ?? 0), 0);
  return longest > 0 ? Math.max(0, value) / longest : 0;
}

/** What a press does, in words; nothing where a press does nothing. */
export function pressOf(label: string, value: string | null, isChosen: boolean): string {
  if (value === null) return '';
  return isChosen ? t.panel.unfilter(label) : t.panel.filterBy(label);
}
