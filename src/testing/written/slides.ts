/**
 * Slides of formats of which no free real file is at hand, made by our own writers and judged by OpenSlide: what it says of
 * each stands in goldens/written.json, made by goldens/make-written-goldens.sh.
 */
import type { Pixels } from '../../slide/slide.ts';
import { type Paint, paintBlock } from '../synthetic-slide.ts';
import { ndpiBytes } from './ndpi.ts';

export interface WrittenSlide {
  readonly name: string;
  /** Path of the file that is dropped or opened. */
  readonly main: string;
  /** All files, by path. */
  make(): Promise<ReadonlyMap<string, Uint8Array>>;
}

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

const one = async (name: string, bytes: Promise<Uint8Array>) => new Map([[name, await bytes]]);

const ndpi = (name: string, width: number, height: number, subsampling: '444' | '422'): WrittenSlide => ({
  name,
  main: `${name}.ndpi`,
  make: () =>
    one(
      `${name}.ndpi`,
      ndpiBytes({
        levels: [painted(width, height, 1), painted(width, height, 2)],
        interval: 8,
        subsampling,
        mpp: 0.5,
        lens: 20,
        macro: painted(200, 100, 1),
      }),
    ),
});

export const WRITTEN: readonly WrittenSlide[] = [
  ndpi('ndpi-444-ten-intervals-a-row', 640, 400, '444'),
  ndpi('ndpi-422-four-intervals-a-row', 512, 384, '422'),
];
