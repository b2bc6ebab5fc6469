/**
 * The frame of every panel: title, as of, definition, menu, and which of its states is shown.
 *
 * The height belongs to the kind, so nothing jumps when data arrive, fail or are empty.
 */
import { useComputed } from '@preact/signals';
import type { RefObject } from 'preact';
import { Fragment } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { PanelResult, PanelSpec } from '../api/wire.ts';
import { ageSeconds, ageText, clockText } from '../format/time.ts';
import { t } from '../i18n/words.ts';
import { Opens } from '../lists/opens.tsx';
import { Popover } from '../shell/popover.tsx';
import { optionLabel, usePage, viewContext } from '../state/page.ts';
import type { Slot } from '../state/slots.ts';
import { apiQuery, cleared, filterCount } from '../state/url.ts';
import { emptyWords } from './empty.ts';
import { Icon } from './icons.tsx';
import { bodyOf, showsNothingAsZero } from './kinds.tsx';
import { PanelMenu } from './menu.tsx';
import { notesOf } from './notes.ts';
import { useMark } from './parts.tsx';
import { TableBody } from './table.tsx';

export function Panel({ spec }: { spec: PanelSpec }) {
  return spec.kind === 'text' ? <Words spec={spec} /> : <Asked spec={spec} />;
}

/** What the board does not show, and why: nothing is asked, so there is nothing to wait for or to take along. */
function Words({ spec }: { spec: PanelSpec }) {
  const titleId = `${spec.id}-title`;
  return (
    <article
      id={spec.id}
      class="panel kind-text"
      data-panel={spec.id}
      data-state="ready"
      data-wide={String(spec.span?.wide ?? 12)}
      data-medium={String(spec.span?.medium ?? 6)}
      aria-labelledby={titleId}
      tabIndex={-1}
    >
      <header class="panel-head">
        <h3 id={titleId}>{spec.title}</h3>
      </header>
      <p class="panel-body quiet">{spec.definition}</p>
    </article>
  );
}

function Asked({ spec }: { spec: PanelSpec }) {
  const page = usePage();
  const slot = page.slots.slot(spec.id).value;
  const isTable = page.session.choices.value?.tables.includes(spec.id) ?? false;
  const glow = useMark('glow', slot.changes);
  const titleId = `${spec.id}-title`;
  const span = spec.span ?? {};
  const frame = useRef<HTMLElement>(null);
  useOnScreen(frame, spec.id);
  return (
    <article
      ref={frame}
      id={spec.id}
      class={`panel kind-${spec.kind} ${glow}`.trim()}
      data-panel={spec.id}
      data-state={stateOf(slot)}
      data-wide={String(span.wide ?? 12)}
      data-medium={String(span.medium ?? 6)}
      aria-labelledby={titleId}
      aria-busy={slot.refreshing || slot.version === 0}
      tabIndex={-1}
    >
      <header class="panel-head">
        <h3 id={titleId}>{spec.title}</h3>
        <AsOf slot={slot} />
        {spec.definition && (
          <Popover
            class="icon-button"
            label={`${t.panel.definition}: ${spec.title}`}
            face={<Icon name="info" />}
          >
            {() => <p class="definition">{spec.definition}</p>}
          </Popover>
        )}
        <PanelMenu spec={spec} isTable={isTable} />
      </header>
      <div class="panel-body">
        <Content spec={spec} slot={slot} isTable={isTable} />
      </div>
      <Notes spec={spec} slot={slot} />
    </article>
  );
}

/** Tells the session while the panel is on the screen. */
function useOnScreen(frame: RefObject<HTMLElement | null>, panel: string): void {
  const { onScreen } = usePage().session;
  useEffect(() => {
    if (frame.current === null) return;
    const watch = new IntersectionObserver(entries => {
      onScreen.set(panel, entries[entries.length - 1]?.isIntersecting ? 'on' : 'off');
    });
    watch.observe(frame.current);
    return () => {
      watch.disconnect();
      onScreen.set(panel, 'off');
    };
  }, [onScreen, panel]);
}

function stateOf(slot: Slot): string {
  if (slot.result === null) return slot.failure ? 'failed' : 'loading';
  if (slot.failure) return 'failed';
  return slot.refreshing ? 'refreshing' : 'ready';
}

