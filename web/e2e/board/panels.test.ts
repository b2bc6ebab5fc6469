/** The kinds of panels in a real browser: what keys, pointer and landing rows do to them. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import type { Manifest } from '../../src/api/wire.ts';
import { eventually, ready, text } from '../browser.ts';
import { focused, query, Stage, search } from '../stage.ts';

const stage = new Stage();
const bucket = (panel: string, place: number) => `#${panel} .plot-bucket:nth-child(${place})`;

/** The middle of a bucket, high above its columns or low in them. */
async function spot(page: Page, panel: string, place: number, height = 0.5) {
  const at = page.locator(bucket(panel, place));
  await at.scrollIntoViewIfNeeded();
  const box = await at.boundingBox();
  assert.ok(box);
  return { x: box.x + box.width / 2, y: box.y + box.height * height };
}

describe('columns', () => {
  test('are drawn, with as many buckets as the period has days', async () => {
    const page = await stage.board();
    assert.equal(await page.locator('#deals_over_time .plot-bucket').count(), 30);
    for (const panel of ['deals_over_time', 'revenue_by_size', 'forecast'])
      await eventually(
        `${panel} is drawn`,
        async () => (await page.locator(`#${panel} .plot-drawing path`).count()) > 12,
      );
  });

  test('are one stop of the tab key, and arrows move among buckets and tell of them', async () => {
    const page = await stage.board();
    assert.equal(await page.locator('#deals_over_time [data-row][tabindex="0"]').count(), 1);
    await page.focus(bucket('deals_over_time', 1));
    await page.keyboard.press('ArrowRight');
    const name = await page.getAttribute(bucket('deals_over_time', 2), 'aria-label');
    assert.match(name ?? '', /^\w{3}, \d+ \w+ \d{4}: Created \d+, Won deals \d+, Lost deals \d+$/);
    assert.equal(await page.evaluate('document.activeElement.ariaLabel'), name);
    await page.keyboard.press('End');
    assert.match(await page.evaluate<string>('document.activeElement.ariaLabel'), /still running/);
    assert.match(await text(page, '#deals_over_time .tip'), /still running.*Created/);
    await page.keyboard.press('Home');
    assert.equal(await focused(page), await page.getAttribute(bucket('deals_over_time', 1), 'data-row'));
  });

  test('Esc takes the tooltip away, under focus and under the pointer', async () => {
    const page = await stage.board();
    await page.focus(bucket('deals_over_time', 3));
    assert.equal(await page.locator('.tip').count(), 1);
    await page.keyboard.press('Escape');
    assert.equal(await page.locator('.tip').count(), 0);
    assert.equal(await focused(page), await page.getAttribute(bucket('deals_over_time', 3), 'data-row'));
    const { x, y } = await spot(page, 'forecast', 4);
    await page.mouse.move(x, y);
    await page.waitForSelector('#forecast .tip');
    const box = await page.locator('#forecast .tip').boundingBox();
    assert.ok(box);
    await page.mouse.move(box.x + box.width - 8, box.y + 8, { steps: 8 });
    assert.equal(await page.locator('#forecast .tip').count(), 1, 'the tooltip can be pointed at');
    await page.keyboard.press('Escape');
    assert.equal(await page.locator('.tip').count(), 0);
  });

  test('Enter on a bucket shows its days alone, and back shows all again', async () => {
    const page = await stage.board();
    await page.focus(bucket('deals_over_time', 5));
    const day = ((await focused(page)) ?? '').slice(0, 10);
    await page.keyboard.press('Enter');
    await search(page, `?period=custom&from=${day}&to=${day}`);
    await ready(page);
    assert.equal(await page.locator('#deals_over_time .plot-bucket').count(), 24);
    assert.match(await focused(page), /00:00:00$/, 'the focus stays in the drawing');
    await page.goBack();
    await search(page, '');
    await eventually(
      'all days are back',
      async () => (await page.locator('#deals_over_time .plot-bucket').count()) === 30,
    );
  });

  test('a drag over buckets chooses from the first to the last', async () => {
    const page = await stage.board();
    const won = await text(page, '#won_value .figure');
    const from = await spot(page, 'deals_over_time', 20);
    const to = await spot(page, 'deals_over_time', 12);
    const days = await page.$$eval('#deals_over_time .plot-bucket', all =>
      [11, 19].map(i => (all[i] as HTMLElement).dataset.row?.slice(0, 10)),
    );
    await page.mouse.move(from.x, from.y);
    await page.mouse.down();
    await page.mouse.move(to.x, to.y, { steps: 6 });
    assert.equal(await page.locator('.plot-brush').count(), 1);
    await page.mouse.up();
    await search(page, `?period=custom&from=${days[0]}&to=${days[1]}`);
    await ready(page);
    assert.equal(await page.locator('#deals_over_time .plot-bucket').count(), 9);
    await page.goBack();
    await search(page, '');
    await eventually('all is back', async () => (await text(page, '#won_value .figure')) === won);
    await page.goForward();
    await search(page, /period=custom/);
  });

  test('Esc gives a drag up', async () => {
    const page = await stage.board();
    const from = await spot(page, 'deals_over_time', 4);
    const to = await spot(page, 'deals_over_time', 9);
    await page.mouse.move(from.x, from.y);
    await page.mouse.down();
    await page.mouse.move(to.x, to.y, { steps: 4 });
    await page.keyboard.press('Escape');
    await page.mouse.up();
    assert.equal(await page.locator('.plot-brush').count(), 0);
    assert.equal(query(page), '');
  });

  test('a part of a stack filters, by its word and by a press on it', async () => {
    const page = await stage.board();
    const part = '#revenue_by_size [data-series="medium"]';
    await page.focus(part);
    await page.keyboard.press('Enter');
    await search(page, '?size=medium');
    await ready(page);
    assert.equal(await page.getAttribute(part, 'aria-pressed'), 'true');
    await page.keyboard.press('Space');
    await search(page, '');
    await ready(page);
    // Of a bucket whose lowest part is small, the foot is pressed.
    const place = await page.$$eval('#revenue_by_size .plot-bucket', all =>
      all.findIndex(one => /small €[1-9]\d,\d/.test(one.ariaLabel ?? '')),
    );
    const { x, y } = await spot(page, 'revenue_by_size', place + 1, 0.99);
    await page.mouse.click(x, y);
    await search(page, '?size=small');
  });

  test('a part that is no longer there leaves the drawing', async () => {
    const page = await stage.board();
    const drawn = (tone: string) =>
      page.locator(`#revenue_by_size .plot-drawing path[fill="var(--${tone})"]`);
    await eventually('large is drawn', async () => (await drawn('accent-deep').count()) > 0);
    stage.standIn.alter = result =>
      result.panel === 'revenue_by_size'
        ? { ...result, rows: result.rows.filter(cells => cells.includes('small')) }
        : result;
    stage.win('google');
    await eventually('it is gone', async () => (await drawn('accent-deep').count()) === 0);
    assert.ok((await drawn('accent-pale').count()) > 0);
  });

  test('a finger shows first and chooses with the second tap', async () => {
    const page = await stage.board('/', { viewport: { width: 390, height: 844 }, hasTouch: true });
    const { x, y } = await spot(page, 'deals_over_time', 10);
    await page.touchscreen.tap(x, y);
    await page.waitForSelector('#deals_over_time .tip');
    assert.equal(query(page), '');
    await page.touchscreen.tap(x, y);
    await search(page, /period=custom/);
  });

  test('of two currencies are two drawings of one height, a press apart', async () => {
    stage.standIn.alter = result =>
      result.panel === 'revenue_by_size'
        ? {
            ...result,
            rows: [
              ...result.rows,
              ...result.rows.map(cells => cells.map(cell => (cell === 'EUR' ? 'USD' : cell))),
            ],
          }
        : result;
    const page = await stage.board();
    const height = () => page.$eval('#revenue_by_size .plot', one => one.getBoundingClientRect().height);
    const before = await height();
    assert.match(await text(page, '#revenue_by_size .legend a'), /^small\s€/);
    await page.getByRole('group', { name: 'Currency shown' }).getByRole('button', { name: 'USD' }).click();
    assert.match(await text(page, '#revenue_by_size .legend a'), /^small\sUS\$/);
    assert.equal(await height(), before);
    assert.equal(await page.locator('#revenue_by_size .plot-bucket').count(), 30);
    stage.win('google');
    await eventually('the choice stays', async () =>
      /US\$/.test(await text(page, '#revenue_by_size .legend a')),
    );
    assert.equal(query(page), '?show=revenue_by_size.USD');
    await page.reload();
    await ready(page);
    assert.match(await text(page, '#revenue_by_size .legend a'), /^small\sUS\$/);
    await page.getByRole('group', { name: 'Currency shown' }).getByRole('button', { name: 'EUR' }).click();
    assert.equal(query(page), '', 'the usual one needs no word');
  });

  test('figures land without losing focus, tooltip or scroll', async () => {
    const page = await stage.board();
    await page.focus(bucket('deals_over_time', 30));
    const top = await page.evaluate("document.querySelector('.board').scrollTop");
    const row = await focused(page);
    const before = await text(page, '#deals_over_time .tip');
    for (let i = 0; i < 20; i += 1) stage.win('google');
    await eventually(
      'the tooltip counts them',
      async () => (await text(page, '#deals_over_time .tip')) !== before,
    );
    assert.equal(await focused(page), row);
    assert.equal(await page.evaluate("document.querySelector('.board').scrollTop"), top);
  });
});

