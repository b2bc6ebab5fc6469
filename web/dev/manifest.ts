/** A development aid: the board that the stand-in serves, in the shape of `pipedrive-deals/2.0`. */
import type { Manifest, Variable } from '../src/api/wire.ts';

function variable(name: string, control: string, label: string, more: Partial<Variable> = {}): Variable {
  return { name, control, type: 'String', one_of: [], default: null, label, has_options: false, ...more };
}

export const MANIFEST: Manifest = {
  id: 'pipedrive-deals',
  version: '2.0',
  title: 'Pipedrive deals',
  timezone: 'Europe/Warsaw',
  currency: 'EUR',
  companies: [{ id: '1' }],
  texts: {
    'column.won_deals': 'Won deals',
    'column.average_value': 'Average value',
    'column.weighted_value': 'Weighted value',
    'column.open_deals': 'Open deals',
    'column.total_value': 'Total value',
    'column.source': 'Source',
    'column.won_value': 'Won value',
    'column.change': 'Change',
    'column.delay_p50_seconds': 'Half were faster than',
    'column.delay_p95_seconds': '95 % were faster than',
    'column.events_last_hour': 'Events in the last hour',
    'column.spark_at': 'From',
    'column.spark_value': 'Won value',
    'note.unconverted_deals': '{n} not converted: no rate for their currency on that day',
    'note.zero_value_deals': '{n} of value 0, included',
    'note.deals_without_value': '{n} without a value, not in sum or average',
  },
  variables: [
    variable('period', 'period', 'Period', { default: '30d' }),
    variable('compare', 'compare', 'Compare with', { default: 'previous' }),
    ...['Source', 'Campaign', 'Owner'].map(label =>
      variable(label.toLowerCase(), 'multiselect', label, {
        type: label === 'Owner' ? 'Array(UInt64)' : 'Array(String)',
        has_options: true,
      }),
    ),
    variable('currency', 'currency', 'Currency'),
    variable('tz', 'timezone', 'Time zone'),
  ],
  sections: [
    { id: 'now', title: 'What is happening', panels: ['won_value', 'open_pipeline', 'freshness'] },
    { id: 'sources', title: 'Where it comes from', panels: ['won_by_source', 'live_activity'] },
    { id: 'flow', title: 'How it moves', panels: ['pipeline_by_stage'] },
  ],
  panels: [
    {
      id: 'won_value',
      kind: 'stat',
      title: 'Won value',
      definition:
        'Sum of the values of deals whose latest status is won and whose won time lies in the period. Each deal counts once, at its newest won time. Values are converted at the rate of the close day.',
      anchor: 'won',
      span: { wide: 4, medium: 3, narrow: 1 },
      encode: {
        currency: 'currency',
        value: { field: 'won_value', format: 'money' },
        details: [
          { field: 'won_deals', format: 'int' },
          { field: 'average_value', format: 'money' },
        ],
        change: { field: 'change', format: 'change', previous: 'previous_value' },
        spark: { at: 'spark_at', value: 'spark_value', format: 'money' },
      },
      notes: ['unconverted_deals', 'zero_value_deals', 'deals_without_value'],
      filter_on_click: null,
    },
    {
      id: 'open_pipeline',
      kind: 'stat',
      title: 'Open pipeline',
      definition:
        'Deals whose latest status is open, now, whatever the period. Weighted: value times probability.',
      anchor: 'now',
      span: { wide: 4, medium: 3, narrow: 1 },
      encode: {
        currency: 'currency',
        value: { field: 'open_value', format: 'money' },
        details: [
          { field: 'weighted_value', format: 'money' },
          { field: 'open_deals', format: 'int' },
        ],
        share: 'weighted_value',
      },
      notes: ['unconverted_deals'],
      filter_on_click: null,
    },
    {
      id: 'freshness',
      kind: 'freshness',
      title: 'Freshness',
      definition: 'Time since the newest event and since the last load. Filters play no part.',
      anchor: 'event',
      span: { wide: 4, medium: 6, narrow: 1 },
      encode: {
        last_event: 'last_event_at',
        last_load: 'last_loaded_at',
        heartbeat: 'heartbeat_at',
        details: [
          { field: 'delay_p50_seconds', format: 'seconds' },
          { field: 'delay_p95_seconds', format: 'seconds' },
          { field: 'events_last_hour', format: 'int' },
        ],
        quiet_after_seconds: 300,
        late_after_seconds: 45,
        broken_after_seconds: 300,
      },
      notes: [],
      filter_on_click: null,
    },
    {
      id: 'won_by_source',
      kind: 'bars',
      title: 'Won deals with total and average deal value by source',
      definition:
        'Deals won in the period, by the marketing source of their latest version. Sorted by total; sources beyond the first twenty are one row. Click a source to filter the board.',
      anchor: 'won',
      span: { wide: 8, medium: 6, narrow: 1 },
      encode: {
        group: 'currency',
        currency: 'currency',
        label: 'source',
        other: 'is_other',
        members: 'sources',
        value: { field: 'won_deals', format: 'int' },
        bars: [
          { field: 'total_value', format: 'money' },
          { field: 'average_value', format: 'money' },
        ],
      },
      notes: ['unconverted_deals', 'zero_value_deals', 'deals_without_value'],
      filter_on_click: { variable: 'source', field: 'source' },
    },
    {
      id: 'live_activity',
      kind: 'feed',
      title: 'Live activity',
      definition: 'The newest events of deals, newest first, in the currency they were sent in.',
      anchor: 'event',
      span: { wide: 4, medium: 6, narrow: 1 },
      encode: { key: 'event_uuid', at: 'at', what: 'what', title: 'title', count: 'events' },
      notes: [],
      filter_on_click: null,
    },
    {
      id: 'pipeline_by_stage',
      kind: 'funnel',
      title: 'Pipeline by stage',
      definition: 'Left: the deals created in the period, by how far they got. Right: deals open now.',
      anchor: 'created',
      span: { wide: 12, medium: 6, narrow: 1 },
      encode: {
        group: 'pipeline',
        key: 'stage_id',
        label: 'stage',
        value: { field: 'reached_deals', format: 'int' },
        rates: [
          { field: 'from_previous', format: 'percent' },
          { field: 'from_first', format: 'percent' },
        ],
        open: { count: 'open_deals', currencies: 'open_currencies', values: 'open_values' },
      },
      notes: ['unconverted_deals'],
      filter_on_click: null,
    },
  ],
};
