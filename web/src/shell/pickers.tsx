/** Period, comparison, currency: one of a few. */
import { useState } from 'preact/hooks';
import type { Manifest } from '../api/wire.ts';
import { LANGUAGES, t } from '../i18n/words.ts';
import { Icon } from '../panels/icons.tsx';
import { usePage } from '../state/page.ts';
import { dayIn, dayText, PERIODS, type Period, periodDays } from '../state/period.ts';
import { type Choices, COMPARES } from '../state/url.ts';

export function PeriodPicker({ onDone }: { onDone?: () => void }) {
  const page = usePage();
  const { session } = page;
  const choices = session.choices.value;
  const manifest = session.manifest.value;
  if (!choices || !manifest) return null;
  return (
    <div class="picker">
      <div class="picker-list">
        {offeredPeriods(manifest).map(period => (
          <Choice
            key={period}
            words={t.periods[period]}
            isChosen={choices.period === period}
            onPick={() => {
              session.choose({ ...choices, period, from: null, to: null });
              onDone?.();
            }}
          />
        ))}
      </div>
      <CustomDays
        choices={choices}
        today={dayText(dayIn(page.now.peek(), choices.tz ?? manifest.timezone))}
        onDone={onDone}
      />
    </div>
  );
}

/** All presets, or those that the board names. */
function offeredPeriods(manifest: Manifest): Period[] {
  const named = manifest.variables.find(variable => variable.name === 'period')?.one_of ?? [];
  return PERIODS.filter(period => period !== 'custom' && (named.length === 0 || named.includes(period)));
}

function CustomDays(props: { choices: Choices; today: string; onDone: (() => void) | undefined }) {
  const page = usePage();
  const { choices } = props;
  const usual = periodDays(
    choices.period,
    dayIn(page.now.peek(), choices.tz ?? page.session.manifest.peek()?.timezone ?? 'UTC'),
    choices.from,
    choices.to,
  );
  const [from, setFrom] = useState(choices.from ?? (usual ? dayText(usual.first) : props.today));
  const [to, setTo] = useState(choices.to ?? (usual ? dayText(usual.last) : props.today));
  const isGood = from !== '' && to !== '' && from <= to;
  return (
    <form
      class="custom-days"
      onSubmit={event => {
        event.preventDefault();
        if (!isGood) return;
        page.session.choose({ ...choices, period: 'custom', from, to });
        props.onDone?.();
      }}
    >
      <label>
        <span>{t.from}</span>
        <input type="date" value={from} max={to} onInput={event => setFrom(event.currentTarget.value)} />
      </label>
      <label>
        <span>{t.to}</span>
        <input type="date" value={to} min={from} onInput={event => setTo(event.currentTarget.value)} />
      </label>
      <button type="submit" class="button" disabled={!isGood}>
        {t.apply}
      </button>
    </form>
  );
}

export function ComparePicker({ onDone }: { onDone?: () => void }) {
  const { session } = usePage();
  const choices = session.choices.value;
  if (!choices) return null;
  return (
    <div class="picker">
      <div class="picker-list is-one">
        {COMPARES.map(compare => (
          <Choice
            key={compare}
            words={t.compares[compare]}
            isChosen={choices.compare === compare}
            onPick={() => {
              session.choose({ ...choices, compare });
              onDone?.();
            }}
          />
        ))}
      </div>
    </div>
  );
}

function Choice(props: { words: string; isChosen: boolean; onPick: () => void }) {
  return (
    <button
      type="button"
      class="menu-item"
      aria-pressed={props.isChosen}
      data-first={props.isChosen ? '' : undefined}
      onClick={props.onPick}
    >
      <span class="grow">{props.words}</span>
      {props.isChosen && <Icon name="check" />}
    </button>
  );
}

/** Only for boards that name the currencies a viewer may choose. */
export function CurrencyPicker() {
  const page = usePage();
  const manifest = page.session.manifest.value;
  const choices = page.session.choices.value;
  const offered = manifest?.variables.find(variable => variable.name === 'currency')?.one_of ?? [];
  if (!manifest || !choices || offered.length < 2) return null;
  return (
    <label class="select">
      <span class="hidden">{t.currency}</span>
      <select
        value={choices.currency ?? manifest.currency}
        onChange={event => {
          const currency = event.currentTarget.value;
          page.session.choose({ ...choices, currency: currency === manifest.currency ? null : currency });
        }}
      >
        {offered.map(currency => (
          <option key={currency}>{currency}</option>
        ))}
      </select>
    </label>
  );
}

/** Only where one server shows several companies. */
export function CompanyPicker() {
  const page = usePage();
  const companies = page.session.manifest.value?.companies ?? [];
  const choices = page.session.choices.value;
  const first = companies[0]?.id;
  if (!choices || companies.length < 2 || first === undefined) return null;
  return (
    <label class="select">
      <span class="hidden">{t.company}</span>
      <select
        value={choices.company ?? first}
        onChange={event => {
          const id = event.currentTarget.value;
          page.session.choose({ ...choices, company: id === first ? null : id });
        }}
      >
        {companies.map(company => (
          <option key={company.id} value={company.id}>
            {t.companyOf(company.id)}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Each language calls itself by its own name, so that who reads no other finds it. */
export function LanguagePicker({ isQuiet }: { isQuiet?: boolean }) {
  const { session, language } = usePage();
  const choices = session.choices.value;
  if (!choices) return null;
  return (
    <label class={isQuiet ? 'select is-quiet' : 'select'} title={t.language}>
      <span class="hidden">{t.language}</span>
      <select
        value={language.value}
        data-language
        onChange={event => session.choose({ ...choices, lang: event.currentTarget.value })}
      >
        {Object.entries(LANGUAGES).map(([code, name]) => (
          <option key={code} value={code} lang={code}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
