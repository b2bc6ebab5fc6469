/** Several of a list that the server offers, with how many deals each has. */
import { useEffect, useState } from 'preact/hooks';
import type { Option, Variable } from '../api/wire.ts';
import { int } from '../format/number.ts';
import { t } from '../i18n/words.ts';
import { Icon } from '../panels/icons.tsx';
import { optionLabel, type Page, usePage } from '../state/page.ts';
import { toggled, withList } from '../state/url.ts';

/** The options of a variable; what they are called is kept for chips and empty panels. */
async function loadOptions(page: Page, variable: string): Promise<Option[]> {
  const { options } = await page.session.options(variable);
  const labels = Object.fromEntries(options.map(one => [one.value, one.label]));
  const known = page.optionLabels.peek();
  page.optionLabels.value = { ...known, [variable]: { ...known[variable], ...labels } };
  return options;
}

/** A link may carry an id whose name was not asked for yet. */
export function useOptionLabels(): void {
  const page = usePage();
  const lists = page.session.choices.value?.lists ?? {};
  const labels = page.optionLabels.value;
  const unknown = Object.keys(lists).filter(name => lists[name]?.some(value => !labels[name]?.[value]));
  const key = unknown.join(' ');
  useEffect(() => {
    for (const name of unknown) loadOptions(page, name).catch(() => {});
  }, [key]);
}

export function OptionPicker({ variable, label }: { variable: Variable; label: string }) {
  const page = usePage();
  const { session } = page;
  const [options, setOptions] = useState<Option[] | null>(null);
  const [isFailed, setFailed] = useState(false);
  const [wanted, setWanted] = useState('');
  const choices = session.choices.value;
  useEffect(() => {
    let isGone = false;
    loadOptions(page, variable.name).then(
      loaded => {
        if (!isGone) setOptions(loaded);
      },
      () => {
        if (!isGone) setFailed(true);
      },
    );
    return () => {
      isGone = true;
    };
  }, [variable.name]);
  if (!choices) return null;
  const chosen = choices.lists[variable.name] ?? [];
  const said = (value: string) => optionLabel(page, variable.name, value);
  const shown = offered(options ?? [], chosen, said, wanted);
  return (
    <div class="picker options">
      <input
        type="search"
        data-first
        aria-label={t.search(label)}
        placeholder={t.search(label)}
        value={wanted}
        onInput={event => setWanted(event.currentTarget.value)}
      />
      {isFailed && <p class="quiet pad">{t.optionsFailed}</p>}
      {options !== null && shown.length === 0 && <p class="quiet pad">{t.optionsNone}</p>}
      <ul class="option-list">
        {shown.map(option => (
          <li key={option.value}>
            <label class="menu-item">
              <input
                type="checkbox"
                checked={chosen.includes(option.value)}
                onChange={() => session.choose(toggled(choices, variable.name, option.value))}
              />
              <span class="grow">{option.label}</span>
              <span class="number quiet">{option.count === '' ? '' : int(option.count, page.locale)}</span>
            </label>
          </li>
        ))}
      </ul>
      {chosen.length > 0 && (
        <button
          type="button"
          class="menu-item"
          onClick={() => session.choose(withList(choices, variable.name, []))}
        >
          <Icon name="close" />
          {t.clearOne(label)}
        </button>
      )}
    </div>
  );
}

/** What is chosen stays on the list, also when the server no longer offers it. */
function offered(
  options: Option[],
  chosen: string[],
  said: (value: string) => string,
  wanted: string,
): Option[] {
  const known = new Set(options.map(option => option.value));
  const missing = chosen.filter(value => !known.has(value)).map(value => ({ value, label: '', count: '' }));
  const needle = wanted.trim().toLocaleLowerCase();
  return [...missing, ...options]
    .map(option => ({ ...option, label: said(option.value) }))
    .filter(option => needle === '' || option.label.toLocaleLowerCase().includes(needle));
}
