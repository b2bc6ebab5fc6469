import { beforeEach, describe, expect, test } from 'vitest';
import { REPAINT_MS, Slots } from '../src/state/slots.ts';
import { HandClock, result } from './fixtures.ts';

let clock: HandClock;
let slots: Slots;
const push = (n: number, more = {}) => slots.offer(result('p', { n: 'UInt64' }, [[n]], more));
const shown = () => slots.slot('p').value.result?.rows[0]?.[0];

beforeEach(() => {
  clock = new HandClock();
  slots = new Slots(clock);
  slots.reset(['p', 'q']);
});

describe('the slots of panels', () => {
  test('the first answer is shown at once, as no change', () => {
    expect(slots.unanswered()).toEqual(['p', 'q']);
    push(1);
    expect(shown()).toBe(1);
    expect(slots.slot('p').value.changes).toBe(0);
    expect(slots.unanswered()).toEqual(['q']);
  });

  test('a panel repaints at most four times a second, with the newest', async () => {
    const seen: unknown[] = [];
    slots.slot('p').subscribe(slot => seen.push(slot.result?.rows[0]?.[0]));
    push(1);
    for (let n = 2; n <= 21; n += 1) {
      await clock.turn(50);
      push(n);
    }
    await clock.turn(REPAINT_MS);
    expect(shown()).toBe(21);
    // One second of pushes: the first, and one each quarter of a second.
    expect(seen.filter(n => n !== undefined).length).toBeLessThanOrEqual(6);
  });

  test('a result that says the same is no change', async () => {
    push(1);
    await clock.turn(REPAINT_MS);
    push(1, { as_of: '2026-11-24T12:00:05Z' });
    expect(slots.slot('p').value.changes).toBe(0);
    expect(slots.slot('p').value.result?.as_of).toBe('2026-11-24T12:00:05Z');
    await clock.turn(REPAINT_MS);
    push(2);
    expect(slots.slot('p').value.changes).toBe(1);
  });

  test('paused, the newest waits and is shown on resuming', async () => {
    push(1);
    await clock.turn(REPAINT_MS);
    slots.pause('on');
    push(2);
    push(3);
    await clock.turn(REPAINT_MS * 4);
    expect(shown()).toBe(1);
    expect(slots.held.value).toBe(1);
    slots.pause('off');
    expect(shown()).toBe(3);
    expect(slots.held.value).toBe(0);
  });

  test('paused, the answer to a new question is shown all the same', () => {
    push(1);
    slots.pause('on');
    slots.refresh();
    push(2);
    expect(shown()).toBe(2);
    push(3);
    expect(shown()).toBe(2);
  });

  test('while another question is open the old data stays, and the answer is no change', () => {
    push(1);
    slots.refresh();
    expect(slots.slot('p').value).toMatchObject({ refreshing: true });
    expect(shown()).toBe(1);
    push(2);
    expect(slots.slot('p').value).toMatchObject({ refreshing: false, changes: 0 });
  });

  test('what waited for its turn is dropped by a new question', async () => {
    push(1);
    push(2);
    slots.refresh();
    await clock.turn(REPAINT_MS * 2);
    expect(shown()).toBe(1);
  });

  test('a failure keeps the last good data and says why', async () => {
    push(1);
    await clock.turn(REPAINT_MS);
    slots.offer(result('p', {}, [], { state: 'failed', error: { message: 'too long', id: 'q1' } }));
    expect(shown()).toBe(1);
    expect(slots.slot('p').value.failure).toEqual({ message: 'too long', id: 'q1' });
    push(2);
    expect(slots.slot('p').value.failure).toBeNull();
  });

  test('the last good data that a failed answer brings is shown when there is none', () => {
    push(7, { state: 'failed', error: { message: 'no', id: 'x' } });
    expect(shown()).toBe(7);
    expect(slots.slot('p').value.failure?.message).toBe('no');
  });

  test('a failed first answer is an answer', () => {
    slots.offer(result('q', {}, [], { state: 'failed', error: { message: 'no', id: 'x' } }));
    expect(slots.unanswered()).toEqual(['p']);
  });

  test('an answer to a plain request that was overtaken by a push is of no use', async () => {
    push(5, { as_of: '2026-11-24T12:00:10Z' });
    await clock.turn(REPAINT_MS);
    push(4, { seq: null, as_of: '2026-11-24T12:00:09Z' });
    expect(shown()).toBe(5);
  });

  test('panels that are not of this board are passed over', () => {
    slots.offer(result('zzz', {}, []));
    expect(slots.slot('p').value.version).toBe(0);
  });
});
