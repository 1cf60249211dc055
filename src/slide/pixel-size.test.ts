import { expect, it } from 'vitest';
import { mppOption } from '../cli/options.ts';
import { isPlausibleMpp, meanMpp, PLAUSIBLE_MPP } from './pixel-size.ts';
import { plausibleMpp } from './tiff/tiff-slide.ts';

it('believes the same pixel sizes of files and on the command line', () => {
  expect(PLAUSIBLE_MPP).toEqual([0.05, 10]);
  for (const [mpp, isPlausible] of [
    ...([0.05, 0.25, 10] as const).map((one) => [one, true] as const),
    ...([0, -1, 0.0499, 10.01, 50, Number.NaN, Number.POSITIVE_INFINITY] as const).map((one) => [one, false] as const),
  ]) {
    expect(isPlausibleMpp(mpp)).toBe(isPlausible);
    expect(plausibleMpp(mpp, mpp, 'vendor') !== undefined).toBe(isPlausible);
    if (isPlausible) expect(mppOption(String(mpp))).toBe(mpp);
    else expect(() => mppOption(String(mpp))).toThrow('--mpp must be a number from 0.05 to 10');
  }
});

it('stands for both axes by their mean', () => {
  expect(meanMpp({ x: 0.25, y: 0.27 })).toBe(0.26);
  expect(meanMpp(undefined)).toBeUndefined();
});
