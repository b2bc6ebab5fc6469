/** A link to a file: the browser follows it, but in an embed the file is fetched with the token. */
import { t } from '../i18n/words.ts';
import type { Page } from '../state/page.ts';

export function saveFile(page: Page, event: { preventDefault(): void }, url: string, name: string): void {
  if (!page.embed) return;
  event.preventDefault();
  void page.embed.save(url, name).catch(() => {
    page.toast.value = t.panel.failedFirst;
  });
}
