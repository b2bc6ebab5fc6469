/** A development aid: which list stands behind which numbers, as `pipedrive-deals/2.0` says it. */
import type { Drill, ListSpec } from '../src/api/wire.ts';

type Told = { [name: string]: string };

function drill(list: string, numbers: Told, set: Told = {}, from: Told = {}, other: Told = {}): Drill {
  return { list, numbers, set, from, other };
}

const WON = { status: 'won' };
const LOST = { status: 'lost' };
const SHOWN = { shown: 'currency' };
const CLOSED = 'closed_deals';
const OPEN = 'open_deals';
const COUNTED = { won_deals: 'deals', average_value: 'average_value' };
const notes = (list: string, set: Told, from: Told): Drill[] => [
  drill(list, { unconverted_deals: 'deals' }, { ...set, only: 'unconverted' }, from),
  drill(list, { deals_without_value: 'deals' }, { ...set, only: 'without_value' }, from),
];

function grouped(column: string): Drill[] {
  const from = { [column]: column, ...SHOWN };
  const other = { [`not_${column}`]: column };
  return [drill(CLOSED, { total_value: 'value', ...COUNTED }, WON, from, other), ...notes(CLOSED, WON, from)];
}

function ranked(what: string): Drill[] {
  const from = { [what]: 'name', ...SHOWN };
  return [
    drill(CLOSED, { won_value: 'value', won_deals: 'deals' }, WON, from),
    drill(OPEN, { open_value: 'value', open_deals: 'deals' }, {}, from),
  ];
}

const BUCKET = { bucket: 'bucket_at' };
const OWNER = { owner: 'owner_id', ...SHOWN };
const OTHERS = { not_owner: 'owner_id' };
const PAIR = { source: 'source', campaign: 'campaign', ...SHOWN };
const NO_PAIR = { not_source: 'source', not_campaign: 'campaign' };

export const DRILLS: { [panel: string]: Drill[] } = {
  won_value: [drill(CLOSED, { won_value: 'value', ...COUNTED }, WON, SHOWN), ...notes(CLOSED, WON, SHOWN)],
  win_rate: [
    drill(CLOSED, { win_rate: 'win_rate', win_rate_by_value: '' }),
    drill(CLOSED, { won_deals: 'deals' }, WON),
    drill(CLOSED, { lost_deals: 'deals' }, LOST),
  ],
  open_pipeline: [
    drill(OPEN, { open_value: 'value', open_deals: 'deals', weighted_value: 'weighted_value' }, {}, SHOWN),
    ...notes(OPEN, {}, SHOWN),
  ],
  freshness: [
    drill('received_events', { events_last_hour: 'events', delay_p50_seconds: '', delay_p95_seconds: '' }),
  ],
  sales_velocity: [drill(OPEN, { open_deals: 'deals' }, {}, SHOWN)],
  sales_cycle: [
    drill(CLOSED, { mean_days: 'cycle_days', median_days: '', p90_days: '', won_deals: 'deals' }, WON),
  ],
  won_by_source: grouped('source'),
  revenue_by_industry: grouped('industry'),
  live_activity: [drill('deal_history', { events: '' }, {}, { deal: 'deal_id' })],
  deals_over_time: [
    drill('created_deals', { created_deals: 'deals' }, {}, BUCKET),
    drill(CLOSED, { won_deals: 'deals' }, WON, BUCKET),
    drill(CLOSED, { lost_deals: 'deals' }, LOST, BUCKET),
  ],
  forecast: [
    drill(
      OPEN,
      { open_value: 'value', weighted_value: 'weighted_value', open_deals: 'deals' },
      {},
      { month: 'month', ...SHOWN },
    ),
  ],
  revenue_by_size: [
    drill(CLOSED, { won_value: 'value', won_deals: 'deals' }, WON, { ...BUCKET, size: 'size', ...SHOWN }),
  ],
  pipeline_by_stage: [
    drill('reached_deals', { reached_deals: 'deals' }, {}, { stage: 'stage_id' }),
    drill(OPEN, { open_deals: 'deals' }, {}, { stage: 'stage_id' }),
  ],
  won_by_campaign: [
    drill(CLOSED, { total_value: 'value', ...COUNTED }, WON, PAIR, NO_PAIR),
    drill(CLOSED, { lost_deals: 'deals' }, LOST, PAIR, NO_PAIR),
    drill(CLOSED, { win_rate: 'win_rate' }, {}, PAIR, NO_PAIR),
  ],
  leaderboard: [
    drill(CLOSED, { won_value: 'value', won_deals: 'deals', cycle_days: 'cycle_days' }, WON, OWNER, OTHERS),
    drill(CLOSED, { lost_deals: 'deals' }, LOST, OWNER, OTHERS),
    drill(CLOSED, { win_rate: 'win_rate' }, {}, OWNER, OTHERS),
    drill(OPEN, { open_deals: 'deals', open_value: 'value' }, {}, OWNER, OTHERS),
  ],
  top_organizations: ranked('organization'),
  top_contacts: ranked('contact'),
  ageing: [
    drill(OPEN, { open_deals: 'deals', open_value: 'value' }, {}, { age: 'age', ...SHOWN }),
    ...notes(OPEN, {}, { age: 'age' }),
  ],
  oldest_deals: [drill('deal_history', { title: '', age_days: '', value: '' }, {}, { deal: 'deal_id' })],
  lost_reasons: [
    drill(CLOSED, { lost_deals: 'deals', lost_value: 'value' }, LOST, { reason: 'reason', ...SHOWN }),
  ],
  email_quality: [
    drill('checked_contacts', { contacts: 'contacts' }, {}, { email_status: 'status' }),
    drill('checked_contacts', { unchecked_contacts: 'contacts' }, { only: 'unchecked' }),
  ],
};

