/**
 * The newest events in words: who did what to which deal, for how much.
 *
 * Money in the deal's own currency, nothing converted. The kind of an event is told by sign and
 * word, colour only repeats it.
 */
import type { PanelResult, PanelSpec } from '../api/wire.ts';
import { money } from '../format/money.ts';
import { approximate, int } from '../format/number.ts';
import { instant } from '../format/time.ts';
import { t } from '../i18n/words.ts';
import { behind } from '../lists/drill.ts';
import type { Opened } from '../state/opened.ts';
import { encodeOf, type Row, readField, rowsOf, text, type ViewContext, word } from './frame.ts';

export const FEED_ROWS_MAX = 50;

export type FeedTone = 'won' | 'lost' | 'open' | 'plain';

export interface FeedItem {
  key: string;
  at: number | null;
  tone: FeedTone;
  sign: string;
  title: string;
  what: string;
  amount: string | null;
  who: string;
  /** The history of its deal. */
  list: Opened | null;
}

const SIGNS: { [what: string]: { tone: FeedTone; sign: string } } = {
  won: { tone: 'won', sign: '✓' },
  lost: { tone: 'lost', sign: '×' },
  added: { tone: 'open', sign: '+' },
  reopened: { tone: 'open', sign: '↺' },
  moved: { tone: 'plain', sign: '›' },
  revalued: { tone: 'plain', sign: '±' },
  merged: { tone: 'plain', sign: '⤙' },
  merged_away: { tone: 'plain', sign: '⤙' },
  deleted: { tone: 'plain', sign: '–' },
};

export function feedView(result: PanelResult, spec: PanelSpec, context: ViewContext): FeedItem[] {
  const encode = encodeOf(spec);
  const name = (key: string, usual: string) => readField(encode[key])?.field ?? usual;
  const rows = rowsOf(result).slice(0, FEED_ROWS_MAX);
  return rows.map((row, i) => {
    const what = text(row[name('what', 'what')]) || 'updated';
    const look = SIGNS[closedAtBirth(what, row) ?? what] ?? { tone: 'plain' as const, sign: '·' };
    const id = text(row.deal_id);
    const folded = approximate(row[name('count', 'events')]) ?? 1;
    return {
      key: text(row[name('key', 'event_uuid')]) || `${text(row.at)}|${id}|${i}`,
      at: instant(row[name('at', 'at')]),
      ...look,
      title:
        folded > 1
          ? t.feed.folded(int(folded, context.locale))
          : text(row[name('title', 'title')]) || t.feed.deal(id),
      what: sentence(what, row, context),
      amount: amountOf(what, row, context),
      who: word(row.actor, 'actor', context) || word(row.owner, 'owner', context),
      list: folded > 1 ? null : behind(spec, name('count', 'events'), row, rows),
    };
  });
}

/** A deal may be entered when it is won or lost already. */
function closedAtBirth(what: string, row: Row): 'won' | 'lost' | null {
  if (what !== 'added') return null;
  const status = text(row.status);
  return status === 'won' || status === 'lost' ? status : null;
}

function sentence(what: string, row: Row, context: ViewContext): string {
  const stage = word(row.stage, 'stage', context);
  const before = word(row.previous_stage, 'stage', context);
  switch (what) {
    case 'won':
      return t.feed.won;
    case 'lost': {
      const reason = word(row.lost_reason, 'lost_reason', context);
      return reason === '' ? t.feed.lost : `${t.feed.lost}: ${reason}`;
    }
    case 'moved':
      return before === '' ? t.feed.entered(stage) : t.feed.moved(before, stage);
    case 'added': {
      const closed = closedAtBirth(what, row);
      if (closed !== null) return `${t.feed.added} · ${closed === 'won' ? t.feed.won : t.feed.lost}`;
      return stage === '' ? t.feed.added : `${t.feed.added} · ${stage}`;
    }
    case 'revalued':
      return t.feed.moved(
        amount(row.previous_value, row, context) ?? '–',
        amount(row.value, row, context) ?? '–',
      );
    case 'reopened':
      return t.feed.reopened;
    case 'merged':
    case 'merged_away':
      return t.feed.merged;
    case 'deleted':
      return t.feed.deleted;
    default:
      return context.texts[`what.${what}`] ?? t.feed.updated;
  }
}

function amountOf(what: string, row: Row, context: ViewContext): string | null {
  return what === 'won' || what === 'lost' || what === 'added' ? amount(row.value, row, context) : null;
}

function amount(cell: unknown, row: Row, context: ViewContext): string | null {
  if (approximate(cell) === null) return null;
  return money(cell, text(row.currency), context.locale);
}
