/** Choices and the address that keeps them. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { eventually, ready, text } from '../browser.ts';
import { Stage, search } from '../stage.ts';

const stage = new Stage();
const board = stage.board.bind(stage);
const row = (name: string) => `#won_by_source [data-row^="${name}|"]`;

describe('choices', () => {
  test('a press on a bar filters the board, back takes it away, forward brings it again', async () => {
    const page = await board();
    const all = await text(page, '#won_value .figure');
    await page.click(row('google'));
    await search(page, '?source=google');
    await ready(page);
    assert.notEqual(await text(page, '#won_value .figure'), all);
    assert.equal(await page.getAttribute(row('google'), 'aria-pressed'), 'true');
    assert.equal(await page.locator('.chip').count(), 1);
    await page.goBack();
    await search(page, '');
    await eventually('all are back', async () => (await text(page, '#won_value .figure')) === all);
    await page.goForward();
    await search(page, '?source=google');
  });

  test('Enter on a bar does the same, and again takes it away', async () => {
    const page = await board();
    await page.focus(row('linkedin'));
    await page.keyboard.press('Enter');
    await search(page, '?source=linkedin');
    await ready(page);
    assert.equal(await page.evaluate('document.activeElement.dataset.row'), 'linkedin|');
    await page.keyboard.press('Enter');
    await search(page, '');
  });

  test('a link carries every choice', async () => {
    const page = await board(
      '/?period=7d&source=google,linkedin&compare=off&table=won_by_source&utm_source=x',
    );
    assert.equal(await page.locator('.chip').count(), 2);
    assert.ok((await text(page, '[data-opens="period"]')).includes('Last 7 days'));
    assert.equal(await page.locator('#won_value .change').count(), 0);
    assert.equal(await page.locator('#won_by_source table').count(), 1);
    assert.ok(
      stage.standIn.asked.includes(
        '/api/v1/boards/pipedrive-deals/live?period=7d&source=google,linkedin&compare=off',
      ),
    );
  });

  test('sources are chosen from a list that counts them', async () => {
    const page = await board();
    await page.click('[data-opens="filter-source"]');
    await page.getByRole('searchbox').fill('partn');
    await page.getByRole('checkbox').check();
    await search(page, '?source=partner');
    await page.keyboard.press('Escape');
    assert.equal(await page.locator('.popover-box').count(), 0);
    assert.equal(await page.evaluate('document.activeElement.dataset.opens'), 'filter-source');
  });

  test('an id in a link is told by its name', async () => {
    const page = await board('/?owner=1');
    await eventually('the name', async () => (await text(page, '.chip')) === 'Ada Nowak');
  });

  test('a custom period', async () => {
    const page = await board();
    await page.click('[data-opens="period"]');
    await page.getByRole('textbox', { name: 'From' }).fill('2026-01-01');
    await page.getByRole('textbox', { name: 'To' }).fill('2026-01-31');
    await page.getByRole('button', { name: 'Apply' }).click();
    await search(page, '?period=custom&from=2026-01-01&to=2026-01-31');
    await eventually('the days are said', async () =>
      /1.*31 Jan 2026 · Europe\/Warsaw/.test(await text(page, '.range')),
    );
  });
});