describe('tables', () => {
  const names = (page: Page, panel: string) =>
    page.$$eval(`#${panel} .entry-name`, all => all.map(one => one.textContent ?? ''));

  test('sort by a head, turn round with a second press, and say so', async () => {
    const page = await stage.board();
    const head = '#leaderboard [data-sort="won_deals"]';
    const figures = () =>
      page.$$eval('#leaderboard .entry', all =>
        all.map(one => Number(one.querySelectorAll('td')[3]?.textContent)),
      );
    await page.focus(head);
    await page.keyboard.press('Enter');
    const down = await figures();
    assert.deepEqual(
      down,
      [...down].sort((a, b) => b - a),
    );
    assert.equal(
      await page.getAttribute('#leaderboard th:has([data-sort="won_deals"])', 'aria-sort'),
      'descending',
    );
    await page.keyboard.press('Space');
    assert.deepEqual(
      await figures(),
      [...down].sort((a, b) => a - b),
    );
    assert.equal(
      await page.getAttribute('#leaderboard th:has([data-sort="won_deals"])', 'aria-sort'),
      'ascending',
    );
    assert.equal(await page.locator('#leaderboard [aria-sort]').count(), 1);
    assert.equal(await page.evaluate('document.activeElement.dataset.sort'), 'won_deals');
  });

  test('a link keeps the order of a table, and back takes it back', async () => {
    const page = await stage.board('/?sort=leaderboard.owner');
    const first = await names(page, 'leaderboard');
    assert.deepEqual(
      first,
      [...first].sort((a, b) => a.localeCompare(b)),
    );
    await page.click('#leaderboard [data-sort="owner"]');
    await search(page, '?sort=leaderboard.-owner');
    assert.deepEqual(await names(page, 'leaderboard'), [...first].reverse());
    await page.goBack();
    await search(page, '?sort=leaderboard.owner');
    await eventually('the order is back', async () => (await names(page, 'leaderboard'))[0] === first[0]);
    assert.equal(stage.standIn.streams, 1);
  });

  test('a press of the pointer on a head sorts too, though rows hold still under it', async () => {
    const page = await stage.board();
    const before = await names(page, 'leaderboard');
    await page.click('#leaderboard [data-sort="owner"]');
    assert.deepEqual(
      await names(page, 'leaderboard'),
      [...before].sort((a, b) => a.localeCompare(b)),
    );
  });

  test('the row of all others stays last', async () => {
    const page = await stage.board();
    await page.click('#won_by_campaign [data-sort="total_value"]');
    await page.click('#won_by_campaign [data-sort="total_value"]');
    assert.equal((await names(page, 'won_by_campaign')).at(-1), '(other)');
  });

  test('a row filters the board, again takes the filter away, arrows move among rows', async () => {
    const page = await stage.board();
    await page.focus('#leaderboard [data-row][tabindex="0"]');
    assert.equal(await page.locator('#leaderboard [data-row][tabindex="0"]').count(), 1);
    await page.keyboard.press('ArrowDown');
    const row = await focused(page);
    const owner = row.split('|')[0];
    await page.keyboard.press('Enter');
    await search(page, `?owner=${owner}`);
    await ready(page);
    assert.equal(await focused(page), row);
    assert.equal(await page.evaluate('document.activeElement.ariaPressed'), 'true');
    await page.keyboard.press('Space');
    await search(page, '');
    await ready(page);
    await page.click('#won_by_campaign .entry:first-of-type td:last-child');
    await search(page, /\?campaign=/);
    await page.goBack();
    await search(page, '');
  });

  test('rows land without losing focus, order or scroll', async () => {
    const page = await stage.board();
    await page.focus('#leaderboard [data-row][tabindex="0"]');
    await page.keyboard.press('End');
    const row = await focused(page);
    const first = await names(page, 'leaderboard');
    const tops = () =>
      page.evaluate(
        "[document.querySelector('.board').scrollTop, document.querySelector('#top_contacts .listing').scrollTop]",
      );
    await page.evaluate("document.querySelector('#top_contacts .listing').scrollTop = 90");
    const before = await tops();
    const figures = await text(page, '#leaderboard table');
    for (let i = 0; i < 30; i += 1) stage.win('google', 9_000_000);
    await eventually('the figures move', async () => (await text(page, '#leaderboard table')) !== figures);
    assert.equal(await focused(page), row);
    assert.deepEqual(await names(page, 'leaderboard'), first);
    assert.deepEqual(await tops(), before);
  });

  test('on a phone what finds no room beside stands beneath, and nothing is cut off', async () => {
    const page = await stage.board('/', { viewport: { width: 320, height: 700 } });
    assert.match(await text(page, '#leaderboard .entry-rest'), /Won deals .*\d+ Lost deals .*\d+ Win rate/);
    const wide = await page.$$eval('.listing, .columns, .plot, .bars, .rows, .stat', all =>
      all
        // Widths are rounded to whole pixels, one up and one down.
        .filter(one => one.scrollWidth > one.clientWidth + 1)
        .map(one => `${one.closest('[data-panel]')?.id} ${one.className}`),
    );
    assert.deepEqual(wide, []);
  });
});

