/** The page inside another one, of another origin: by its token alone, and renewed by its host. */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { Frame, Page } from 'playwright-core';
import { MANIFEST } from '../../dev/manifest.ts';
import { eventually, OUT, ready, text } from '../browser.ts';
import { Stage } from '../stage.ts';

const stage = new Stage();
let host: Server;
let stranger: Server;
let hostUrl = '';
let strangerUrl = '';
let held = '';

/** A page that holds the embed; it writes down what it hears, and answers when it is told to. */
const HOST_SCRIPT = `
  window.heard = [];
  addEventListener('message', event => {
    heard.push({ origin: event.origin, data: event.data });
    const frame = document.querySelector('iframe');
    if (event.data.type === 'omni:height') frame.style.height = event.data.height + 'px';
    if (event.data.type === 'omni:renew' && window.answer)
      event.source.postMessage({ type: 'omni:token', token: window.answer }, event.origin);
  });`;

async function listen(server: Server): Promise<string> {
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

beforeEach(async () => {
  host = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end(held);
  });
  // Another frame of the same host, of a third origin.
  stranger = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end('<!doctype html><title>stranger</title>');
  });
  hostUrl = await listen(host);
  strangerUrl = await listen(stranger);
});
afterEach(() => {
  host.closeAllConnections();
  stranger.closeAllConnections();
  host.close();
  stranger.close();
});

let made = 0;
function token(endsInS: number): string {
  const iat = Math.floor(Date.now() / 1000);
  made += 1;
  const claims = { iat, exp: iat + endsInS, origins: [hostUrl], n: made };
  return `h.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.s`;
}

/** The host with the embed in it, and the embed's frame. */
async function embedded(first: string, query = '', width = 900): Promise<{ page: Page; frame: Frame }> {
  stage.standIn.tokens = new Set([first]);
  stage.standIn.ancestors = hostUrl;
  held = `<!doctype html><title>Host</title><script>${HOST_SCRIPT}</script>
    <iframe width="${width}" height="600" style="border:0" src="${stage.url}/e/pipedrive-deals?k=a${query}#t=${first}"></iframe>
    <iframe name="stranger" src="${strangerUrl}" hidden></iframe>`;
  const page = await stage.open(hostUrl, { viewport: { width: Math.max(width, 320), height: 800 } });
  const frame = await eventually('the frame', async () =>
    page.frames().find(one => one.url().startsWith(stage.url)),
  );
  return { page, frame };
}

const link = (frame: Frame) => frame.textContent('.banner');

