/** Level-0 px to CSS px of the viewer. Pure. */
import type { Rect } from '../geometry.ts';

/** As a canvas takes it: x' = a x + c y + e, y' = b x + d y + f. */
export interface Affine {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  readonly e: number;
  readonly f: number;
}

/** The affine map that sends (0,0), (sideX,0) and (0,sideY) to three points of the screen. */
export function toAffine(
  origin: { x: number; y: number },
  right: { x: number; y: number },
  down: { x: number; y: number },
  sideX: number,
  sideY: number,
): Affine {
  return {
    a: (right.x - origin.x) / sideX,
    b: (right.y - origin.y) / sideX,
    c: (down.x - origin.x) / sideY,
    d: (down.y - origin.y) / sideY,
    e: origin.x,
    f: origin.y,
  };
}

/** Where a level-0 point is on the screen. */
export function applyAffine(map: Affine, x: number, y: number): { x: number; y: number } {
  return { x: map.a * x + map.c * y + map.e, y: map.b * x + map.d * y + map.f };
}

/** CSS px of one level-0 px. */
export function scaleOf({ a, b }: Affine): number {
  return Math.hypot(a, b);
}

/** The smallest upright rectangle of level 0 (px) that holds all that a view of `width` x `height` CSS px shows. */
export function seenRect(map: Affine, width: number, height: number): Rect {
  const { a, b, c, d, e, f } = map;
  const determinant = a * d - b * c;
  const corners = [
    [0, 0],
    [width, 0],
    [0, height],
    [width, height],
  ].map(([x = 0, y = 0]) => ({
    x: (d * (x - e) - c * (y - f)) / determinant,
    y: (a * (y - f) - b * (x - e)) / determinant,
  }));
  const [xs, ys] = [corners.map(({ x }) => x), corners.map(({ y }) => y)];
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  return { x: left, y: top, width: Math.max(...xs) - left, height: Math.max(...ys) - top };
}
