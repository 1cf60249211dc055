import { expect, it } from 'vitest';
import { nextTile, rankTiles } from './tile-ranks.ts';

it('ranks the highest weight first, ties by index', () => {
  const { order, rank } = rankTiles(new Float32Array([0.1, 0.4, 0.1, 0.4]));
  expect([...order]).toEqual([1, 3, 0, 2]);
  expect([...rank]).toEqual([3, 1, 4, 2]);
});

it('steps through the ranks and stays at the ends', () => {
  const ranks = rankTiles(new Float32Array([0.1, 0.4, 0.5]));
  expect(nextTile(ranks, undefined, 1)).toBe(2);
  expect(nextTile(ranks, 2, 1)).toBe(1);
  expect(nextTile(ranks, 2, -1)).toBe(2);
  expect(nextTile(ranks, 0, 1)).toBe(0);
  expect(nextTile(rankTiles(new Float32Array(0)), undefined, 1)).toBeUndefined();
});