describe('tiles', () => {
  test('a part of the velocity leads to its panel', async () => {
    const page = await stage.board('/', { viewport: { width: 390, height: 700 } });
    await page.locator('#sales_velocity .facts a', { hasText: 'Win rate' }).click();
    assert.equal(new URL(page.url()).hash, '#win_rate');
    await eventually('it is in view', async () => {
      const box = await page.locator('#win_rate').boundingBox();
      return box !== null && box.y >= 0 && box.y + box.height <= 700;
    });
    assert.equal(stage.standIn.streams, 1);
  });

  test('a move is told by sign and word, and in the unit of its figure', async () => {
    const page = await stage.board();
    // Which way they moved depends on the day.
    assert.match(
      await text(page, '#win_rate .change'),
      /^(↑ up \+|↓ down -|→ unchanged [+-]?)\d+\.\d\spp vs previous period$/,
    );
    assert.match(
      await text(page, '#sales_cycle .change'),
      /^(↑ up \+\d+\.\d\sd slower|↓ down -\d+\.\d\sd faster|→ unchanged [+-]?\d+\.\d\sd) vs previous period$/,
    );
    assert.match(await text(page, '#sales_velocity .stat-main'), /^€[\d,]+per day$/);
  });
});

describe('sections', () => {
  const current = (page: Page) => page.locator('.sections [aria-current]').allInnerTexts();
  const isAtTop = (page: Page, id: string) =>
    eventually(`${id} is at the top`, async () => {
      const board = await page.locator('.board').boundingBox();
      const box = await page.locator(`#section-${id}`).boundingBox();
      return board !== null && box !== null && Math.abs(box.y - board.y) < 24;
    });

  test('are reached by links and by number, and the way says where one is', async () => {
    const page = await stage.board();
    assert.deepEqual(await current(page), ['What is happening']);
    await page.getByRole('navigation').getByRole('link', { name: 'How it moves' }).click();
    await isAtTop(page, 'flow');
    await eventually('it is current', async () => (await current(page))[0] === 'How it moves');
    await page.keyboard.press('2');
    await isAtTop(page, 'sources');
    await page.goBack();
    await isAtTop(page, 'flow');
    assert.equal(query(page), '');
    await page.evaluate("document.querySelector('.board').scrollTop = 1e6");
    await eventually('the end is the last', async () => (await current(page)).length === 1);
  });

  test('on a phone the way scrolls in itself to where one is', async () => {
    const page = await stage.board('/', { viewport: { width: 320, height: 640 } });
    await page.keyboard.press('6');
    await isAtTop(page, 'health');
    await eventually('its link is in view', async () => {
      const box = await page.locator('.sections [data-section="health"]').boundingBox();
      return box !== null && box.x >= 0 && box.x + box.width <= 320;
    });
    assert.equal(await page.$eval('html', one => one.scrollWidth - one.clientWidth), 0);
  });
});

describe('a text', () => {
  test('stands in its section with its words alone, and nothing is asked', async () => {
    const page = await stage.board();
    await page.route(/\/api\/v1\/boards\/pipedrive-deals\?/, async route => {
      const answer = await route.fetch();
      const manifest = (await answer.json()) as Manifest;
      const panels = manifest.panels.map(panel =>
        panel.id === 'forecast'
          ? { ...panel, kind: 'text', definition: 'Not shown: it needs a date.', drill: [] }
          : panel,
      );
      await route.fulfill({ json: { ...manifest, panels } });
    });
    const asked: string[] = [];
    page.on('request', request => asked.push(request.url()));
    await page.reload();
    await ready(page);
    assert.equal(await text(page, '#forecast p'), 'Not shown: it needs a date.');
    assert.equal(await page.locator('#forecast button').count(), 0);
    assert.equal(await page.locator('#section-flow #forecast').count(), 1);
    assert.ok(!asked.some(url => url.includes('panels/forecast')));
    for (const width of [320, 1280]) {
      await page.setViewportSize({ width, height: 800 });
      const fits = await page.$eval('#forecast', panel => panel.scrollWidth <= panel.clientWidth);
      assert.ok(fits, `${width} px`);
    }
  });
});
