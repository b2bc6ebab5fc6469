/**
 * A development aid: which deals a question means, and what they come to. All panels count with
 * these, so that their figures agree.
 */
import type { Column } from '../src/api/wire.ts';
import { dayIn, isPeriod, periodDays } from '../src/state/period.ts';
import { type Account, type Deal, OWNERS } from './account.ts';
import { traitsOf } from './traits.ts';

export interface Question {
  period: string;
  from: string | null;
  to: string | null;
  lists: { [name: string]: string[] };
}

export interface Board {
  account: Account;
  now: number;
  heartbeatAt: number;
  /** Nothing was ever loaded. */
  isBare: boolean;
}

export const TZ = 'Europe/Warsaw';
export const DAY = 86_400_000;
export const PROBABILITY = [0.1, 0.25, 0.45, 0.65, 0.85];

export type Answer = { columns: Column[]; rows: unknown[][] };

export function columns(text: string): Column[] {
  return text.split(' ').map(pair => {
    const [name = '', type = ''] = pair.split(':');
    return { name, type };
  });
}

export function inScope(question: Question, deal: Deal): boolean {
  const fits = (name: string, value: string) => {
    const wanted = question.lists[name] ?? [];
    return wanted.length === 0 || wanted.includes(value);
  };
  const { industry, size } = traitsOf(deal);
  return (
    fits('source', deal.source) &&
    fits('campaign', deal.campaign) &&
    fits('owner', ownerId(deal.owner)) &&
    fits('industry', industry) &&
    fits('size', size)
  );
}

/** Users are chosen by id and told by name. */
export function ownerId(name: string): string {
  return String(OWNERS.indexOf(name) + 1);
}

export function window(question: Question, now: number): { from: number; to: number } {
  const period = isPeriod(question.period) ? question.period : '30d';
  const days = periodDays(period, dayIn(now, TZ), question.from, question.to);
  if (!days) return { from: now - 30 * DAY, to: now };
  const at = (day: { year: number; month: number; day: number }) =>
    Date.UTC(day.year, day.month - 1, day.day);
  return { from: at(days.first), to: at(days.last) + DAY };
}

/** Cents in euro, or null where there is no rate. */
export function euro(deal: Deal): number | null {
  if (deal.cents === null) return null;
  if (deal.currency === 'EUR') return deal.cents;
  return deal.currency === 'USD' ? Math.round(deal.cents * 0.92) : null;
}

export function text(cents: number): string {
  return `${(cents / 100).toFixed(2)}00`;
}

export function sum(deals: Deal[]): number {
  return deals.reduce((all, deal) => all + (euro(deal) ?? 0), 0);
}

export function average(deals: Deal[]): string | null {
  const priced = deals.filter(deal => euro(deal) !== null);
  return priced.length === 0 ? null : text(Math.round(sum(priced) / priced.length));
}

export const unconverted = (deals: Deal[]) =>
  deals.filter(deal => deal.cents !== null && euro(deal) === null).length;
export const valueless = (deals: Deal[]) => deals.filter(deal => deal.cents === null).length;

export function wonIn(question: Question, board: Board, from: number, to: number): Deal[] {
  return board.account.deals.filter(
    deal =>
      deal.status === 'won' &&
      inScope(question, deal) &&
      deal.closedAt !== null &&
      deal.closedAt >= from &&
      deal.closedAt < to,
  );
}

export function openDeals(question: Question, board: Board): Deal[] {
  return board.account.deals.filter(deal => deal.status === 'open' && inScope(question, deal));
}
