/** What a bucket holds, beside it: never over the column it tells of, always inside of the drawing. */
import { t } from '../i18n/words.ts';
import { Opens } from '../lists/opens.tsx';
import type { Column, ColumnsView } from './columns_view.ts';

export function ColumnTip(props: { view: ColumnsView; column: Column; at: number; canChoose: boolean }) {
  const { view, column, at } = props;
  const count = view.columns.length;
  const isLeft = at < count / 2;
  const side = isLeft
    ? { left: `${((at + 1) / count) * 100}%` }
    : { right: `${((count - at) / count) * 100}%` };
  return (
    <div
      class={`tip ${isLeft ? 'is-after' : 'is-before'}`}
      style={side}
      data-tip
      onClickCapture={event => {
        // The focus comes back to the bucket, for the tooltip is gone by then.
        const field = event.currentTarget.parentElement;
        field?.querySelectorAll<HTMLElement>('[data-row]')[at]?.focus({ preventScroll: true });
      }}
    >
      <p class="tip-name">{column.name}</p>
      {column.state !== 'done' && <p class="quiet">{t.columns[column.state]}</p>}
      {column.state !== 'ahead' && (
        <dl>
          {view.series.map((series, i) => (
            <div key={series.key}>
              <dt>
                <span class={`swatch mark-${series.tone}`} aria-hidden="true" />
                {series.label}
              </dt>
              <dd>
                <Opens list={column.parts[i]?.list ?? null} tabIndex={-1}>
                  {column.parts[i]?.text}
                </Opens>
              </dd>
            </div>
          ))}
          {column.more.map(line => (
            <div key={line.label} class="tip-more">
              <dt>{line.label}</dt>
              <dd>
                <Opens list={line.list} tabIndex={-1}>
                  {line.text}
                </Opens>
              </dd>
            </div>
          ))}
        </dl>
      )}
      {props.canChoose && column.state !== 'ahead' && <p class="tip-hint">{t.columns.pressToChoose}</p>}
    </div>
  );
}
