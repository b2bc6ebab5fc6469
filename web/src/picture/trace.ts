/**
 * A panel as it stands on the page, drawn again as one SVG: boxes, drawings, words, each where the
 * browser laid it out. So it is true to any kind of panel, in the theme, size and language that are
 * seen. What a panel scrolls is drawn whole; what only serves the page (buttons, tooltips) is not.
 *
 * No `foreignObject`: a canvas that has seen one gives no PNG away, and few programs can draw it.
 */
import { type Attributes, colored, NS, node, shape } from './node.ts';
import { wordsOf } from './words.ts';

/** What only the pointer or the focus washes with colour. */
const TOUCHED =
  ':is(.row, .entry, .legend-item):is(:hover, :focus-visible, :has(:focus-visible)):not([aria-pressed="true"], .is-chosen), .is-at';
const LEFT_OUT = '.popover, .feed-tools, .as-of, .hidden, .tip, .plot-brush, .empty button';

/** Where an element lies in the picture. */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

interface Layers {
  boxes: Element;
  drawings: Element;
  over: Element;
  words: Element;
}

/** How far the part of a panel that scrolls goes beyond what is seen. */
interface Scroller {
  element: Element | null;
  beyond: { x: number; y: number };
}

export interface Traced {
  svg: Element;
  width: number;
  height: number;
}

/** Draws the panel; `head` is how much room its title gets above it. */
export function trace(panel: HTMLElement): Traced {
  const layers: Layers = { boxes: node('g'), drawings: node('g'), over: node('g'), words: node('g') };
  const scroller = scrollerOf(panel);
  const kept = scroller.element ? [scroller.element.scrollLeft, scroller.element.scrollTop] : [];
  scroller.element?.scrollTo({ left: 0, top: 0, behavior: 'instant' });
  const origin = panel.getBoundingClientRect();
  const place = (rect: DOMRect, element: Element): Box => ({
    x: rect.x - origin.x,
    y: rect.y - origin.y + (isBelow(element, scroller) ? scroller.beyond.y : 0),
    width: rect.width,
    height: rect.height,
  });
  for (const child of panel.children) walk(child, layers, place);
  const [left = 0, top = 0] = kept;
  scroller.element?.scrollTo({ left, top, behavior: 'instant' });
  const width = Math.ceil(origin.width + scroller.beyond.x);
  const height = Math.ceil(origin.height + scroller.beyond.y);
  const svg = node('g');
  svg.append(hatch(panel), layers.boxes, layers.drawings, layers.over, layers.words);
  return { svg, width, height };
}

function scrollerOf(panel: HTMLElement): Scroller {
  for (const element of panel.querySelectorAll('.panel-body *')) {
    const isScrolled = /auto|scroll/.test(getComputedStyle(element).overflow);
    const x = element.scrollWidth - element.clientWidth;
    const y = element.scrollHeight - element.clientHeight;
    if (isScrolled && (x > 1 || y > 1)) return { element, beyond: { x: Math.max(0, x), y: Math.max(0, y) } };
  }
  return { element: null, beyond: { x: 0, y: 0 } };
}

/** What comes after the part that scrolls moves down with it. */
function isBelow(element: Element, { element: scrolled }: Scroller): boolean {
  if (scrolled === null || scrolled === element || scrolled.contains(element)) return false;
  const isAfter = scrolled.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING;
  return isAfter !== 0;
}

type Place = (rect: DOMRect, element: Element) => Box;

function walk(element: Element, layers: Layers, place: Place): void {
  if (element.matches(LEFT_OUT)) return;
  const look = getComputedStyle(element);
  if (look.display === 'none' || look.visibility === 'hidden' || look.clipPath !== 'none') return;
  const box = place(element.getBoundingClientRect(), element);
  if (element.namespaceURI === NS) {
    layers.drawings.append(drawing(element, box));
    return;
  }
  const isTouched = element.matches(TOUCHED);
  for (const one of boxesOf(look, box)) if (!isTouched || one.nodeName !== 'rect') layers.boxes.append(one);
  if (look.backgroundImage.startsWith('repeating'))
    layers.over.append(shape('rect', { ...box, fill: 'url(#hatch)' }));
  for (const one of sign(element, box)) layers.boxes.append(one);
  for (const child of element.childNodes) {
    if (child instanceof Text)
      for (const words of wordsOf(child, element, look, rect => place(rect, element)))
        layers.words.append(words);
    else if (child instanceof Element) walk(child, layers, place);
  }
}

function isSeen(color: string): boolean {
  return color !== 'transparent' && !/, 0\)$|\/ 0\)$/.test(color);
}

