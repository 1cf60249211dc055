/** What the written slides show. */
import type { Pixels } from '../../slide/slide.ts';
import { type Paint, paintBlock } from '../synthetic-slide.ts';

/** Smooth colours with edges in them: what JPEG keeps and what it does not. */
export const paint: Paint = (x, y) => [
  (x * 3 + y) & 255,
  Math.hypot(x - 300, y - 200) < 120 ? 30 : 200,
  (x >> 4) % 2 === (y >> 5) % 2 ? 90 : 210,
];

/** A level of a painted slide. */
export function painted(width: number, height: number, downsample: number): Pixels {
  return paintBlock(paint, downsample, {
    x: 0,
    y: 0,
    width: Math.floor(width / downsample),
    height: Math.floor(height / downsample),
  });
}
