/**
 * The list behind a number, beside the board: part of the address, kept up to date, still under the
 * pointer. Esc, a press outside and the way back close it; the focus goes back to the number.
 */
import { useEffect, useId, useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import { ApiError } from '../api/client.ts';
import type { ListSpec, Manifest } from '../api/wire.ts';
import { saveFile } from '../embed/file.ts';
import { clockText } from '../format/time.ts';
import { t } from '../i18n/words.ts';
import { useHeld } from '../panels/held.ts';
import { Icon } from '../panels/icons.tsx';
import { usePinned } from '../panels/pinned.ts';
import type { Opened } from '../state/opened.ts';
import { usePage, viewContext } from '../state/page.ts';
import type { Failure } from '../state/slots.ts';
import type { Sort } from '../state/views.ts';
import { Asking } from './asking.ts';
import { givenWords, type ListHead, type ListView, listView } from './list_view.ts';

const TIMING = {
  now: () => Date.now(),
  setTimer: (run: () => void, ms: number) => window.setTimeout(run, ms),
  clearTimer: (id: number) => window.clearTimeout(id),
};

/** The open list, if there is one. */
export function OpenList() {
  const { session } = usePage();
  const opened = session.choices.value?.opened ?? null;
  const manifest = session.manifest.value;
  const spec = manifest?.lists.find(list => list.id === opened?.id);
  if (!opened || !manifest || !spec) return null;
  return <ListSheet key={JSON.stringify([opened.id, opened.given])} {...{ opened, manifest, spec }} />;
}

function ListSheet({ opened, manifest, spec }: { opened: Opened; manifest: Manifest; spec: ListSpec }) {
  const page = usePage();
  const { session } = page;
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const id = useId();
  useLayoutEffect(() => {
    const own = dialog.current;
    own?.showModal();
    heading.current?.focus();
    // Closed before it is taken away, so that the focus goes back.
    return () => own?.close();
  }, []);
  const asking = useAsking(opened);
  const { result, failure, isWaiting } = asking.asked.value;
  const context = viewContext(page);
  const view = useMemo(
    () => (result ? listView(result, spec, context) : null),
    [result, spec, context.locale, context.timezone, context.currency],
  );
  const given = givenWords(opened, manifest, context, page.optionLabels.value);
  const at = result ? Date.parse(result.as_of) : Number.NaN;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Esc closes a dialog by itself.
    <dialog
      ref={dialog}
      class="sheet list-sheet"
      aria-labelledby={id}
      aria-busy={isWaiting}
      data-open-list={spec.id}
      data-state={failure ? 'failed' : isWaiting ? 'waiting' : 'ready'}
      onClose={() => session.closeList(opened)}
      onClick={event => {
        if (event.target === dialog.current) dialog.current?.close();
      }}
    >
      <div class="list-inner">
        <header class="list-head">
          <h2 id={id} ref={heading} tabIndex={-1}>
            {spec.title}
          </h2>
          <a
            class="button"
            href={session.listCsvUrl(opened)}
            download={`${spec.id}.csv`}
            data-csv
            onClick={event => saveFile(page, event, session.listCsvUrl(opened), `${spec.id}.csv`)}
          >
            <Icon name="download" />
            {t.list.csv}
          </a>
          <button
            type="button"
            class="icon-button"
            aria-label={t.close}
            onClick={() => dialog.current?.close()}
          >
            <Icon name="close" />
          </button>
          {given.length > 0 && <p class="list-given">{given.join(' · ')}</p>}
        </header>
        {view && (
          <p class="list-totals" role="status">
            <b>{view.counted}</b>
            {view.totals.map(total => (
              <span key={total.key}>
                {total.label} <b>{total.text}</b>
              </span>
            ))}
            {!Number.isNaN(at) && (
              <span class="quiet">
                {t.panel.asOf} {clockText(at, context.locale, context.timezone)}
              </span>
            )}
          </p>
        )}
        {failure && <Failed failure={failure} hasRows={view !== null} />}
        {view === null ? (
          !failure && <p class="quiet">{t.panel.loading}</p>
        ) : view.rows.length === 0 ? (
          <p class="empty">{spec.empty}</p>
        ) : (
          <Rows view={view} opened={opened} title={spec.title} isFresh={isWaiting} />
        )}
        {view?.isCut && (
          <footer class="list-foot">
            {asking.canShowMore ? (
              <button type="button" class="button" disabled={isWaiting} onClick={() => asking.more()}>
                {t.list.more}
              </button>
            ) : (
              <p class="quiet">{t.list.rest}</p>
            )}
          </footer>
        )}
      </div>
    </dialog>
  );
}

