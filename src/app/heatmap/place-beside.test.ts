import { expect, it } from 'vitest';
import type { Rect } from '../../geometry.ts';
import { placeBeside } from './place-beside.ts';

const stage = { width: 960, height: 560 };
const size = { width: 216, height: 110 };
const tools: readonly Rect[] = [
  { x: 12, y: 12, width: 42, height: 204 },
  { x: 780, y: 12, width: 168, height: 168 },
  { x: 12, y: 500, width: 380, height: 48 },
  { x: 696, y: 450, width: 252, height: 98 },
];
const overlap = (a: Rect, b: Rect) =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
const place = (tile: Rect): Rect => ({ ...placeBeside(tile, size, stage, tools), ...size });

it('stands right of the tile, at its top, where nothing is in the way', () => {
  expect(placeBeside({ x: 300, y: 200, width: 50, height: 50 }, size, stage, tools)).toEqual({ x: 364, y: 200 });
});

it('covers neither the tile nor a tool, wherever the tile is', () => {
  for (const side of [24, 90, 240]) {
    for (let x = 0; x + side <= stage.width; x += 40) {
      for (let y = 0; y + side <= stage.height; y += 40) {
        const tile = { x, y, width: side, height: side };
        const box = place(tile);
        const covered = [tile, ...tools].filter((one) => overlap(box, one));
        expect(covered, `tile of ${side} at ${x}, ${y}`).toEqual([]);
        expect(box.x >= 0 && box.y >= 0).toBe(true);
        expect(box.x + box.width <= stage.width && box.y + box.height <= stage.height).toBe(true);
      }
    }
  }
});

it('lies on a tile that fills the view, but on no tool', () => {
  const box = place({ x: -300, y: -300, width: 2000, height: 2000 });
  expect(tools.filter((tool) => overlap(box, tool))).toEqual([]);
});

it('stays on a stage that is smaller than itself', () => {
  expect(placeBeside({ x: 10, y: 10, width: 20, height: 20 }, size, { width: 100, height: 80 }, [])).toEqual({
    x: 8,
    y: 8,
  });
});