function boxesOf(look: CSSStyleDeclaration, box: Box): Element[] {
  const made: Element[] = [];
  const radius = Number.parseFloat(look.borderTopLeftRadius) || 0;
  if (isSeen(look.backgroundColor) && box.width > 0)
    made.push(
      shape('rect', { ...box, rx: Math.min(radius, box.height / 2), ...colored(look.backgroundColor) }),
    );
  const width = (side: string) => Number.parseFloat(look.getPropertyValue(`border-${side}-width`)) || 0;
  const color = (side: string) => look.getPropertyValue(`border-${side}-color`);
  const { x, y, width: w, height: h } = box;
  const lines: { [side: string]: number[] } = {
    top: [x, y + width('top') / 2, x + w, y + width('top') / 2],
    bottom: [x, y + h - width('bottom') / 2, x + w, y + h - width('bottom') / 2],
    left: [x + width('left') / 2, y, x + width('left') / 2, y + h],
    right: [x + w - width('right') / 2, y, x + w - width('right') / 2, y + h],
  };
  for (const [side, [x1 = 0, y1 = 0, x2 = 0, y2 = 0]] of Object.entries(lines)) {
    if (width(side) === 0 || !isSeen(color(side))) continue;
    const isDashed = look.getPropertyValue(`border-${side}-style`) === 'dashed';
    const dash: Attributes = isDashed ? { 'stroke-dasharray': '3 3' } : {};
    made.push(
      shape('line', {
        x1,
        y1,
        x2,
        y2,
        ...colored(color(side), 'stroke'),
        'stroke-width': width(side),
        ...dash,
      }),
    );
  }
  return made;
}

/** A sign before words that the style sheet draws: a mark by its own size, or a letter, in mid-line. */
function sign(element: Element, box: Box): Element[] {
  const look = getComputedStyle(element, '::before');
  const size = Number.parseFloat(look.width);
  if (look.content === '"✓ "') {
    const letter = shape('text', {
      x: box.x,
      y: box.y + box.height / 2 + Number.parseFloat(look.fontSize) * 0.36,
      'font-size': look.fontSize,
      ...colored(look.color),
    });
    letter.textContent = '✓';
    return [letter];
  }
  if (look.content !== '""' || !(size > 0)) return [];
  const edge = Number.parseFloat(look.borderTopWidth) || 0;
  const y = box.y + (box.height - size) / 2;
  const round = look.borderTopLeftRadius === '50%' ? size / 2 : Number.parseFloat(look.borderTopLeftRadius);
  const fill = isSeen(look.backgroundColor) ? colored(look.backgroundColor) : { fill: 'none' };
  const turn = Number.parseFloat(look.rotate) || 0;
  return [
    shape('rect', {
      x: box.x + edge / 2,
      y: y + edge / 2,
      width: size - edge,
      height: size - edge,
      rx: round || 0,
      ...fill,
      ...(edge > 0 ? { ...colored(look.borderTopColor, 'stroke'), 'stroke-width': edge } : {}),
      ...(turn === 0 ? {} : { transform: `rotate(${turn} ${box.x + size / 2} ${y + size / 2})` }),
    }),
  ];
}

const PAINT = ['fill', 'stroke', 'fill-opacity', 'stroke-opacity', 'opacity'];

/** A drawing of ECharts: its own SVG, with the colours that custom properties came to. */
function drawing(element: Element, box: Box): Element {
  const copy = element.cloneNode(true) as Element;
  const parts = [element, ...element.querySelectorAll('*')];
  [copy, ...copy.querySelectorAll('*')].forEach((one, i) => {
    const look = getComputedStyle(parts[i] ?? element);
    for (const name of PAINT) {
      if (one === copy || !(parts[i]?.hasAttribute(name) ?? false)) continue;
      one.setAttribute(name, look.getPropertyValue(name));
    }
    one.removeAttribute('style');
    one.removeAttribute('class');
  });
  for (const [name, value] of Object.entries(box)) copy.setAttribute(name, String(value));
  return copy;
}

/** A bucket that is not over: stripes of the panel's own colour over what is drawn. */
function hatch(panel: HTMLElement): Element {
  const pattern = shape('pattern', {
    id: 'hatch',
    width: 5,
    height: 5,
    patternUnits: 'userSpaceOnUse',
    patternTransform: 'rotate(45)',
  });
  pattern.append(
    shape('rect', { x: 3, width: 2, height: 5, ...colored(getComputedStyle(panel).backgroundColor) }),
  );
  const defs = node('defs');
  defs.append(pattern);
  return defs;
}
