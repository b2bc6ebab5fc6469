/**
 * How a figure moved since the period it is compared with (R7): as a share of it, in points for
 * rates, in days for durations, where fewer are better.
 */
import { approximate, change, days, points, signedPercent } from '../format/number.ts';
import { spanText } from '../format/time.ts';
import { t } from '../i18n/words.ts';
import type { Compare } from '../state/url.ts';
import { type Field, type Row, readField, readPart, type ViewContext } from './frame.ts';

export interface StatChange {
  text: string;
  tone: 'up' | 'down' | 'same' | 'none';
  versus: string;
  /** What the move means, where the sign alone would mislead. */
  word?: string;
  /** `null`: neither good nor bad. */
  isGood?: boolean | null;
}

/** Less than what is shown as 0. */
const SAME = { change: 0.0005, points: 0.0005, days: 0.05, duration: 0.5 };
const FORMATS = ['points', 'days', 'duration'] as const;

export function changeOf(
  row: Row,
  encode: { [key: string]: unknown },
  value: Field,
  context: ViewContext,
  compare: Compare,
): StatChange | null {
  const previous = readField(encode.previous) ?? readField(readPart(encode.change).previous);
  const given = readField(encode.change, 'change');
  if (previous === null && given === null) return null;
  const format = FORMATS.find(known => known === given?.format) ?? 'change';
  const own = given === null ? null : approximate(row[given.field]);
  const counted =
    previous === null || format !== 'change' ? null : change(row[value.field], row[previous.field]);
  const moved = own ?? (counted?.kind === 'change' ? counted.share : null);
  if (moved === null) return { text: '–', tone: 'none', versus: t.stat.noEarlier };
  const tone = moved > SAME[format] ? 'up' : moved < -SAME[format] ? 'down' : 'same';
  const versus = t.stat.versus[compare];
  switch (format) {
    case 'points':
      return { text: points(moved, context.locale, t.points), tone, versus };
    case 'days':
    case 'duration': {
      const text =
        format === 'days' ? days(moved, context.locale, 'signed') : spanText(moved, context.locale, 'signed');
      if (tone === 'same') return { text, tone, versus };
      const isGood = tone === 'down';
      return { text, tone, versus, isGood, word: isGood ? t.stat.faster : t.stat.slower };
    }
    case 'change':
      return { text: signedPercent(moved, context.locale), tone, versus, ...meaning(encode.change, tone) };
  }
}

/** What the template says of a move, where more is not better. */
function meaning(change: unknown, tone: StatChange['tone']): { isGood?: boolean | null } {
  switch (readPart(change).better) {
    case 'lower':
      return { isGood: tone === 'down' };
    case 'neither':
      return { isGood: null };
    default:
      return {};
  }
}
