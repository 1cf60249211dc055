import { expect, it } from 'vitest';
import type { Orientation } from '../slide/slide.ts';
import { turnSquare, uprightOf, uprightWords } from './orientation.ts';

/** The sides where the first stored row and the first stored column are seen, as TIFF 6.0 lists them. */
const SEEN: readonly (readonly [Orientation, row: string, col: string])[] = [
  [1, 'top', 'left'],
  [2, 'top', 'right'],
  [3, 'bottom', 'right'],
  [4, 'bottom', 'left'],
  [5, 'left', 'top'],
  [6, 'right', 'top'],
  [7, 'right', 'bottom'],
  [8, 'left', 'bottom'],
];

type Point = readonly [x: number, y: number];

/** A point about the middle, y downwards, turned clockwise and then mirrored. */
function shown([x, y]: Point, orientation: Orientation): Point {
  const { degrees, isMirrored } = uprightOf(orientation);
  const [cos, sin] = [Math.round(Math.cos((degrees * Math.PI) / 180)), Math.round(Math.sin((degrees * Math.PI) / 180))];
  const turned: Point = [x * cos - y * sin, x * sin + y * cos];
  return [isMirrored ? -turned[0] : turned[0], turned[1]];
}

const side = ([x, y]: Point) => (y < 0 ? 'top' : y > 0 ? 'bottom' : x < 0 ? 'left' : 'right');

it.each(SEEN)('orientation %i has its first row at the %s and its first column at the %s', (orientation, row, col) => {
  expect(side(shown([0, -1], orientation))).toBe(row);
  expect(side(shown([-1, 0], orientation))).toBe(col);
});

it.each(SEEN)('orientation %i is drawn in a square as the viewer shows it', (orientation) => {
  // The transform of a canvas: each call comes before those already there.
  let [a, b, c, d, e, f] = [1, 0, 0, 1, 0, 0];
  const before = (m: readonly [number, number, number, number, number, number]) => {
    [a, b, c, d, e, f] = [
      a * m[0] + c * m[1],
      b * m[0] + d * m[1],
      a * m[2] + c * m[3],
      b * m[2] + d * m[3],
      a * m[4] + c * m[5] + e,
      b * m[4] + d * m[5] + f,
    ];
  };
  const context = {
    translate: (x: number, y: number) => before([1, 0, 0, 1, x, y]),
    scale: (x: number, y: number) => before([x, 0, 0, y, 0, 0]),
    rotate: (t: number) => before([Math.cos(t), Math.sin(t), -Math.sin(t), Math.cos(t), 0, 0]),
  };
  turnSquare(context, 160, uprightOf(orientation));
  for (const [x, y] of [
    [0, 0],
    [160, 0],
    [40, 150],
  ] as const) {
    const [right, down] = shown([x - 80, y - 80], orientation);
    expect(a * x + c * y + e).toBeCloseTo(right + 80, 9);
    expect(b * x + d * y + f).toBeCloseTo(down + 80, 9);
  }
});

it('says what was done, and nothing where nothing was', () => {
  expect(uprightWords(undefined)).toBeUndefined();
  expect(uprightWords(2)).toBe('mirrored');
  expect(uprightWords(6)).toBe('rotated 90°');
  expect(uprightWords(4)).toBe('rotated 180° and mirrored');
});
