/**
 * The viewer's choices: period, comparison, one list a variable. In a bar, or in a sheet when the
 * window is small. Each choice is one entry of the history.
 */
import type { Manifest, Variable } from '../api/wire.ts';
import { t } from '../i18n/words.ts';
import { rangeOf } from '../panels/empty.ts';
import { Icon } from '../panels/icons.tsx';
import { optionLabel, usePage } from '../state/page.ts';
import { cleared, filterCount, isFree, listVariables, toggled } from '../state/url.ts';
import { OptionPicker, useOptionLabels } from './options.tsx';
import { CompanyPicker, ComparePicker, CurrencyPicker, LanguagePicker, PeriodPicker } from './pickers.tsx';
import { Popover } from './popover.tsx';
import { Sheet } from './sheet.tsx';

export function Filters() {
  const page = usePage();
  const manifest = page.session.manifest.value;
  const choices = page.session.choices.value;
  if (!manifest || !choices) return <div class="filters" />;
  const isNarrow = page.looks.size.value === 'narrow';
  return (
    <section class="filters" aria-label={t.filters}>
      {isNarrow ? isAnyFree(manifest) && <FilterSheet /> : <FilterBar />}
      <Chips />
      <Range />
    </section>
  );
}

/** Whether there is anything to choose: a token may hold all of it. */
function isAnyFree(manifest: Manifest): boolean {
  return manifest.variables.some(variable => !variable.locked);
}

/** Lists that the server can fill. */
function offered(manifest: Manifest): Variable[] {
  return listVariables(manifest).filter(variable => variable.has_options);
}

function FilterBar() {
  const page = usePage();
  const { session } = page;
  const manifest = session.manifest.value;
  const choices = session.choices.value;
  if (!manifest || !choices) return null;
  return (
    <>
      {isFree(manifest, 'period') && (
        <Popover name="period" face={<Face words={t.periods[choices.period]} />}>
          {close => <PeriodPicker onDone={close} />}
        </Popover>
      )}
      {isFree(manifest, 'compare') && (
        <Popover
          name="compare"
          face={<Face words={t.compareShort[choices.compare]} isQuiet={choices.compare === 'off'} />}
        >
          {close => <ComparePicker onDone={close} />}
        </Popover>
      )}
      {offered(manifest).map(variable => {
        const count = choices.lists[variable.name]?.length ?? 0;
        return (
          <Popover
            key={variable.name}
            name={`filter-${variable.name}`}
            face={
              <Face
                words={count === 0 ? variable.label : t.several(variable.label, count)}
                isQuiet={count === 0}
              />
            }
          >
            {() => <OptionPicker variable={variable} label={variable.label} />}
          </Popover>
        );
      })}
      <CurrencyPicker />
      <CompanyPicker />
    </>
  );
}

function Face({ words, isQuiet }: { words: string; isQuiet?: boolean }) {
  return (
    <>
      <span class={isQuiet ? 'face is-quiet' : 'face'}>{words}</span>
      <Icon name="chevron" />
    </>
  );
}

function FilterSheet() {
  const page = usePage();
  const { session } = page;
  const manifest = session.manifest.value;
  const choices = session.choices.value;
  if (!manifest || !choices) return null;
  const count = filterCount(choices);
  return (
    <Sheet
      name="filters"
      title={t.filters}
      class="button"
      face={
        <>
          <Icon name="filter" />
          <span class="face">{t.filtersOf(count)}</span>
        </>
      }
    >
      {close => (
        <div class="sheet-parts">
          {isFree(manifest, 'period') && (
            <fieldset>
              <legend>{t.period}</legend>
              <PeriodPicker />
            </fieldset>
          )}
          {isFree(manifest, 'compare') && (
            <fieldset>
              <legend>{t.compare}</legend>
              <ComparePicker />
            </fieldset>
          )}
          {offered(manifest).map(variable => (
            <fieldset key={variable.name}>
              <legend>{variable.label}</legend>
              <OptionPicker variable={variable} label={variable.label} />
            </fieldset>
          ))}
          <CurrencyPicker />
          <CompanyPicker />
          <LanguagePicker />
          <div class="sheet-end">
            <button type="button" class="button" onClick={() => session.choose(cleared(choices, manifest))}>
              {t.clear}
            </button>
            <button type="button" class="button is-main" onClick={close}>
              {t.showResult}
            </button>
          </div>
        </div>
      )}
    </Sheet>
  );
}

function Chips() {
  const page = usePage();
  const { session } = page;
  const manifest = session.manifest.value;
  const choices = session.choices.value;
  useOptionLabels();
  if (!manifest || !choices || filterCount(choices) === 0) return null;
  return (
    <div class="chips">
      {Object.entries(choices.lists).flatMap(([variable, values]) =>
        values.map(value => {
          const label = optionLabel(page, variable, value);
          return (
            <button
              key={`${variable}=${value}`}
              type="button"
              class="chip"
              aria-label={t.remove(label)}
              onClick={() => session.choose(toggled(choices, variable, value))}
            >
              <span>{label}</span>
              <Icon name="close" />
            </button>
          );
        }),
      )}
      <button type="button" class="text-button" onClick={() => session.choose(cleared(choices, manifest))}>
        {t.clear}
      </button>
    </div>
  );
}

/** The days that are counted and the zone they are counted in, always written out. */
function Range() {
  const page = usePage();
  const manifest = page.session.manifest.value;
  const choices = page.session.choices.value;
  if (!manifest || !choices) return null;
  const range = rangeOf({ manifest, choices, now: page.now.value, locale: page.locale });
  return (
    <p class="range quiet">
      {page.looks.size.value === 'narrow' && <>{t.periods[choices.period]} · </>}
      {range} · {choices.tz ?? manifest.timezone}
    </p>
  );
}
