/** Single keys, and moving inside a chart. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Stage, search } from '../stage.ts';

const stage = new Stage();
const board = stage.board.bind(stage);

describe('keys', () => {
  test('reach what they promise', async () => {
    const page = await board('/?source=google');
    await page.keyboard.press('?');
    assert.ok(await page.locator('dialog[open]').getByText('Pause or resume updates').isVisible());
    await page.keyboard.press('p');
    assert.equal(await page.getAttribute('.pause', 'aria-pressed'), 'false');
    await page.keyboard.press('Escape');
    assert.equal(await page.evaluate('document.activeElement.dataset.opens'), 'help');
    await page.keyboard.press('t');
    assert.equal(await page.locator('.popover-box').count(), 1);
    await page.keyboard.press('Escape');
    await page.keyboard.press('x');
    await search(page, '?source=google&compare=year');
    await page.keyboard.press('c');
    await search(page, '');
    await page.keyboard.press('/');
    assert.equal(await page.evaluate('document.activeElement.type'), 'search');
    await page.keyboard.type('d?');
    assert.equal(await page.getAttribute('html', 'data-theme'), 'auto');
    await page.keyboard.press('Escape');
    await page.keyboard.press('d');
    assert.equal(await page.getAttribute('html', 'data-theme'), 'light');
  });

  test('move inside a chart, which is one stop of the tab key and one for the list of the row', async () => {
    const page = await board();
    await page.focus('#won_by_source [data-row][tabindex="0"]');
    assert.equal(await page.locator('#won_by_source [data-row][tabindex="0"]').count(), 1);
    const at = () => page.evaluate<string>('document.activeElement.dataset.row');
    await page.keyboard.press('ArrowDown');
    assert.equal(await at(), 'linkedin|');
    await page.keyboard.press('End');
    assert.equal(await at(), 'newsletter|');
    await page.keyboard.press('Home');
    assert.equal(await at(), 'google|');
    await page.keyboard.press('Tab');
    assert.match(await page.evaluate<string>('document.activeElement.textContent'), /^List of google/);
    await page.keyboard.press('Tab');
    assert.notEqual(
      await page.evaluate("document.activeElement.closest('.rows')?.className ?? 'outside'"),
      'rows',
      'the list of the row is the only stop beside it',
    );
  });
});
