import { t } from '../i18n/words.ts';

/** The list of keys. */
export function HelpList() {
  return (
    <dl class="keys">
      {t.keys.map(([key, words]) => (
        <div key={key}>
          <dt>
            {key.split(' ').map(one => (
              <kbd key={one}>{one}</kbd>
            ))}
          </dt>
          <dd>{words}</dd>
        </div>
      ))}
    </dl>
  );
}
