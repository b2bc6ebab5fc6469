/** The page in a real browser over the development stand-in: states, address, keys, sizes, audit. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import axe from 'axe-core';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { MANIFEST } from '../dev/manifest.ts';
import { eventually, OUT, ready, text } from './browser.ts';
import { Stage, search } from './stage.ts';

const stage = new Stage();
const open = stage.open.bind(stage);
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

  test('move inside a chart, which is one stop of the tab key', async () => {
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
    assert.equal(await page.evaluate("document.activeElement.closest('[data-panel]').id"), 'live_activity');
  });
});

describe('states', () => {
  test('the first load has the final heights', async () => {
    stage.standIn.isSilent = true;
    const page = await open();
    const heights = () =>
      page.$$eval('[data-panel]', all => all.map(one => one.getBoundingClientRect().height));
    await eventually(
      'skeletons',
      async () => (await page.locator('.skeleton').count()) === MANIFEST.panels.length,
    );
    const first = await heights();
    stage.standIn.isSilent = false;
    stage.standIn.push();
    await ready(page);
    assert.deepEqual(await heights(), first);
  });

  test('empty says what was looked for and clears on request; a sum of nothing is zero', async () => {
    const page = await board('/?period=today&source=nosuch');
    assert.match(await text(page, '#won_by_source .empty'), /^No deals won .* with source nosuch\./);
    assert.equal(await text(page, '#won_value .figure'), '€0');
    await page.click('#won_by_source .empty button');
    await search(page, '');
  });

  test('a failed panel keeps its last good data and leaves the others alone', async () => {
    const page = await board();
    const rows = await page.locator('#won_by_source [data-row]').count();
    stage.standIn.failing.set('won_by_source', 'the query ran out of memory');
    stage.standIn.step();
    await eventually('it is said', async () =>
      /ran out of memory.*q-7f3a/.test(await text(page, '#won_by_source')),
    );
    assert.equal(await page.locator('#won_by_source [data-row]').count(), rows);
    assert.equal(await page.getAttribute('#won_value', 'data-state'), 'ready');
    stage.standIn.failing.clear();
    stage.standIn.step();
    await ready(page);
  });

  test('a panel that never had data says why', async () => {
    stage.standIn.failing.set('won_value', 'no such table');
    const page = await open();
    await eventually('it is said', async () => /no such table/.test(await text(page, '#won_value')));
    assert.equal(await page.getAttribute('#open_pipeline', 'data-state'), 'ready');
  });

  test('a lost connection is told, data stays, and it comes back by itself', async () => {
    const page = await board();
    const figure = await text(page, '#won_value .figure');
    stage.standIn.refuseStreams = 503;
    stage.standIn.dropStreams();
    await eventually('a banner', async () => /connection is lost/.test(await text(page, '.banner')));
    assert.equal(await page.getAttribute('.link', 'data-link'), 'waiting');
    assert.equal(await text(page, '#won_value .figure'), figure);
    stage.standIn.refuseStreams = null;
    await eventually(
      'live again',
      async () => (await page.getAttribute('.link', 'data-link')) === 'live',
      20_000,
    );
    assert.equal(await page.locator('.banner').count(), 0);
    win('google');
    await eventually('it moves', async () => (await text(page, '#won_value .figure')) !== figure);
  });

  test('a session that ended keeps what is shown', async () => {
    const page = await board();
    stage.standIn.refuseStreams = 401;
    stage.standIn.dropStreams();
    await eventually('ended', async () => (await page.getAttribute('.link', 'data-link')) === 'ended');
    assert.match(await text(page, '.banner'), /session has ended/);
    assert.match(await text(page, '#won_value .figure'), /€[1-9]/);
  });

  test('a pipeline that falls silent is told', async () => {
    stage.standIn.heartbeatAt = Date.now() - 120_000;
    for (const one of stage.standIn.account.happenings) one.at -= 86_400_000;
    const page = await board();
    assert.match(await text(page, '#freshness .state'), /Late/);
    await eventually('a banner', async () => /late/.test(await text(page, '.banner')));
  });

  test('the first minute says where to send, until the first event', async () => {
    stage.standIn.isBare = true;
    stage.standIn.setup = {
      sources: [{ name: 'pipedrive', url: 'https://omni.example/webhooks/pipedrive/pipedrive', user: 'u' }],
    };
    const page = await board();
    await eventually('the address', async () =>
      (await text(page, '.address')).includes('https://omni.example/webhooks/pipedrive/pipedrive'),
    );
    stage.standIn.isBare = false;
    stage.standIn.step();
    await eventually('it is gone', async () => (await page.locator('.first').count()) === 0);
  });

  test('the first minute does well without a set-up route', async () => {
    stage.standIn.isBare = true;
    const page = await board();
    await eventually('general words', async () =>
      (await text(page, '.address')).includes('/webhooks/pipedrive/<source>'),
    );
  });

  test('the table twin stands in the same panel, and the address keeps it', async () => {
    const page = await board();
    await page.getByRole('button', { name: 'More: Pipeline by stage' }).click();
    await page.getByRole('button', { name: 'Show as table' }).click();
    await search(page, '?table=pipeline_by_stage');
    assert.equal(await page.locator('#pipeline_by_stage tbody tr').count(), 5);
  });

  test('a link to a panel leads to it', async () => {
    const page = await board('/#pipeline_by_stage', { viewport: { width: 1024, height: 700 } });
    await eventually('it is in view', async () => {
      const box = await page.locator('#pipeline_by_stage').boundingBox();
      return box !== null && box.y + box.height <= 700;
    });
  });

  test('a server that is away at first is waited for', async () => {
    stage.standIn.isAway = true;
    const page = await open();
    await eventually('it is said', async () => /could not be loaded/.test(await text(page, '.banner')));
    stage.standIn.isAway = false;
    await ready(page);
    assert.equal(await page.locator('.banner').count(), 0);
  });

  test('a panel offers its rows as a file, with the choices that are shown', async () => {
    const page = await board('/?source=google');
    await page.getByRole('button', { name: /^More: Won deals/ }).click();
    const href = await page.getAttribute('#won_by_source [data-csv]', 'href');
    assert.equal(href, '/api/v1/boards/pipedrive-deals/panels/won_by_source.csv?source=google');
  });
});

describe('looks', () => {
  for (const width of [320, 360, 390, 768, 1024]) {
    test(`nothing scrolls sideways at ${width}`, async () => {
      const page = await board('/?source=google,linkedin,(not%20set)', { viewport: { width, height: 740 } });
      const wide = (selector: string) => page.$eval(selector, box => box.scrollWidth - box.clientWidth);
      assert.equal(await wide('html'), 0);
      assert.equal(await wide('.board'), 0);
      for (const body of [
        '.bars',
        '.rows',
        '.funnel',
        '.feed-list',
        '#won_value .stat',
        '#freshness .stat',
      ]) {
        assert.equal(await wide(body), 0, `${body} is cut off`);
      }
      for (const button of await page.locator('[data-panel] .popover > button').all()) {
        await button.click();
        const box = await page.locator('.popover-box').boundingBox();
        assert.ok(
          box && box.x >= 0 && box.x + box.width <= width,
          `a popover is cut off: ${JSON.stringify(box)}`,
        );
        await page.keyboard.press('Escape');
      }
    });
  }

  test('on a phone the filters are a sheet, and the first tile is whole', async () => {
    const page = await board('/', { viewport: { width: 390, height: 844 } });
    for (const part of ['#won_value .figure', '#won_value .change', '#won_value .as-of']) {
      const box = await page.locator(part).boundingBox();
      assert.ok(box && box.y + box.height < 844, part);
    }
    await page.click('[data-opens="filters"]');
    await page.locator('dialog').getByRole('checkbox', { name: 'referral' }).check();
    await page.locator('dialog').getByRole('button', { name: 'Show results' }).click();
    await search(page, '?source=referral');
    // A dialog tells of its end in a task of its own.
    await page.locator('dialog').waitFor({ state: 'detached' });
    assert.equal(await page.locator('dialog').count(), 0);
  });

  test('light and dark follow the device, and the button overrules it', async () => {
    const page = await board('/', { colorScheme: 'dark' });
    const paper = () => page.$eval('body', body => getComputedStyle(body).backgroundColor);
    const dark = await paper();
    await page.emulateMedia({ colorScheme: 'light' });
    const light = await paper();
    assert.notEqual(dark, light);
    await page.keyboard.press('d');
    await page.keyboard.press('d');
    assert.equal(await paper(), dark);
    await page.reload();
    await ready(page);
    assert.equal(await paper(), dark);
  });

  test('scrolls in its own place', async () => {
    const page = await board();
    const [outer, inner, contain] = await page.evaluate<[string, string, string]>(`(() => {
      const board = document.querySelector('.board');
      return [document.documentElement.scrollHeight - innerHeight, board.scrollHeight - board.clientHeight,
        getComputedStyle(board).overscrollBehaviorY].map(String);
    })()`);
    assert.equal(outer, '0');
    assert.ok(Number(inner) > 0);
    assert.equal(contain, 'contain');
  });
});

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
    const page = await board('/', { reducedMotion: 'reduce' });
    await page.waitForSelector('.first');
    await page.evaluate(axe.source);
    assert.deepEqual(await page.evaluate('axe.run().then(r => r.violations.map(one => one.id))'), []);
  });
});
