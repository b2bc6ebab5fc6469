/** What can be done with a panel: its other form, its rows as a file, a link to it. */
import type { PanelSpec } from '../api/wire.ts';
import { t } from '../i18n/en.ts';
import { copyText } from '../shell/copy.ts';
import { Popover } from '../shell/popover.tsx';
import { usePage } from '../state/page.ts';
import { Icon } from './icons.tsx';
import { hasTwin } from './kinds.tsx';

export function PanelMenu({ spec, isTable }: { spec: PanelSpec; isTable: boolean }) {
  const page = usePage();
  const { session } = page;
  const toggle = () => {
    const choices = session.choices.value;
    if (!choices) return;
    const tables = isTable ? choices.tables.filter(id => id !== spec.id) : [...choices.tables, spec.id];
    session.choose({ ...choices, tables });
  };
  return (
    <Popover class="icon-button" label={`${t.panel.more}: ${spec.title}`} face={<Icon name="more" />}>
      {close => (
        <div class="menu">
          {hasTwin(spec.kind) && (
            <button
              type="button"
              class="menu-item"
              onClick={() => {
                toggle();
                close();
              }}
            >
              <Icon name={isTable ? 'chart' : 'table'} />
              {isTable ? t.panel.asChart : t.panel.asTable}
            </button>
          )}
          <a
            class="menu-item"
            href={session.csvUrl(spec.id)}
            download={`${spec.id}.csv`}
            data-csv
            onClick={close}
          >
            <Icon name="download" />
            {t.panel.csv}
          </a>
          <button
            type="button"
            class="menu-item"
            onClick={() => {
              void copyText(page, `${location.origin}${location.pathname}${location.search}#${spec.id}`);
              close();
            }}
          >
            <Icon name="link" />
            {t.panel.link}
          </button>
        </div>
      )}
    </Popover>
  );
}
