import { StandIn } from '/tmp/w/web-clone/web/dev/standin.ts';
import { DIST, launch, ready, visit } from '/tmp/w/web-clone/web/e2e/browser.ts';

// args: name width height scheme path selector
const [name = 'x', width = '1440', height = '900', scheme = 'light', path = '/', selector = '', pre = ''] =
  process.argv.slice(2);
const s = new StandIn(7, DIST);
const url = await s.listen();
const b = await launch();
const { page, complaints } = await visit(b, url + path, {
  viewport: { width: +width, height: +height },
  colorScheme: scheme as 'light',
  reducedMotion: 'reduce',
  hasTouch: +width < 500,
});
await ready(page);
await page.waitForFunction("document.querySelectorAll('svg path').length > 30");
await page.waitForTimeout(600);
if (pre) {
  await page.evaluate(pre);
  await page.waitForTimeout(400);
}
if (selector === 'full') {
  const h = await page.evaluate("document.querySelector('.board-inner').scrollHeight + 160");
  await page.setViewportSize({ width: +width, height: Number(h) });
  await page.waitForTimeout(500);
  await page.screenshot({ path: `/tmp/w/${name}.png` });
} else if (selector) await page.locator(selector).screenshot({ path: `/tmp/w/${name}.png` });
else await page.screenshot({ path: `/tmp/w/${name}.png` });
console.log(complaints);
await b.close();
await s.close();
