/** What can be done with a panel: its other form, its rows as a file, a link to it. */
import type { PanelSpec } from '../api/wire.ts';
import { saveFile } from '../embed/file.ts';
import { dateTimeText } from '../format/time.ts';
import { t } from '../i18n/words.ts';
import type { Picture } from '../picture/save.ts';
import { copyText } from '../shell/copy.ts';
import { Popover } from '../shell/popover.tsx';
import { optionLabel, type Page, usePage, viewContext } from '../state/page.ts';
import { dayIn, dayText } from '../state/period.ts';
import { filterWords, isTimeless, rangeOf } from './empty.ts';
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
    <Popover
      class="icon-button"
      name="menu"
      over={{ within: '.panel', part: '.panel-body' }}
      label={`${t.panel.more}: ${spec.title}`}
      face={<Icon name="more" />}
    >
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
            download={`${fileName(page, spec)}.csv`}
            data-csv
            data-export
            onClick={event => {
              close();
              saveFile(page, event, session.csvUrl(spec.id), `${fileName(page, spec)}.csv`);
            }}
          >
            <Icon name="download" />
            {t.panel.csv}
          </a>
          {(['png', 'svg'] as const).map(how => (
            <button
              key={how}
              type="button"
              class="menu-item"
              data-export
              onClick={() => {
                close();
                void save(page, spec, how);
              }}
            >
              <Icon name="download" />
              {t.panel[how]}
            </button>
          ))}
          {!page.embed && (
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
          )}
        </div>
      )}
    </Popover>
  );
}

/** Board, panel, and the day of the board's zone that the data are of. */
function fileName(page: Page, spec: PanelSpec): string {
  const asOf = Date.parse(page.slots.slot(spec.id).value.result?.as_of ?? '');
  const at = Number.isNaN(asOf) ? page.now.peek() : asOf;
  const day = dayText(dayIn(at, viewContext(page).timezone));
  return `${page.session.manifest.value?.id}_${spec.id}_${day}`;
}

async function save(page: Page, spec: PanelSpec, how: Picture): Promise<void> {
  const panel = document.getElementById(spec.id);
  if (panel === null) return;
  try {
    const { savePanel } = await import('../picture/save.ts');
    await savePanel(panel, how, { name: fileName(page, spec), caption: captionOf(page, spec) });
  } catch {
    page.toast.value = t.panel.notSaved;
  }
}

/** What a picture that stands alone must say: whose, of which days, with which filters, as of when. */
function captionOf(page: Page, spec: PanelSpec): string[] {
  const manifest = page.session.manifest.value;
  const choices = page.session.choices.value;
  if (!manifest || !choices) return [];
  const { timezone } = viewContext(page);
  const asOf = Date.parse(page.slots.slot(spec.id).value.result?.as_of ?? '');
  const range = isTimeless(spec)
    ? null
    : rangeOf({ manifest, choices, now: page.now.value, locale: page.locale });
  const label = (variable: string, value: string) => optionLabel(page, variable, value);
  const parts = [
    manifest.title,
    range,
    (spec.kind !== 'freshness' && filterWords({ manifest, label }, choices)) || null,
    Number.isNaN(asOf) ? null : `${t.panel.asOf} ${dateTimeText(asOf, page.locale, timezone)}`,
    timezone,
  ];
  return [parts.filter(part => part !== null).join(' · ')];
}
