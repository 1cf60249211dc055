import { expect, it } from 'vitest';
import { fieldAfterKey, nextTile } from './tile-order.ts';

const order = [2, 1, 0];

it('steps through the order and stays at the ends', () => {
  expect(nextTile(order, undefined, 1)).toBe(2);
  expect(nextTile(order, 2, 1)).toBe(1);
  expect(nextTile(order, 2, -1)).toBe(2);
  expect(nextTile(order, 0, 1)).toBe(0);
  expect(nextTile([], undefined, 1)).toBeUndefined();
});

it('begins at the first from a tile that is not in the order, in either direction', () => {
  expect(nextTile(order, 7, 1)).toBe(2);
  expect(nextTile(order, 7, -1)).toBe(2);
});

it('goes by the arrow keys and to both ends', () => {
  expect(fieldAfterKey(order, 2, 'ArrowRight')).toBe(1);
  expect(fieldAfterKey(order, 1, 'ArrowLeft')).toBe(2);
  expect(fieldAfterKey(order, 1, 'End')).toBe(0);
  expect(fieldAfterKey(order, 1, 'Home')).toBe(2);
  expect(fieldAfterKey(order, 1, 'Enter')).toBeUndefined();
  expect(fieldAfterKey([], undefined, 'ArrowRight')).toBeUndefined();
});
