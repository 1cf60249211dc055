import { expect, it } from 'vitest';
import { cut, paste } from './cut-and-paste.ts';
import type { Pixels } from './slide.ts';

/** Every pixel with a number of its own, from 1. */
const numbered = (width: number, height: number): Pixels => ({
  width,
  height,
  data: Uint8Array.from({ length: width * height * 3 }, (_, i) => Math.floor(i / 3) + 1),
});

const blank = (width: number, height: number): Pixels => ({ width, height, data: new Uint8Array(width * height * 3) });

/** The first sample of each pixel, by rows. */
const rows = ({ width, height, data }: Pixels) =>
  Array.from({ length: height }, (_, y) => Array.from({ length: width }, (_, x) => data[(y * width + x) * 3]));

it('pastes what overlaps, whichever edge a block passes', () => {
  const inside = blank(4, 3);
  paste(inside, numbered(2, 2), 1, 1);
  expect(rows(inside)).toEqual([
    [0, 0, 0, 0],
    [0, 1, 2, 0],
    [0, 3, 4, 0],
  ]);
  const corners = blank(3, 3);
  paste(corners, numbered(2, 2), -1, -1);
  paste(corners, numbered(2, 2), 2, 2);
  expect(rows(corners)).toEqual([
    [4, 0, 0],
    [0, 0, 0],
    [0, 0, 1],
  ]);
  const beside = blank(2, 2);
  for (const [dx, dy] of [
    [2, 0],
    [-2, 0],
    [0, 2],
    [0, -2],
  ] as const)
    paste(beside, numbered(2, 2), dx, dy);
  expect(beside.data.every((value) => value === 0)).toBe(true);
});

it('cuts a copy, black past the edges', () => {
  const whole = numbered(3, 2);
  const part = cut(whole, 1, 1, 3, 2);
  expect(rows(part)).toEqual([
    [5, 6, 0],
    [0, 0, 0],
  ]);
  part.data.fill(9);
  expect(whole.data[4 * 3]).toBe(5);
});
