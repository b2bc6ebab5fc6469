/**
 * Numbers in the viewer's own locale: whole counts, shares, points, days.
 *
 * Takes JSON numbers and decimal text; what is neither is `null` and shown as a dash. Formatters
 * are made once per locale and shape, since making one costs more than using it.
 */

export const DASH = '–';

const formatters = new Map<string, Intl.NumberFormat>();

export function formatter(locale: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = `${locale}|${JSON.stringify(options)}`;
  let found = formatters.get(key);
  if (!found) {
    found = new Intl.NumberFormat(locale, options);
    formatters.set(key, found);
  }
  return found;
}

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/** The exact text of a number, or null. */
export function decimalText(cell: unknown): string | null {
  if (typeof cell === 'number') return Number.isFinite(cell) ? String(cell) : null;
  if (typeof cell === 'string' && DECIMAL.test(cell.trim())) return cell.trim();
  return null;
}

/** For lengths of bars, signs and comparisons only; never for a figure that is shown in full. */
export function approximate(cell: unknown): number | null {
  const text = decimalText(cell);
  return text === null ? null : Number(text);
}

/** `Intl` reads decimal text without going through a float. */
export function formatExact(format: Intl.NumberFormat, text: string): string {
  return format.format(text as Intl.StringNumericLiteral);
}

export function int(cell: unknown, locale: string): string {
  const text = decimalText(cell);
  return text === null ? DASH : formatExact(formatter(locale, { maximumFractionDigits: 0 }), text);
}

export function decimal(cell: unknown, locale: string): string {
  const text = decimalText(cell);
  return text === null ? DASH : formatExact(formatter(locale, { maximumFractionDigits: 2 }), text);
}

/** A share of one, with one decimal. */
export function percent(share: number | null, locale: string): string {
  if (share === null || !Number.isFinite(share)) return DASH;
  return formatter(locale, {
    style: 'percent',
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
  }).format(share);
}

/** Above a thousand percent the decimal says nothing. */
export function signedPercent(share: number, locale: string): string {
  const digits = Math.abs(share) >= 10 ? 0 : 1;
  return formatter(locale, {
    style: 'percent',
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
    signDisplay: 'exceptZero',
  }).format(share);
}

/** A difference of two shares in points of a hundred, always with its sign: "+5.0 pp". */
export function points(difference: number, locale: string, unit: string): string {
  const format = formatter(locale, {
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
    signDisplay: 'exceptZero',
  });
  return `${format.format(difference * 100)}\u00a0${unit}`;
}

/** Days with one decimal and the shortest word for them that is read as one, set off: "12.3 d", "12,3 Tage". */
export function days(count: number, locale: string, sign: 'plain' | 'signed' = 'plain'): string {
  const parts = formatter(locale, {
    style: 'unit',
    unit: 'day',
    unitDisplay: locale.startsWith('de') ? 'long' : 'narrow',
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
    ...(sign === 'signed' ? { signDisplay: 'exceptZero' } : {}),
  }).formatToParts(count);
  const word = parts.find(part => part.type === 'unit')?.value ?? '';
  const figure = parts.filter(part => part.type !== 'unit').map(part => part.value);
  return `${figure.join('').trim()}\u00a0${word}`;
}

/** The exact sum of decimal texts, or null when there is none among them. */
export function sumText(cells: readonly unknown[]): string | null {
  const texts = cells.map(plainDecimal).filter((text): text is string => text !== null);
  if (texts.length === 0) return null;
  const places = Math.max(...texts.map(text => text.split('.')[1]?.length ?? 0));
  const whole = texts.reduce((sum, text) => {
    const [left = '', right = ''] = text.split('.');
    return sum + BigInt(left + right.padEnd(places, '0'));
  }, 0n);
  const digits = String(whole < 0n ? -whole : whole).padStart(places + 1, '0');
  const cut = digits.length - places;
  const sum = places === 0 ? digits : `${digits.slice(0, cut)}.${digits.slice(cut)}`;
  return whole < 0n ? `-${sum}` : sum;
}

function plainDecimal(cell: unknown): string | null {
  const text = decimalText(cell);
  return text !== null && /^-?\d+(\.\d+)?$/.test(text) ? text : null;
}

export type Change = { kind: 'change'; share: number } | { kind: 'none' };

/** R7: without an earlier value, or with 0, there is no change to speak of. */
export function change(now: unknown, earlier: unknown): Change {
  const after = approximate(now);
  const before = approximate(earlier);
  if (after === null || before === null || before === 0) return { kind: 'none' };
  return { kind: 'change', share: (after - before) / Math.abs(before) };
}
