/**
 * Looks at a board in a real browser for `omni bench viewers`: first says `looking`, then one line of JSON for each
 * panel that was painted, with when. Ends with its standard input, and so with who started it.
 *
 *     node --import tsx bench/painted.ts ADDRESS SOURCE
 */
import { launch, ready, visit } from '../e2e/browser.ts';

const COLLECT_EVERY_MS = 200;

interface Painted {
  panel: string;
  as_of: string;
  at_ms: number;
  reads: number | null;
}

declare global {
  var painted: Painted[];
}

/** Runs in the page: notes each panel after the frame that shows it. */
function watch(source: string): void {
  globalThis.painted = [];
  const dirty = new Set<Element>();
  const numberIn = (text: string | null | undefined): number | null => {
    const digits = (text ?? '').replace(/[^0-9]/g, '');
    return digits === '' ? null : Number(digits);
  };
  const reads = (panel: Element): number | null => {
    if (panel.id === 'won_value') return numberIn(panel.querySelector('.figure')?.textContent);
    if (panel.id !== 'won_by_source') return null;
    return numberIn(
      panel.querySelector(`[data-row^="${source}|"] .row-count > span:last-child`)?.textContent,
    );
  };
  const note = () => {
    const at_ms = Date.now();
    for (const panel of dirty)
      globalThis.painted.push({
        panel: panel.id,
        as_of: panel.querySelector('time')?.dateTime ?? '',
        at_ms,
        reads: reads(panel),
      });
    dirty.clear();
  };
  // What is there already counts from before the first probe.
  for (const panel of document.querySelectorAll('[data-panel]')) dirty.add(panel);
  note();
  const afterPaint = new MessageChannel();
  afterPaint.port1.onmessage = note;
  for (const panel of document.querySelectorAll('[data-panel]'))
    new MutationObserver(() => {
      if (dirty.size === 0) requestAnimationFrame(() => afterPaint.port2.postMessage(0));
      dirty.add(panel);
    }).observe(panel, { subtree: true, childList: true, characterData: true, attributes: true });
}

const [address, source] = process.argv.slice(2);
if (address === undefined || source === undefined) throw new Error('usage: painted.ts ADDRESS SOURCE');
const browser = await launch();
process.stdin.on('end', () => void browser.close().then(() => process.exit(0))).resume();
const { page } = await visit(browser, address);
await ready(page);
// What runs this file marks the names of functions with a helper of its own, which the page lacks.
await page.evaluate('globalThis.__name = made => made');
await page.evaluate(watch, source);
console.log('looking');
for (;;) {
  await new Promise(next => setTimeout(next, COLLECT_EVERY_MS));
  for (const seen of await page.evaluate(() => globalThis.painted.splice(0)))
    console.log(JSON.stringify(seen));
}
