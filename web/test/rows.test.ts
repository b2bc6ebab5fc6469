import { describe, expect, test } from 'vitest';
import { pinnedOrder } from '../src/panels/pinned.ts';
import { stepTo } from '../src/panels/roving.ts';

describe('rows under a hand', () => {
  test('keep their places, new ones join at the end, gone ones leave', () => {
    expect(pinnedOrder(['a', 'b', 'c'], ['c', 'd', 'a'])).toEqual(['a', 'c', 'd']);
  });

  test('arrows, Home and End move within the ends', () => {
    expect([
      stepTo('ArrowDown', 0, 3),
      stepTo('ArrowDown', 2, 3),
      stepTo('ArrowUp', 0, 3),
      stepTo('Home', 2, 3),
      stepTo('End', 0, 3),
      stepTo('x', 0, 3),
      stepTo('Home', 0, 0),
    ]).toEqual([1, 2, 0, 0, 2, null, null]);
  });
});
