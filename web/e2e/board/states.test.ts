/** Every state that board and panels have, from the first load to the end of a session. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MANIFEST } from '../../dev/manifest.ts';
import { eventually, ready, text } from '../browser.ts';
import { Stage, search } from '../stage.ts';

const stage = new Stage();
const open = stage.open.bind(stage);
const board = stage.board.bind(stage);
const win = stage.win.bind(stage);

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

  test('while a choice is answered the old data stay, and are said to be replaced', async () => {
    const page = await board();
    const figure = await text(page, '#won_value .figure');
    stage.standIn.isSilent = true;
    await page.click('#won_by_source [data-row^="google|"]');
    await eventually(
      'it is refreshing',
      async () => (await page.getAttribute('#won_value', 'data-state')) === 'refreshing',
    );
    assert.match(await text(page, '#won_value .as-of.is-updating'), /\S/);
    assert.equal(await page.getAttribute('#won_value', 'aria-busy'), 'true');
    assert.equal(await text(page, '#won_value .figure'), figure);
    stage.standIn.isSilent = false;
    stage.standIn.push();
    await ready(page);
    assert.notEqual(await text(page, '#won_value .figure'), figure);
  });

  test('partial is told: what was not converted, and how many the rest is', async () => {
    const page = await board('/?period=1y');
    await eventually('not converted', async () =>
      /\d+ .*not converted/.test((await page.locator('.panel .notes').allTextContents()).join(' ')),
    );
    await eventually('the rest', async () =>
      /Top \d+ of \d+, the rest as/.test((await page.locator('.panel .notes').allTextContents()).join(' ')),
    );
  });

  test('a bucket that has not begun is not zero', async () => {
    const day = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
    const page = await board(`/?period=custom&from=${day(-5)}&to=${day(3)}`);
    const names = await page.$$eval('#deals_over_time .plot-bucket', all => all.map(one => one.ariaLabel));
    assert.match(names.at(-1) ?? '', /: not yet$/);
    assert.match(names[0] ?? '', /: Created \d+/);
  });

  test('what may not be seen has no place on the board, whatever a link says of it', async () => {
    const panels = MANIFEST.panels.filter(one => one.id !== 'leaderboard');
    const sections = MANIFEST.sections.map(one => ({
      ...one,
      panels: one.panels.filter(id => id !== 'leaderboard'),
    }));
    stage.standIn.reload({ ...MANIFEST, panels, sections });
    const page = await board('/?table=leaderboard&sort.leaderboard=-won_value#leaderboard');
    assert.equal(await page.locator('#leaderboard').count(), 0);
    assert.equal(await page.locator('[data-panel]').count(), panels.length);
    assert.equal(stage.standIn.asked.filter(path => path.includes('/panels/leaderboard')).length, 0);
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

  test('a test event shows that the way works, and goes again', async () => {
    const { standIn } = stage;
    standIn.isBare = true;
    standIn.companies = [];
    standIn.setup = {
      sources: [{ name: 'crm', url: 'https://omni.example/webhooks/pipedrive/crm', user: 'u' }],
      test_company: '9000000000000',
    };
    standIn.onTest = event => {
      standIn.isBare = false;
      standIn.companies = ['9000000000000'];
      if (event === 'remove') standIn.account.step(Date.now());
      standIn.push();
    };
    const page = await board();
    await page.getByRole('button', { name: 'Send a test event' }).click();
    await eventually('it has arrived', async () => /has arrived/.test(await text(page, '.first-test')));
    assert.ok(await page.locator('.address').isVisible(), 'what to set stays in sight');
    await page.getByRole('button', { name: 'Remove the test deal' }).click();
    await eventually('it is gone', async () => /is gone/.test(await text(page, '.first-test')));
    assert.deepEqual(standIn.tests, ['application/json send', 'application/json remove']);
  });

  test('a test event that is refused says why', async () => {
    stage.standIn.isBare = true;
    stage.standIn.companies = [];
    stage.standIn.setup = { sources: [], test_company: '9000000000000' };
    const page = await board();
    await page.route('**/setup/test-event', route =>
      route.fulfill({ status: 503, json: { error: { message: 'the collector cannot be reached' } } }),
    );
    await page.getByRole('button', { name: 'Send a test event' }).click();
    await eventually('the reason', async () =>
      /could not be sent: the collector cannot be reached/.test(await text(page, '.first-test')),
    );
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