function Content({ spec, slot, isTable }: { spec: PanelSpec; slot: Slot; isTable: boolean }) {
  const page = usePage();
  const manifest = page.session.manifest.value;
  const choices = page.session.choices.value;
  const answered = useRef('');
  if (!slot.refreshing && choices && manifest) answered.current = apiQuery(choices, manifest);
  const result = slot.result;
  if (result === null) return slot.failure ? <FirstFailure slot={slot} /> : <Skeleton kind={spec.kind} />;
  if (result.rows.length === 0 && (isTable || !showsNothingAsZero(spec.kind))) return <Empty spec={spec} />;
  const Body = isTable ? TableBody : bodyOf(spec.kind);
  return <Body result={result} spec={spec} question={answered.current} />;
}

/** How old what is shown may be: its own clock time, and a badge when the board cannot keep it new. */
function AsOf({ slot }: { slot: Slot }) {
  const page = usePage();
  const context = viewContext(page);
  const isCut = useComputed(() => page.session.link.value.state !== 'open');
  if (slot.refreshing) return <span class="as-of is-updating">{t.panel.updating}</span>;
  const at = slot.result ? Date.parse(slot.result.as_of) : Number.NaN;
  if (Number.isNaN(at)) return <span class="as-of" />;
  const isOld = (isCut.value || slot.failure !== null) && ageSeconds(at, page.now.value) > 60;
  return (
    <span class="as-of">
      {isOld && (
        <span class="badge badge-warning">
          {t.panel.old(ageText(ageSeconds(at, page.now.value), page.locale))}
        </span>
      )}
      <span>
        {t.panel.asOf}{' '}
        <time dateTime={slot.result?.as_of}>{clockText(at, context.locale, context.timezone)}</time>
      </span>
    </span>
  );
}

function Notes({ spec, slot }: { spec: PanelSpec; slot: Slot }) {
  const page = usePage();
  const notes = slot.result ? notesOf(slot.result as PanelResult, spec, viewContext(page)) : [];
  const failure = slot.result ? slot.failure : null;
  return (
    <footer class="panel-foot">
      {failure && (
        <p class="failed-line">
          {t.panel.failed}
          {failure.message === '' ? '. ' : `: ${failure.message}. `}
          {t.panel.failedKept}
          {failure.id ? ` ${t.panel.failedId(failure.id)}` : ''}
        </p>
      )}
      {!failure && notes.length > 0 && (
        <p class="notes">
          {notes.map((note, i) => (
            <Fragment key={note.text}>
              {i > 0 && ' · '}
              <Opens list={note.list}>{note.text}</Opens>
            </Fragment>
          ))}
        </p>
      )}
    </footer>
  );
}

function Empty({ spec }: { spec: PanelSpec }) {
  const page = usePage();
  const { session } = page;
  const manifest = session.manifest.value;
  const choices = session.choices.value;
  if (!manifest || !choices) return null;
  const text = emptyWords({
    spec,
    manifest,
    choices,
    texts: page.texts.value,
    label: (variable, value) => optionLabel(page, variable, value),
    now: page.now.peek(),
    locale: page.locale,
  });
  return (
    <div class="empty">
      <p>{text}</p>
      {filterCount(choices) > 0 && (
        <button type="button" class="button" onClick={() => session.choose(cleared(choices, manifest))}>
          {t.clear}
        </button>
      )}
    </div>
  );
}

function FirstFailure({ slot }: { slot: Slot }) {
  return (
    <div class="empty" role="status">
      <p>
        {t.panel.failedFirst}
        {slot.failure?.message ? `: ${slot.failure.message}` : ''}
      </p>
      {slot.failure?.id && <p class="quiet">{t.panel.failedId(slot.failure.id)}</p>}
    </div>
  );
}

const SKELETON_ROWS: { [kind: string]: number } = { bars: 7, columns: 7, funnel: 6, feed: 6, table: 7 };

function Skeleton({ kind }: { kind: string }) {
  const rows = SKELETON_ROWS[kind] ?? 2;
  return (
    <div class="skeleton" aria-hidden="true">
      {Array.from({ length: rows }, (_, i) => (
        <span key={String(i)} />
      ))}
    </div>
  );
}