describe('in another page', () => {
  test('the board shows by its token alone, and keeps nothing on the device', async () => {
    const first = token(900);
    const { page, frame } = await embedded(first);
    await ready(frame);
    assert.deepEqual([...new Set(stage.standIn.sent)], [first]);
    assert.equal(await frame.evaluate('location.hash'), '');
    assert.ok(!stage.standIn.asked.some(path => path.includes(first)));
    await frame.evaluate("document.dispatchEvent(new KeyboardEvent('keydown', { key: 'd', bubbles: true }))");
    assert.equal(await frame.evaluate('localStorage.length + sessionStorage.length'), 0);
    assert.equal(await frame.evaluate('document.cookie'), '');
    assert.deepEqual(await page.context().cookies(), []);
    assert.equal(await frame.locator('.top').count(), 0);
    assert.equal(
      await frame.evaluate("getComputedStyle(document.querySelector('.board')).overscrollBehaviorY"),
      'contain',
    );
    await page.screenshot({ path: `${OUT}embed.png` });
  });

  test('a choice is in its own address, with what the host wrote, and no step in the history', async () => {
    const { page, frame } = await embedded(token(900), '&theme=dark');
    await ready(frame);
    assert.equal(await frame.getAttribute('html', 'data-theme'), 'dark');
    const steps = await page.evaluate<number>('history.length');
    await frame.click('#won_by_source [data-row^="google|"]');
    await eventually('it is chosen', async () => frame.url().includes('source=google'));
    assert.equal(new URL(frame.url()).search, '?k=a&theme=dark&source=google');
    assert.equal(await page.evaluate('history.length'), steps);
    assert.ok(stage.standIn.asked.some(path => path.includes('/live?source=google')));
  });

  test('a file is fetched with the token', async () => {
    const { page, frame } = await embedded(token(900));
    await ready(frame);
    await frame.click('#won_by_source [data-opens^="menu"]');
    const [download] = await Promise.all([page.waitForEvent('download'), frame.click('[data-csv]')]);
    assert.match(download.suggestedFilename(), /\.csv$/);
    assert.ok(stage.standIn.asked.some(path => path.includes('/won_by_source.csv')));
  });

  test('the host renews the token, and nobody else does', async () => {
    const first = token(10);
    const { page, frame } = await embedded(first);
    await ready(frame);
    const [forged, next] = [token(900), token(800)];
    stage.standIn.tokens?.add(forged);
    stage.standIn.tokens?.add(next);
    const other = page.frames().find(one => one.url().startsWith(strangerUrl));
    await other?.evaluate(
      ([token]) => parent.frames[0]?.postMessage({ type: 'omni:token', token }, '*'),
      [forged],
    );
    await page.evaluate(`window.answer = ${JSON.stringify(next)}`);
    await eventually('the new token is used', async () => stage.standIn.sent.includes(next), 15_000);
    assert.ok(!stage.standIn.sent.includes(forged));
    const heard = await page.evaluate<{ origin: string; data: { type: string } }[]>('heard');
    assert.ok(heard.some(one => one.data.type === 'omni:renew' && one.origin === stage.url));
    const before = await text(frame, '#won_value .figure');
    stage.win('google');
    await eventually('it is live', async () => (await text(frame, '#won_value .figure')) !== before);
  });

  test('when renewing fails the last data stay, and a late answer goes on', async () => {
    const { page, frame } = await embedded(token(900));
    await ready(frame);
    const figure = await text(frame, '#won_value .figure');
    stage.standIn.tokens = new Set();
    stage.standIn.send('ended', { server_time: new Date().toISOString() });
    await eventually('it says so', async () => /session has ended/.test((await link(frame)) ?? ''));
    assert.equal(await text(frame, '#won_value .figure'), figure);
    assert.equal((await frame.locator('[data-panel][data-state="ready"]').count()) > 5, true);
    await page.screenshot({ path: `${OUT}embed-ended.png` });
    const late = token(901);
    stage.standIn.tokens.add(late);
    await page.evaluate(
      `document.querySelector('iframe').contentWindow.postMessage({ type: 'omni:token', token: ${JSON.stringify(late)} }, '*')`,
    );
    await eventually('it goes on', async () => (await frame.locator('.banner').count()) === 0);
    stage.win('google');
    await eventually('it is live', async () => (await text(frame, '#won_value .figure')) !== figure);
  });

  test('with fit=content the host makes the frame as high as the board', async () => {
    const { page, frame } = await embedded(token(900), '&fit=content');
    await ready(frame);
    await eventually('no scroll is left inside', async () =>
      frame.evaluate<boolean>('innerHeight > 1500 && document.documentElement.scrollHeight <= innerHeight'),
    );
    const heard = await page.evaluate<{ data: { type: string; height?: number } }[]>('heard');
    const heights = heard.filter(one => one.data.type === 'omni:height');
    assert.ok((heights.at(-1)?.data.height ?? 0) > 1500);
    assert.ok(heights.length < 20, `${heights.length} heights`);
  });

  test('nothing is wider than a frame of 320 px', async () => {
    const { page, frame } = await embedded(token(900), '', 320);
    await ready(frame);
    const wide = await frame.evaluate<number>(
      "Math.max(document.documentElement.scrollWidth, document.querySelector('.board').scrollWidth)",
    );
    assert.ok(wide <= 320, `${wide} px`);
    await page.screenshot({ path: `${OUT}embed-320.png` });
  });

  /** What a server tells of the board to whoever may see these panels alone. */
  function narrowed(...ids: string[]): void {
    const kept = (all: string[]) => all.filter(id => ids.includes(id));
    const sections = MANIFEST.sections.map(one => ({ ...one, panels: kept(one.panels) }));
    stage.standIn.reload({
      ...MANIFEST,
      panels: MANIFEST.panels.filter(one => ids.includes(one.id)),
      sections: sections.filter(one => one.panels.length > 0),
      variables: [],
    });
  }

  for (const width of [320, 1200])
    test(`a panel alone is as wide as its frame of ${width} px, and live`, async () => {
      narrowed('won_value');
      const { page, frame } = await embedded(token(900), '', width);
      await ready(frame);
      assert.deepEqual(await frame.locator('[data-panel]').evaluateAll(all => all.map(one => one.id)), [
        'won_value',
      ]);
      const box = await frame.locator('#won_value').evaluate(one => one.getBoundingClientRect().width);
      assert.ok(box > width - 40 && box <= width, `${box} px`);
      const before = await text(frame, '#won_value .figure');
      stage.win('google');
      await eventually('it is live', async () => (await text(frame, '#won_value .figure')) !== before);
      assert.ok(stage.standIn.asked.every(path => !path.includes('/won_by_source')));
      await page.screenshot({ path: `${OUT}embed-panel-${width}.png` });
    });

  test('a section alone has its panels, and no other', async () => {
    const section = MANIFEST.sections.find(one => one.id === 'flow');
    assert.ok(section);
    narrowed(...section.panels);
    const { frame } = await embedded(token(900));
    await ready(frame);
    assert.deepEqual(
      await frame.locator('[data-panel]').evaluateAll(all => all.map(one => one.id)),
      section.panels,
    );
  });
});
