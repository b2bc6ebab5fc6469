/**
 * Small pieces that panels share: a value that shows it changed, an age that counts, an icon.
 */
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { MoneyPart } from '../format/money.ts';
import { formatter } from '../format/number.ts';
import { ageSeconds, ageText } from '../format/time.ts';
import { usePage } from '../state/page.ts';

/** Text that is washed with colour for a moment when it becomes another text. */
export function Moving(props: { text: string; class?: string | undefined }) {
  const before = useRef(props.text);
  const turns = useRef(0);
  if (before.current !== props.text) {
    before.current = props.text;
    turns.current += 1;
  }
  const wash = turns.current === 0 ? '' : turns.current % 2 === 1 ? 'wash-a' : 'wash-b';
  return <span class={`${props.class ?? ''} ${wash}`.trim()}>{props.text}</span>;
}

/** Seconds since `at`, counted by the one timer of the page. */
export function Age(props: { at: number; class?: string; words?: (age: string) => string }) {
  const page = usePage();
  const age = ageText(ageSeconds(props.at, page.now.value), page.locale);
  return (
    <time class={props.class} dateTime={new Date(props.at).toISOString()}>
      {props.words ? props.words(age) : age}
    </time>
  );
}

const COUNT_MS = 180;

/**
 * A figure that counts to its new value in under 200 ms. Only the whole part moves; the text that
 * stays is the exact one.
 */
export function Counting(props: { parts: MoneyPart[]; amount: number | null }) {
  const page = usePage();
  const shown = useRef(props.amount);
  const [between, setBetween] = useState<number | null>(null);
  useLayoutEffect(() => {
    const from = shown.current;
    const to = props.amount;
    shown.current = to;
    if (from === null || to === null || from === to || page.looks.isStill.value) return;
    const start = performance.now();
    let frame = requestAnimationFrame(function step(at) {
      // A frame's time is that of its beginning, which may lie before `start`.
      const part = Math.min(1, Math.max(0, at - start) / COUNT_MS);
      if (part >= 1) {
        setBetween(null);
        return;
      }
      setBetween(from + (to - from) * (1 - (1 - part) ** 3));
      frame = requestAnimationFrame(step);
    });
    return () => {
      cancelAnimationFrame(frame);
      setBetween(null);
    };
  }, [props.amount]);
  const digits =
    between === null ? null : formatter(page.locale, { maximumFractionDigits: 0 }).format(between);
  let isPlaced = false;
  return (
    <>
      {props.parts.map(part => {
        if (part.quiet) return <span class="unit">{part.text}</span>;
        const text = digits !== null && !isPlaced ? digits : part.text;
        isPlaced = true;
        return <span>{text}</span>;
      })}
    </>
  );
}
