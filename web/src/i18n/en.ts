/**
 * Every word of the page that does not come from the board's own texts.
 *
 * Sentences with a figure are functions of it; figures arrive formatted.
 */

import type { Period } from '../state/period.ts';
import type { Compare } from '../state/url.ts';

const PERIOD_NAMES: { [period in Period]: string } = {
  today: 'Today',
  '7d': 'Last 7 days',
  '30d': 'Last 30 days',
  '90d': 'Last 90 days',
  this_week: 'This week',
  last_week: 'Last week',
  this_month: 'This month',
  last_month: 'Last month',
  this_quarter: 'This quarter',
  last_quarter: 'Last quarter',
  this_year: 'This year',
  custom: 'Custom',
};

const COMPARE_NAMES: { [compare in Compare]: string } = {
  off: 'No comparison',
  previous: 'Previous period',
  year: 'Last year',
};

const ANCHORS: { [anchor: string]: string } = {
  won: 'No deals won',
  lost: 'No deals lost',
  closed: 'No deals closed',
  created: 'No deals created',
  open: 'No open deals',
  now: 'No open deals',
  event: 'No activity',
  events: 'No activity',
};

const plural = (count: string, one: string, many: string) => `${count} ${count === '1' ? one : many}`;

export const en = {
  product: 'Omni',
  skip: 'Skip to the panels',
  period: 'Period',
  periods: PERIOD_NAMES,
  compare: 'Compare with',
  compareShort: { off: 'Compare', previous: 'vs previous period', year: 'vs last year' } as {
    [compare in Compare]: string;
  },
  compares: COMPARE_NAMES,
  currency: 'Currency',
  company: 'Company',
  companyOf: (id: string) => `Company ${id}`,
  from: 'From',
  to: 'To',
  apply: 'Apply',
  close: 'Close',
  clear: 'Clear filters',
  clearOne: (label: string) => `Clear ${label.toLowerCase()}`,
  filters: 'Filters',
  filtersOf: (count: number) => (count === 0 ? 'Filters' : `Filters (${count})`),
  showResult: 'Show results',
  search: (label: string) => `Find a ${label.toLowerCase()}`,
  any: (label: string) => `Any ${label.toLowerCase()}`,
  several: (label: string, count: number) => `${label}: ${count}`,
  optionsFailed: 'The list could not be loaded.',
  optionsNone: 'Nothing to choose from yet.',
  remove: (label: string) => `Remove filter ${label}`,
  copyLink: 'Copy link to this view',
  copied: 'Link copied',
  theme: { auto: 'Theme: automatic', light: 'Theme: light', dark: 'Theme: dark' },
  pause: 'Pause updates',
  resume: 'Resume updates',
  pausedHeld: (count: number) =>
    count === 0 ? 'Paused' : `Paused · ${plural(String(count), 'panel has', 'panels have')} news`,
  fullScreen: 'Full screen',
  help: 'Keyboard shortcuts',
  board: 'Board',
  link: {
    live: 'Live',
    connecting: 'Connecting',
    waiting: 'Reconnecting',
    offline: 'Offline',
    hidden: 'Resting',
    ended: 'Ended',
    paused: 'Paused',
  },
  banner: {
    name: 'State of the board',
    lost: 'The connection is lost. What you see is kept.',
    refused: (why: string) => `The server does not take these choices: ${why}.`,
    retryIn: (age: string) => `Trying again in ${age}.`,
    retrying: 'Trying again…',
    retry: 'Try now',
    offline: 'This device is offline. What you see is kept, and updates resume by themselves.',
    ended: 'This session has ended. What you see is the last that arrived. Open the page anew to go on.',
    trouble: (why: string) => `The board could not be loaded: ${why}`,
    late: (age: string) => `New events are arriving late: the pipeline was last heard ${age} ago.`,
  },
  panel: {
    asOf: 'as of',
    updating: 'updating',
    old: (age: string) => `${age} old`,
    definition: 'What this shows',
    more: 'More',
    asTable: 'Show as table',
    asChart: 'Show as chart',
    csv: 'Download CSV',
    link: 'Copy link to this panel',
    failed: 'Could not be refreshed',
    failedFirst: 'Could not be loaded',
    failedKept: 'Showing the last good data.',
    failedId: (id: string) => `Reference ${id}`,
    loading: 'Loading',
    filterBy: (label: string) => `filter the board by ${label}`,
    unfilter: (label: string) => `remove the filter ${label}`,
  },
  empty: {
    anchor: (anchor: string | null | undefined): string | undefined => ANCHORS[anchor ?? ''],
    nothing: 'Nothing to show',
    within: (what: string, range: string | null, filters: string) =>
      `${what}${range === null ? '' : ` ${range}`}${filters === '' ? '' : ` with ${filters}`}.`,
    is: (label: string, values: string) => `${label.toLowerCase()} ${values}`,
    or: ' or ',
    and: ' and ',
  },
  notes: {
    unconverted: (count: string) =>
      plural(count, 'deal', 'deals').concat(' not converted for want of a rate'),
    zero_value: (count: string) => plural(count, 'deal has', 'deals have').concat(' no value and count as 0'),
    other: (top: string, all: string) => `Top ${top} of ${all}, the rest as (other)`,
    any: (count: string, what: string) => `${count} ${what}`,
  },
  table: {
    what: 'Figure',
    value: 'Value',
  },
  stat: {
    noEarlier: 'no earlier period',
    otherCurrencies: 'Other currencies',
    more: (count: number) => `${count} more`,
    versus: { off: '', previous: 'vs previous period', year: 'vs last year' } as {
      [compare in Compare]: string;
    },
    up: 'up',
    down: 'down',
    same: 'unchanged',
    ofWhole: (share: string, part: string) => `${part}: ${share}`,
    trend: (title: string, count: number) => `${title} over time, ${count} points`,
  },
  funnel: {
    stage: 'Stage',
    reached: 'Reached',
    step: 'From previous',
    total: 'From first',
    open: 'Open now',
    value: 'Open value',
    row: (label: string, reached: string, step: string, total: string, open: string, value: string) =>
      `${label}: ${reached} reached, ${step} of the stage before, ${total} of the first, ${open} open now worth ${value}`,
  },
  feed: {
    heldFresh: (count: number) => `Held · ${count} new`,
    hold: 'Hold the list',
    go: 'Let the list run',
    held: 'Held',
    order: 'Newest first',
    deal: (id: string) => `Deal ${id}`,
    added: 'created',
    deleted: 'deleted',
    merged: 'merged',
    updated: 'updated',
    won: 'won',
    lost: 'lost',
    reopened: 'reopened',
    moved: (from: string, to: string) => `${from} › ${to}`,
    entered: (to: string) => `moved to ${to}`,
    folded: (count: string) => `${count} changed at once`,
    open: 'Activity',
  },
  fresh: {
    states: {
      waiting: 'Waiting',
      fresh: 'Fresh',
      quiet: 'Quiet',
      late: 'Late',
      broken: 'Broken',
    },
    words: {
      waiting: 'Nothing has been loaded yet.',
      fresh: '',
      quiet: 'Nothing comes in; the pipeline is well.',
      late: 'The pipeline answers late.',
      broken: 'The pipeline has stopped answering.',
    },
    since: 'since the last event',
    never: 'no event so far',
    loaded: 'Last load',
    half: 'Received to loaded, p50',
    most: 'p95',
    ago: (age: string) => `${age} ago`,
  },
  first: {
    title: 'Waiting for the first event',
    lead: 'This board fills by itself once Pipedrive sends its first webhook. Set it up in Pipedrive once:',
    steps: [
      'In Pipedrive open Tools and apps, Webhooks, and create a webhook.',
      'Event action *, event object *. Version 2 if there is a choice.',
      'Endpoint URL: the webhook address shown here.',
      'HTTP Auth user name and password: those of the source, from your omni.toml or the start of omni dev.',
    ],
    address: 'Webhook address',
    user: 'User name',
    pattern: 'https://<your collector>/webhooks/pipedrive/<source>',
    patternHint: 'The collector must be reachable from the internet over HTTPS.',
    copy: 'Copy',
    copied: 'Copied',
    local: 'Pipedrive cannot reach an address on this machine: put a public HTTPS address in front of it.',
  },
  /** Points of a hundred, for differences of rates. */
  points: 'pp',
  truth: (is: boolean) => (is ? 'Yes' : 'No'),
  total: 'Total',
  columns: {
    bucket: 'Time',
    running: 'still running',
    ahead: 'not yet',
    pressToChoose: 'Press or drag to show these days alone',
    named: (name: string, figures: string) => `${name}: ${figures}`,
    figure: (label: string, figure: string) => `${label} ${figure}`,
    currencies: 'Currency shown',
    series: 'What is drawn',
  },
  summary: (parts: string[]) => `Updated: ${parts.join('; ')}.`,
  keys: [
    ['?', 'This list'],
    ['p', 'Pause or resume updates'],
    ['t', 'Period'],
    ['x', 'Comparison on, last year, off'],
    ['/', 'Filters'],
    ['c', 'Clear filters'],
    ['d', 'Theme'],
    ['f', 'Full screen'],
    ['e', 'CSV of the panel in focus'],
    ['↑ ↓ Home End', 'Move inside a chart or list'],
    ['Enter', 'Filter by the row, again to remove'],
    ['Esc', 'Close'],
  ] as [string, string][],
};

export type Words = typeof en;
export const t: Words = en;
