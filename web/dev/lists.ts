/** A development aid: the lists behind the numbers, of the same deals as the panels count. */
import type { ListResult } from '../src/api/wire.ts';
import { wallTimeAt } from '../src/format/time.ts';
import { type Deal, STAGES } from './account.ts';
import {
  average,
  type Board,
  columns,
  DAY,
  euro,
  inScope,
  openDeals,
  ownerId,
  type Question,
  sum,
  TZ,
  text,
  unconverted,
  window,
  wonIn,
} from './counting.ts';
import { LISTS } from './drills.ts';
import { grouped } from './groups.ts';
import { lostIn } from './rates.ts';
import { traitsOf } from './traits.ts';

/** What a request gives a list beside the board's choices. */
export interface Given {
  of: (name: string) => string[];
  sort: string;
  rows: number;
}

type Table = { types: string; rows: unknown[][] };

export function listed(list: string, question: Question, given: Given, board: Board): ListResult | null {
  const spec = LISTS.find(one => one.id === list);
  const table = tableOf(list, question, given, board);
  if (!spec || !table) return null;
  const named = columns(table.types);
  const at = named.findIndex(column => column.name === given.sort.replace(/^-/, ''));
  const turn = given.sort.startsWith('-') ? -1 : 1;
  const rows = at < 0 ? table.rows : [...table.rows].sort((a, b) => turn * compared(a[at], b[at]));
  const isDeals = spec.group !== null;
  const totals = isDeals ? dealTotals(dealsOf(list, question, given, board)) : [[true, String(rows.length)]];
  const counted = spec.totals[0]?.name ?? '';
  return {
    list,
    as_of: new Date(board.now).toISOString(),
    computed_ms: 9,
    columns: named,
    rows: board.isBare ? [] : rows.slice(0, given.rows),
    total_columns: columns(
      isDeals
        ? 'currency:String is_whole:Bool deals:UInt64 value:Nullable(Decimal(38,4)) average_value:Nullable(Decimal(38,4)) unconverted_deals:UInt64 win_rate:Nullable(Float64)'
        : `is_whole:Bool ${counted}:UInt64`,
    ),
    totals,
  };
}

function compared(a: unknown, b: unknown): number {
  const [x, y] = [Number(a), Number(b)];
  if (Number.isFinite(x) && Number.isFinite(y)) return x - y;
  return String(a).localeCompare(String(b));
}

function dealTotals(deals: Deal[]): unknown[][] {
  const won = deals.filter(deal => deal.status === 'won').length;
  const rate = deals.length === 0 ? null : won / deals.length;
  const told = [String(deals.length), text(sum(deals)), average(deals), String(unconverted(deals)), rate];
  return [
    ['', true, ...told],
    ['EUR', false, ...told],
  ];
}

function tableOf(list: string, question: Question, given: Given, board: Board): Table | null {
  const day = (at: number | null) => (at === null ? null : new Date(at).toISOString());
  if (list === 'deal_history' || list === 'received_events') {
    const happened = board.account.happenings.filter(one =>
      list === 'deal_history'
        ? given.of('deal').includes(String(one.deal.id))
        : one.at > board.now - DAY / 24,
    );
    return {
      types: 'event_uuid:UUID at:DateTime64(6) what:String title:String stage:String',
      rows: happened.map(one => [one.uuid, day(one.at), one.what, one.deal.title, one.stage]),
    };
  }
  if (list === 'checked_contacts') {
    const contacts = grouped(created(question, board), deal => traitsOf(deal).contact);
    const rows = contacts.map(([contact, deals]) => [contact, deals[0] ? traitsOf(deals[0]).email : '']);
    const statuses = given.of('only').includes('unchecked') ? ['(not checked)'] : given.of('email_status');
    return {
      types: 'contact:String status:String',
      rows: rows.filter(row => statuses.length === 0 || statuses.includes(String(row[1]))),
    };
  }
  return {
    types:
      'deal_id:UInt64 title:String owner:String stage:String organization:String status:String value:Nullable(Decimal(18,4)) value_currency:String currency:String converted_value:Nullable(Decimal(38,4)) is_unconverted:Bool age_days:Float64 expected_close:Nullable(Date) created_at:DateTime64(6) closed_at:Nullable(DateTime64(6)) lost_reason:String link:String',
    rows: dealsOf(list, question, given, board).map(deal => {
      const converted = euro(deal);
      return [
        String(deal.id),
        deal.title,
        deal.owner,
        STAGES[deal.stage] ?? '',
        traitsOf(deal).organization,
        deal.status,
        deal.cents === null ? null : text(deal.cents),
        deal.currency,
        'EUR',
        converted === null ? null : text(converted),
        deal.cents !== null && converted === null,
        ageOf(deal, board),
        day(traitsOf(deal).expectedAt)?.slice(0, 10) ?? null,
        day(deal.addedAt),
        day(deal.closedAt),
        deal.lostReason,
        `https://acme.pipedrive.com/deal/${deal.id}`,
      ];
    }),
  };
}

