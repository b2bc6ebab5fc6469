/**
 * A development aid, no part of the product: a sales team that lives, so that the page has
 * something to show without the pipeline. Seeded, so that equal seeds give equal boards.
 */
export interface Deal {
  id: number;
  title: string;
  source: string;
  campaign: string;
  owner: string;
  currency: string;
  /** Whole cents; null was never given a value. */
  cents: number | null;
  stage: number;
  furthest: number;
  status: 'open' | 'won' | 'lost';
  addedAt: number;
  /** When it came into its stage. */
  stageAt: number;
  closedAt: number | null;
  lostReason: string;
}

export interface Happening {
  uuid: string;
  at: number;
  what: string;
  deal: Deal;
  stage: string;
  previousStage: string;
  previousCents: number | null;
  lostReason: string;
  events: number;
}

export const STAGES = ['Qualified', 'Contact made', 'Demo scheduled', 'Proposal made', 'Negotiation'];
const SOURCES = [
  'google',
  'linkedin',
  'referral',
  'organic',
  'facebook',
  'newsletter',
  'partner',
  'events',
  '(not set)',
];
const WEIGHTS = [26, 17, 15, 13, 9, 8, 6, 3, 3];
const WORTH = [1, 1.6, 2.1, 0.9, 0.55, 0.7, 2.6, 1.9, 0.8];
export const OWNERS = [
  'Ada Nowak',
  'Jonas Weber',
  'Mina Okafor',
  'Łukasz Zieliński',
  'Sofia Rossi',
  'Noor Haddad',
  'Tom Lindqvist',
  'Elena Petrova',
];
const FIRMS = [
  'Halden',
  'Brightwater',
  'Quarry & Co',
  'Nordlicht',
  'Vela Foods',
  'Ostrava Steel',
  'Lumen',
  'Fjordkraft',
  'Kestrel',
  'Pinewood',
  'Marlow',
  'Tessera',
  'Arbour',
  'Calder',
  'Juniper',
];
const THINGS = ['rollout', 'renewal', 'pilot', 'expansion', 'licences', 'audit', 'onboarding', 'retainer'];
const REASONS = ['price', 'timing', 'went with a competitor', 'no budget', ''];
const DAY = 86_400_000;

export class Account {
  readonly deals: Deal[] = [];
  readonly happenings: Happening[] = [];
  private seed: number;
  private nextId = 1000;
  private nextEvent = 1;

  constructor(seed: number, now: number, days = 100, perDay = 7) {
    this.seed = seed;
    const start = now - days * DAY;
    for (let at = start; at < now; at += DAY / perDay) this.live(at + this.random() * DAY * 0.2, now);
    this.happenings.sort((a, b) => b.at - a.at);
    this.happenings.length = Math.min(this.happenings.length, 200);
  }

  /** One thing happens now. */
  step(now: number): Happening {
    const open = this.deals.filter(deal => deal.status === 'open');
    const deal = this.pick(open);
    const roll = this.random();
    if (!deal || roll < 0.22) return this.add(now);
    if (roll < 0.44) return this.close(deal, 'won', now);
    if (roll < 0.56) return this.close(deal, 'lost', now);
    if (roll < 0.66) return this.revalue(deal, now);
    return this.move(deal, now);
  }

  add(now: number, given: Partial<Deal> = {}): Happening {
    const at = this.weighted();
    const deal: Deal = {
      id: this.nextId++,
      title: `${this.pick(FIRMS)} ${this.pick(THINGS)}`,
      source: SOURCES[at] ?? 'google',
      campaign: this.pick(['spring', 'always-on', 'webinar', '(not set)']) ?? '',
      owner: this.pick(OWNERS) ?? '',
      currency: this.random() < 0.86 ? 'EUR' : this.random() < 0.85 ? 'USD' : 'XBT',
      cents:
        this.random() < 0.02 ? null : Math.round(200_000 + this.random() ** 2 * 2_400_000 * (WORTH[at] ?? 1)),
      stage: 0,
      furthest: 0,
      status: 'open',
      addedAt: now,
      stageAt: now,
      closedAt: null,
      lostReason: '',
      ...given,
    };
    this.deals.push(deal);
    return this.tell('added', deal, now);
  }

  close(deal: Deal, status: 'won' | 'lost', now: number): Happening {
    deal.status = status;
    deal.closedAt = now;
    if (status === 'won') deal.furthest = STAGES.length - 1;
    deal.lostReason = status === 'lost' ? (this.pick(REASONS) ?? '') : '';
    return this.tell(status, deal, now, { lostReason: deal.lostReason });
  }

  private move(deal: Deal, now: number): Happening {
    const before = deal.stage;
    deal.stage = Math.min(STAGES.length - 1, deal.stage + 1);
    if (before === deal.stage) return this.revalue(deal, now);
    deal.furthest = Math.max(deal.furthest, deal.stage);
    deal.stageAt = now;
    return this.tell('moved', deal, now, { previousStage: STAGES[before] ?? '' });
  }

  private revalue(deal: Deal, now: number): Happening {
    const previousCents = deal.cents;
    deal.cents = Math.round((deal.cents ?? 500_000) * (0.8 + this.random() * 0.5));
    return this.tell('revalued', deal, now, { previousCents });
  }

  /** A deal's whole past, up to `now`. */
  private live(at: number, now: number): void {
    this.add(at);
    const deal = this.deals[this.deals.length - 1];
    if (!deal) return;
    let time = at;
    for (;;) {
      time += DAY * (0.4 + this.random() * 6);
      if (time >= now) return;
      const roll = this.random();
      if (roll < 0.17 + deal.stage * 0.05) {
        this.close(deal, 'won', time);
        return;
      }
      if (roll < 0.36) {
        this.close(deal, 'lost', time);
        return;
      }
      this.move(deal, time);
    }
  }

  private tell(what: string, deal: Deal, at: number, more: Partial<Happening> = {}): Happening {
    const number = this.nextEvent++;
    const told: Happening = {
      uuid: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
      at,
      what,
      deal: { ...deal },
      stage: STAGES[deal.stage] ?? '',
      previousStage: '',
      previousCents: null,
      lostReason: '',
      events: 1,
      ...more,
    };
    this.happenings.unshift(told);
    if (this.happenings.length > 20_000) this.happenings.length = 10_000;
    return told;
  }

  private random(): number {
    this.seed = (this.seed + 0x6d2b79f5) | 0;
    let t = Math.imul(this.seed ^ (this.seed >>> 15), 1 | this.seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  private pick<T>(of: readonly T[]): T | undefined {
    return of[Math.floor(this.random() * of.length)];
  }

  private weighted(): number {
    let roll = this.random() * WEIGHTS.reduce((sum, weight) => sum + weight, 0);
    return WEIGHTS.findIndex(weight => {
      roll -= weight;
      return roll < 0;
    });
  }
}
