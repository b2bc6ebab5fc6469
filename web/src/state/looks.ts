/**
 * How the page looks to this viewer: theme, size of the window, wish for less motion.
 *
 * The theme is the one thing kept on the device; when storage is closed to us (an embed, a strict
 * browser) it lasts as long as the page.
 */
import { effect, signal } from '@preact/signals';

export type Theme = 'auto' | 'light' | 'dark';
export type Size = 'narrow' | 'medium' | 'wide';

const THEMES: Theme[] = ['auto', 'light', 'dark'];
const KEY = 'omni.theme';

export class Looks {
  readonly theme = signal<Theme>('auto');
  readonly size = signal<Size>('wide');
  readonly isStill = signal(false);

  constructor(
    private readonly view: Window,
    private readonly kept: 'device' | 'page',
    wished: string | null = null,
  ) {
    this.theme.value = THEMES.find(theme => theme === wished) ?? this.stored();
    this.follow('(max-width: 719.98px)', matches => {
      this.isNarrow = matches;
    });
    this.follow('(max-width: 1199.98px)', matches => {
      this.isMedium = matches;
    });
    this.follow('(prefers-reduced-motion: reduce)', matches => {
      this.isStill.value = matches;
    });
    effect(() => {
      const root = view.document.documentElement;
      root.dataset.theme = this.theme.value;
    });
  }

  private isNarrow = false;
  private isMedium = false;

  nextTheme(): void {
    const next = THEMES[(THEMES.indexOf(this.theme.value) + 1) % THEMES.length] ?? 'auto';
    this.theme.value = next;
    if (this.kept === 'page') return;
    try {
      if (next === 'auto') this.view.localStorage.removeItem(KEY);
      else this.view.localStorage.setItem(KEY, next);
    } catch {
      // No storage here: the choice lasts as long as the page.
    }
  }

  private stored(): Theme {
    if (this.kept === 'page') return 'auto';
    try {
      const kept = this.view.localStorage.getItem(KEY);
      return THEMES.find(theme => theme === kept) ?? 'auto';
    } catch {
      return 'auto';
    }
  }

  private follow(query: string, take: (matches: boolean) => void): void {
    const list = this.view.matchMedia(query);
    const apply = () => {
      take(list.matches);
      this.size.value = this.isNarrow ? 'narrow' : this.isMedium ? 'medium' : 'wide';
    };
    list.addEventListener('change', apply);
    apply();
  }
}
