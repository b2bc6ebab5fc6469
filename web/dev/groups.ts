/** A development aid: the panels of bars. */
import type { Deal } from './account.ts';
import {
  type Answer,
  average,
  type Board,
  columns,
  DAY,
  inScope,
  openDeals,
  type Question,
  sum,
  text,
  unconverted,
  valueless,
  window,
  wonIn,
} from './counting.ts';
import { lostIn } from './rates.ts';
import { EMAIL_STATUSES, traitsOf } from './traits.ts';

export function grouped(deals: Deal[], by: (deal: Deal) => string): [string, Deal[]][] {
  const groups = new Map<string, Deal[]>();
  for (const deal of deals) groups.set(by(deal), [...(groups.get(by(deal)) ?? []), deal]);
  return [...groups];
}

export function revenueByIndustry(question: Question, board: Board): Answer {
  const { from, to } = window(question, board.now);
  const groups = grouped(wonIn(question, board, from, to), deal => traitsOf(deal).industry);
  return {
    columns: columns(
      'currency:String industry:String won_deals:UInt64 total_value:Nullable(Decimal(38,4)) average_value:Nullable(Decimal(38,4)) unconverted_deals:UInt64 zero_value_deals:UInt64 deals_without_value:UInt64 is_other:Bool industries:UInt64',
    ),
    rows: groups
      .sort((a, b) => sum(b[1]) - sum(a[1]))
      .map(([industry, deals]) => [
        'EUR',
        industry,
        String(deals.length),
        text(sum(deals)),
        average(deals),
        String(unconverted(deals)),
        '0',
        String(valueless(deals)),
        false,
        '1',
      ]),
  };
}

const AGES: [string, number][] = [
  ['0–6 days', 7],
  ['7–13 days', 14],
  ['14–29 days', 30],
  ['30–59 days', 60],
  ['60 days and more', Number.POSITIVE_INFINITY],
];

export function ageing(question: Question, board: Board): Answer {
  const open = openDeals(question, board);
  const days = (deal: Deal) => Math.max(0, Math.floor((board.now - deal.stageAt) / DAY));
  return {
    columns: columns(
      'currency:String age:String open_deals:UInt64 open_value:Nullable(Decimal(38,4)) unconverted_deals:UInt64',
    ),
    rows:
      open.length === 0
        ? []
        : AGES.map(([age, below], i) => {
            const deals = open.filter(deal => days(deal) >= (AGES[i - 1]?.[1] ?? 0) && days(deal) < below);
            return ['EUR', age, String(deals.length), text(sum(deals)), String(unconverted(deals))];
          }),
  };
}

export function lostReasons(question: Question, board: Board): Answer {
  const { from, to } = window(question, board.now);
  const lost = lostIn(question, board, from, to);
  const none = '(no reason given)';
  const groups = grouped(lost, deal => deal.lostReason || none);
  if (!groups.some(([reason]) => reason === none) && lost.length > 0) groups.push([none, []]);
  return {
    columns: columns(
      'currency:String reason:String lost_deals:UInt64 lost_value:Nullable(Decimal(38,4)) share:Nullable(Float64) unconverted_deals:UInt64',
    ),
    rows: groups
      .sort((a, b) => b[1].length - a[1].length)
      .map(([reason, deals]) => [
        'EUR',
        reason,
        String(deals.length),
        text(sum(deals)),
        deals.length / lost.length,
        String(unconverted(deals)),
      ]),
  };
}

export function emailQuality(question: Question, board: Board): Answer {
  const { from, to } = window(question, board.now);
  const created = board.account.deals.filter(
    deal => inScope(question, deal) && deal.addedAt >= from && deal.addedAt < to,
  );
  const contacts = grouped(created, deal => traitsOf(deal).contact).map(([, deals]) => deals[0]);
  const traits = contacts.filter(deal => deal !== undefined).map(traitsOf);
  const of = (status: string) => traits.filter(one => one.email === status).length;
  const checked = traits.length - of('(not checked)');
  const counters = [
    String(traits.filter(one => one.isDisposable).length),
    String(traits.filter(one => one.isBlocked).length),
    String(of('(not checked)')),
    checked === 0 ? null : of('valid') / checked,
  ];
  return {
    columns: columns(
      'status:String contacts:UInt64 share:Nullable(Float64) disposable_contacts:UInt64 blocked_contacts:UInt64 unchecked_contacts:UInt64 deliverable_share:Nullable(Float64)',
    ),
    rows:
      traits.length === 0
        ? []
        : EMAIL_STATUSES.filter(status => of(status) > 0)
            .sort((a, b) => of(b) - of(a))
            .map(status => [status, String(of(status)), of(status) / traits.length, ...counters]),
  };
}
