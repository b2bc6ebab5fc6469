/**
 * Every control by keyboard alone. What is a control is found in the page, so a new one is missed
 * by nobody: it must be reached by Tab or arrows, and be named in `OPERATED` with what it does.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { MANIFEST } from '../../dev/manifest.ts';
import { eventually, ready, text } from '../browser.ts';
import { query, Stage, search } from '../stage.ts';

const stage = new Stage();
const CONTROLS =
  'a[href], button:not(:disabled), input, select, textarea, summary, [tabindex]:not([tabindex="-1"]), [data-row]';

/** Numbers every control that is there and seen; what each looks like, for a message that helps. */
const numbered = (page: Page) =>
  page.evaluate<string[]>(`[...document.querySelectorAll(${JSON.stringify(CONTROLS)})]
    .filter(one => one.checkVisibility({ visibilityProperty: true }))
    .map((one, i) => { one.dataset.k = i; return one.outerHTML.slice(0, 140); })`);

/** Goes once round by Tab, and by arrows through each list that is one stop. */
async function reached(page: Page, count: number): Promise<Set<number>> {
  const seen = new Set<number>();
  const at = () =>
    page.evaluate<[number, boolean]>(
      '(one => [Number(one?.dataset.k ?? -1), one?.dataset.row !== undefined])(document.activeElement)',
    );
  let first: number | null = null;
  for (let i = 0; i < 3 * count + 20; i += 1) {
    await page.keyboard.press('Tab');
    const [here, isRow] = await at();
    if (here < 0) continue;
    if (here === first) break;
    first ??= here;
    seen.add(here);
    if (!isRow) continue;
    await page.keyboard.press('Home');
    for (let step = 0; step < 100; step += 1) {
      const [row] = await at();
      seen.add(row);
      // What a row holds is a stop of the tab key as long as the row is the current one.
      for (const k of await stops(page)) seen.add(k);
      await page.keyboard.press('ArrowDown');
      if ((await at())[0] === row) break;
    }
  }
  return seen;
}

const stops = (page: Page) =>
  page.evaluate<number[]>(
    `[...(document.activeElement.closest('[data-panel]')?.querySelectorAll('[data-k]') ?? [])]
      .filter(one => one.tabIndex >= 0 && one.checkVisibility()).map(one => Number(one.dataset.k))`,
  );

type Check = (page: Page) => Promise<unknown>;
const expanded: Check = async page => {
  assert.equal(
    await page.evaluate(
      'document.activeElement.closest(".popover")?.querySelectorAll(".popover-box").length',
    ),
    1,
  );
  await page.keyboard.press('Escape');
  assert.equal(await page.locator('.popover-box').count(), 0);
};
const toast: Check = page =>
  eventually('it is said', async () => (await page.getAttribute('.toast', 'data-shown')) === 'true');
const filtered: Check = page => search(page, /[?&](source|owner|campaign|industry|size)=/);
const saved: Check = async () => {};

interface Operated {
  controls: string;
  path?: string;
  /** Done before, by keyboard too. */
  open?: string;
  key?: string;
  check: Check;
}

