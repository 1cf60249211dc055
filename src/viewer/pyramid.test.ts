import { describe, expect, it } from 'vitest';
import type { Level } from '../slide/slide.ts';
import { tileAt, tileBounds, tilePixels, tilesInCache, toPyramid } from './pyramid.ts';

const level = (index: number, width: number, height: number, tile: number): Level => ({
  index,
  width,
  height,
  downsample: 1,
  tileWidth: tile,
  tileHeight: tile,
});

/** A scanner's rounding: level 1 is 4x in x (exactly) and 4.0008x in y. */
const slide = { width: 46_000, height: 32_914, levels: [level(0, 46_000, 32_914, 240), level(1, 11_500, 8_228, 240)] };

describe('toPyramid', () => {
  it('counts from the smallest level, with the ratios as they are', () => {
    const [small, large] = toPyramid(slide);
    expect(small).toMatchObject({ level: 1, cols: 48, rows: 35, scale: 0.25 });
    expect(large).toMatchObject({ level: 0, cols: 192, rows: 138, scale: 1 });
  });
});

describe('tileBounds', () => {
  it('covers the slide without gap or overlap on every level', () => {
    for (const step of toPyramid(slide)) {
      const last = tileBounds(step, step.cols - 1, step.rows - 1, slide);
      expect(last.x + last.width).toBeCloseTo(1, 12);
      expect(last.y + last.height).toBeCloseTo(slide.height / slide.width, 12);
      const first = tileBounds(step, 0, 0, slide);
      const next = tileBounds(step, 1, 1, slide);
      expect(first.width).toBeCloseTo(next.x, 12);
      expect(first.height).toBeCloseTo(next.y, 12);
    }
  });

  it('puts the same tissue at the same place on every level, although the axes are rounded differently', () => {
    const [small, large] = toPyramid(slide);
    if (small === undefined || large === undefined) throw new Error('two levels');
    const far = tileBounds(small, 0, small.rows - 1, slide);
    // level-1 row in level-0 px by the true ratio of y, not by 4
    const y0 = ((small.rows - 1) * 240 * slide.height) / small.height;
    expect(far.y * slide.width).toBeCloseTo(y0, 6);
    expect(Math.abs(far.y * slide.width - (small.rows - 1) * 240 * 4)).toBeGreaterThan(1);
  });
});

describe('tilePixels and tileAt', () => {
  it('clips the last tiles and finds the tile of a point', () => {
    const [, large] = toPyramid(slide);
    if (large === undefined) throw new Error('two levels');
    expect(tilePixels(large, 191, 137)).toEqual({ width: 46_000 - 191 * 240, height: 32_914 - 137 * 240 });
    const middle = tileBounds(large, 77, 100, slide);
    expect(tileAt(large, { x: middle.x + 1e-6, y: middle.y + 1e-6 }, slide)).toEqual({ col: 77, row: 100 });
    expect(tileAt(large, { x: 1, y: 1 }, slide)).toEqual({ col: 191, row: 137 });
    expect(tileAt(large, { x: -1, y: -1 }, slide)).toEqual({ col: 0, row: 0 });
  });
});

describe('tilesInCache', () => {
  it('bounds bytes, not tiles', () => {
    expect(tilesInCache(toPyramid(slide))).toBe(Math.floor((256 * 1024 * 1024) / (240 * 240 * 4)));
    expect(tilesInCache(toPyramid({ width: 8192, levels: [level(0, 8192, 8192, 4096)] }))).toBe(4);
  });
});
