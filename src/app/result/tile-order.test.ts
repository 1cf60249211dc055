import { expect, it } from 'vitest';
import { nextTile } from './tile-order.ts';

it('steps through the order and stays at the ends', () => {
  const order = [2, 1, 0];
  expect(nextTile(order, undefined, 1)).toBe(2);
  expect(nextTile(order, 2, 1)).toBe(1);
  expect(nextTile(order, 2, -1)).toBe(2);
  expect(nextTile(order, 0, 1)).toBe(0);
  expect(nextTile([], undefined, 1)).toBeUndefined();
});
