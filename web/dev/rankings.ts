/** A development aid: the panels that are tables. */
import { type Deal, STAGES } from './account.ts';
import {
  type Answer,
  average,
  type Board,
  columns,
  DAY,
  euro,
  openDeals,
  ownerId,
  type Question,
  sum,
  text,
  window,
  wonIn,
} from './counting.ts';
import { grouped } from './groups.ts';
import { lengths, lostIn, mean, rate } from './rates.ts';
import { traitsOf } from './traits.ts';

const TOP = 20;

export function wonByCampaign(question: Question, board: Board): Answer {
  const { from, to } = window(question, board.now);
  const name = (deal: Deal) => `${deal.source}|${deal.campaign}`;
  const won = grouped(wonIn(question, board, from, to), name);
  const lost = new Map(grouped(lostIn(question, board, from, to), name));
  const ranked = won.sort((a, b) => sum(b[1]) - sum(a[1]));
  const row = (
    source: string,
    campaign: string,
    deals: Deal[],
    gone: Deal[],
    isOther: boolean,
    of: number,
  ) => [
    'EUR',
    source,
    campaign,
    String(deals.length),
    String(gone.length),
    text(sum(deals)),
    average(deals),
    rate(deals.length, gone.length),
    isOther,
    String(of),
  ];
  const rest = ranked.slice(TOP);
  return {
    columns: columns(
      'currency:String source:String campaign:String won_deals:UInt64 lost_deals:UInt64 total_value:Nullable(Decimal(38,4)) average_value:Nullable(Decimal(38,4)) win_rate:Nullable(Float64) is_other:Bool campaigns:UInt64',
    ),
    rows: [
      ...ranked.slice(0, TOP).map(([key, deals]) => {
        const [source = '', campaign = ''] = key.split('|');
        return row(source, campaign, deals, lost.get(key) ?? [], false, 1);
      }),
      ...(rest.length === 0
        ? []
        : [
            row(
              '',
              '(other)',
              rest.flatMap(([, deals]) => deals),
              rest.flatMap(([key]) => lost.get(key) ?? []),
              true,
              rest.length,
            ),
          ]),
    ],
  };
}

export function leaderboard(question: Question, board: Board): Answer {
  const { from, to } = window(question, board.now);
  const by = (deals: Deal[]) => new Map(grouped(deals, deal => deal.owner));
  const won = by(wonIn(question, board, from, to));
  const lost = by(lostIn(question, board, from, to));
  const open = by(openDeals(question, board));
  const before = by(wonIn(question, board, from - (to - from), from));
  const owners = [...new Set([...won.keys(), ...lost.keys(), ...open.keys()])];
  const ranked = (of: Map<string, Deal[]>) =>
    [...owners].sort((a, b) => sum(of.get(b) ?? []) - sum(of.get(a) ?? []) || a.localeCompare(b));
  const earlier = ranked(before);
  return {
    columns: columns(
      'currency:String rank:UInt64 rank_change:Nullable(Int64) owner_id:UInt64 owner:String won_value:Decimal(38,4) won_deals:UInt64 lost_deals:UInt64 win_rate:Nullable(Float64) open_deals:UInt64 open_value:Decimal(38,4) cycle_days:Nullable(Float64)',
    ),
    rows: ranked(won).map((owner, i) => {
      const mine = won.get(owner) ?? [];
      const gone = lost.get(owner) ?? [];
      const still = open.get(owner) ?? [];
      return [
        'EUR',
        String(i + 1),
        before.has(owner) ? String(earlier.indexOf(owner) - i) : null,
        ownerId(owner),
        owner,
        text(sum(mine)),
        String(mine.length),
        String(gone.length),
        rate(mine.length, gone.length),
        String(still.length),
        text(sum(still)),
        mean(lengths(mine)),
      ];
    }),
  };
}

function top(question: Question, board: Board, by: (deal: Deal) => string): Answer {
  const { from, to } = window(question, board.now);
  const won = new Map(grouped(wonIn(question, board, from, to), by));
  const open = new Map(grouped(openDeals(question, board), by));
  const names = [...new Set([...won.keys(), ...open.keys()])];
  const value = (name: string) => sum(won.get(name) ?? []);
  return {
    columns: columns(
      'currency:String name:String won_value:Decimal(38,4) won_deals:UInt64 open_deals:UInt64 open_value:Decimal(38,4) last_event_at:Nullable(DateTime64(6))',
    ),
    rows: names
      .sort((a, b) => value(b) - value(a) || a.localeCompare(b))
      .slice(0, 25)
      .map(name => {
        const all = [...(won.get(name) ?? []), ...(open.get(name) ?? [])];
        const last = Math.max(...all.map(deal => deal.closedAt ?? deal.stageAt));
        return [
          'EUR',
          name,
          text(value(name)),
          String(won.get(name)?.length ?? 0),
          String(open.get(name)?.length ?? 0),
          text(sum(open.get(name) ?? [])),
          new Date(last).toISOString(),
        ];
      }),
  };
}

export function topOrganizations(question: Question, board: Board): Answer {
  return top(question, board, deal => traitsOf(deal).organization);
}

export function topContacts(question: Question, board: Board): Answer {
  return top(question, board, deal => traitsOf(deal).contact);
}

export function oldestDeals(question: Question, board: Board): Answer {
  const oldest = openDeals(question, board).sort((a, b) => a.stageAt - b.stageAt);
  return {
    columns: columns(
      'currency:String deal_id:UInt64 title:String stage:String owner:String age_days:Float64 value:Nullable(Decimal(38,4)) no_next_activity:Bool',
    ),
    rows: oldest
      .slice(0, 25)
      .map(deal => [
        'EUR',
        String(deal.id),
        deal.title,
        STAGES[deal.stage] ?? '',
        deal.owner,
        Math.floor((board.now - deal.stageAt) / DAY),
        euro(deal) === null ? null : text(euro(deal) ?? 0),
        !traitsOf(deal).hasNextActivity,
      ]),
  };
}
