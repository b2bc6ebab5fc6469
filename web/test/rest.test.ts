import { expect, test } from 'vitest';
import { REST_MS, Rest } from '../src/charts/rest.ts';

test('only what had been still for a while moves', () => {
  let now = 0;
  const rest = new Rest(() => now);
  expect(rest.end()).toBe(true);
  // Again and again: each of them begins the wait anew.
  for (let i = 0; i < 5; i += 1) {
    now += REST_MS - 1;
    expect(rest.end()).toBe(false);
  }
  now += REST_MS;
  expect(rest.end()).toBe(true);
});
