/**
 * What the tests over the stand-in share: one browser a file, one stand-in a test, and no complaint
 * of the console left unread.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, afterEach, before, beforeEach } from 'node:test';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { StandIn } from '../dev/standin.ts';
import { DIST, eventually, launch, ready, type Visit, visit } from './browser.ts';

export class Stage {
  standIn: StandIn = new StandIn(7, DIST);
  private browser: Browser | null = null;
  url = '';
  visits: Visit[] = [];

  constructor() {
    before(async () => {
      assert.ok(existsSync(`${DIST}/index.html`), 'build the page first: npm run build');
      this.browser = await launch();
    });
    after(async () => {
      await this.browser?.close();
    });
    beforeEach(async () => {
      this.standIn = new StandIn(7, DIST);
      this.url = await this.standIn.listen();
      this.visits = [];
    });
    afterEach(async () => {
      for (const { page } of this.visits) await page.context().close();
      await this.standIn.close();
      for (const { complaints } of this.visits) assert.deepEqual(complaints, []);
    });
  }

  async open(path = '/', options: BrowserContextOptions = {}): Promise<Page> {
    assert.ok(this.browser);
    const made = await visit(this.browser, new URL(path, this.url).href, options);
    this.visits.push(made);
    return made.page;
  }

  /** Opened, and every panel has its answer. */
  async board(path = '/', options: BrowserContextOptions = {}): Promise<Page> {
    const page = await this.open(path, options);
    await ready(page);
    return page;
  }

  /** A win of a known deal, which moves figures and rows. */
  win(source: string, cents = 1_234_500): void {
    const told = this.standIn.account.add(Date.now(), {
      source,
      currency: 'EUR',
      cents,
      title: 'Known deal',
    });
    const deal = this.standIn.account.deals.find(one => one.id === told.deal.id);
    assert.ok(deal);
    this.standIn.account.close(deal, 'won', Date.now());
    this.standIn.push();
  }
}

export const query = (page: Page) => new URL(page.url()).search;
export const search = (page: Page, wanted: string | RegExp) =>
  eventually(
    `the address is ${wanted}`,
    async () => (typeof wanted === 'string' ? query(page) === wanted : wanted.test(query(page))) || null,
  );
export const focused = (page: Page) =>
  page.evaluate<string>('document.activeElement?.dataset.row ?? document.activeElement?.tagName');
