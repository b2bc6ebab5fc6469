/**
 * The live list. Holds still under the pointer, the focus, or by its button, and says how many wait.
 */
import { useRef, useState } from 'preact/hooks';
import { t } from '../i18n/words.ts';
import { Opens } from '../lists/opens.tsx';
import { usePage, viewContext } from '../state/page.ts';
import { type FeedItem, feedView } from './feed_view.ts';
import { useHeld } from './held.ts';
import { Icon } from './icons.tsx';
import type { BodyProps } from './kinds.tsx';
import { Age } from './parts.tsx';

export function FeedBody({ result, spec, question }: BodyProps) {
  const page = usePage();
  const newest = feedView(result, spec, viewContext(page));
  const { isHeld, on } = useHeld();
  const [isStopped, setStopped] = useState(false);
  const shown = useRef<FeedItem[]>(newest);
  const answered = useRef(question);
  const known = useRef(new Set<string>());
  const isNewQuestion = answered.current !== question;
  answered.current = question;
  if ((!isHeld && !isStopped) || isNewQuestion) shown.current = newest;
  const items = shown.current;
  const keys = new Set(items.map(item => item.key));
  const waiting = newest.filter(item => !keys.has(item.key)).length;
  const isFirst = known.current.size === 0 || isNewQuestion;
  const arrived = isFirst ? new Set<string>() : new Set([...keys].filter(key => !known.current.has(key)));
  known.current = keys;
  return (
    <div class="feed">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a list that scrolls must be reachable by keyboard. */}
      <ol class="feed-list" tabIndex={0} aria-label={spec.title} {...on}>
        {items.map(item => (
          <FeedLine key={item.key} item={item} isNew={arrived.has(item.key)} />
        ))}
      </ol>
      <div class="feed-tools">
        <p class="quiet">
          {waiting > 0 ? t.feed.heldFresh(waiting) : isHeld || isStopped ? t.feed.held : t.feed.order}
        </p>
        <button
          type="button"
          class="icon-button"
          aria-pressed={isStopped}
          aria-label={isStopped ? t.feed.go : t.feed.hold}
          title={isStopped ? t.feed.go : t.feed.hold}
          onClick={() => setStopped(!isStopped)}
        >
          <Icon name={isStopped ? 'play' : 'pause'} />
        </button>
      </div>
    </div>
  );
}

function FeedLine({ item, isNew }: { item: FeedItem; isNew: boolean }) {
  return (
    <li class={`feed-line${isNew ? ' is-new' : ''}`}>
      <span class={`feed-sign tone-${item.tone}`} aria-hidden="true">
        {item.sign}
      </span>
      <span class="feed-title">
        <Opens list={item.list}>{item.title}</Opens>
      </span>
      {item.at !== null ? <Age class="feed-age quiet number" at={item.at} /> : <span />}
      <span class="feed-what">
        <span class={`feed-word tone-text-${item.tone}`}>{item.what}</span>
        {item.who !== '' && <span class="quiet"> · {item.who}</span>}
      </span>
      <span class="feed-amount number">{item.amount ?? ''}</span>
    </li>
  );
}
