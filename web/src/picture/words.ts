/**
 * Words of an element as they are seen: line by line, cut with an ellipsis where the page cuts them.
 */
import { colored, shape } from './node.ts';
import type { Box } from './trace.ts';

interface Line {
  text: string;
  rect: DOMRect;
}

export function wordsOf(
  text: Text,
  element: Element,
  look: CSSStyleDeclaration,
  place: (rect: DOMRect) => Box,
): Element[] {
  if (text.data.trim() === '') return [];
  return linesOf(text, cutAt(element)).map(({ text: words, rect }) => {
    const box = place(rect);
    const made = shape('text', {
      x: box.x,
      y: box.y + box.height * ascent(look),
      'font-size': look.fontSize,
      'font-weight': look.fontWeight,
      ...(look.letterSpacing === 'normal' ? {} : { 'letter-spacing': look.letterSpacing }),
      ...colored(look.color),
    });
    made.textContent = words;
    return made;
  });
}

/** The right edge at which an ellipsis stands, of the nearest box that has one. */
function cutAt(element: Element): number {
  for (let at: Element | null = element; at !== null && !at.matches('.panel-head'); at = at.parentElement) {
    if (getComputedStyle(at).textOverflow === 'ellipsis') {
      const box = at.getBoundingClientRect();
      return at.scrollWidth > at.clientWidth ? box.right : Number.POSITIVE_INFINITY;
    }
    if (at.matches('[data-panel]')) break;
  }
  return Number.POSITIVE_INFINITY;
}

function linesOf(text: Text, right: number): Line[] {
  const range = document.createRange();
  const lines: Line[] = [];
  for (let at = 0; at < text.length; at += 1) {
    range.setStart(text, at);
    range.setEnd(text, at + 1);
    const rect = range.getBoundingClientRect();
    const last = lines[lines.length - 1];
    if (rect.width === 0) continue;
    if (last && Math.abs(last.rect.y - rect.y) < rect.height / 2) {
      if (rect.right > right) {
        last.text = `${last.text.slice(0, -1).trimEnd()}…`;
        break;
      }
      last.text += text.data[at];
    } else if (rect.left < right) lines.push({ text: text.data[at] ?? '', rect });
  }
  return lines;
}

const ascents = new Map<string, number>();

/** How much of a line's height lies above its foot. */
function ascent(look: CSSStyleDeclaration): number {
  const font = `${look.fontWeight} ${look.fontSize} ${look.fontFamily}`;
  let found = ascents.get(font);
  if (found === undefined) {
    const pen = document.createElement('canvas').getContext('2d');
    if (pen) pen.font = font;
    const { fontBoundingBoxAscent: up = 3, fontBoundingBoxDescent: down = 1 } = pen?.measureText('x') ?? {};
    found = up / (up + down);
    ascents.set(font, found);
  }
  return found;
}
