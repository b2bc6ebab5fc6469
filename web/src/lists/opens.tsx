/** A number that leads to the list behind it: a link, so that it opens in a tab of its own too. */
import type { ComponentChildren } from 'preact';
import { t } from '../i18n/words.ts';
import type { Opened } from '../state/opened.ts';
import { usePage } from '../state/page.ts';
import { pageQuery } from '../state/url.ts';

export interface OpensProps {
  list: Opened | null;
  /** What the number is called, where the link itself does not say it. */
  name?: string;
  class?: string;
  tabIndex?: number;
  onFocus?: () => void;
  row?: string;
  children: ComponentChildren;
}

export function Opens({ list, name, tabIndex, onFocus, row, children, ...more }: OpensProps) {
  const { session } = usePage();
  const choices = session.choices.value;
  const manifest = session.manifest.value;
  if (list === null || !choices || !manifest) return <>{children}</>;
  const next = { ...choices, opened: list };
  return (
    <a
      class={`opens ${more.class ?? ''}`.trim()}
      href={pageQuery(next, manifest)}
      data-list={list.id}
      data-row={row}
      title={t.list.open}
      tabIndex={tabIndex}
      onFocus={onFocus}
      onClick={event => {
        event.stopPropagation();
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
        event.preventDefault();
        session.open(list);
      }}
    >
      {name !== undefined && <span class="hidden">{name} </span>}
      {children}
    </a>
  );
}