function ageOf(deal: Deal, board: Board): number {
  return Math.max(0, Math.floor((board.now - deal.stageAt) / DAY));
}

function created(question: Question, board: Board): Deal[] {
  const { from, to } = window(question, board.now);
  return board.account.deals.filter(
    deal => inScope(question, deal) && deal.addedAt >= from && deal.addedAt < to,
  );
}

function dealsOf(list: string, question: Question, given: Given, board: Board): Deal[] {
  const { from, to } = window(question, board.now);
  const closed = () => [...wonIn(question, board, from, to), ...lostIn(question, board, from, to)];
  const found =
    list === 'open_deals'
      ? openDeals(question, board)
      : list === 'closed_deals'
        ? closed().sort((a, b) => (b.closedAt ?? 0) - (a.closedAt ?? 0))
        : created(question, board);
  return found.filter(deal => fits(list, deal, given, question, board));
}

function fits(list: string, deal: Deal, given: Given, question: Question, board: Board): boolean {
  const among = (name: string, value: string) =>
    given.of(name).length === 0 || given.of(name).includes(value);
  const { organization, contact, industry, expectedAt } = traitsOf(deal);
  const only = given.of('only')[0] ?? '';
  const place = given.of('not_source').findIndex((source, i) => {
    const campaign = given.of('not_campaign')[i];
    return source === deal.source && (campaign === undefined || campaign === deal.campaign);
  });
  return (
    among('status', deal.status) &&
    among('organization', organization) &&
    among('contact', contact) &&
    among('reason', deal.lostReason || '(no reason given)') &&
    !given.of('not_owner').includes(ownerId(deal.owner)) &&
    !given.of('not_industry').includes(industry) &&
    place < 0 &&
    (only !== 'unconverted' || (deal.cents !== null && euro(deal) === null)) &&
    (only !== 'without_value' || deal.cents === null) &&
    among('age', ageWord(ageOf(deal, board))) &&
    among('month', monthWord(expectedAt, board)) &&
    given
      .of('bucket')
      .every(at =>
        isInBucket(list === 'created_deals' ? deal.addedAt : deal.closedAt, at, question, board),
      ) &&
    (list === 'reached_deals'
      ? given.of('stage').every(stage => deal.furthest >= Number(stage) - 1)
      : among('stage', String(deal.stage + 1)))
  );
}

function ageWord(days: number): string {
  const words = ['0–6 days', '7–13 days', '14–29 days', '30–59 days', '60 days and more'];
  return words[[7, 14, 30, 60].filter(limit => days >= limit).length] ?? '';
}

function monthWord(at: number | null, board: Board): string {
  if (at === null) return '(not set)';
  const today = new Date(wallTimeAt(board.now, TZ));
  const first = Date.UTC(today.getUTCFullYear(), today.getUTCMonth(), 1);
  const end = Date.UTC(today.getUTCFullYear(), today.getUTCMonth() + 12, 1);
  if (at < first) return 'overdue';
  return at >= end ? 'later' : new Date(at).toISOString().slice(0, 7);
}

/** As long as the panel's buckets are. */
function isInBucket(at: number | null, bucket: string, question: Question, board: Board): boolean {
  const { from, to } = window(question, board.now);
  const days = (to - from) / DAY;
  const step = days <= 2 ? DAY / 24 : days <= 92 ? DAY : 7 * DAY;
  const start = Date.parse(`${bucket.replace(' ', 'T')}Z`);
  return at !== null && at >= start && at < start + step;
}
