/** What stands above a printed board: whose it is, which days, which filters, as of when. */
import { dateTimeText } from '../format/time.ts';
import { t } from '../i18n/words.ts';
import { filterWords, rangeOf } from '../panels/empty.ts';
import { optionLabel, usePage, viewContext } from '../state/page.ts';
import { askedPanels } from '../state/session.ts';

export function PrintHead() {
  const page = usePage();
  const manifest = page.session.manifest.value;
  const choices = page.session.choices.value;
  if (!manifest || !choices) return null;
  const { timezone } = viewContext(page);
  const asOf = Math.max(
    ...askedPanels(manifest).map(id => Date.parse(page.slots.slot(id).value.result?.as_of ?? '') || 0),
  );
  const label = (variable: string, value: string) => optionLabel(page, variable, value);
  const days = rangeOf({ manifest, choices, now: page.now.peek(), locale: page.locale });
  const parts = [
    `${t.periods[choices.period]}: ${days}`,
    choices.compare === 'off' ? '' : t.compareShort[choices.compare],
    filterWords({ manifest, label }, choices),
    asOf > 0 ? `${t.panel.asOf} ${dateTimeText(asOf, page.locale, timezone)}` : '',
    timezone,
  ];
  return (
    <div class="print-head">
      <p>{manifest.title}</p>
      <p class="quiet">{parts.filter(part => part !== '').join(' · ')}</p>
    </div>
  );
}
