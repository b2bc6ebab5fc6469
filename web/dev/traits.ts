/**
 * A development aid: what else is known of a deal, made of its own number and name, so that it is
 * the same whenever it is asked for.
 */
import type { Deal } from './account.ts';

const DAY = 86_400_000;
const INDUSTRIES = ['Software', 'Manufacturing', 'Food', 'Logistics', 'Energy', 'Retail', '(not set)'];
export const SIZES = ['small', 'medium', 'large', '(not set)'];
const FIRST = [
  'Anna',
  'Björn',
  'Chiara',
  'Dylan',
  'Eva',
  'Femi',
  'Greta',
  'Hugo',
  'Ines',
  'Jan',
  'Kira',
  'Luca',
];
const LAST = ['Berg', 'Costa', 'Duda', 'Eriksen', 'Fuchs', 'Garcia', 'Horvat', 'Ilić', 'Jensen', 'Kowalska'];
export const EMAIL_STATUSES = ['valid', 'accept_all', 'webmail', 'invalid', '(not checked)'];

function mixed(text: string): number {
  let hash = 2166136261;
  for (const char of text) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 16777619);
  return (hash ^ (hash >>> 13)) >>> 0;
}

function one(of: readonly string[], by: string): string {
  return of[mixed(by) % of.length] ?? '';
}

export function traitsOf(deal: Deal) {
  const organization = deal.title.split(' ').slice(0, -1).join(' ') || deal.title;
  const contact = `${one(FIRST, `${organization}${deal.id % 3}`)} ${one(LAST, `${deal.id % 3}${organization}`)}`;
  const roll = mixed(contact) % 20;
  return {
    organization,
    contact,
    industry: one(INDUSTRIES, organization),
    size: roll === 19 ? '(not set)' : one(SIZES.slice(0, 3), `size of ${organization}`),
    email: EMAIL_STATUSES[roll < 11 ? 0 : roll < 14 ? 1 : roll < 16 ? 2 : roll < 17 ? 3 : 4] ?? '',
    isDisposable: roll === 15,
    isBlocked: roll === 16,
    /** When it should close; null was never said. */
    expectedAt: deal.id % 9 === 0 ? null : deal.addedAt + (20 + (mixed(String(deal.id)) % 320)) * DAY,
    hasNextActivity: mixed(`next ${deal.id}`) % 3 > 0,
  };
}
