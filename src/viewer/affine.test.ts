import { expect, it } from 'vitest';
import { applyAffine, scaleOf, seenRect, toAffine } from './affine.ts';

it('maps level-0 px to the screen at any zoom and rotation', () => {
  const turn = (30 * Math.PI) / 180;
  const zoom = 0.37;
  const place = (x: number, y: number) => ({
    x: 100 + zoom * (x * Math.cos(turn) - y * Math.sin(turn)),
    y: -40 + zoom * (x * Math.sin(turn) + y * Math.cos(turn)),
  });
  const map = toAffine(place(0, 0), place(46_000, 0), place(0, 32_914), 46_000, 32_914);
  for (const [x, y] of [
    [0, 0],
    [46_000, 32_914],
    [12_345, 678],
    [-200, 40_000],
  ] as const) {
    const there = applyAffine(map, x, y);
    expect(there.x).toBeCloseTo(place(x, y).x, 6);
    expect(there.y).toBeCloseTo(place(x, y).y, 6);
  }
  expect(scaleOf(map)).toBeCloseTo(zoom, 9);
});

it('finds the part of level 0 that a view shows, mirrored and turned', () => {
  // Level-0 px at half of a CSS px, left and right exchanged, turned by a quarter.
  const map = { a: 0, b: -0.5, c: -0.5, d: 0, e: 100, f: 50 };
  const seen = seenRect(map, 100, 50);
  expect(applyAffine(map, seen.x, seen.y)).toEqual({ x: 100, y: 50 });
  expect([seen.x + 0, seen.y + 0, seen.width, seen.height]).toEqual([0, 0, 100, 200]);
  const turn = Math.PI / 4;
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  const turned = seenRect({ a: cos, b: sin, c: -sin, d: cos, e: 0, f: 0 }, 10, 10);
  expect(turned.width).toBeCloseTo(10 * Math.SQRT2, 9);
  expect(turned.y).toBeCloseTo(-10 / Math.SQRT2, 9);
});
