import { describe, expect, it } from 'vitest';
import type { Rect } from '../geometry.ts';
import { createRectIndex, mergeRects } from './rect-index.ts';

const touches = (one: Rect, other: Rect) =>
  one.x <= other.x + other.width &&
  other.x <= one.x + one.width &&
  one.y <= other.y + other.height &&
  other.y <= one.y + one.height;

it('finds all that are in sight among 100,000, and looks at few others', () => {
  const rects = Array.from({ length: 100_000 }, (_, i) => ({
    ...{ x: (i % 400) * 250, y: Math.floor(i / 400) * 250, width: 250, height: 250 },
  }));
  const index = createRectIndex(rects);
  expect(index.count).toBe(100_000);
  expect(index.bounds).toEqual({ x: 0, y: 0, width: 100_000, height: 62_500 });
  for (const seen of [
    { x: 40_010, y: 30_020, width: 2000, height: 1500 },
    { x: -500, y: -500, width: 600, height: 600 },
    { x: 99_900, y: 62_400, width: 5000, height: 5000 },
    { x: 300, y: 300, width: 1, height: 1 },
  ]) {
    const found = new Set(index.near(seen));
    const inSight = rects.filter((rect) => touches(rect, seen));
    expect(inSight.every((rect) => found.has(rect))).toBe(true);
    expect(found.size).toBeLessThan(inSight.length + 600);
  }
  expect(index.near({ x: -900, y: 0, width: 100, height: 100 })).toEqual([]);
});

it('knows slivers beside whole tiles, one tile, and none', () => {
  const sliver = { x: 1000, y: 0, width: 7, height: 500 };
  const index = createRectIndex([
    { x: 0, y: 0, width: 500, height: 500 },
    { x: 500, y: 0, width: 500, height: 500 },
    sliver,
  ]);
  expect(index.near({ x: 1001, y: 100, width: 4, height: 4 })).toContain(sliver);
  expect(createRectIndex([sliver]).near(sliver)).toEqual([sliver]);
  expect(createRectIndex([]).near(sliver)).toEqual([]);
});

describe('mergeRects', () => {
  const tile = (col: number, row: number, width = 100, height = 100) => ({
    ...{ x: col * 100, y: row * 100, width, height },
  });

  it('makes few areas of many tiles, with slivers at the edges', () => {
    const tiles = Array.from({ length: 10_000 }, (_, i) => tile(i % 100, Math.floor(i / 100)));
    const slivers = Array.from({ length: 100 }, (_, row) => tile(100, row, 7));
    expect(mergeRects([...slivers, ...tiles])).toEqual([{ x: 0, y: 0, width: 10_007, height: 10_000 }]);
  });

  it('covers the same, no more and no less, whatever the order and the rounding', () => {
    const isTissue = (col: number, row: number) => Math.hypot(col - 20, row - 15) < 12 !== (col + row) % 7 < 2;
    const tiles = Array.from({ length: 1200 }, (_, i) => [i % 40, Math.floor(i / 40)] as const)
      .filter(([col, row]) => isTissue(col, row))
      .map(([col, row]) => ({ x: Math.round(col * 99.6), y: Math.round(row * 99.6), width: 99.6, height: 99.6 }))
      .reverse();
    const areas = mergeRects(tiles);
    expect(areas.length).toBeLessThan(tiles.length / 2);
    const inside = (list: readonly Rect[], x: number, y: number) =>
      list.filter((one) => x > one.x && x < one.x + one.width && y > one.y && y < one.y + one.height).length;
    for (let row = 0; row < 30; row++)
      for (let col = 0; col < 40; col++) {
        const [x, y] = [col * 99.6 + 50, row * 99.6 + 50];
        expect(inside(areas, x, y)).toBe(isTissue(col, row) ? 1 : 0);
      }
  });
});
