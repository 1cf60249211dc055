import { expect, it } from 'vitest';
import { screenSpace } from './screen-space.ts';

it.each([
  [true, true, 'display-p3'],
  [true, false, 'srgb'],
  [false, true, 'srgb'],
  [false, false, 'srgb'],
] as const)('a wide screen (%s) with a wide canvas (%s) is drawn in %s', (isWide, hasWideCanvas, space) => {
  expect(screenSpace({ isWide, hasWideCanvas })).toBe(space);
});
