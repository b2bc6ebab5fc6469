/** The lists behind numbers: how they open and close, that they add up, and that they live. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { eventually, text } from '../browser.ts';
import { query, Stage, search } from '../stage.ts';

const stage = new Stage();
const sheet = '[data-open-list]';
const opened = (page: Page) => page.waitForSelector(`${sheet}[data-state="ready"] .list-totals`);
const closed = (page: Page) =>
  eventually('the list is closed', async () => (await page.locator(sheet).count()) === 0);
const lines = (page: Page) => page.locator(`${sheet} tbody tr`).count();
const totals = (page: Page) => text(page, `${sheet} .list-totals`);
const digits = (words: string) => words.replace(/[^\d]/g, '');

describe('the list behind a number', () => {
  test('opens from a headline, has its sum, and Esc gives the focus back', async () => {
    const page = await stage.board();
    const value = digits(await text(page, '#won_value .figure'));
    await page.focus('#won_value .figure a');
    await page.keyboard.press('Enter');
    await opened(page);
    assert.equal(query(page), '?list=closed_deals&list.status=won&list.shown=EUR');
    assert.ok(digits(await totals(page)).includes(value), `${value} in ${await totals(page)}`);
    assert.equal(await page.evaluate('document.activeElement.closest("dialog") !== null'), true);
    await page.keyboard.press('Escape');
    await closed(page);
    await search(page, '');
    assert.equal(await page.evaluate('document.activeElement.closest("[data-panel]").id'), 'won_value');
  });

  test('opens from a bar without filtering by it, by the next tab stop', async () => {
    const page = await stage.board();
    const count = await text(page, '#won_by_source [data-row^="linkedin|"] .row-count span:last-child');
    await page.focus('#won_by_source [data-row][tabindex="0"]');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await opened(page);
    assert.match(query(page), /^\?list=closed_deals&list\.status=won&list\.source=linkedin/);
    assert.match(await totals(page), new RegExp(`^Deals ${count}Value`));
    assert.equal(await lines(page), Number(count));
    assert.equal(await page.locator('.chip').count(), 0);
    assert.match(await text(page, `${sheet} .list-given`), /Source: linkedin/);
  });

  test('opens from each figure of a table, and its name still filters', async () => {
    const page = await stage.board();
    const figure = (column: number) => `#leaderboard .entry:first-of-type td:nth-of-type(${column}) a`;
    const lost = await text(page, `${figure(5)} span:last-child`);
    await page.click(figure(5));
    await opened(page);
    assert.match(query(page), /list\.status=lost&list\.owner=\d/);
    assert.match(await totals(page), new RegExp(`^Deals ${lost}Value`));
    await page.goBack();
    await closed(page);
    await page.click('#leaderboard .entry:first-of-type .entry-name');
    await search(page, /^\?owner=\d$/);
  });

  test('of all others has what the rows above do not', async () => {
    const page = await stage.board();
    const row = '#won_by_campaign .entry:last-of-type';
    assert.equal(await text(page, `${row} .entry-name`), '(other)');
    const value = digits((await page.getAttribute(`${row} td:nth-of-type(4)`, 'title')) ?? '');
    await page.click(`${row} td:nth-of-type(4) a`);
    await opened(page);
    assert.match(await text(page, `${sheet} .list-given`), /All other sources · All other campaigns/);
    assert.ok(value.startsWith(digits(/Value €([\d,]+)/.exec(await totals(page))?.[1] ?? 'none')));
  });

  test('opens from a stage, a bucket, a legend, a note and an event', async () => {
    const page = await stage.board();
    for (const [place, list] of [
      ['#pipeline_by_stage .row:nth-of-type(3) .bar-cell a', 'list=reached_deals&list.stage=2'],
      ['#pipeline_by_stage .row:nth-of-type(3) .funnel-open a', 'list=open_deals&list.stage=2'],
      ['#revenue_by_size .legend li:first-child a', 'list.size=small'],
      ['#deals_over_time .legend li:first-child a', 'list=created_deals'],
      ['#won_value .notes a', 'list.only=without_value'],
      ['#live_activity .feed-line:first-child a', 'list=deal_history&list.deal='],
    ] as const) {
      await page.click(place);
      await opened(page);
      assert.ok(query(page).includes(list), `${place}: ${query(page)}`);
      await page.keyboard.press('Escape');
      await closed(page);
    }
    const bucket = '#deals_over_time .plot-bucket:nth-child(20)';
    await page.focus(bucket);
    const created = /Created (\d+)/.exec((await page.getAttribute(bucket, 'aria-label')) ?? '')?.[1];
    await page.click('#deals_over_time .tip dd a');
    await opened(page);
    assert.match(query(page), /list=created_deals&list\.bucket=2026|list=created_deals&list\.bucket=20/);
    assert.match(await totals(page), new RegExp(`^Deals ${created}`));
  });

  test('is an address of its own: a reload opens the same, back closes, forward opens again', async () => {
    const page = await stage.board('/?source=google');
    await page.click('#win_rate .facts a');
    await opened(page);
    const told = async () => (await totals(page)).split('as of')[0];
    const before = await told();
    await page.reload();
    await opened(page);
    assert.equal(await told(), before);
    await page.click(`${sheet} .icon-button`);
    await closed(page);
    await search(page, '?source=google');
    await page.goBack();
    await page.goForward();
    const other = await stage.open('/?list=open_deals&list.stage=3');
    await opened(other);
    assert.match(await text(other, `${sheet} .list-given`), /Stage: 3/);
    await other.keyboard.press('Escape');
    await closed(other);
    assert.equal(query(other), '');
  });

  test('is put in order as a whole, shows more, and its file has everything in that order', async () => {
    const page = await stage.open('/?list=closed_deals&period=90d');
    await opened(page);
    assert.equal(await lines(page), 50);
    await page.click(`${sheet} [data-sort="converted_value"]`);
    await search(page, /list\.sort=-converted_value/);
    await eventually('the largest is first', async () => {
      const first = digits((await page.getAttribute(`${sheet} tbody td:nth-child(6)`, 'title')) ?? '');
      const largest = Math.max(...stage.standIn.account.deals.map(deal => deal.cents ?? 0));
      return Number(first) > largest / 2;
    });
    await page.click(`${sheet} .list-foot button`);
    await eventually('more are shown', async () => (await lines(page)) > 50);
    const file = page.waitForEvent('download');
    await page.click(`${sheet} [data-csv]`);
    assert.equal((await file).suggestedFilename(), 'closed_deals.csv');
    const asked = stage.standIn.asked.findLast(path => path.includes('lists/closed_deals.csv')) ?? '';
    assert.match(asked, /period=90d&sort=-converted_value$/);
  });

  test('rows land in it without moving those under the pointer', async () => {
    const page = await stage.board();
    await page.click('#won_value .figure a');
    await opened(page);
    const count = Number(/Deals 50 of (\d+)/.exec(await totals(page))?.[1]);
    const first = await text(page, `${sheet} tbody tr:first-child td`);
    await page.hover(`${sheet} tbody tr:first-child`);
    stage.win('google');
    await eventually('the win is counted', async () =>
      (await totals(page)).startsWith(`Deals 50 of ${count + 1}`),
    );
    assert.equal(await text(page, `${sheet} tbody tr:first-child td`), first);
    await page.hover(`${sheet} .list-totals`);
    await eventually('and comes first when the hand is away', async () =>
      (await text(page, `${sheet} tbody tr:first-child td`)).startsWith('Known deal'),
    );
  });

  test('empty and failed are told, and a failure keeps the rows', async () => {
    const page = await stage.open('/?source=nosuch&list=open_deals');
    await opened(page);
    assert.equal(await text(page, `${sheet} .empty`), 'No deal is in this list');
    stage.standIn.failing.set('closed_deals', 'the question took too long');
    await page.goto(`${stage.url}/?list=closed_deals`);
    await page.waitForSelector(`${sheet}[data-state="failed"]`);
    assert.match(await text(page, `${sheet} .failed-line`), /the question took too long/);
    stage.standIn.failing.clear();
    await eventually('it comes by itself', async () => (await lines(page)) > 0, 15_000);
    stage.standIn.failing.set('closed_deals', 'gone');
    stage.win('google');
    await page.waitForSelector(`${sheet}[data-state="failed"]`);
    assert.equal(await lines(page), 50);
  });

  test('at 320 px nothing is cut off and nothing scrolls sideways', async () => {
    const page = await stage.board('/?list=closed_deals', { viewport: { width: 320, height: 640 } });
    await opened(page);
    const wide = await page.$$eval(`${sheet}, ${sheet} *`, all =>
      all
        .filter(
          one =>
            one.scrollWidth > one.clientWidth + 1 &&
            one.className !== 'hidden' &&
            getComputedStyle(one).overflowX !== 'visible',
        )
        .map(one => one.className),
    );
    assert.deepEqual(wide, []);
    assert.match(await text(page, `${sheet} tbody tr:first-child`), /./);
  });

  test('the table twin leads to the same lists', async () => {
    const page = await stage.board('/?table=deals_over_time,won_by_source');
    await page.click('#deals_over_time tbody tr:last-child td:nth-child(3) a');
    await opened(page);
    assert.match(query(page), /list=closed_deals&list\.status=won$/);
  });
});
