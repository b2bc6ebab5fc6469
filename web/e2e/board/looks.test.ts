/** Sizes, themes, and what may not be cut off. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ready, text } from '../browser.ts';
import { Stage, search } from '../stage.ts';

const stage = new Stage();
const board = stage.board.bind(stage);

describe('looks', () => {
  for (const width of [320, 360, 390, 768, 1024]) {
    test(`nothing scrolls sideways at ${width}`, async () => {
      stage.standIn.otherBoards = [
        { id: 'other', version: '1.0', title: 'What marketing spends and what comes back of it' },
      ];
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

  for (const lang of ['en', 'de'])
    test(`no line of a tile lies over another at 320, ${lang}`, async () => {
      const page = await board(`/?lang=${lang}&period=1y`, { viewport: { width: 320, height: 740 } });
      for (const tile of await page.locator('.kind-stat').all()) {
        const [main, facts] = await Promise.all(
          ['.stat-main > :last-child', '.facts'].map(part => tile.locator(part).boundingBox()),
        );
        if (!main || !facts) continue;
        const id = await tile.getAttribute('id');
        const isBeside = main.x + main.width <= facts.x || facts.x + facts.width <= main.x;
        assert.ok(isBeside || main.y + main.height <= facts.y + 1, `${id} lies over its facts`);
      }
    });

  for (const width of [320, 720, 1024, 1200, 1280]) {
    test(`a tile tells every state of the pipeline without cutting a word at ${width}`, async () => {
      for (const one of stage.standIn.account.happenings) one.at -= 86_400_000;
      stage.standIn.heartbeatAt = Date.now() - 400_000;
      const page = await board('/', { viewport: { width, height: 900 } });
      assert.match(await text(page, '#freshness .state'), /Broken/);
      const [body, main, state, facts] = await Promise.all(
        ['.panel-body', '.stat-main', '.fresh-state', '.facts'].map(part =>
          page.locator(`#freshness ${part}`).boundingBox(),
        ),
      );
      assert.ok(body && main && state && facts);
      assert.ok(state.y >= main.y + main.height - 1, 'the state lies over the figure');
      for (const part of [state, facts])
        assert.ok(part.y + part.height <= body.y + body.height + 1, 'a part is cut off below');
      for (const fact of await page.locator('#freshness .facts :is(dt, dd)').all())
        assert.ok(await fact.evaluate((one: HTMLElement) => one.scrollWidth <= one.clientWidth));
    });
  }

  for (const width of [320, 390, 1280]) {
    test(`a long name leaves room for its currency at ${width}`, async () => {
      stage.standIn.alter = result =>
        result.panel === 'won_by_source'
          ? {
              ...result,
              rows: [...result.rows, ['USD', ...(result.rows[0] ?? []).slice(1)]].map(cells => [
                cells[0],
                'A source whose name is far longer than any column of it',
                ...cells.slice(2),
              ]),
            }
          : result;
      const page = await board('/', { viewport: { width, height: 900 } });
      const label = await page.locator('#won_by_source .row-label').first().boundingBox();
      const currency = await page.locator('#won_by_source .row-label .row-group').first().boundingBox();
      assert.ok(label && currency && currency.width > 20);
      assert.ok(currency.x + currency.width <= label.x + label.width + 1);
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
