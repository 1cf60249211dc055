import { expect, it } from 'vitest';
import { offeredWidths, parseWidth, widthInPx } from './picture-width.ts';

it.each([
  ['4000', 4000],
  [' 4,000 px', 4000],
  ['4.000', 4000],
  ['4 000', 4000],
  ['12’345', 12_345],
  ['4,00', undefined],
  ['-5', undefined],
  ['1e3', undefined],
  ['wide', undefined],
  ['', undefined],
])('%s is %s px', (text, width) => {
  expect(parseWidth(text)).toBe(width);
});

it('is as on screen in its px, or as asked for, never wider than can be drawn', () => {
  expect(widthInPx('screen', 960, 2, 8000)).toBe(1920);
  expect(widthInPx('screen', 960.4, 1, 8000)).toBe(960);
  expect(widthInPx(4000, 960, 2, 8000)).toBe(4000);
  expect(widthInPx(20_000, 960, 2, 8000)).toBe(8000);
  expect(widthInPx(5, 960, 2, 8000)).toBe(320);
  expect(widthInPx(5, 40, 1, 100)).toBe(100);
  expect(offeredWidths(8000)).toEqual([2000, 4000, 8000]);
  expect(offeredWidths(3900)).toEqual([2000]);
});
