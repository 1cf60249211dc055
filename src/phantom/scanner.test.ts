import { describe, expect, it } from 'vitest';
import type { Rect } from '../geometry.ts';
import { defocus } from './scanner.ts';

/** One bright point at (20, 20) on black, in every colour. */
const point = (region: Rect) => {
  const data = new Uint8Array(region.width * region.height * 3);
  const at = (20 - region.y) * region.width + 20 - region.x;
  data.fill(255, at * 3, at * 3 + 3);
  return data;
};

describe('a scanner out of focus', () => {
  it('spreads a point with the variance asked for, along both axes, and loses no light', () => {
    for (const blur of [0.5, 1]) {
      const { data } = defocus(point, { x: 10, y: 10, width: 21, height: 21 }, blur);
      const moments = { light: 0, x: 0, y: 0 };
      for (let y = 0; y < 21; y++)
        for (let x = 0; x < 21; x++) {
          const value = data[(y * 21 + x) * 3] ?? 0;
          moments.light += value;
          moments.x += value * (x - 10) ** 2;
          moments.y += value * (y - 10) ** 2;
        }
      expect(Math.abs(moments.light - 255)).toBeLessThan(6);
      expect(Math.abs(moments.x / moments.light - blur ** 2)).toBeLessThan(0.03);
      expect(Math.abs(moments.y / moments.light - blur ** 2)).toBeLessThan(0.03);
    }
  });

  it('gives a region the same pixels whatever lies beside it', () => {
    const whole = defocus(point, { x: 16, y: 16, width: 9, height: 9 }, 0.9);
    const half = defocus(point, { x: 20, y: 16, width: 5, height: 9 }, 0.9);
    for (let y = 0; y < 9; y++)
      expect(half.data.subarray(y * 15, y * 15 + 15)).toEqual(whole.data.subarray((y * 9 + 4) * 3, (y * 9 + 9) * 3));
  });

  it('leaves a slide in focus as it is', () => {
    const region = { x: 18, y: 18, width: 5, height: 5 };
    expect(defocus(point, region, 0).data).toEqual(point(region));
  });
});
