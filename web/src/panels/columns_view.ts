/**
 * Columns over time, side by side or one on another, all on one scale from zero.
 *
 * A bucket that is not over is told apart from one that has not begun, and both from a zero.
 * Amounts of two currencies never share a drawing: one of them is shown, the others are offered.
 */
import type { PanelResult, PanelSpec } from '../api/wire.ts';
import { type Scale, scaleTo } from '../charts/scale.ts';
import { approximate, sumText } from '../format/number.ts';
import { t } from '../i18n/words.ts';
import { behind } from '../lists/drill.ts';
import type { Opened } from '../state/opened.ts';
import { pressOf } from './bars_view.ts';
import { type Bucket, bucketsOf } from './buckets.ts';
import { type Layer, layersOf } from './columns_layers.ts';
import {
  currencyOf,
  encodeOf,
  type Field,
  labelOf,
  type Row,
  readField,
  readPart,
  rowsOf,
  show,
  type ViewContext,
} from './frame.ts';

export type Tone = 'won' | 'lost' | 'open' | 'accent' | 'part-0' | 'part-1' | 'part-2' | 'part-3' | 'unset';

export interface Series {
  key: string;
  label: string;
  tone: Tone;
  /** The sum of what is drawn, short. */
  total: string | null;
  /** The same with every digit. */
  sum: string | null;
  /** What a press adds to the filters. */
  value: string | null;
  isChosen: boolean;
  press: string;
  /** What stands behind the sum. */
  list: Opened | null;
}

export interface Part {
  /** Null draws nothing: not yet, or nothing to say. */
  amount: number | null;
  text: string;
  list: Opened | null;
}

/** A figure beside those that are drawn. */
export interface Line {
  label: string;
  text: string;
  list: Opened | null;
}

export interface Column extends Bucket {
  parts: Part[];
  /** Lines beside the parts: their sum, a count. */
  more: Line[];
  /** The whole of it in one line. */
  words: string;
}

export interface ColumnsView {
  isStacked: boolean;
  /** Each series has a strip of its own, since side by side they would be too thin to see. */
  hasLanes: boolean;
  canChoose: boolean;
  groups: string[];
  group: string | null;
  series: Series[];
  columns: Column[];
  /** The sums of the lines beside the parts. */
  more: Line[];
  scale: Scale;
  ticks: string[];
}

/** Columns side by side that still can be told apart. */
const SIDE_BY_SIDE_MAX = { narrow: 48, medium: 96, wide: 110 };

export interface ColumnsWish {
  /** The currency that was asked for. */
  group: string | null;
  chosen: readonly string[];
}

export function columnsView(
  result: PanelResult,
  spec: PanelSpec,
  context: ViewContext,
  wish: ColumnsWish,
): ColumnsView {
  const encode = encodeOf(spec);
  const all = rowsOf(result);
  const groups = encode.group === undefined ? [] : [...new Set(all.map(row => currencyOf(row, context)))];
  const group = groups.find(one => one === wish.group) ?? groups[0] ?? null;
  const rows = all.filter(row => group === null || currencyOf(row, context) === group);
  const { layers, lines, isStacked } = layersOf(rows, spec, context);
  const buckets = bucketsOf(
    lines.map(line => line[0] ?? {}),
    result,
    spec,
    context,
  );
  const extra = readField(encode.value, 'int');
  const besides = { extra, isStacked, spec, rows };
  const columns = buckets.map((bucket, i) => columnOf(bucket, lines[i] ?? [], layers, besides, context));
  const isCount = layers.every(layer => layer.field.format === 'int');
  const scale = scaleTo(largest(columns, isStacked), isCount);
  const some = rows[0] ?? {};
  return {
    isStacked,
    hasLanes:
      !isStacked && layers.length > 1 && columns.length * layers.length > SIDE_BY_SIDE_MAX[context.size],
    canChoose: encode.select === 'period',
    groups: groups.length > 1 ? groups : [],
    group,
    series: layers.map(layer => seriesOf(layer, lines, besides, wish.chosen, context)),
    columns,
    more: sumsOf(some, layers, besides, context),
    scale,
    ticks: [0, ...scale.steps].map(step =>
      amountText(String(step), some, layers[0]?.field, context, 'compact'),
    ),
  };
}

interface Besides {
  extra: Field | null;
  isStacked: boolean;
  spec: PanelSpec;
  rows: Row[];
}

/** The list behind a figure; `without` names what the figure is told of all of: buckets, parts of a stack. */
function listOf(
  { spec, rows }: Besides,
  field: Field | undefined,
  row: Row,
  without: string[],
): Opened | null {
  const left = Object.fromEntries(Object.entries(row).filter(([name]) => !without.includes(name)));
  return field ? behind(spec, field.field, left, rows) : null;
}

