/** German: chosen by the browser, the address or the viewer; the same board in other words. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { eventually, ready, text } from '../browser.ts';
import { query, Stage, search } from '../stage.ts';

const stage = new Stage();

describe('the language', () => {
  test('is the browser’s, with its numbers, and the page says so', async () => {
    const page = await stage.board('/', { locale: 'de-AT' });
    assert.equal(await page.getAttribute('html', 'lang'), 'de');
    assert.equal(await page.title(), 'Pipedrive-Deals · Omni');
    assert.equal(await text(page, '#won_value h3'), 'Gewonnener Wert');
    assert.match(await text(page, '#win_rate .figure'), /^\d\d,\d\s%$/);
    assert.equal(query(page), '');
    assert.ok(stage.standIn.asked.includes('/api/v1/boards/pipedrive-deals?lang=de'));
  });

  test('of a browser that knows neither is English', async () => {
    const page = await stage.board('/', { locale: 'pl-PL' });
    assert.equal(await page.getAttribute('html', 'lang'), 'en');
    assert.equal(await text(page, '#won_value h3'), 'Won value');
  });

  test('only the chosen one is loaded', async () => {
    const page = await stage.board('/?lang=de');
    const loaded = await page.evaluate<string[]>(
      "performance.getEntriesByType('resource').map(one => one.name).filter(name => /assets\\/(en|de)-/.test(name))",
    );
    assert.deepEqual(
      loaded.map(name => /(en|de)-/.exec(name)?.[1]),
      ['de'],
    );
  });

  test('is one choice among the others: in the address, taken back, kept by a link', async () => {
    const page = await stage.board('/?source=google');
    const figure = await text(page, '#won_value .figure');
    await page.evaluate('window.here = 1');
    await page.locator('[data-language]').selectOption('de');
    await search(page, '?source=google&lang=de');
    await eventually('German', async () => (await text(page, '#won_value h3')) === 'Gewonnener Wert');
    assert.equal(await page.getAttribute('html', 'lang'), 'de');
    assert.notEqual(await text(page, '#won_value .figure'), figure);
    assert.equal(stage.standIn.streams, 1, 'nothing was asked again');
    assert.equal(await page.evaluate('window.here'), 1, 'nothing was reloaded');
    stage.win('google');
    await eventually('it goes on', async () => /^Aktualisiert: /.test(await text(page, '[data-spoken]')));
    await page.goBack();
    await search(page, '?source=google');
    await eventually('English', async () => (await text(page, '#won_value h3')) === 'Won value');
    assert.equal(await text(page, '#won_value .change .quiet'), 'vs previous period');
  });

  test('words of a query are translated, what a filter holds is not', async () => {
    const page = await stage.board('/?lang=de');
    assert.match(await text(page, '#forecast .plot-ticks'), /^Überfällig/);
    assert.match(await text(page, '#won_by_campaign .panel-foot'), /der Rest als \(übrige\)/);
    await page.locator('#won_by_source .row', { hasText: '(ohne Angabe)' }).click();
    await search(page, '?source=(not%20set)&lang=de');
    await ready(page);
    assert.equal(await text(page, '.chip'), '(ohne Angabe)');
    await page.click('[data-opens="filter-source"]');
    await page.getByRole('searchbox').fill('angabe');
    assert.ok(await page.getByRole('checkbox').isChecked());
  });

  test('on a phone it is chosen in the sheet', async () => {
    const page = await stage.board('/', { viewport: { width: 390, height: 844 } });
    await page.click('[data-opens="filters"]');
    await page.locator('dialog [data-language]').selectOption('de');
    await eventually('German', async () => (await text(page, '#won_value h3')) === 'Gewonnener Wert');
    assert.equal(query(page), '?lang=de');
  });

  for (const width of [320, 390, 768, 1024, 1280])
    test(`its longer words are not cut off at ${width}`, async () => {
      const page = await stage.board('/?lang=de', { viewport: { width, height: 800 } });
      const cut = await page.evaluate<string[]>(`(() => {
        const odd = [];
        if (document.documentElement.scrollWidth > innerWidth) odd.push('the page');
        for (const box of document.querySelectorAll('.bars, .rows, .funnel, .listing, .feed-list, .stat, .board'))
          if (box.scrollWidth > box.clientWidth + 1) odd.push(box.className + ' in ' + box.closest('[data-panel]')?.id);
        for (const cell of document.querySelectorAll('.bar-cell .number, .facts dd, .figure'))
          if (cell.scrollWidth > cell.clientWidth + 1) odd.push(cell.textContent);
        for (const tick of document.querySelectorAll('.plot-scale span')) {
          const panel = tick.closest('[data-panel]').getBoundingClientRect();
          if (tick.getBoundingClientRect().left < panel.left + 4) odd.push(tick.textContent);
        }
        return odd;
      })()`);
      assert.deepEqual(cut, []);
    });
});
