/** A development aid: the tiles of rates. */
import type { Deal } from './account.ts';
import {
  type Answer,
  type Board,
  columns,
  DAY,
  inScope,
  openDeals,
  type Question,
  sum,
  text,
  window,
  wonIn,
} from './counting.ts';

export function lostIn(question: Question, board: Board, from: number, to: number): Deal[] {
  return board.account.deals.filter(
    deal =>
      deal.status === 'lost' &&
      inScope(question, deal) &&
      deal.closedAt !== null &&
      deal.closedAt >= from &&
      deal.closedAt < to,
  );
}

export function rate(won: number, lost: number): number | null {
  return won + lost === 0 ? null : won / (won + lost);
}

export function lengths(won: Deal[]): number[] {
  return won.map(deal => ((deal.closedAt ?? deal.addedAt) - deal.addedAt) / DAY).sort((a, b) => a - b);
}

export function mean(of: number[]): number | null {
  return of.length === 0 ? null : of.reduce((all, one) => all + one, 0) / of.length;
}

const at = (of: number[], share: number) =>
  of[Math.min(of.length - 1, Math.floor(of.length * share))] ?? null;
const less = (a: number | null, b: number | null) => (a === null || b === null ? null : a - b);

/** The period, and as much of the one before as this one has seen. */
function both(question: Question, board: Board) {
  const { from, to } = window(question, board.now);
  const before = { from: from - (to - from), to: from - Math.max(0, to - board.now) };
  return { now: { from, to }, before };
}

export function winRate(question: Question, board: Board): Answer {
  const { now, before } = both(question, board);
  const won = wonIn(question, board, now.from, now.to);
  const lost = lostIn(question, board, now.from, now.to);
  const earlier = rate(
    wonIn(question, board, before.from, before.to).length,
    lostIn(question, board, before.from, before.to).length,
  );
  const share = rate(won.length, lost.length);
  return {
    columns: columns(
      'win_rate:Nullable(Float64) won_deals:UInt64 lost_deals:UInt64 win_rate_by_value:Nullable(Float64) previous_win_rate:Nullable(Float64) change_points:Nullable(Float64)',
    ),
    rows:
      share === null
        ? []
        : [
            [
              share,
              String(won.length),
              String(lost.length),
              rate(sum(won), sum(lost)),
              earlier,
              less(share, earlier),
            ],
          ],
  };
}

export function salesCycle(question: Question, board: Board): Answer {
  const { now, before } = both(question, board);
  const days = lengths(wonIn(question, board, now.from, now.to));
  const earlier = mean(lengths(wonIn(question, board, before.from, before.to)));
  const average = mean(days);
  return {
    columns: columns(
      'mean_days:Nullable(Float64) median_days:Nullable(Float64) p90_days:Nullable(Float64) won_deals:UInt64 previous_mean_days:Nullable(Float64) change_days:Nullable(Float64) negative_durations:UInt64',
    ),
    rows:
      days.length === 0
        ? []
        : [
            [
              average,
              at(days, 0.5),
              at(days, 0.9),
              String(days.length),
              earlier,
              less(average, earlier),
              '0',
            ],
          ],
  };
}

export function salesVelocity(question: Question, board: Board): Answer {
  const { from, to } = window(question, board.now);
  const since = Math.min(from, board.now - 90 * DAY);
  const won = wonIn(question, board, since, to);
  const share = rate(won.length, lostIn(question, board, since, to).length);
  const cycle = mean(lengths(won));
  const open = openDeals(question, board).length;
  const average = won.length === 0 ? null : Math.round(sum(won) / won.length);
  const isWhole = average !== null && share !== null && cycle !== null;
  const velocity = isWhole ? Math.round((open * average * share) / Math.max(1 / 24, cycle)) : null;
  return {
    columns: columns(
      'currency:String velocity:Nullable(Decimal(38,4)) open_deals:UInt64 average_won_value:Nullable(Decimal(38,4)) win_rate:Nullable(Float64) cycle_days:Nullable(Float64)',
    ),
    rows:
      open + won.length === 0
        ? []
        : [
            [
              'EUR',
              velocity === null ? null : text(velocity),
              String(open),
              average === null ? null : text(average),
              share,
              cycle,
            ],
          ],
  };
}
