import { expect, test } from 'vitest';
import { Announcer, GATHER_MS, SUMMARY_MS } from '../src/state/announcer.ts';
import { REPAINT_MS } from '../src/state/slots.ts';
import { HandClock } from './fixtures.ts';

test('what moves is summed up at most every 30 s, in the newest words, and silence stays silent', async () => {
  const clock = new HandClock();
  const said: string[][] = [];
  const announcer = new Announcer(clock, parts => said.push(parts));
  announcer.note('won_value', 'Won value 1');
  await clock.turn(GATHER_MS);
  for (let i = 2; i < 200; i += 1) {
    announcer.note('won_value', `Won value ${i}`);
    announcer.note('open_pipeline', `Open pipeline ${i}`);
    await clock.turn(250);
  }
  await clock.turn(SUMMARY_MS);
  expect(said).toEqual([
    ['Won value 1'],
    ['Won value 121', 'Open pipeline 121'],
    ['Won value 199', 'Open pipeline 199'],
  ]);
  await clock.turn(SUMMARY_MS * 10);
  expect(said.length).toBe(3);
});

test('panels that the same rows moved are said together, though they repaint one after the other', async () => {
  const clock = new HandClock();
  const said: string[][] = [];
  const announcer = new Announcer(clock, parts => said.push(parts));
  announcer.note('won_value', 'Won value 1');
  await clock.turn(REPAINT_MS);
  announcer.note('open_pipeline', 'Open pipeline 1');
  await clock.turn(GATHER_MS);
  expect(said).toEqual([['Won value 1', 'Open pipeline 1']]);
});
