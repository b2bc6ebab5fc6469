/**
 * Money on screen: exact decimal text in, words of the viewer's locale out.
 *
 * Rounding happens here and nowhere before (FX9). Amounts are never added or multiplied. A code
 * that `Intl` refuses (a custom currency of more than three letters) is written behind the number.
 */
import { DASH, decimalText, formatExact, formatter } from './number.ts';

export type MoneyShape = 'whole' | 'full' | 'compact';

export interface MoneyPart {
  /** Units and cents are set lighter than the figure. */
  quiet: boolean;
  text: string;
}

const SHAPES: { [shape in MoneyShape]: Intl.NumberFormatOptions } = {
  whole: { maximumFractionDigits: 0, minimumFractionDigits: 0 },
  full: {},
  compact: { notation: 'compact', minimumFractionDigits: 0, maximumFractionDigits: 1 },
};

function isCode(currency: string): boolean {
  return /^[A-Za-z]{3}$/.test(currency);
}

function shaped(currency: string, locale: string, shape: MoneyShape): Intl.NumberFormat {
  const options = SHAPES[shape];
  if (!isCode(currency)) {
    const digits = shape === 'full' ? { minimumFractionDigits: 2, maximumFractionDigits: 2 } : options;
    return formatter(locale, digits);
  }
  return formatter(locale, { style: 'currency', currency, currencyDisplay: 'symbol', ...options });
}

export function money(cell: unknown, currency: string, locale: string, shape: MoneyShape = 'whole'): string {
  return moneyParts(cell, currency, locale, shape)
    .map(part => part.text)
    .join('');
}

/** The same text, cut where the weight of the type changes. */
export function moneyParts(
  cell: unknown,
  currency: string,
  locale: string,
  shape: MoneyShape = 'whole',
): MoneyPart[] {
  const text = decimalText(cell);
  if (text === null) return [{ quiet: false, text: DASH }];
  const format = shaped(currency, locale, isShort(text, locale) ? shape : longer(shape));
  if (!isCode(currency)) {
    const number = formatExact(format, text);
    return currency === ''
      ? [{ quiet: false, text: number }]
      : [
          { quiet: false, text: number },
          { quiet: true, text: `\u00a0${currency}` },
        ];
  }
  return merged(
    format
      .formatToParts(text as unknown as number)
      .map(part => ({ quiet: isQuiet(part.type), text: part.value })),
  );
}

/** German has no short word for a thousand: then a tenth of a euro is no shorter either. */
function isShort(text: string, locale: string): boolean {
  const format = formatter(locale, SHAPES.compact);
  return (
    Math.abs(Number(text)) < 1000 ||
    format.formatToParts(text as unknown as number).some(part => part.type === 'compact')
  );
}

function longer(shape: MoneyShape): MoneyShape {
  return shape === 'compact' ? 'whole' : shape;
}

function isQuiet(type: Intl.NumberFormatPartTypes): boolean {
  return (
    type === 'currency' ||
    type === 'fraction' ||
    type === 'decimal' ||
    type === 'literal' ||
    type === 'compact'
  );
}

function merged(parts: MoneyPart[]): MoneyPart[] {
  const out: MoneyPart[] = [];
  for (const part of parts) {
    const last = out[out.length - 1];
    if (last && last.quiet === part.quiet) last.text += part.text;
    else out.push({ ...part });
  }
  return out;
}
