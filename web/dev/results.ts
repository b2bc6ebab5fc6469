/**
 * A development aid: answers the panels from the account, with the columns of the template's
 * SQL. Money goes out as decimal text, made of whole cents.
 */
import type { PanelResult } from '../src/api/wire.ts';
import { type Deal, STAGES } from './account.ts';
import {
  type Answer,
  average,
  type Board,
  columns,
  DAY,
  euro,
  inScope,
  openDeals,
  PROBABILITY,
  type Question,
  sum,
  text,
  unconverted,
  valueless,
  window,
  wonIn,
} from './counting.ts';
import { ageing, emailQuality, lostReasons, revenueByIndustry } from './groups.ts';
import { dealsOverTime, forecast, revenueBySize } from './over_time.ts';
import { leaderboard, oldestDeals, topContacts, topOrganizations, wonByCampaign } from './rankings.ts';
import { salesCycle, salesVelocity, winRate } from './rates.ts';

export function answer(panel: string, question: Question, board: Board, seq: number): PanelResult {
  const ask = ANSWERS[panel];
  const got = ask ? ask(question, board) : { columns: [], rows: [] };
  return {
    panel,
    seq,
    as_of: new Date(board.now).toISOString(),
    computed_ms: 12,
    state: 'ok',
    columns: got.columns,
    rows: board.isBare && panel !== 'freshness' ? [] : got.rows,
    error: null,
  };
}

const ANSWERS: { [panel: string]: (question: Question, board: Board) => Answer } = {
  won_value: wonValue,
  open_pipeline: openPipeline,
  freshness,
  won_by_source: wonBySource,
  live_activity: liveActivity,
  pipeline_by_stage: pipelineByStage,
  win_rate: winRate,
  sales_velocity: salesVelocity,
  sales_cycle: salesCycle,
  deals_over_time: dealsOverTime,
  revenue_by_size: revenueBySize,
  forecast,
  won_by_campaign: wonByCampaign,
  leaderboard,
  top_organizations: topOrganizations,
  top_contacts: topContacts,
  oldest_deals: oldestDeals,
  revenue_by_industry: revenueByIndustry,
  ageing,
  lost_reasons: lostReasons,
  email_quality: emailQuality,
};

function wonValue(question: Question, board: Board): Answer {
  const { from, to } = window(question, board.now);
  const won = wonIn(question, board, from, to);
  const before = wonIn(question, board, from - (to - from), from - Math.max(0, to - board.now));
  const starts: string[] = [];
  const values: string[] = [];
  for (let at = from; at < Math.min(to, board.now); at += DAY) {
    starts.push(new Date(at).toISOString().slice(0, 19).replace('T', ' '));
    values.push(text(sum(wonIn(question, board, at, at + DAY))));
  }
  const total = sum(won);
  const earlier = sum(before);
  return {
    columns: columns(
      "currency:String won_value:Decimal(38,4) won_deals:UInt64 average_value:Nullable(Decimal(38,4)) unconverted_deals:UInt64 zero_value_deals:UInt64 deals_without_value:UInt64 previous_value:Nullable(Decimal(38,4)) previous_deals:UInt64 change:Nullable(Float64) spark_at:Array(DateTime('Europe/Warsaw')) spark_value:Array(Decimal(38,4))",
    ),
    rows:
      won.length + before.length === 0
        ? []
        : [
            [
              'EUR',
              text(total),
              String(won.length),
              average(won),
              String(unconverted(won)),
              '0',
              String(valueless(won)),
              before.length === 0 ? null : text(earlier),
              String(before.length),
              earlier === 0 ? null : (total - earlier) / earlier,
              starts,
              values,
            ],
          ],
  };
}

function openPipeline(question: Question, board: Board): Answer {
  const open = openDeals(question, board);
  const weighted = open.reduce(
    (all, deal) => all + Math.round((euro(deal) ?? 0) * (PROBABILITY[deal.stage] ?? 1)),
    0,
  );
  return {
    columns: columns(
      'currency:String open_value:Decimal(38,4) open_deals:UInt64 weighted_value:Decimal(38,4) average_value:Nullable(Decimal(38,4)) unconverted_deals:UInt64',
    ),
    rows:
      open.length === 0
        ? []
        : [
            [
              'EUR',
              text(sum(open)),
              String(open.length),
              text(weighted),
              average(open),
              String(unconverted(open)),
            ],
          ],
  };
}

