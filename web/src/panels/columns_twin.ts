/**
 * Columns over time as rows: a line a bucket with full figures, and what they add up to at the foot.
 */
import type { PanelResult, PanelSpec } from '../api/wire.ts';
import { t } from '../i18n/words.ts';
import type { Opened } from '../state/opened.ts';
import { type ColumnsView, columnsView } from './columns_view.ts';
import { encodeOf, labelOf, readField, type ViewContext } from './frame.ts';
import type { TableView } from './table_view.ts';

export function columnsTwin(result: PanelResult, spec: PanelSpec, context: ViewContext): TableView {
  const encode = encodeOf(spec);
  const at = readField(encode.label) ?? readField(encode.x);
  const of = (group: string | null) => columnsView(result, spec, context, { group, chosen: [] });
  const first = of(null);
  const views = first.groups.length > 0 ? first.groups.map(of) : [first];
  const hasGroups = views.length > 1;
  return {
    columns: [
      { key: 'bucket', label: at ? labelOf(at, context) : t.columns.bucket, isNumber: false },
      ...(hasGroups ? [{ key: 'currency', label: t.currency, isNumber: false }] : []),
      ...first.series.map(({ key, label }) => ({ key, label, isNumber: true })),
      ...first.more.map(({ label }) => ({ key: `more ${label}`, label, isNumber: true })),
    ],
    rows: views.flatMap(view => linesOf(view, hasGroups ? (view.group ?? '') : null)),
  };
}

function linesOf(view: ColumnsView, group: string | null): TableView['rows'] {
  const named = (name: string, figures: string[], lists: (Opened | null)[]) => ({
    key: `${group}|${name}`,
    cells: [name, ...(group === null ? [] : [group]), ...figures],
    lists: [null, ...(group === null ? [] : [null]), ...lists],
  });
  const lines = view.columns.map(column => {
    const isAhead = column.state === 'ahead';
    const told = [...column.parts, ...column.more];
    const none = Array<string>(view.series.length + view.more.length - 1).fill('');
    return named(
      column.name,
      isAhead ? [t.columns.ahead, ...none] : told.map(one => one.text),
      isAhead ? [] : told.map(one => one.list),
    );
  });
  const sums = [...view.series.map(one => one.sum ?? ''), ...view.more.map(one => one.text)];
  return [
    ...lines,
    named(
      t.total,
      sums,
      [...view.series, ...view.more].map(one => one.list),
    ),
  ];
}
