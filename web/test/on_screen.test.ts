import { beforeEach, expect, test } from 'vitest';
import { OnScreen, REST_MS } from '../src/state/on_screen.ts';
import { HandClock } from './fixtures.ts';

let clock: HandClock;
let told: string[];
let onScreen: OnScreen;

beforeEach(() => {
  clock = new HandClock();
  told = [];
  onScreen = new OnScreen(clock, (stream, panels) => told.push(`${stream}: ${panels.join(' ')}`));
});

test('a scroll that comes to rest is told once, for the stream that is open', async () => {
  onScreen.set('won_value', 'on');
  await clock.turn(REST_MS * 4);
  expect(told).toEqual([]);
  onScreen.opened('s1');
  onScreen.set('win_rate', 'on');
  onScreen.set('ageing', 'on');
  onScreen.set('ageing', 'off');
  await clock.turn(REST_MS / 2);
  onScreen.set('ledger', 'on');
  await clock.turn(REST_MS);
  expect(told).toEqual(['s1: ledger win_rate won_value']);
});

test('what is the same is not told again, except to another stream', async () => {
  onScreen.set('won_value', 'on');
  onScreen.opened('s1');
  await clock.turn(REST_MS);
  onScreen.set('ageing', 'on');
  onScreen.set('ageing', 'off');
  await clock.turn(REST_MS);
  expect(told).toEqual(['s1: won_value']);
  onScreen.opened('s2');
  await clock.turn(REST_MS);
  expect(told).toEqual(['s1: won_value', 's2: won_value']);
});
