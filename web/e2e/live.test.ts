/**
 * The whole pipeline seen from the browser: a won deal is posted to the collector of a running
 * `omni dev`, and the open page shows it. OMNI_READY_FILE names the file that `omni dev` wrote.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { eventually, launch, OUT, text, visit } from './browser.ts';

/** Generous, for a machine that does other things as well; what it took is printed. */
const SEEN_WITHIN_MS = 60_000;

interface Ready {
  collector_url: string;
  dashboard_url: string;
  sources: { name: string; path: string; user: string; password: string }[];
}

function readReady(): Ready {
  const file = process.env.OMNI_READY_FILE;
  assert.ok(file, 'OMNI_READY_FILE is not set: start `omni dev --ready-file FILE` first');
  const ready = JSON.parse(readFileSync(file, 'utf8')) as Ready;
  assert.ok(ready.sources[0], `${file} names no source`);
  return ready;
}

/** As Pipedrive sends it (webhooks v2), with its own source in `channel`. */
function wonDeal(company: string, id: number, source: string, title: string, value: number) {
  const now = new Date();
  const time = `${now.toISOString().slice(0, 19)}Z`;
  return {
    data: {
      id,
      title,
      value,
      currency: 'EUR',
      status: 'won',
      won_time: time,
      close_time: time,
      first_won_time: time,
      lost_time: null,
      lost_reason: null,
      add_time: time,
      update_time: time,
      stage_change_time: null,
      stage_id: 2,
      pipeline_id: 1,
      owner_id: 12415231,
      creator_user_id: 12415231,
      person_id: null,
      org_id: null,
      origin: 'API',
      origin_id: null,
      channel: source,
      channel_id: 'browser-test',
      probability: null,
      expected_close_date: null,
      label_ids: [],
      custom_fields: {},
      visible_to: '3',
    },
    previous: null,
    meta: {
      action: 'create',
      entity: 'deal',
      entity_id: String(id),
      company_id: company,
      user_id: '12415231',
      id: randomUUID(),
      correlation_id: randomUUID(),
      timestamp: now.toISOString(),
      type: 'general',
      version: '2.0',
      webhook_id: '1',
      webhook_owner_id: '12415231',
      change_source: 'app',
      is_bulk_edit: false,
      attempt: 1,
      host: 'test.pipedrive.com',
    },
  };
}

async function post(ready: Ready, body: unknown): Promise<void> {
  const [source] = ready.sources;
  assert.ok(source);
  const response = await fetch(new URL(source.path, ready.collector_url), {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Basic ${Buffer.from(`${source.user}:${source.password}`).toString('base64')}`,
    },
    body: JSON.stringify(body),
  });
  assert.ok(response.ok, `the collector answered ${response.status}: ${await response.text()}`);
}

/** A company of this run alone, so that nobody else's events move its page. */
const company = String(910_000_000 + Math.floor(Math.random() * 80_000_000));

let browser: Browser;
before(async () => {
  browser = await launch();
});
after(async () => {
  await browser.close();
});

test('a won deal that was posted shows in the open page, without a reload', async () => {
  const ready = readReady();
  const source = `browser-${randomUUID().slice(0, 8)}`;
  const id = 900_000_000 + Math.floor(Math.random() * 99_000_000);
  await post(ready, wonDeal(company, id - 1, 'first', 'There before the page', 100));
  const address = new URL(`/?company=${company}`, ready.dashboard_url).href;
  const { page, complaints, hosts } = await visit(browser, address);
  await eventually(
    'won value, sources and feed are answered',
    async () => {
      const states = await page.$$eval('#won_value, #won_by_source, #live_activity', panels =>
        panels.map(panel => panel.getAttribute('data-state')),
      );
      return states.length === 3 && states.every(state => state === 'ready');
    },
    SEEN_WITHIN_MS,
  );
  await eventually(
    'the stream is open',
    async () => (await page.getAttribute('.link', 'data-link')) === 'live',
    SEEN_WITHIN_MS,
  );
  await eventually(
    'what was there before is shown',
    async () => (await page.locator('#won_by_source [data-row^="first|"]').count()) === 1,
    SEEN_WITHIN_MS,
  );
  await page.evaluate('window.here = 1');
  const figure = await text(page, '#won_value .figure');
  const row = `#won_by_source [data-row^="${source}|"]`;
  assert.equal(await page.locator(row).count(), 0);

  const start = performance.now();
  await post(ready, wonDeal(company, id, source, `First of ${source}`, 987654.32));
  await eventually(
    'its source has a row',
    async () => (await page.locator(row).count()) === 1,
    SEEN_WITHIN_MS,
  );
  console.log(`posted to a new row in the open page: ${Math.round(performance.now() - start)} ms`);
  assert.equal(await text(page, `${row} .row-count > :last-child`), '1');
  await eventually(
    'won value moved',
    async () => (await text(page, '#won_value .figure')) !== figure,
    SEEN_WITHIN_MS,
  );
  await eventually(
    'the feed tells it',
    async () => (await text(page, '#live_activity .feed-list')).includes(`First of ${source}`),
    SEEN_WITHIN_MS,
  );

  await post(ready, wonDeal(company, id + 1, source, `Second of ${source}`, 12345.68));
  await eventually(
    'the row counts two, with their exact sum',
    async () =>
      (await text(page, `${row} .row-count > :last-child`)) === '2' &&
      (await page.getAttribute(`${row} .bar-cell`, 'title')) === '€1,000,000.00',
    SEEN_WITHIN_MS,
  );
  await eventually(
    'the bars are drawn',
    async () => (await page.locator('#won_by_source svg path').count()) > 0,
  );
  await page.screenshot({ path: `${OUT}live.png` });
  assert.equal(await page.evaluate('window.here'), 1);
  assert.deepEqual([...hosts], [new URL(ready.dashboard_url).host]);
  assert.deepEqual(complaints, []);
});
