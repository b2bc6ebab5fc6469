/**
 * Which series a drawing over time has, and which row holds the figure of each in each bucket.
 *
 * Series are either columns of one row a bucket, or the values of `stack.by` over several rows; the
 * order is the query's.
 */
import type { PanelSpec } from '../api/wire.ts';
import type { Tone } from './columns_view.ts';
import {
  encodeOf,
  type Field,
  labelOf,
  type Row,
  readField,
  readPart,
  text,
  type ViewContext,
  word,
} from './frame.ts';

export interface Layer {
  key: string;
  label: string;
  tone: Tone;
  field: Field;
  /** Where in a line its row stands. */
  place: number;
  /** What a press adds to the filters. */
  value: string | null;
}

export interface Layers {
  isStacked: boolean;
  layers: Layer[];
  /** A line a bucket: the row of each layer. */
  lines: (Row | null)[][];
}

const TONES: readonly string[] = ['won', 'lost', 'open', 'accent'];
const USUAL: Tone[] = ['accent', 'open', 'part-0', 'part-2'];
const PARTS: Tone[] = ['part-0', 'part-1', 'part-2', 'part-3'];

export function layersOf(rows: Row[], spec: PanelSpec, context: ViewContext): Layers {
  const stack = readPart(encodeOf(spec).stack);
  const by = readField(stack.by)?.field;
  const value = readField(stack.value, 'money');
  return by !== undefined && value !== null
    ? stacked(rows, spec, { by, value }, context)
    : sideBySide(rows, spec, context);
}

function sideBySide(rows: Row[], spec: PanelSpec, context: ViewContext): Layers {
  const given = encodeOf(spec).series;
  const layers = (Array.isArray(given) ? given : [given]).flatMap((json: unknown, i): Layer[] => {
    const field = readField(json, 'int');
    if (field === null) return [];
    const { tone } = readPart(json);
    const isKnown = typeof tone === 'string' && TONES.includes(tone);
    return [
      {
        key: field.field,
        label: labelOf(field, context),
        tone: isKnown ? (tone as Tone) : (USUAL[i] ?? 'part-3'),
        field,
        place: i,
        value: null,
      },
    ];
  });
  return { isStacked: false, layers, lines: rows.map(row => layers.map(() => row)) };
}

function stacked(
  rows: Row[],
  spec: PanelSpec,
  { by, value }: { by: string; value: Field },
  context: ViewContext,
): Layers {
  const at = readField(encodeOf(spec).x)?.field ?? '';
  const names = [...new Set(rows.map(row => text(row[by])))].filter(name => name !== '');
  const layers = names.map((name, place): Layer => {
    const filter = spec.filter_on_click;
    const own = rows.find(row => text(row[by]) === name);
    return {
      key: name,
      label: word(name, by, context),
      tone: name === '(not set)' ? 'unset' : (PARTS[place] ?? 'part-3'),
      field: value,
      place,
      value: filter && name !== '(other)' ? text(own?.[filter.field]) : null,
    };
  });
  const lines = new Map<string, (Row | null)[]>();
  for (const row of rows) {
    const key = text(row[at]);
    const line = lines.get(key) ?? names.map(() => null);
    // A bucket that has not come yet may be told by one row without a name.
    line[Math.max(0, names.indexOf(text(row[by])))] = row;
    lines.set(key, line);
  }
  return { isStacked: true, layers, lines: [...lines.values()] };
}
