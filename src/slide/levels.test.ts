import { expect, it } from 'vitest';
import { fallingWidths, levelsOf } from './levels.ts';

it('numbers levels, the downsample the mean of both axes and never rounded', () => {
  const tile = { tileWidth: 256, tileHeight: 256 };
  const stored = [
    { width: 1001, height: 600, ...tile },
    { width: 250, height: 150, ...tile, more: 'left out' },
  ];
  expect(levelsOf(stored)).toEqual([
    { index: 0, width: 1001, height: 600, downsample: 1, ...tile },
    { index: 1, width: 250, height: 150, downsample: (1001 / 250 + 4) / 2, ...tile },
  ]);
  expect(levelsOf([])).toEqual([]);
});

it('keeps one level of each width, the first, largest first', () => {
  const [a, b, c, d] = [{ width: 2 }, { width: 8 }, { width: 2 }, { width: 4 }];
  const given = [a, b, c, d];
  const kept = fallingWidths(given);
  expect(kept).toEqual([b, d, a]);
  expect(kept[2]).toBe(a);
  expect(given).toEqual([a, b, c, d]);
});
