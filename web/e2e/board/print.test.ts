/** The board on paper: light, whole, without chrome, no panel taller than a page. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { eventually, OUT, ready, text } from '../browser.ts';
import { Stage } from '../stage.ts';

const stage = new Stage();
/** A4 landscape without its margins, at 96 dots an inch. */
const PAPER = { width: 1032, height: 703 };

async function printed(path = '/') {
  const page = await stage.board(path, { colorScheme: 'dark', viewport: { width: 1440, height: 900 } });
  await eventually('charts are drawn', async () => (await page.locator('.plot-drawing path').count()) > 30);
  await page.emulateMedia({ media: 'print' });
  await page.setViewportSize(PAPER);
  await ready(page);
  return page;
}

describe('print', () => {
  test('says whose board it is, of which days, with which filters, as of when', async () => {
    const page = await printed('/?period=last_month&source=google,linkedin&compare=year');
    assert.ok(await page.locator('.print-head').isVisible());
    assert.match(
      await text(page, '.print-head'),
      /^Pipedrive deals.*Last month: .* 2026 · vs last year · source google or linkedin · as of .* · Europe\/Warsaw$/,
    );
  });

  test('leaves out what can only be pressed, and is light in a dark theme', async () => {
    const page = await printed();
    await page.evaluate("document.documentElement.dataset.theme = 'dark'");
    for (const chrome of ['.top', '.filters', '.sections', '.panel .icon-button', '.feed-tools', '.skip'])
      assert.equal(await page.locator(chrome).filter({ visible: true }).count(), 0, chrome);
    const [paper, ink] = await page.$eval('.panel', panel => {
      const look = getComputedStyle(panel);
      return [look.backgroundColor, look.color];
    });
    assert.deepEqual([paper, ink], ['rgb(255, 255, 255)', 'rgb(27, 26, 23)']);
  });

  test('shows all sections and every row, and no panel is taller than a page', async () => {
    const page = await printed();
    assert.equal(await page.locator('.section-title').filter({ visible: true }).count(), 6);
    const cut = await page.$$eval('.bars, .funnel, .listing, .table-box, .feed-list, .board, .page', boxes =>
      boxes.filter(box => getComputedStyle(box).overflowY !== 'visible').map(box => box.className),
    );
    assert.deepEqual(cut, []);
    for (const panel of await page.locator('[data-panel]').all()) {
      const [height, breaks, id] = await panel.evaluate(one => [
        one.getBoundingClientRect().height,
        getComputedStyle(one).breakInside,
        one.id,
      ]);
      assert.ok(Number(height) <= PAPER.height, `${id} is ${height} px high`);
      assert.equal(breaks, 'avoid', String(id));
    }
    for (const table of await page.locator('.listing table').all())
      assert.ok(
        await table.evaluate(
          one =>
            one.getBoundingClientRect().right <= (one.closest('.panel')?.getBoundingClientRect().right ?? 0),
        ),
        'a table is cut off on the right',
      );
  });

  test('bars lie beside their words, at the width that paper has', async () => {
    const page = await printed();
    for (const panel of ['#won_by_source', '#pipeline_by_stage']) {
      const drawn = await page.locator(`${panel} .bar-column svg`).first().boundingBox();
      const column = await page.locator(`${panel} .bar-column`).first().boundingBox();
      const first = await page.locator(`${panel} .row`).first().boundingBox();
      const last = await page.locator(`${panel} .row`).last().boundingBox();
      assert.ok(drawn && column && first && last);
      assert.ok(Math.abs(drawn.width - column.width) <= 2, panel);
      assert.ok(Math.abs(drawn.y - first.y) <= 2, panel);
      assert.ok(Math.abs(drawn.y + drawn.height - (last.y + last.height)) <= 2, panel);
    }
  });

  test('comes to a few pages', async () => {
    const page = await stage.board();
    const pdf = await page.pdf({ preferCSSPageSize: true, printBackground: true });
    await writeFile(`${OUT}board.pdf`, pdf);
    const pages = pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)?.length ?? 0;
    assert.ok(pages > 3 && pages <= 12, `${pages} pages`);
  });
});
