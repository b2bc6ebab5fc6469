/**
 * The memory of a page that is open for long: the heap after a number of updates that were pushed and painted, and after
 * many more, each after a forced collection. The board is the stand-in's, whose account moves with every push.
 *
 *     npm run build && node --import tsx bench/heap.ts [UPDATES] [MORE_UPDATES]
 */
import { StandIn } from '../dev/standin.ts';
import { DIST, launch, ready, visit } from '../e2e/browser.ts';
import { REPAINT_MS } from '../src/state/slots.ts';

const [first = 2_000, last = 12_000] = process.argv.slice(2).map(Number);
const MIB = 1024 * 1024;
/** The target: what is kept does not grow with what came. */
const GROWTH_MAX = 1.1;

const standIn = new StandIn(7, DIST);
const browser = await launch();
try {
  const { page } = await visit(browser, await standIn.listen());
  await ready(page);
  const devtools = await page.context().newCDPSession(page);
  const heapAfter = async (updates: number): Promise<number> => {
    while (standIn.pushed < updates) {
      standIn.step();
      // Each is painted: nothing is left out for a newer one.
      await new Promise(next => setTimeout(next, REPAINT_MS + 20));
    }
    await devtools.send('HeapProfiler.collectGarbage');
    const { usedSize } = await devtools.send('Runtime.getHeapUsage');
    console.log(`after ${standIn.pushed} updates: ${(usedSize / MIB).toFixed(2)} MiB`);
    return usedSize;
  };
  const early = await heapAfter(first);
  const late = await heapAfter(last);
  console.log(`${(late / early).toFixed(3)} times (at most ${GROWTH_MAX})`);
  process.exitCode = late / early <= GROWTH_MAX ? 0 : 1;
} finally {
  await browser.close();
  await standIn.close();
}
