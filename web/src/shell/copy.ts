/** Puts text on the clipboard and says so; where that is refused the text itself is said. */
import { t } from '../i18n/words.ts';
import type { Page } from '../state/page.ts';

export async function copyText(page: Page, text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    page.toast.value = t.copied;
  } catch {
    page.toast.value = text;
  }
}
