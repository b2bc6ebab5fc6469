/** The accessibility audit, in every look and state. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import axe from 'axe-core';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { MANIFEST } from '../../dev/manifest.ts';
import { eventually, OUT, text } from '../browser.ts';
import { Stage } from '../stage.ts';

const stage = new Stage();
const board = stage.board.bind(stage);

describe('audit', () => {
  const steps: [string, string, BrowserContextOptions, (page: Page) => Promise<void>][] = [
    ['wide, light', '/', {}, async () => {}],
    ['wide, dark, with a choice', '/?source=google', { colorScheme: 'dark' }, async () => {}],
    ['tables', `/?table=${MANIFEST.panels.map(panel => panel.id).join(',')}`, {}, async () => {}],
    [
      'a tooltip and a choice',
      '/?size=large',
      { colorScheme: 'dark' },
      page => page.focus('#revenue_by_size .plot-bucket'),
    ],
    ['phone, light', '/', { viewport: { width: 390, height: 844 } }, async () => {}],
    ['a table that is sorted', '/', {}, page => page.click('#leaderboard [data-sort="win_rate"]')],
    ['phone, dark', '/', { viewport: { width: 320, height: 700 }, colorScheme: 'dark' }, async () => {}],
    ['a list that is open', '/', {}, page => page.click('[data-opens="filter-source"]')],
    [
      'the sheet',
      '/',
      { viewport: { width: 390, height: 844 } },
      page => page.click('[data-opens="filters"]'),
    ],
    ['the list behind a number', '/?list=closed_deals', {}, async () => {}],
    [
      'the list on a phone, dark',
      '/?list=open_deals&list.sort=-age_days',
      { viewport: { width: 320, height: 700 }, colorScheme: 'dark' },
      async () => {},
    ],
    ['German, light', '/?lang=de', {}, async () => {}],
    [
      'German, phone, dark',
      '/?lang=de&source=google',
      { viewport: { width: 390, height: 844 }, colorScheme: 'dark' },
      async () => {},
    ],
    ['wall, light', '/?kiosk=1', { viewport: { width: 1920, height: 1080 } }, async () => {}],
    [
      'wall, dark, German',
      '/?kiosk=1&lang=de#section-sources',
      { viewport: { width: 1920, height: 1080 }, colorScheme: 'dark' },
      async () => {},
    ],
    ['a menu that is open', '/', {}, page => page.click('#won_by_source [data-opens="menu"]')],
    ['help', '/', { colorScheme: 'dark' }, page => page.keyboard.press('?')],
    ['nothing found', '/?source=nosuch', {}, async () => {}],
    [
      'lost and failed',
      '/',
      {},
      async page => {
        stage.standIn.failing.set('won_by_source', 'no memory');
        stage.standIn.step();
        await eventually('failed', async () => /no memory/.test(await text(page, '#won_by_source')));
        stage.standIn.refuseStreams = 503;
        stage.standIn.dropStreams();
        await page.waitForSelector('.banner');
      },
    ],
  ];
  for (const [name, path, options, step] of steps) {
    test(`axe finds nothing: ${name}`, async () => {
      const page = await board(path, { ...options, reducedMotion: 'reduce' });
      await step(page);
      await page.screenshot({ path: `${OUT}audit-${name.replace(/\W+/g, '-')}.png` });
      await page.evaluate(axe.source);
      const found = await page.evaluate<{ id: string; nodes: { html: string; failureSummary: string }[] }[]>(
        `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }).then(r => r.violations)`,
      );
      assert.deepEqual(
        found.map(
          one =>
            `${one.id}: ${one.nodes.map(node => `${node.html.slice(0, 160)} ${node.failureSummary}`).join(' | ')}`,
        ),
        [],
      );
    });
  }

  test('the first minute too', async () => {
    stage.standIn.isBare = true;
    stage.standIn.companies = [];
    stage.standIn.setup = {
      sources: [{ name: 'crm', url: 'https://omni.example/webhooks/pipedrive/crm', user: 'u' }],
      test_company: '9000000000000',
    };
    const page = await board('/', { reducedMotion: 'reduce' });
    await page.getByRole('button', { name: 'Send a test event' }).waitFor();
    await page.waitForSelector('.first');
    await page.evaluate(axe.source);
    assert.deepEqual(await page.evaluate('axe.run().then(r => r.violations.map(one => one.id))'), []);
  });
});