const column = (field: string, format = 'text', more: Partial<ListSpec['columns'][number]> = {}) => ({
  field,
  format,
  currency: null,
  missing: null,
  link: null,
  ...more,
});
const total = (name: string, format: string, label: string) => ({ name, format, label });
const parameters = (text: string) => text.split(' ').map(name => ({ name, type: 'Array(String)' }));

const DEAL = [
  column('title', 'text', { link: 'link' }),
  column('owner'),
  column('stage'),
  column('organization'),
  column('value', 'money', { currency: 'value_currency' }),
  column('converted_value', 'money', { currency: 'currency', missing: 'is_unconverted' }),
];
const TOTALS = [
  total('deals', 'int', 'Deals'),
  total('value', 'money', 'Value'),
  total('average_value', 'money', 'Average value'),
  total('unconverted_deals', 'int', 'Not converted'),
  total('win_rate', 'percent', 'Win rate'),
];
const deals = (id: string, title: string, more: ListSpec['columns'], given: string): ListSpec => ({
  id,
  title,
  empty: 'No deal is in this list',
  key: 'deal_id',
  group: 'currency',
  columns: [...DEAL, ...more],
  totals: TOTALS,
  parameters: parameters(given),
});

export const LISTS: ListSpec[] = [
  deals(
    CLOSED,
    'Deals closed in this period',
    [column('status'), column('closed_at', 'time'), column('lost_reason')],
    'status only shown bucket reason organization contact not_owner not_source not_campaign not_industry',
  ),
  deals(
    OPEN,
    'Deals open now',
    [column('age_days', 'days'), column('expected_close', 'wall')],
    'only shown stage month age organization contact not_owner',
  ),
  deals('created_deals', 'Deals created in this period', [column('created_at', 'time')], 'bucket'),
  deals('reached_deals', 'Deals that reached the stage', [column('created_at', 'time')], 'stage'),
  {
    id: 'deal_history',
    title: 'What happened to the deal',
    empty: 'Nothing is known of this deal',
    key: 'event_uuid',
    group: null,
    columns: [column('at', 'time'), column('what'), column('title'), column('stage')],
    totals: [total('events', 'int', 'Events')],
    parameters: parameters('deal'),
  },
  {
    id: 'received_events',
    title: 'Events received in the last hour',
    empty: 'No event was received in the last hour',
    key: 'event_uuid',
    group: null,
    columns: [column('at', 'time'), column('title'), column('what')],
    totals: [total('events', 'int', 'Events')],
    parameters: [],
  },
  {
    id: 'checked_contacts',
    title: 'Contacts of deals created in this period',
    empty: 'No contact',
    key: 'contact',
    group: null,
    columns: [column('contact'), column('status')],
    totals: [total('contacts', 'int', 'Contacts')],
    parameters: parameters('email_status only'),
  },
];
