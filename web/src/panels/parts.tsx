/**
 * Small pieces that panels share: a value that shows it changed, an age that counts, an icon.
 */
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Rest } from '../charts/rest.ts';
import type { MoneyPart } from '../format/money.ts';
import { formatter } from '../format/number.ts';
import { ageSeconds, ageText } from '../format/time.ts';
import { usePage } from '../state/page.ts';

/** A class that begins its animation anew each time `value` changes after a while of stillness; nothing before that. */
export function useMark(name: string, value: unknown): string {
  const seen = useRef({ value, turns: 0, rest: new Rest() }).current;
  if (seen.value !== value) {
    seen.value = value;
    if (seen.rest.end()) seen.turns += 1;
  }
  if (seen.turns === 0) return '';
  return seen.turns % 2 === 1 ? `${name}-a` : `${name}-b`;
}

/** Text that is washed with colour for a moment when it becomes another text. */
export function Moving(props: { text: string; class?: string | undefined }) {
  const wash = useMark('wash', props.text);
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
 * A figure that counts to its new value in under 200 ms, if it had been still. Only the whole part moves; the text
 * that stays is the exact one.
 */
export function Counting(props: { parts: MoneyPart[]; amount: number | null }) {
  const page = usePage();
  const shown = useRef(props.amount);
  const [between, setBetween] = useState<number | null>(null);
  const rest = useRef(new Rest()).current;
  useLayoutEffect(() => {
    const from = shown.current;
    const to = props.amount;
    shown.current = to;
    if (from === to) return;
    if (!rest.end() || from === null || to === null || page.looks.isStill.value) return;
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