function bucketNames(spec: PanelSpec): string[] {
  const encode = encodeOf(spec);
  return [readField(encode.x)?.field ?? '', readField(encode.label)?.field ?? ''];
}

function partName(spec: PanelSpec): string {
  return readField(readPart(encodeOf(spec).stack).by)?.field ?? '';
}

function columnOf(
  bucket: Bucket,
  line: (Row | null)[],
  layers: Layer[],
  besides: Besides,
  context: ViewContext,
): Column {
  const { extra, isStacked, spec } = besides;
  const cells = layers.map((layer, i) => line[i]?.[layer.field.field] ?? null);
  const isAhead = bucket.state === 'ahead' && cells.every(cell => cell === null);
  const parts = layers.map((layer, i) => ({
    amount: approximate(cells[i]),
    text: show(line[i] ?? {}, layer.field, context, 'full'),
    list: listOf(besides, layer.field, line[i] ?? {}, []),
  }));
  const some = line.find(row => row !== null) ?? {};
  const sum = isStacked ? sumText(cells) : null;
  const more = [
    ...(sum === null
      ? []
      : [
          {
            label: t.total,
            text: amountText(sum, some, layers[0]?.field, context, 'full'),
            list: listOf(besides, layers[0]?.field, some, [partName(spec)]),
          },
        ]),
    ...(extra
      ? [
          {
            label: labelOf(extra, context),
            text: show(some, extra, context, 'full'),
            list: listOf(besides, extra, some, []),
          },
        ]
      : []),
  ];
  const state = isAhead ? ('ahead' as const) : bucket.state === 'ahead' ? ('done' as const) : bucket.state;
  const figures = [
    ...(state === 'done' ? [] : [t.columns[state]]),
    ...(isAhead ? [] : layers.map((layer, i) => t.columns.figure(layer.label, parts[i]?.text ?? ''))),
    ...(isAhead ? [] : more.map(one => t.columns.figure(one.label, one.text))),
  ];
  return { ...bucket, state, parts, more, words: t.columns.named(bucket.name, figures.join(', ')) };
}

function largest(columns: Column[], isStacked: boolean): number {
  const heights = columns.map(column => {
    const amounts = column.parts.map(part => Math.max(0, part.amount ?? 0));
    return isStacked ? amounts.reduce((sum, amount) => sum + amount, 0) : Math.max(0, ...amounts);
  });
  return Math.max(0, ...heights);
}

function seriesOf(
  layer: Layer,
  lines: (Row | null)[][],
  besides: Besides,
  chosen: readonly string[],
  context: ViewContext,
): Series {
  const own = lines.map(line => line[layer.place]).find(row => row) ?? {};
  const sum = isSummed(layer.field)
    ? sumText(lines.map(line => line[layer.place]?.[layer.field.field]))
    : null;
  const isChosen = layer.value !== null && chosen.includes(layer.value);
  return {
    key: layer.key,
    label: layer.label,
    tone: layer.tone,
    total: sum === null ? null : amountText(sum, own, layer.field, context, 'compact'),
    sum: sum === null ? null : amountText(sum, own, layer.field, context, 'full'),
    value: layer.value,
    isChosen,
    press: pressOf(layer.label, layer.value, isChosen),
    list: sum === null ? null : listOf(besides, layer.field, own, bucketNames(besides.spec)),
  };
}

/** What the drawing adds up to, for the foot of the twin. */
function sumsOf(some: Row, layers: Layer[], besides: Besides, context: ViewContext): Line[] {
  const { extra, isStacked, spec, rows } = besides;
  const buckets = bucketNames(spec);
  const field = layers[0]?.field;
  const total = isStacked && field ? sumText(rows.map(row => row[field.field])) : null;
  const counted = extra && isSummed(extra) ? sumText(rows.map(row => row[extra.field])) : null;
  return [
    ...(isStacked
      ? [
          {
            label: t.total,
            text: amountText(total, some, field, context, 'full'),
            list: listOf(besides, field, some, [...buckets, partName(spec)]),
          },
        ]
      : []),
    ...(extra
      ? [
          {
            label: labelOf(extra, context),
            text: amountText(counted, some, extra, context, 'full'),
            list: listOf(besides, extra, some, buckets),
          },
        ]
      : []),
  ];
}

function isSummed(field: Field): boolean {
  return field.format === 'int' || field.format === 'money';
}

function amountText(
  cell: string | null,
  row: Row,
  field: Field | undefined,
  context: ViewContext,
  shape: 'full' | 'compact',
): string {
  if (!field) return '';
  return show({ ...row, [field.field]: cell }, field, context, shape);
}
