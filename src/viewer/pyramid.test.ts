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

const stored = () => toPyramid(slide).filter(({ reduced }) => reduced === undefined);

describe('toPyramid', () => {
  it('counts from the smallest level, with the ratios as they are', () => {
    const [small, large] = stored();
    expect(small).toMatchObject({ level: 1, cols: 48, rows: 35, scale: 0.25 });
    expect(large).toMatchObject({ level: 0, cols: 192, rows: 138, scale: 1 });
  });
});

describe('a smallest level that is still large', () => {
  const plain = { width: 50_000, height: 40_000, levels: [level(0, 50_000, 40_000, 256)] };

  it('has reduced steps below it, whose smallest is a glance of few tiles', () => {
    const steps = toPyramid(plain);
    expect(steps.map(({ reduced }) => reduced)).toEqual([
      { factor: 64, every: 4 },
      { factor: 16, every: 1 },
      { factor: 4, every: 1 },
      undefined,
    ]);
    const [smallest] = steps;
    if (smallest === undefined) throw new Error('a step');
    // 196 x 157 tiles of the file, one in sixteen of them read.
    expect((smallest.cols * smallest.rows * (64 * 64) ** 2) / 256 ** 2 / 16).toBeLessThan(2600);
    expect(Math.max(smallest.width, smallest.height)).toBeLessThanOrEqual(1024);
  });

  it('whose steps lie exactly over it', () => {
    const steps = toPyramid(plain);
    for (const step of steps) {
      const last = tileBounds(step, step.cols - 1, step.rows - 1, plain);
      expect(last.x + last.width).toBeCloseTo(1, 12);
      expect(last.y + last.height).toBeCloseTo(0.8, 12);
      const px = tileBounds(step, 1, 0, plain).x / step.tileWidth;
      expect(px * 50_000).toBeCloseTo(step.reduced?.factor ?? 1, 9);
    }
  });

  it('is left alone when a view can read it whole', () => {
    expect(toPyramid({ width: 2000, levels: [level(0, 2000, 2000, 256)] })).toHaveLength(1);
    expect(toPyramid({ width: 20_000, levels: [level(0, 20_000, 20_000, 4096)] })).toHaveLength(1);
    expect(toPyramid({ width: 20_000, levels: [level(0, 20_000, 20_000, 512)] }).length).toBeGreaterThan(1);
  });
});

describe('with an overview', () => {
  const many = {
    ...{ width: 8192, height: 8192 },
    levels: [0, 1, 2, 3, 4].map((k) => level(k, 8192 >> k, 8192 >> k, 256)),
  };

  it('a level is one picture, in place of itself and all below it', () => {
    const steps = toPyramid(many, { width: 1024, height: 1024, level: 3 });
    expect(steps.map((step) => step.level)).toEqual([3, 2, 1, 0]);
    expect(steps[0]).toMatchObject({ isOverview: true, cols: 1, rows: 1, tileWidth: 1024, scale: 1 / 8 });
    expect(
      toPyramid({ width: 900, levels: [level(0, 900, 700, 256)] }, { width: 900, height: 700, level: 0 }),
    ).toHaveLength(1);
  });

  it('a thumbnail lies below all that show more, reduced steps too, and covers the slide exactly', () => {
    const plain = { width: 50_000, height: 40_000, levels: [level(0, 50_000, 40_000, 256)] };
    const steps = toPyramid(plain, { width: 1000, height: 801, level: undefined });
    expect(steps.map(({ reduced, isOverview }) => reduced?.factor ?? isOverview)).toEqual([true, 16, 4, undefined]);
    const [overview] = steps;
    if (overview === undefined) throw new Error('a step');
    const bounds = tileBounds(overview, 0, 0, plain);
    expect(bounds).toMatchObject({ x: 0, y: 0, width: 1 });
    expect(bounds.height).toBeCloseTo(0.8, 12);
  });

  it('a thumbnail as large as the slide does not replace it', () => {
    const steps = toPyramid(
      { width: 1000, levels: [level(0, 1000, 800, 256)] },
      { width: 1000, height: 800, level: undefined },
    );
    expect(steps.map(({ isOverview }) => isOverview)).toEqual([true, undefined]);
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
    const [small, large] = stored();
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
    const [, large] = stored();
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
