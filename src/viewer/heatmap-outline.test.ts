import { describe, expect, it } from 'vitest';
import type { HeatmapPicture } from '../analysis/heatmap.ts';
import { canBeFramed, drawFrames, frameSize, framesIn, isOutlined } from './heatmap-outline.ts';

describe('isOutlined', () => {
  it('is a matter of magnification where the pixel size is known', () => {
    // 0.25 µm/px: level-0 px on screen px is 40x.
    expect(isOutlined('auto', 0.4, 0.25)).toBe(false);
    expect(isOutlined('auto', 0.5, 0.25)).toBe(true);
    expect(isOutlined('auto', 1, 0.5)).toBe(true);
    expect(isOutlined('auto', 1, 0.503)).toBe(true);
    expect(isOutlined('auto', 0.5, 0.5)).toBe(false);
  });
  it('is a matter of scale where it is not, and as the person wants it otherwise', () => {
    expect(isOutlined('auto', 0.49, undefined)).toBe(false);
    expect(isOutlined('auto', 0.5, undefined)).toBe(true);
    expect(isOutlined('fill', 8, 0.25)).toBe(false);
    expect(isOutlined('outline', 0.001, 0.25)).toBe(true);
  });
});

/** 400 x 250 tiles of 100 px, every other one shaded, from (1000, 2000) on. */
const picture: HeatmapPicture = {
  ...{ width: 400, height: 250, rect: { x: 1000, y: 2000, width: 40_000, height: 25_000 } },
  rgba: Uint8ClampedArray.from({ length: 400 * 250 * 4 }, (_, i) =>
    i % 4 < 3 ? 10 * (i % 4) : Math.floor(i / 4) % 2 === 0 ? 204 : 0,
  ),
};

describe('framesIn', () => {
  it('gives the shaded tiles in sight, whatever the size of the map', () => {
    const frames = framesIn(picture, { x: 1250, y: 2110, width: 400, height: 80 });
    expect(frames.map(({ rect }) => [rect.x, rect.y])).toEqual([
      [1200, 2100],
      [1400, 2100],
      [1600, 2100],
    ]);
    expect(frames[0]).toMatchObject({ color: 'rgb(0,10,20)', strength: 0.8, rect: { width: 100, height: 100 } });
    expect(framesIn(picture, { x: 0, y: 0, width: 900, height: 900 })).toEqual([]);
    expect(framesIn(picture, { x: -1e6, y: -1e6, width: 2e6, height: 2e6 })).toHaveLength(50_000);
  });
  it('leaves out what nobody would see', () => {
    const faint = { ...picture, rgba: picture.rgba.map((value, i) => (i % 4 === 3 ? Math.min(value, 7) : value)) };
    expect(framesIn(faint, picture.rect)).toEqual([]);
  });
  it('is not asked of tiles so small that the screen would hold ten thousand', () => {
    expect(canBeFramed(picture, 0.11)).toBe(false);
    expect(canBeFramed(picture, 0.12)).toBe(true);
    expect((1280 / 12) * (800 / 12)).toBeLessThan(10_000);
    expect(canBeFramed({ ...picture, width: 0, height: 0 }, 1)).toBe(false);
  });
});

it('is wider for a larger value, never covers its tile, and stays inside it', () => {
  expect(frameSize(1, 200).width).toBeGreaterThan(frameSize(0.1, 200).width);
  expect(frameSize(1, 12).width).toBeLessThanOrEqual(2);
  const drawn: { readonly line: number; readonly rect: readonly number[] }[] = [];
  let lineWidth = 0;
  const context = {
    set lineWidth(value: number) {
      lineWidth = value;
    },
    strokeRect: (...rect: number[]) => drawn.push({ line: lineWidth, rect }),
    beginPath: () => undefined,
    moveTo: () => undefined,
    lineTo: () => undefined,
    fill: () => undefined,
  } as unknown as CanvasRenderingContext2D;
  const frame = { rect: { x: 10, y: 20, width: 100, height: 100 }, color: 'rgb(1,2,3)', strength: 1 };
  drawFrames(context, [frame], 2);
  expect(drawn.length).toBe(2);
  for (const { line, rect } of drawn) {
    const [x = 0, y = 0, width = 0, height = 0] = rect;
    expect(x - line / 2).toBeGreaterThanOrEqual(10);
    expect(y - line / 2).toBeGreaterThanOrEqual(20);
    expect(x + width + line / 2).toBeLessThanOrEqual(110);
    expect(y + height + line / 2).toBeLessThanOrEqual(120);
    // At least half of the tile's side is bare.
    expect(width).toBeGreaterThan(50);
  }
});