const OPERATED: Operated[] = [
  {
    controls: '.skip',
    check: async page => assert.equal(await page.evaluate('document.activeElement.id'), 'board'),
  },
  {
    controls: '[data-language]',
    key: 'ArrowDown',
    check: page => eventually('German', async () => (await page.getAttribute('html', 'lang')) === 'de'),
  },
  {
    controls: '.pause',
    check: async page => assert.equal(await page.getAttribute('.pause', 'aria-pressed'), 'true'),
  },
  {
    controls: '.top-tools [aria-label^="Theme"]',
    check: async page => assert.equal(await page.getAttribute('html', 'data-theme'), 'light'),
  },
  { controls: '.top-tools [aria-label="Copy link to this view"]', check: toast },
  {
    controls: '.top-tools [aria-label="Full screen"]',
    check: page =>
      eventually('full', async () => (await page.evaluate('document.fullscreenElement !== null')) === true),
  },
  {
    controls: '[data-opens="help"]',
    check: async page => {
      await page.waitForSelector('dialog[open]');
      await page.keyboard.press('Enter');
      await page.locator('dialog').waitFor({ state: 'detached' });
    },
  },
  { controls: 'a.opens', check: page => search(page, /[?&]list=/) },
  { controls: '.sections a', check: async page => assert.match(new URL(page.url()).hash, /^#section-/) },
  { controls: '[data-opens="period"], [data-opens="compare"], [data-opens^="filter-"]', check: expanded },
  { controls: '[data-opens="menu"], .panel-head .popover > button', check: expanded },
  { controls: '.board', check: saved },
  { controls: '#won_by_source .row, .bars .row', check: filtered },
  { controls: '.funnel .row', check: saved },
  { controls: '.listing .entry-button', check: filtered },
  { controls: '.listing, .table-box, .feed-list', check: saved },
  { controls: '.sort', check: page => search(page, /\?sort=/) },
  {
    controls: '.feed-tools button',
    check: async page => assert.equal(await page.locator('.feed-tools [aria-pressed="true"]').count(), 1),
  },
  { controls: '#deals_over_time .plot-bucket', check: page => search(page, /period=custom/) },
  { controls: '.plot-bucket', check: saved },
  { controls: 'button.legend-item', check: filtered },
  { controls: '.facts a', check: async page => assert.match(page.url(), /#.|[?&]list=/) },
  { controls: '.chip', path: '/?source=google', check: page => search(page, '') },
  { controls: '.chips .text-button', path: '/?source=google', check: page => search(page, '') },
  { controls: '.empty .button', path: '/?source=nosuch', check: page => search(page, '') },
  {
    controls: '.picker-list .menu-item',
    open: '[data-opens="period"]',
    check: page => search(page, /period=/),
  },
  { controls: '.custom-days input', open: '[data-opens="period"]', key: 'ArrowUp', check: saved },
  {
    controls: '.custom-days button',
    open: '[data-opens="period"]',
    check: page => search(page, /period=custom/),
  },
  { controls: '.options input[type="search"]', open: '[data-opens="filter-source"]', key: 'x', check: saved },
  {
    controls: '.options input[type="checkbox"]',
    open: '[data-opens="filter-source"]',
    key: 'Space',
    check: filtered,
  },
  {
    controls: '.options > .menu-item',
    path: '/?source=google',
    open: '[data-opens="filter-source"]',
    check: page => search(page, ''),
  },
  {
    controls: '.menu button.menu-item',
    open: '#won_by_source [data-opens="menu"]',
    check: page => search(page, '?table=won_by_source'),
  },
  { controls: '.menu a.menu-item', open: '#won_by_source [data-opens="menu"]', check: saved },
  {
    controls: 'dialog .icon-button',
    open: '[data-opens="help"]',
    check: async page => assert.equal(await page.locator('dialog').count(), 0),
  },
  {
    controls: '.kiosk-dot',
    path: '/?kiosk=1',
    check: async page => assert.equal(await page.locator('.kiosk-dot[aria-current]').count(), 1),
  },
  { controls: '.kiosk-tools .icon-button', path: '/?kiosk=1', check: saved },
  { controls: '.kiosk-screen', path: '/?kiosk=1', check: saved },
  { controls: '.switch button', check: page => search(page, /show=/) },
];

const STATES: [string, string, BrowserContextOptions, string | null][] = [
  ['the board', '/', {}, null],
  ['a board with choices', '/?source=google,nosuch', {}, null],
  ['its tables', `/?table=${MANIFEST.panels.map(panel => panel.id).join(',')}`, {}, null],
  ['nothing found', '/?source=nosuch', {}, null],
  ['the periods', '/', {}, '[data-opens="period"]'],
  ['a list to choose from', '/?source=google', {}, '[data-opens="filter-source"]'],
  ['a menu of a panel', '/', {}, '#won_by_source [data-opens="menu"]'],
  ['help', '/', {}, '[data-opens="help"]'],
  ['the wall', '/?kiosk=1', { viewport: { width: 1920, height: 1080 }, reducedMotion: 'reduce' }, null],
];

async function opened(page: Page, selector: string | null | undefined): Promise<void> {
  if (!selector) return;
  await page.focus(selector);
  await page.keyboard.press('Enter');
  await page.waitForSelector('.popover-box, dialog[open]');
  if (selector.includes('filter-')) await page.waitForSelector('.option-list input');
}

describe('by keyboard alone', () => {
  for (const [name, path, options, open] of STATES)
    test(`every control is reached, and none is without a test: ${name}`, async () => {
      const page = await stage.board(path, { reducedMotion: 'reduce', ...options });
      await opened(page, open);
      const controls = await numbered(page);
      const seen = await reached(page, controls.length);
      // An open dialog keeps the focus, an open list closes when it is left: only what is inside counts.
      const inside = open === null ? '' : open.includes('help') ? 'dialog ' : '.popover-box ';
      const wanted = await page.evaluate<number[]>(
        `[...document.querySelectorAll('${inside}[data-k]')].map(one => Number(one.dataset.k))`,
      );
      const missed = open === null || inside === 'dialog ' ? wanted.filter(k => !seen.has(k)) : [];
      assert.deepEqual(
        missed.map(k => controls[k]),
        [],
      );
      const unknown = await page.evaluate<string[]>(
        `[...document.querySelectorAll('[data-k]')].filter(one => !one.matches(${JSON.stringify(OPERATED.map(one => one.controls).join(', '))}))
          .map(one => one.outerHTML.slice(0, 160))`,
      );
      assert.deepEqual(unknown, []);
    });

  for (const { controls, path = '/', open, key = 'Enter', check } of OPERATED.filter(
    one => !/switch/.test(one.controls),
  ))
    test(`${controls} does what it says`, async () => {
      const page = await stage.board(path, { reducedMotion: 'reduce' });
      await opened(page, open);
      const one = page.locator(controls).filter({ visible: true }).first();
      if (controls === '.skip') await page.keyboard.press('Tab');
      else await one.focus();
      await page.keyboard.press(key);
      await check(page);
    });

  test('on a phone all filters are reached in their sheet', async () => {
    const page = await stage.board('/', { viewport: { width: 390, height: 844 }, reducedMotion: 'reduce' });
    await page.focus('[data-opens="filters"]');
    await page.keyboard.press('Enter');
    await page.waitForSelector('dialog .option-list input');
    const controls = await numbered(page);
    const seen = await reached(page, controls.length);
    const wanted = await page.evaluate<number[]>(
      "[...document.querySelectorAll('dialog [data-k]')].map(one => Number(one.dataset.k))",
    );
    assert.ok(wanted.length > 30);
    assert.deepEqual(
      wanted.filter(k => !seen.has(k)).map(k => controls[k]),
      [],
    );
    await page.keyboard.press('Escape');
    await page.locator('dialog').waitFor({ state: 'detached' });
    assert.equal(query(page), '');
  });

  test('a lost connection is tried again', async () => {
    const page = await stage.board();
    stage.standIn.refuseStreams = 503;
    stage.standIn.dropStreams();
    await page.waitForSelector('.banner .button');
    stage.standIn.refuseStreams = null;
    await page.focus('.banner .button');
    await page.keyboard.press('Enter');
    await eventually('live', async () => (await page.getAttribute('.link', 'data-link')) === 'live');
    await ready(page);
    assert.match(await text(page, '.link'), /Live/);
  });
});
