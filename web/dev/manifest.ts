/** A development aid: the board that the stand-in serves, in the shape of `pipedrive-deals/2.0`. */
import type { Manifest, PanelSpec, Variable } from '../src/api/wire.ts';
import { DRILLS, LISTS } from './drills.ts';
import { MORE_PANELS } from './panels.ts';
import { TEXTS } from './texts.ts';

function variable(name: string, control: string, label: string, more: Partial<Variable> = {}): Variable {
  return {
    name,
    control,
    type: 'String',
    one_of: [],
    default: null,
    label,
    has_options: false,
    locked: false,
    ...more,
  };
}

const WITHOUT_LISTS: PanelSpec[] = [
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
    drill: [],
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
    drill: [],
  },
  {
    id: 'freshness',
    kind: 'freshness',
    title: 'Freshness',
    definition: 'Time since the newest event and since the last load. Filters play no part.',
    anchor: 'event',
    span: { wide: 4, medium: 3, narrow: 1 },
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
    drill: [],
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
    drill: [],
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
    drill: [],
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
    drill: [],
  },
  ...MORE_PANELS,
];

export const MANIFEST: Manifest = {
  id: 'pipedrive-deals',
  version: '2.0',
  title: 'Pipedrive deals',
  timezone: 'Europe/Warsaw',
  currency: 'EUR',
  companies: [{ id: '1' }],
  texts: TEXTS,
  variables: [
    variable('period', 'period', 'Period', { default: '30d' }),
    variable('compare', 'compare', 'Compare with', { default: 'previous' }),
    ...['Source', 'Campaign', 'Owner', 'Industry', 'Size'].map(label =>
      variable(label.toLowerCase(), 'multiselect', label, {
        type: label === 'Owner' ? 'Array(UInt64)' : 'Array(String)',
        has_options: true,
      }),
    ),
    variable('currency', 'currency', 'Currency'),
    variable('tz', 'timezone', 'Time zone'),
  ],
  sections: [
    {
      id: 'now',
      title: 'What is happening',
      panels: ['won_value', 'win_rate', 'open_pipeline', 'freshness', 'sales_velocity', 'sales_cycle'],
    },
    {
      id: 'sources',
      title: 'Where it comes from',
      panels: ['won_by_source', 'live_activity', 'won_by_campaign'],
    },
    { id: 'flow', title: 'How it moves', panels: ['pipeline_by_stage', 'deals_over_time', 'forecast'] },
    { id: 'team', title: 'Who wins', panels: ['leaderboard'] },
    {
      id: 'organizations',
      title: 'With whom',
      panels: ['revenue_by_industry', 'revenue_by_size', 'top_organizations', 'top_contacts'],
    },
    {
      id: 'health',
      title: 'What needs care',
      panels: ['ageing', 'oldest_deals', 'lost_reasons', 'email_quality'],
    },
  ],
  panels: WITHOUT_LISTS.map(panel => ({ ...panel, drill: DRILLS[panel.id] ?? [] })),
  lists: LISTS,
};
