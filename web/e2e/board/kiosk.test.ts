/** The wall screen: large, without chrome, one screen after the other, still when asked. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { eventually, ready, text } from '../browser.ts';
import { query, Stage, search } from '../stage.ts';

const stage = new Stage();
const WALL = { viewport: { width: 1920, height: 1080 } };
/** Twelve pixels at 960 by 540: what is read from three metres on a screen of 55 inches. */
const TEXT_PX_MIN = 24;
const section = (page: Page) => text(page, '.kiosk-bar h2');
const place = (page: Page) =>
  page.$$eval('.kiosk-dot', dots => dots.findIndex(dot => dot.hasAttribute('aria-current')));

/** The page has been open that long: more than a screen would have stayed. */
const open = (page: Page, ms: number) =>
  eventually(
    'time passes',
    async () => (await page.evaluate<number>('performance.now()')) > ms || null,
    30_000,
  );

describe('on a wall', () => {
  test('there is no chrome, and every word is large', async () => {
    const page = await stage.board('/?kiosk=1', { ...WALL, reducedMotion: 'reduce' });
    for (const chrome of ['.top', '.filters', '.sections'])
      assert.equal(await page.locator(chrome).count(), 0, chrome);
    const count = await page.locator('.kiosk-dot').count();
    assert.ok(count > 6);
    for (let at = 0; at < count; at += 1) {
      await eventually('the screen is shown', async () => (await place(page)) === at);
      await ready(page);
      const found = await page.evaluate<string[]>(`(() => {
        const odd = [];
        for (const one of document.querySelectorAll('.kiosk *')) {
          if (![...one.childNodes].some(child => child.nodeType === 3 && child.data.trim() !== '')) continue;
          if (one.closest('.hidden, svg') || !one.checkVisibility()) continue;
          const size = parseFloat(getComputedStyle(one).fontSize) * (innerWidth / 960);
          if (size < ${TEXT_PX_MIN}) odd.push(one.className + ' is ' + size);
        }
        for (const panel of document.querySelectorAll('[data-panel]')) {
          const box = panel.getBoundingClientRect();
          if (box.right > innerWidth + 1 || box.bottom > innerHeight + 1) odd.push(panel.id + ' is cut off');
        }
        return odd;
      })()`);
      assert.deepEqual(found, []);
      await page.keyboard.press('ArrowRight');
    }
    assert.equal(await place(page), 0, 'after the last comes the first');
  });

  test('one screen follows the other in the time that the address says; paused, it stays', async () => {
    const page = await stage.board('/?kiosk=5', WALL);
    assert.equal(await section(page), 'What is happening');
    await eventually('the next screen', async () => (await section(page)) === 'Where it comes from');
    await page.keyboard.press('p');
    assert.equal(await page.getAttribute('.pause', 'aria-pressed'), 'true');
    const at = await place(page);
    await open(page, 13_000);
    assert.equal(await place(page), at);
    await page.keyboard.press('p');
    await eventually('it goes on', async () => (await place(page)) !== at);
  });

  test('with less motion it stands still until it is told to go on', async () => {
    const page = await stage.board('/?kiosk=5', { ...WALL, reducedMotion: 'reduce' });
    await open(page, 7_000);
    assert.equal(await place(page), 0);
    await page.keyboard.press('ArrowLeft');
    await eventually('the last screen', async () => (await section(page)) === 'What needs care');
  });

  test('a key leads there, Esc and back lead away, with every choice kept', async () => {
    const page = await stage.board('/?source=google', WALL);
    await page.keyboard.press('k');
    await search(page, '?source=google&kiosk=1');
    assert.equal(await page.locator('.kiosk').count(), 1);
    await page.keyboard.press('Escape');
    await search(page, '?source=google');
    assert.equal(await page.locator('.kiosk').count(), 0);
    await page.goBack();
    await search(page, '?source=google&kiosk=1');
    await page.getByRole('button', { name: 'Leave the wall screen' }).press('Enter');
    assert.equal(query(page), '?source=google');
    assert.equal(stage.standIn.streams, 1);
  });

  test('figures move, and a lost connection is told', async () => {
    const page = await stage.board('/?kiosk=1', { ...WALL, reducedMotion: 'reduce' });
    const before = await text(page, '#won_value .figure');
    stage.win('google');
    await eventually('the figure moved', async () => (await text(page, '#won_value .figure')) !== before);
    stage.standIn.refuseStreams = 503;
    stage.standIn.dropStreams();
    await eventually('a banner', async () => /connection is lost/.test(await text(page, '.banner')));
  });

  test('the device is asked to stay awake as long as the wall is shown', async () => {
    const page = await stage.board('/', WALL);
    await page.addInitScript(`
      window.locks = [];
      Object.defineProperty(navigator, 'wakeLock', { value: { request: async kind => {
        const lock = { kind, held: true, release: async () => { lock.held = false; } };
        window.locks.push(lock);
        return lock;
      } } });`);
    await page.reload();
    await ready(page);
    const held = () => page.evaluate<number>('window.locks.filter(lock => lock.held).length');
    assert.equal(await held(), 0);
    await page.keyboard.press('k');
    await eventually('it is held', async () => (await held()) === 1);
    await page.keyboard.press('k');
    await eventually('it is given back', async () => (await held()) === 0);
  });
});