/** One for as long as the list is open; another order asks anew. */
function useAsking(opened: Opened): Asking {
  const { session, slots } = usePage();
  const newest = useRef(opened);
  newest.current = opened;
  const asking = useMemo(
    () => new Asking((rows, abort) => session.list(newest.current, rows, abort), failureOf, TIMING),
    [],
  );
  useEffect(() => () => asking.stop(), []);
  const order = `${opened.sort?.direction}${opened.sort?.key}`;
  const before = useRef(order);
  useEffect(() => {
    if (before.current !== order) asking.anew();
    before.current = order;
  }, [order]);
  const landed = session.landed.value;
  const isPaused = slots.paused.value;
  useEffect(() => {
    if (landed > 0 && !isPaused) asking.landed();
  }, [landed, isPaused]);
  return asking;
}

function failureOf(error: unknown): Failure {
  if (error instanceof ApiError) return { message: error.message, id: error.id };
  return { message: t.list.away, id: null };
}

function Failed({ failure, hasRows }: { failure: Failure; hasRows: boolean }) {
  return (
    <p class="failed-line" role="status">
      {hasRows ? `${t.panel.failed}: ` : `${t.panel.failedFirst}: `}
      {failure.message}
      {hasRows ? `. ${t.panel.failedKept}` : ''}
      {failure.id ? ` ${t.panel.failedId(failure.id)}` : ''}
    </p>
  );
}

function Rows(props: { view: ListView; opened: Opened; title: string; isFresh: boolean }) {
  const { view, opened } = props;
  const { isHeld, on } = useHeld();
  const rows = usePinned(
    view.rows,
    isHeld && !useOther(`${opened.sort?.direction}${opened.sort?.key}`, props),
  );
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard.
    <section class="list-box" tabIndex={0} aria-label={props.title} {...on}>
      <table>
        <thead>
          <tr>
            {view.heads.map(head => (
              <Head key={head.key} head={head} opened={opened} />
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(row => (
            <tr key={row.key}>
              {row.cells.map((cell, i) => {
                const head = view.heads[i];
                const looks = `${head?.isNumber ? 'number' : ''}${cell.isQuiet ? ' quiet' : ''}`;
                return (
                  <td key={head?.key} class={looks.trim()} data-label={head?.label} title={cell.full}>
                    {cell.link === null ? (
                      cell.text
                    ) : (
                      <a href={cell.link} target="_blank" rel="noopener noreferrer">
                        {cell.text}
                        <span class="hidden"> ({t.list.inPipedrive})</span>
                      </a>
                    )}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** Whether the rows answer another order than those that were pinned. */
function useOther(order: string, { isFresh }: { isFresh: boolean }): boolean {
  const settled = useRef(order);
  const isOther = settled.current !== order;
  if (!isFresh) settled.current = order;
  return isOther;
}

function Head({ head, opened }: { head: ListHead; opened: Opened }) {
  const { session } = usePage();
  const direction = opened.sort?.key === head.key ? opened.sort.direction : undefined;
  const press = () => {
    const first = head.isNumber ? 'descending' : 'ascending';
    const turned = direction === 'ascending' ? 'descending' : 'ascending';
    const sort: Sort = { key: head.key, direction: direction === undefined ? first : turned };
    session.orderList(sort);
  };
  return (
    <th scope="col" class={head.isNumber ? 'number' : ''} aria-sort={direction}>
      <button type="button" class="sort" data-sort={head.key} onClick={press}>
        {head.label}
        <span class="sort-sign" aria-hidden="true">
          {direction === undefined ? '' : direction === 'ascending' ? '↑' : '↓'}
        </span>
      </button>
    </th>
  );
}
