import { describe, expect, it } from 'vitest';
import { openSyntheticSlide, type Paint } from '../testing/synthetic-slide.ts';
import { readRegion } from './region.ts';

const paint: Paint = (x, y) => [x % 251, y % 241, (x + y) % 239];
const at = (data: Uint8Array, index: number) => [...data.subarray(index * 3, index * 3 + 3)];

describe('readRegion', () => {
  it('puts tiles together at any position', async () => {
    const slide = await openSyntheticSlide({ width: 150, height: 130, tile: 32, paint });
    const region = await readRegion(slide, { level: 0, x: 17, y: 29, width: 90, height: 80 });
    for (let y = 0; y < 80; y++)
      for (let x = 0; x < 90; x++) expect(at(region.data, y * 90 + x)).toEqual([...paint(17 + x, 29 + y)]);
    await slide.close();
  });

  it('is background outside the slide, on all sides', async () => {
    const slide = await openSyntheticSlide({ width: 40, height: 30, tile: 16, paint });
    const region = await readRegion(slide, { level: 0, x: -5, y: -7, width: 60, height: 50 });
    for (let y = 0; y < 50; y++)
      for (let x = 0; x < 60; x++) {
        const [sx, sy] = [x - 5, y - 7];
        const inside = sx >= 0 && sy >= 0 && sx < 40 && sy < 30;
        expect(at(region.data, y * 60 + x)).toEqual(inside ? [...paint(sx, sy)] : [255, 255, 255]);
      }
    const far = await readRegion(slide, { level: 0, x: 1000, y: 1000, width: 4, height: 4 });
    expect(new Set(far.data)).toEqual(new Set([255]));
    await slide.close();
  });

  it('maps level-0 positions with the true ratio of each axis', async () => {
    // 101 / 33 and 67 / 22 are neither 3 nor equal.
    const slide = await openSyntheticSlide({ width: 101, height: 67, tile: 16, downsamples: [1, 3], paint });
    const level = slide.info.levels[1];
    expect([level?.width, level?.height]).toEqual([33, 22]);
    expect(level?.downsample).toBe((101 / 33 + 67 / 22) / 2);
    const whole = await readRegion(slide, { level: 1, x: 0, y: 0, width: 33, height: 22 });
    const part = await readRegion(slide, { level: 1, x: 50, y: 40, width: 5, height: 5 });
    const [left, top] = [Math.floor((50 * 33) / 101), Math.floor((40 * 22) / 67)];
    for (let y = 0; y < 5; y++)
      for (let x = 0; x < 5; x++) expect(at(part.data, y * 5 + x)).toEqual(at(whole.data, (top + y) * 33 + left + x));
    await slide.close();
  });

  it('refuses a level or size that makes no sense', async () => {
    const slide = await openSyntheticSlide({ width: 40, height: 30, paint });
    for (const bad of [{ level: 3 }, { width: 0 }, { width: 1.5 }, { width: 1e6, height: 1e6 }])
      await expect(readRegion(slide, { level: 0, x: 0, y: 0, width: 4, height: 4, ...bad })).rejects.toMatchObject({
        info: { code: 'usage' },
      });
    await slide.close();
  });
});
