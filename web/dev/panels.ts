/** A development aid: the panels beyond the first six, as `pipedrive-deals/2.0` describes them. */
import type { PanelSpec } from '../src/api/wire.ts';

const int = (field: string) => ({ field, format: 'int' });
const money = (field: string) => ({ field, format: 'money' });
const percent = (field: string) => ({ field, format: 'percent' });
const days = (field: string) => ({ field, format: 'days' });
const word = (field: string) => ({ field, format: 'text' });
const MONEY = ['unconverted_deals', 'zero_value_deals', 'deals_without_value'];
const NATIVE = { group: 'currency', currency: 'currency' };

type Given = Omit<PanelSpec, 'span' | 'notes' | 'filter_on_click' | 'drill'> &
  Partial<Pick<PanelSpec, 'notes' | 'filter_on_click' | 'drill'>> & { wide: number; medium?: number };

function panel({ wide, medium = 6, ...given }: Given): PanelSpec {
  return { notes: [], filter_on_click: null, drill: [], ...given, span: { wide, medium, narrow: 1 } };
}

export const MORE_PANELS: PanelSpec[] = [
  panel({
    id: 'win_rate',
    kind: 'stat',
    title: 'Win rate',
    definition: 'Won deals as a share of won and lost ones, among those closed in the period.',
    anchor: 'closed',
    wide: 4,
    medium: 3,
    encode: {
      value: percent('win_rate'),
      details: [int('won_deals'), int('lost_deals'), percent('win_rate_by_value')],
      change: { field: 'change_points', format: 'points', previous: 'previous_win_rate' },
      split: [
        { field: 'won_deals', tone: 'won' },
        { field: 'lost_deals', tone: 'lost' },
      ],
    },
  }),
  panel({
    id: 'sales_velocity',
    kind: 'stat',
    title: 'Sales velocity',
    definition: 'Open deals now times average won value times win rate, divided by the mean cycle in days.',
    anchor: 'now',
    wide: 4,
    medium: 3,
    encode: {
      currency: 'currency',
      value: { field: 'velocity', format: 'money', per: 'day' },
      details: [
        { ...int('open_deals'), panel: 'open_pipeline' },
        { ...money('average_won_value'), panel: 'won_value' },
        { ...percent('win_rate'), panel: 'win_rate' },
        { ...days('cycle_days'), panel: 'sales_cycle' },
      ],
    },
  }),
  panel({
    id: 'sales_cycle',
    kind: 'stat',
    title: 'Sales cycle',
    definition: 'Days from a deal’s creation to its win, over deals won in the period.',
    anchor: 'won',
    wide: 4,
    medium: 3,
    encode: {
      value: days('mean_days'),
      details: [days('median_days'), days('p90_days'), int('won_deals')],
      change: { field: 'change_days', format: 'days', previous: 'previous_mean_days' },
    },
    notes: ['negative_durations'],
  }),
  panel({
    id: 'won_by_campaign',
    kind: 'table',
    title: 'Won by campaign',
    definition: 'Deals won and lost in the period by source and campaign. Click a campaign to filter.',
    anchor: 'won',
    wide: 12,
    encode: {
      ...NATIVE,
      label: 'campaign',
      other: 'is_other',
      members: 'campaigns',
      columns: [
        word('source'),
        word('campaign'),
        int('won_deals'),
        int('lost_deals'),
        { ...money('total_value'), bar: true },
        { ...money('average_value'), bar: true },
        percent('win_rate'),
      ],
    },
    filter_on_click: { variable: 'campaign', field: 'campaign' },
  }),
  panel({
    id: 'deals_over_time',
    kind: 'columns',
    title: 'Deals created, won and lost',
    definition: 'Each deal once in each series it qualifies for, at its own time.',
    anchor: 'created',
    wide: 6,
    encode: {
      x: 'bucket_at',
      series: [
        { ...int('created_deals'), tone: 'open' },
        { ...int('won_deals'), tone: 'won' },
        { ...int('lost_deals'), tone: 'lost' },
      ],
      select: 'period',
    },
  }),
  panel({
    id: 'forecast',
    kind: 'columns',
    title: 'Forecast by expected close',
    definition: 'Open deals by the month of their expected close, as they are and weighted by probability.',
    anchor: 'open',
    wide: 6,
    encode: {
      ...NATIVE,
      x: 'month_at',
      label: 'month',
      series: [
        { ...money('open_value'), tone: 'open' },
        { ...money('weighted_value'), tone: 'accent' },
      ],
      value: int('open_deals'),
    },
  }),
  panel({
    id: 'leaderboard',
    kind: 'table',
    title: 'Leaderboard',
    definition: 'By present owner of the deals: won and lost in the period, open now.',
    anchor: 'closed',
    wide: 12,
    encode: {
      ...NATIVE,
      label: 'owner',
      columns: [
        int('rank'),
        int('rank_change'),
        word('owner'),
        { ...money('won_value'), bar: true, tone: 'won' },
        int('won_deals'),
        int('lost_deals'),
        percent('win_rate'),
        int('open_deals'),
        { ...money('open_value'), bar: true, tone: 'open' },
        days('cycle_days'),
      ],
    },
    filter_on_click: { variable: 'owner', field: 'owner_id' },
  }),
  panel({
    id: 'revenue_by_industry',
    kind: 'bars',
    title: 'Revenue by industry',
    definition: 'Deals won in the period by the industry of their organization.',
    anchor: 'won',
    wide: 6,
    encode: {
      ...NATIVE,
      label: 'industry',
      other: 'is_other',
      members: 'industries',
      value: int('won_deals'),
      bars: [money('total_value'), money('average_value')],
    },
    notes: MONEY,
    filter_on_click: { variable: 'industry', field: 'industry' },
  }),
  panel({
    id: 'revenue_by_size',
    kind: 'columns',
    title: 'Revenue by company size',
    definition: 'Won value by size of the organization, at the time it was won.',
    anchor: 'won',
    wide: 6,
    encode: { ...NATIVE, x: 'bucket_at', stack: { by: 'size', value: money('won_value') } },
    filter_on_click: { variable: 'size', field: 'size' },
  }),
  ...[
    ['top_organizations', 'Top organizations'],
    ['top_contacts', 'Top contacts'],
  ].map(([id = '', title = '']) =>
    panel({
      id,
      kind: 'table',
      title,
      definition: 'By value won in the period; open deals as of now.',
      anchor: 'won',
      wide: 6,
      encode: {
        ...NATIVE,
        label: 'name',
        columns: [
          word('name'),
          { ...money('won_value'), bar: true, tone: 'won' },
          int('won_deals'),
          int('open_deals'),
          money('open_value'),
          { field: 'last_event_at', format: 'time' },
        ],
      },
    }),
  ),
  panel({
    id: 'ageing',
    kind: 'bars',
    title: 'Ageing of open deals',
    definition: 'Open deals by full days in their present stage.',
    anchor: 'open',
    wide: 5,
    encode: { ...NATIVE, label: 'age', value: int('open_deals'), bars: [money('open_value')] },
    notes: ['unconverted_deals'],
  }),
  panel({
    id: 'oldest_deals',
    kind: 'table',
    title: 'Oldest open deals',
    definition: 'The 25 open deals that have stood longest in their stage.',
    anchor: 'open',
    wide: 7,
    encode: {
      currency: 'currency',
      label: 'title',
      columns: [
        word('title'),
        word('stage'),
        word('owner'),
        { ...days('age_days'), bar: true },
        money('value'),
        word('no_next_activity'),
      ],
    },
  }),
  panel({
    id: 'lost_reasons',
    kind: 'bars',
    title: 'Lost reasons',
    definition: 'Deals lost in the period by the reason given.',
    anchor: 'lost',
    wide: 7,
    encode: {
      ...NATIVE,
      label: 'reason',
      value: int('lost_deals'),
      share: percent('share'),
      bars: [money('lost_value')],
    },
    notes: ['unconverted_deals'],
  }),
  panel({
    id: 'email_quality',
    kind: 'bars',
    title: 'E-mail quality of contacts',
    definition: 'Contacts of deals created in the period, by the newest check of their address.',
    anchor: 'created',
    wide: 5,
    encode: {
      label: 'status',
      value: int('contacts'),
      share: percent('share'),
      bars: [],
      details: [
        int('disposable_contacts'),
        int('blocked_contacts'),
        int('unchecked_contacts'),
        percent('deliverable_share'),
      ],
    },
  }),
];