function freshness(_question: Question, board: Board): Answer {
  const last = board.account.happenings[0]?.at ?? null;
  const iso = (at: number | null) => (at === null || board.isBare ? null : new Date(at).toISOString());
  return {
    columns: columns(
      'last_event_at:Nullable(DateTime64(6)) last_loaded_at:Nullable(DateTime64(6)) heartbeat_at:Nullable(DateTime64(6)) events_last_hour:UInt64 delay_p50_seconds:Nullable(Float64) delay_p95_seconds:Nullable(Float64)',
    ),
    rows: [
      [
        iso(last),
        iso(last === null ? null : last + 160),
        new Date(board.heartbeatAt).toISOString(),
        String(board.account.happenings.filter(one => one.at > board.now - 3_600_000).length),
        board.isBare ? null : 0.142,
        board.isBare ? null : 0.318,
      ],
    ],
  };
}

const TOP = 20;

function wonBySource(question: Question, board: Board): Answer {
  const { from, to } = window(question, board.now);
  const groups = new Map<string, Deal[]>();
  for (const deal of wonIn(question, board, from, to)) {
    groups.set(deal.source, [...(groups.get(deal.source) ?? []), deal]);
  }
  const ranked = [...groups].sort((a, b) => sum(b[1]) - sum(a[1]));
  const rest = ranked.slice(TOP);
  const row = (source: string, deals: Deal[], isOther: boolean, sources: number): unknown[] => [
    'EUR',
    source,
    String(deals.length),
    text(sum(deals)),
    average(deals),
    String(unconverted(deals)),
    '0',
    String(valueless(deals)),
    isOther,
    String(sources),
  ];
  return {
    columns: columns(
      'currency:String source:String won_deals:UInt64 total_value:Nullable(Decimal(38,4)) average_value:Nullable(Decimal(38,4)) unconverted_deals:UInt64 zero_value_deals:UInt64 deals_without_value:UInt64 is_other:Bool sources:UInt64',
    ),
    rows: [
      ...ranked.slice(0, TOP).map(([source, deals]) => row(source, deals, false, 1)),
      ...(rest.length > 0
        ? [
            row(
              '(other)',
              rest.flatMap(([, deals]) => deals),
              true,
              rest.length,
            ),
          ]
        : []),
    ],
  };
}

function liveActivity(question: Question, board: Board): Answer {
  const told = board.account.happenings.filter(one => inScope(question, one.deal)).slice(0, 50);
  return {
    columns: columns(
      'at:DateTime64(6) event_uuid:UUID what:String events:UInt64 deal_id:UInt64 title:String value:Nullable(Decimal(18,4)) previous_value:Nullable(Decimal(18,4)) currency:String status:String stage:String previous_stage:String lost_reason:String owner:String actor:String source:String',
    ),
    rows: told.map(one => [
      new Date(one.at).toISOString(),
      one.uuid,
      one.what,
      String(one.events),
      String(one.deal.id),
      one.deal.title,
      one.deal.cents === null ? null : text(one.deal.cents),
      one.previousCents === null ? null : text(one.previousCents),
      one.deal.currency,
      one.deal.status,
      one.stage,
      one.previousStage,
      one.lostReason,
      one.deal.owner,
      one.deal.owner,
      one.deal.source,
    ]),
  };
}

function pipelineByStage(question: Question, board: Board): Answer {
  const { from, to } = window(question, board.now);
  const cohort = board.account.deals.filter(
    deal => inScope(question, deal) && deal.addedAt >= from && deal.addedAt < to,
  );
  const open = openDeals(question, board);
  const reached = STAGES.map((_, i) => cohort.filter(deal => deal.furthest >= i).length);
  const share = (a: number | undefined, b: number | undefined) => (a === undefined || !b ? null : a / b);
  return {
    columns: columns(
      'pipeline_id:UInt64 pipeline:String stage_id:UInt64 stage:String position:Nullable(UInt32) reached_deals:UInt64 from_previous:Nullable(Float64) from_first:Nullable(Float64) open_deals:UInt64 open_currencies:Array(String) open_values:Array(Nullable(Decimal(38,4))) unconverted_deals:UInt64',
    ),
    rows:
      cohort.length + open.length === 0
        ? []
        : STAGES.map((stage, i) => {
            const here = open.filter(deal => deal.stage === i);
            return [
              '1',
              'Sales',
              String(i + 1),
              stage,
              i + 1,
              String(reached[i] ?? 0),
              i === 0 ? null : share(reached[i], reached[i - 1]),
              share(reached[i], reached[0]),
              String(here.length),
              here.length === 0 ? [] : ['EUR'],
              here.length === 0 ? [] : [text(sum(here))],
              String(unconverted(here)),
            ];
          }),
  };
}
