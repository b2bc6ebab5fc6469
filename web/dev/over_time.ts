/** A development aid: the panels over time. */
import { wallTimeAt } from '../src/format/time.ts';
import type { Deal } from './account.ts';
import {
  type Answer,
  type Board,
  columns,
  DAY,
  inScope,
  openDeals,
  PROBABILITY,
  type Question,
  sum,
  TZ,
  text,
  window,
  wonIn,
} from './counting.ts';
import { lostIn } from './rates.ts';
import { SIZES, traitsOf } from './traits.ts';

const wall = (at: number) => new Date(at).toISOString().slice(0, 19).replace('T', ' ');

/** As reporting chooses its grain: hours, days, then weeks from Monday. */
function starts(question: Question, board: Board): { at: number; to: number; isAhead: boolean }[] {
  const { from, to } = window(question, board.now);
  const days = (to - from) / DAY;
  const step = days <= 2 ? DAY / 24 : days <= 92 ? DAY : 7 * DAY;
  const monday = from - ((new Date(from).getUTCDay() + 6) % 7) * DAY;
  const now = wallTimeAt(board.now, TZ);
  const out: { at: number; to: number; isAhead: boolean }[] = [];
  for (let at = step > DAY ? monday : from; at < to; at += step)
    out.push({ at, to: at + step, isAhead: at > now });
  return out;
}

/** A bucket counts what lies in the period alone. */
function within(question: Question, board: Board, at: number, to: number) {
  const period = window(question, board.now);
  return [Math.max(at, period.from), Math.min(to, period.to)] as const;
}

export function dealsOverTime(question: Question, board: Board): Answer {
  return {
    columns: columns(
      "bucket_at:DateTime('Europe/Warsaw') created_deals:Nullable(UInt64) won_deals:Nullable(UInt64) lost_deals:Nullable(UInt64)",
    ),
    rows: starts(question, board).map(({ at, to, isAhead }) => {
      const [from, end] = within(question, board, at, to);
      const created = board.account.deals.filter(
        deal => inScope(question, deal) && deal.addedAt >= from && deal.addedAt < end,
      );
      const counts = [created, wonIn(question, board, from, end), lostIn(question, board, from, end)];
      return [wall(at), ...counts.map(deals => (isAhead ? null : String(deals.length)))];
    }),
  };
}

export function revenueBySize(question: Question, board: Board): Answer {
  const rows = starts(question, board).flatMap(({ at, to, isAhead }) => {
    const won = wonIn(question, board, ...within(question, board, at, to));
    return SIZES.map(size => {
      const deals = won.filter(deal => traitsOf(deal).size === size);
      return [
        wall(at),
        size,
        'EUR',
        isAhead ? null : text(sum(deals)),
        isAhead ? null : String(deals.length),
      ];
    });
  });
  const hasAny = rows.some(row => row[4] !== null && row[4] !== '0');
  return {
    columns: columns(
      "bucket_at:DateTime('Europe/Warsaw') size:String currency:String won_value:Nullable(Decimal(38,4)) won_deals:Nullable(UInt64)",
    ),
    rows: hasAny ? rows : [],
  };
}

export function forecast(question: Question, board: Board): Answer {
  const open = openDeals(question, board);
  const today = new Date(wallTimeAt(board.now, TZ));
  const month = (ahead: number) => Date.UTC(today.getUTCFullYear(), today.getUTCMonth() + ahead, 1);
  const expected = (deal: Deal) => traitsOf(deal).expectedAt;
  const between = (from: number, to: number) =>
    open.filter(deal => (expected(deal) ?? from - 1) >= from && (expected(deal) ?? to) < to);
  const weighted = (deals: Deal[]) =>
    deals.reduce((all, deal) => all + Math.round(sum([deal]) * (PROBABILITY[deal.stage] ?? 1)), 0);
  const row = (at: number | null, word: string, deals: Deal[], flag: string) => [
    at === null ? null : wall(at).slice(0, 10),
    word,
    'EUR',
    text(sum(deals)),
    text(weighted(deals)),
    String(deals.length),
    flag === 'overdue',
    flag === 'later',
    flag === 'unset',
  ];
  return {
    columns: columns(
      'month_at:Nullable(Date) month:String currency:String open_value:Nullable(Decimal(38,4)) weighted_value:Nullable(Decimal(38,4)) open_deals:UInt64 is_overdue:Bool is_later:Bool is_unset:Bool',
    ),
    rows:
      open.length === 0
        ? []
        : [
            row(null, 'overdue', between(0, month(0)), 'overdue'),
            ...Array.from({ length: 12 }, (_, i) =>
              row(month(i), wall(month(i)).slice(0, 7), between(month(i), month(i + 1)), ''),
            ),
            row(null, 'later', between(month(12), Number.POSITIVE_INFINITY), 'later'),
            row(
              null,
              '(not set)',
              open.filter(deal => expected(deal) === null),
              'unset',
            ),
          ],
  };
}
