/**
 * A panel as a file: SVG, or PNG drawn from it, with what it shows beneath and the letters inside.
 *
 * Loaded when it is asked for. All of it happens in the browser; nothing is sent anywhere.
 */
import { colored, NS, shape } from './node.ts';
import { trace } from './trace.ts';

export type Picture = 'svg' | 'png';

export interface Told {
  /** The name of the file, without its ending. */
  name: string;
  /** What is shown, of when, by which choices. */
  caption: string[];
}

/** Pixels of a PNG for one of the page: sharp on any screen and in print. */
const SCALE = 2;
const KEPT_MS = 60_000;
const PAD = 16;
const LINE = 18;
const FAMILY = 'Geist Variable';

interface Drawn {
  root: Element;
  width: number;
  height: number;
  /** A letter of each face that is inside. */
  letters: string[];
}

export async function savePanel(panel: HTMLElement, how: Picture, told: Told): Promise<void> {
  const made = await drawn(panel, told.caption);
  const blob = how === 'svg' ? new Blob([textOf(made.root)], { type: 'image/svg+xml' }) : await png(made);
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = `${told.name}.${how}`;
  link.click();
  // The browser reads it in its own time.
  setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MS);
}

function textOf(root: Element): string {
  return new XMLSerializer().serializeToString(root);
}

async function drawn(panel: HTMLElement, caption: string[]): Promise<Drawn> {
  const look = getComputedStyle(panel);
  const quiet = getComputedStyle(panel.querySelector('.panel-foot') ?? panel);
  const { svg, width, height: body } = trace(panel);
  const lines = caption.flatMap(line => wrapped(line, width - 2 * PAD, `12px ${look.fontFamily}`));
  const height = body + lines.length * LINE + PAD / 2;
  const root = shape('svg', {
    width,
    height,
    viewBox: `0 0 ${width} ${height}`,
    'font-family': `${FAMILY}, sans-serif`,
  });
  const faces = await facesFor(`${svg.textContent}${caption.join('')}…`);
  const style = document.createElementNS(NS, 'style');
  style.textContent = `${faces.map(face => face.css).join('')}text{white-space:pre;font-variant-numeric:tabular-nums}`;
  root.append(style, shape('rect', { width, height, ...colored(look.backgroundColor) }), svg);
  lines.forEach((line, i) => {
    root.append(written(line, PAD, body + (i + 0.6) * LINE, quiet.color));
  });
  return { root, width, height, letters: faces.map(face => face.letter) };
}

function written(text: string, x: number, y: number, color: string): Element {
  const words = shape('text', { x, y, 'font-size': '12px', ...colored(color) });
  words.textContent = text;
  return words;
}

function wrapped(text: string, width: number, font: string): string[] {
  const pen = document.createElement('canvas').getContext('2d');
  if (!pen) return [text];
  pen.font = font;
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines[lines.length - 1];
    if (last !== undefined && pen.measureText(`${last} ${word}`).width <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** The faces of the page's font that these words need: a picture cannot ask for them where it is shown. */
async function facesFor(text: string): Promise<{ css: string; letter: string }[]> {
  const letters = [...new Set(text)].filter(letter => /[\p{L}\p{N}]/u.test(letter));
  const rules = [...document.styleSheets]
    .flatMap(sheet => [...sheet.cssRules])
    .filter(rule => rule instanceof CSSFontFaceRule);
  const faces = rules.flatMap(face => {
    const range = face.style.getPropertyValue('unicode-range');
    const letter = letters.find(one => covers(range, one.codePointAt(0) ?? 0));
    return letter === undefined ? [] : [{ face, range, letter }];
  });
  return Promise.all(
    faces.map(async ({ face, range, letter }) => {
      const base = face.parentStyleSheet?.href ?? location.href;
      const url = /url\("?([^")]+)"?\)/.exec(face.style.getPropertyValue('src'))?.[1] ?? '';
      const bytes = new Uint8Array(await (await fetch(new URL(url, base))).arrayBuffer());
      const data = btoa(Array.from(bytes, byte => String.fromCharCode(byte)).join(''));
      const css = `@font-face{font-family:"${FAMILY}";font-weight:100 900;unicode-range:${range};src:url(data:font/woff2;base64,${data}) format("woff2")}`;
      return { css, letter };
    }),
  );
}

function covers(ranges: string, code: number): boolean {
  return ranges.split(',').some(range => {
    const [from = '', to = from] = range.trim().replace(/^u\+/i, '').split('-');
    return code >= Number.parseInt(from, 16) && code <= Number.parseInt(to, 16);
  });
}

const PROBE = 16;
const FRAMES_MAX = 120;

/**
 * A browser draws no word whose face it still reads, and does not say when it has. So a letter of
 * each face stands beneath the picture, where it is cut off: once they are seen, all is.
 */
async function png({ root, width, height, letters }: Drawn): Promise<Blob> {
  root.setAttribute('height', String(height + PROBE));
  root.setAttribute('viewBox', `0 0 ${width} ${height + PROBE}`);
  letters.forEach((letter, i) => {
    root.append(written(letter, i * PROBE, height + PROBE - 4, '#000'));
  });
  const image = new Image();
  image.src = `data:image/svg+xml,${encodeURIComponent(textOf(root))}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = width * SCALE;
  canvas.height = height * SCALE;
  const pen = canvas.getContext('2d', { willReadFrequently: true });
  if (!pen) throw new Error('no canvas');
  const isSeen = (_: string, i: number) => {
    pen.clearRect(0, 0, PROBE, PROBE);
    pen.drawImage(image, i * PROBE, height, PROBE, PROBE, 0, 0, PROBE, PROBE);
    return pen.getImageData(0, 0, PROBE, PROBE).data.some(value => value > 0);
  };
  for (let i = 0; i < FRAMES_MAX && !letters.every(isSeen); i += 1)
    await new Promise(done => requestAnimationFrame(done));
  pen.drawImage(image, 0, 0, width, height, 0, 0, canvas.width, canvas.height);
  return new Promise((done, failed) =>
    canvas.toBlob(blob => (blob ? done(blob) : failed(new Error('the picture is empty'))), 'image/png'),
  );
}
