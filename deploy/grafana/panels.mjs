// How a panel of a board is said in a line or two, and what Grafana wants to read instead.

/** The data source of provisioning/datasources. */
export const SOURCE = { type: 'prometheus', uid: 'omni-prometheus' };

const QUIET = 'Empty when all is well: ';

/** Why a panel may have no data, or undefined. */
export const quietReason = panel => panel.description.split(QUIET)[1];

/** One number; `good` says which are: `{below: 1}` or `{above: 0.9}`. */
export const stat = (title, unit, description, expr, { width = 4, good, legend = '', quiet } = {}) => ({
  type: 'stat', title, unit, description, queries: [[expr, legend]], width, height: 4, good, quiet,
});

/** Lines over time; each query is an expression and its legend. */
export const lines = (title, unit, description, queries, { width = 12, stacked = false, quiet } = {}) => ({
  type: 'timeseries', title, unit, description, queries, width, height: 8, stacked, quiet,
});

/** A heading. */
export const heading = title => ({ type: 'row', title, width: 24, height: 1 });

/** A choice over the values of a label; all at first. */
export const choice = (name, label, query) => ({
  name, label, type: 'query', datasource: SOURCE, query, definition: query,
  includeAll: true, multi: true, allValue: '.+', current: { text: 'All', value: '$__all' }, refresh: 2, sort: 1,
});

const steps = good => {
  if (!good) return [{ color: 'text', value: null }];
  if ('below' in good) return [{ color: 'green', value: null }, { color: 'red', value: good.below }];
  return [{ color: 'red', value: null }, { color: 'green', value: good.above }];
};

const OPTIONS = {
  stat: { reduceOptions: { calcs: ['lastNotNull'] }, colorMode: 'value', graphMode: 'none', textMode: 'auto' },
  timeseries: { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi', sort: 'desc' } },
};

const drawn = panel =>
  panel.type === 'timeseries'
    ? { fillOpacity: panel.stacked ? 40 : 0, stacking: { mode: panel.stacked ? 'normal' : 'none' } }
    : {};

function panelOf(panel, id, gridPos) {
  if (panel.type === 'row') return { id, type: 'row', title: panel.title, collapsed: false, gridPos, panels: [] };
  const description = panel.quiet ? `${panel.description} ${QUIET}${panel.quiet}` : panel.description;
  return {
    id, type: panel.type, title: panel.title, description, gridPos, datasource: SOURCE,
    targets: panel.queries.map(([expr, legendFormat], at) => ({
      refId: String.fromCharCode(65 + at), datasource: SOURCE, expr, legendFormat, instant: panel.type === 'stat',
      range: panel.type !== 'stat',
    })),
    fieldConfig: {
      defaults: {
        unit: panel.unit, min: panel.type === 'timeseries' ? 0 : undefined, custom: drawn(panel),
        thresholds: { mode: 'absolute', steps: steps(panel.good) },
      },
      overrides: [],
    },
    options: OPTIONS[panel.type],
  };
}

/** Panels beside each other as long as there is room. */
function placed(panels) {
  let [x, y, tallest] = [0, 0, 0];
  return panels.map((panel, at) => {
    if (x + panel.width > 24) [x, y, tallest] = [0, y + tallest, 0];
    const gridPos = { x, y, w: panel.width, h: panel.height };
    x += panel.width;
    tallest = Math.max(tallest, panel.height);
    return panelOf(panel, at + 1, gridPos);
  });
}

/** A board as Grafana reads it. */
export const board = (uid, title, description, choices, panels) => ({
  uid, title, description, tags: ['omni'], schemaVersion: 41, editable: false, graphTooltip: 1, refresh: '10s',
  time: { from: 'now-1h', to: 'now' }, timezone: 'browser',
  links: [{ type: 'dashboards', tags: ['omni'], title: 'Omni', asDropdown: false, includeVars: false, keepTime: true }],
  templating: { list: choices }, panels: placed(panels),
});
