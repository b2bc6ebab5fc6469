/**
 * How long a page takes until every panel of the first screen, and every panel at all, stands with its data: from the
 * navigation's start, by the page's own clock, in a browser that has nothing of it yet.
 *
 *     node --import tsx bench/first_paint.ts ADDRESS [TIMES]
 */
import { eventually, launch } from '../e2e/browser.ts';

const [address, times = '9'] = process.argv.slice(2);
if (address === undefined) throw new Error('usage: first_paint.ts ADDRESS [TIMES]');

/** Runs in the page before anything of it. */
function watch(): void {
  const seen = globalThis as unknown as { firstScreen: number | null; whole: number | null };
  seen.firstScreen = null;
  seen.whole = null;
  new MutationObserver(() => {
    const panels = [...document.querySelectorAll('[data-panel]')];
    if (panels.length === 0) return;
    const waiting = panels.filter(panel => panel.getAttribute('data-state') !== 'ready');
    if (seen.firstScreen === null && waiting.every(panel => panel.getBoundingClientRect().top > innerHeight))
      requestAnimationFrame(() => {
        seen.firstScreen ??= performance.now();
      });
    if (seen.whole === null && waiting.length === 0)
      requestAnimationFrame(() => {
        seen.whole ??= performance.now();
      });
  }).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ['data-state'] });
}

const browser = await launch();
const taken: { firstScreen: number; whole: number }[] = [];
try {
  for (let time = 0; time < Number(times); time += 1) {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    const page = await context.newPage();
    await page.addInitScript({ content: `globalThis.__name = made => made; (${watch.toString()})()` });
    await page.goto(address);
    await eventually('the page stands', () => page.evaluate('globalThis.whole !== null'));
    taken.push(await page.evaluate('({ firstScreen: globalThis.firstScreen, whole: globalThis.whole })'));
    await context.close();
  }
} finally {
  await browser.close();
}
for (const which of ['firstScreen', 'whole'] as const) {
  const sorted = taken.map(one => one[which]).sort((a, b) => a - b);
  const at = (part: number) => Math.round(sorted[Math.floor((sorted.length - 1) * part)] ?? Number.NaN);
  console.log(`${which.padEnd(12)} p50 ${at(0.5)} ms   max ${at(1)} ms   (${sorted.length} times)`);
}
