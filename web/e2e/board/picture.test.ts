/** A panel as SVG and PNG: what is seen, whole, with what a reader elsewhere must know. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { MANIFEST } from '../../dev/manifest.ts';
import { eventually, text } from '../browser.ts';
import { Stage } from '../stage.ts';

const stage = new Stage();

interface Saved {
  name: string;
  bytes: Buffer;
}

async function save(page: Page, panel: string, how: 'SVG' | 'PNG'): Promise<Saved> {
  await page.click(`#${panel} [data-opens="menu"]`);
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: `Download ${how}` }).click(),
  ]);
  return { name: file.suggestedFilename(), bytes: await readFile(await file.path()) };
}

/** The words of an SVG with their places, its size, and what it may not hold. */
function read({ bytes }: Saved) {
  const svg = bytes.toString('utf8');
  const plain = (words: string) => words.replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&amp;/g, '&');
  const number = (name: string, within: string) => Number.parseFloat(within.split(` ${name}="`)[1] ?? '');
  const texts = [...svg.matchAll(/<text([^>]*)>([^<]*)<\/text>/g)];
  return {
    words: texts.map(([, , words = '']) => plain(words)),
    places: texts.map(([, head = '']) => ['x', 'y', 'font-size'].map(name => number(name, head))),
    size: ['width', 'height'].map(name => number(name, svg.slice(0, svg.indexOf('>')))),
    odd: svg.match(/foreignObject|<script|var\(|light-dark|NaN|undefined/g) ?? [],
  };
}

describe('a panel as a picture', () => {
  test('has its words, drawings and choices, of any kind', async () => {
    const page = await stage.board('/?source=google,linkedin');
    await eventually('charts are drawn', async () => (await page.locator('.plot-drawing path').count()) > 30);
    for (const { id, title, kind } of MANIFEST.panels) {
      const file = await save(page, id, 'SVG');
      assert.match(file.name, new RegExp(`^pipedrive-deals_${id}_\\d{4}-\\d\\d-\\d\\d\\.svg$`));
      const { words, odd, size } = read(file);
      assert.deepEqual(odd, [], id);
      assert.ok(words.includes(title), `${id} has no title`);
      assert.match(words.join(' '), /Pipedrive deals ·.* as of .* Europe\/Warsaw/);
      if (kind !== 'freshness') assert.match(words.join(' '), /source google or linkedin/);
      const [width = 0, height = 0] = size;
      const box = await page.locator(`#${id}`).boundingBox();
      assert.ok(box && width >= box.width && height > box.height, `${id} is cut off`);
    }
  });

  test('shows rows that are scrolled away, and leaves the scroll where it was', async () => {
    const page = await stage.board();
    await page.$eval('#won_by_campaign .listing', list => list.scrollTo(0, 90));
    const names = await page.$$eval('#won_by_campaign .entry-name', all =>
      all.map(one => one.textContent ?? ''),
    );
    const { words } = read(await save(page, 'won_by_campaign', 'SVG'));
    for (const name of names) assert.ok(words.includes(name), name);
    assert.equal(await page.$eval('#won_by_campaign .listing', list => list.scrollTop), 90);
  });

  test('is the table where the table is shown', async () => {
    const page = await stage.board('/?table=pipeline_by_stage');
    const cells = await page.locator('#pipeline_by_stage :is(th, td)').allInnerTexts();
    const { words } = read(await save(page, 'pipeline_by_stage', 'SVG'));
    assert.ok(cells.length > 20);
    for (const cell of cells) assert.ok(words.includes(cell), cell);
  });

  for (const panel of ['leaderboard', 'won_value', 'live_activity'])
    test(`as PNG is twice as sharp, with every word of ${panel} inked`, async () => {
      const page = await stage.board('/', { colorScheme: 'dark' });
      const { places, size, words } = read(await save(page, panel, 'SVG'));
      const { name, bytes } = await save(page, panel, 'PNG');
      assert.match(name, /\.png$/);
      const blank = await page.evaluate<number[]>(`(async () => {
        const image = new Image();
        image.src = 'data:image/png;base64,${bytes.toString('base64')}';
        await image.decode();
        const canvas = document.createElement('canvas');
        [canvas.width, canvas.height] = [image.width, image.height];
        if (image.width !== ${2 * (size[0] ?? 0)} || image.height !== ${2 * (size[1] ?? 0)}) return [-1];
        const pen = canvas.getContext('2d', { willReadFrequently: true });
        pen.drawImage(image, 0, 0);
        return ${JSON.stringify(places)}.flatMap(([x, y, size], i) => {
          const { data } = pen.getImageData(2 * x, 2 * (y - size), 4 * size, 2.5 * size);
          const shades = new Set(data.filter((_, at) => at % 4 === 0));
          return shades.size > 2 ? [] : [i];
        });
      })()`);
      assert.deepEqual(
        blank.map(i => words[i] ?? 'size').filter(word => word.trim() !== '' && word.trim() !== '·'),
        [],
      );
    });

  test('is one key away', async () => {
    const page = await stage.board();
    await page.focus('#won_by_source [data-row][tabindex="0"]');
    await page.keyboard.press('e');
    await eventually('its menu is open', async () => /CSV/.test(await text(page, ':focus')));
    await page.keyboard.press('Tab');
    const [file] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')]);
    assert.match(file.suggestedFilename(), /^pipedrive-deals_won_by_source_.*\.png$/);
  });
});
