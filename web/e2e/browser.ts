/**
 * What both end-to-end tests stand on: the browser, and waiting for a state instead of for time.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

export const DIST = fileURLToPath(new URL('../dist', import.meta.url));
export const OUT = fileURLToPath(new URL('./out/', import.meta.url));

export async function launch(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
  if (!existsSync(executablePath))
    throw new Error(`no browser at ${executablePath}: run deploy/setup.sh browser, or set CHROMIUM`);
  mkdirSync(OUT, { recursive: true });
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

export interface Visit {
  page: Page;
  /** What the console complained about, without what a broken connection says by itself. */
  complaints: string[];
  /** Hosts that were asked. */
  hosts: Set<string>;
}

export async function visit(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Visit> {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    locale: 'en-GB',
    ...options,
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  const hosts = new Set<string>();
  page.on('pageerror', error => complaints.push(error.message));
  page.on('console', message => {
    const isWire = /Failed to load resource|ERR_/.test(message.text());
    if ((message.type() === 'error' || message.type() === 'warning') && !isWire)
      complaints.push(message.text());
  });
  page.on('request', request => hosts.add(new URL(request.url()).host));
  await page.goto(url);
  return { page, complaints, hosts };
}

/** Asks until the answer is yes, or fails with what it last was. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | false | null | undefined>,
  withinMs = 10_000,
): Promise<T> {
  const end = Date.now() + withinMs;
  let last: unknown;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== false && answer !== null && answer !== undefined) return answer;
      last = answer;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) throw new Error(`${what}: not within ${withinMs} ms (last: ${String(last)})`);
    await new Promise(next => setTimeout(next, 50));
  }
}

export async function ready(page: Pick<Page, '$$eval'>): Promise<void> {
  await eventually('every panel is ready', async () => {
    const states = await page.$$eval('[data-panel]', panels =>
      panels.map(panel => panel.getAttribute('data-state')),
    );
    return states.length > 0 && states.every(state => state === 'ready');
  });
}

export async function text(page: Pick<Page, 'textContent'>, selector: string): Promise<string> {
  return ((await page.textContent(selector)) ?? '').trim();
}
