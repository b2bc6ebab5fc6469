/** What moves while rows land: figures, feed, focus, what is said aloud. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MANIFEST } from '../../dev/manifest.ts';
import { eventually, text } from '../browser.ts';
import { Stage } from '../stage.ts';

const stage = new Stage();
const board = stage.board.bind(stage);
const win = stage.win.bind(stage);
const row = (name: string) => `#won_by_source [data-row^="${name}|"]`;

describe('live', () => {
  test('all panels fill from one stream, with nothing from another host', async () => {
    const page = await board();
    assert.equal(stage.standIn.streams, 1);
    assert.deepEqual([...(stage.visits[0]?.hosts ?? [])], [new URL(stage.url).host]);
    assert.equal(await page.locator('[data-panel]').count(), MANIFEST.panels.length);
    await eventually(
      'the bars are drawn',
      async () => (await page.locator('#won_by_source svg path').count()) > 8,
    );
    assert.equal(stage.standIn.asked.filter(path => path.includes('/panels/')).length, 0);
  });

  test('a won deal moves figure, bar and feed in the open page, without a reload', async () => {
    const page = await board();
    await page.evaluate('window.here = 1');
    const before = await text(page, '#won_value .figure');
    const won = Number(await text(page, `${row('google')}  .row-count > :last-child`));
    win('google');
    await eventually('the figure moved', async () => (await text(page, '#won_value .figure')) !== before);
    await eventually(
      'the row counts it',
      async () => Number(await text(page, `${row('google')}  .row-count > :last-child`)) === won + 1,
    );
    await eventually('the feed tells it', async () =>
      (await text(page, '#live_activity .feed-line:first-child')).includes('Known deal'),
    );
    assert.equal(await page.evaluate('window.here'), 1);
    assert.equal(stage.standIn.streams, 1);
  });

  test('the panels on the screen are told, for the stream that is open, and anew after a scroll', async () => {
    const page = await board();
    const told = () => stage.standIn.onScreen.at(-1);
    await eventually('the first screen is told', async () => told()?.panels.includes('won_value'));
    assert.deepEqual(
      told()?.panels,
      await page.$$eval('[data-panel]', all =>
        all
          .filter(one => one.getBoundingClientRect().top < innerHeight)
          .map(one => one.id)
          .sort(),
      ),
    );
    await page.evaluate("document.querySelector('.board').scrollTop = 100000");
    await eventually('the last screen is told', async () => {
      const panels = told()?.panels ?? [];
      return panels.length > 0 && !panels.includes('won_value');
    });
    const stream = told()?.stream;
    stage.standIn.dropStreams();
    await eventually('the next stream is told', async () => told()?.stream !== stream, 20_000);
  });

  test('a changed template comes in with the choices, the scroll and the figures in place', async () => {
    const page = await board('/?source=google');
    await page.evaluate("window.here = 1; document.querySelector('.board').scrollTop = 120");
    const place = await page.evaluate("document.querySelector('.board').scrollTop");
    const address = await page.evaluate('location.search');
    await page.evaluate(`window.blank = 0; new MutationObserver(() => {
      if (!document.querySelector('#won_value .figure')) window.blank += 1;
    }).observe(document.querySelector('.board'), { childList: true, subtree: true })`);
    const panels = MANIFEST.panels.map(one =>
      one.id === 'won_value' ? { ...one, title: 'Value that was won' } : one,
    );
    stage.standIn.reload({ ...MANIFEST, panels });
    await eventually('the new words are there', async () =>
      (await text(page, '#won_value')).includes('Value that was won'),
    );
    await eventually('one stream is open', async () => stage.standIn.streams === 1);
    assert.equal(await page.evaluate('location.search'), address);
    assert.equal(await page.evaluate("document.querySelector('.board').scrollTop"), place);
    assert.equal(await page.evaluate('window.blank'), 0);
    assert.equal(await page.evaluate('window.here'), 1);
    stage.standIn.reload(MANIFEST);
  });

  test('focus, order and scroll stay in place while rows land', async () => {
    const page = await board();
    await page.evaluate("document.querySelector('.board').scrollTop = 120");
    await page.focus(row('newsletter'));
    const order = () =>
      page.$$eval('#won_by_source [data-row]', rows => rows.map(one => one.getAttribute('data-row')));
    const first = await order();
    const place = await page.evaluate("document.querySelector('.board').scrollTop");
    const won = Number(await text(page, `${row('newsletter')}  .row-count > :last-child`));
    for (let i = 0; i < 40; i += 1) win('newsletter');
    await eventually(
      'the row moved',
      async () => Number(await text(page, `${row('newsletter')}  .row-count > :last-child`)) === won + 40,
    );
    assert.equal(await page.evaluate('document.activeElement.dataset.row'), 'newsletter|');
    assert.deepEqual(await order(), first);
    assert.equal(await page.evaluate("document.querySelector('.board').scrollTop"), place);
    await page.evaluate('document.activeElement.blur()');
    await eventually('the true order is back', async () => (await order())[0] === 'newsletter|');
  });

  test('paused, nothing moves and what waits is counted; resumed, it is shown', async () => {
    const page = await board();
    const before = await text(page, '#won_value .figure');
    await page.keyboard.press('p');
    win('google');
    await eventually('news is counted', async () => /news/.test(await text(page, '.pause')));
    assert.equal(await text(page, '#won_value .figure'), before);
    await page.keyboard.press('p');
    await eventually('it is shown', async () => (await text(page, '#won_value .figure')) !== before);
  });

  test('the feed holds still under the focus and says how many are new', async () => {
    const page = await board();
    await page.focus('#live_activity .feed-list');
    const top = await text(page, '#live_activity .feed-line:first-child .feed-title');
    win('google');
    await eventually('two wait', async () =>
      (await text(page, '#live_activity .feed-tools')).includes('2 new'),
    );
    assert.equal(await text(page, '#live_activity .feed-line:first-child .feed-title'), top);
    await page.evaluate('document.activeElement.blur()');
    await eventually('they are shown', async () =>
      (await text(page, '#live_activity .feed-line:first-child')).includes('Known deal'),
    );
  });

  test('a screen reader is told in one polite summary', async () => {
    const page = await board();
    win('google');
    await eventually('a summary', async () =>
      /^Updated: .*Won value €/.test(await text(page, '[data-spoken]')),
    );
    const first = await text(page, '[data-spoken]');
    const before = await text(page, '#won_value .figure');
    win('google');
    await eventually('the figure moved', async () => (await text(page, '#won_value .figure')) !== before);
    assert.equal(await text(page, '[data-spoken]'), first);
    assert.equal(await page.getAttribute('[data-spoken]', 'aria-live'), 'polite');
  });

  test('with less motion nothing is animated', async () => {
    const page = await board('/', { reducedMotion: 'reduce' });
    const before = await text(page, '#won_value .figure');
    await page.evaluate(
      `window.moved = 0; document.addEventListener('animationstart', () => { window.moved += 1; })`,
    );
    win('google');
    await eventually('the figure moved', async () => (await text(page, '#won_value .figure')) !== before);
    assert.equal(await page.evaluate('window.moved'), 0);
    assert.equal(
      await page.evaluate(
        "document.getAnimations().filter(one => one.constructor.name === 'CSSAnimation').length",
      ),
      0,
    );
  });
});
