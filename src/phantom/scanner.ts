/** How one scanner sees the same glass: its pixel size, its focus and how hard its files are compressed. */
import type { Rect } from '../geometry.ts';
import type { Pixels } from '../slide/slide.ts';
import type { Random } from './random.ts';

export interface Scanner {
  /** µm per level-0 px that the file states. The drawing is the same, so glands are as much larger or smaller. */
  readonly mpp: number;
  /** Standard deviation of the focus, level-0 px, 0..1. */
  readonly blur: number;
  /** JPEG quality of the tiles, 1..100. */
  readonly quality: number;
}

/** In focus, at the pixel size that phantoms are drawn for: that of a scanner behind PANDA. */
export const SHARP_SCANNER: Scanner = { mpp: 0.48, blur: 0, quality: 80 };

/** The scanners of the cohort's laboratories; focus and compression differ from slide to slide as well. */
const SCANNERS = {
  'phantom-a': { mpp: 0.48, blur: [0, 0.6], quality: [75, 92] },
  'phantom-b': { mpp: 0.46, blur: [0.3, 1], quality: [60, 85] },
} as const;

export type Laboratory = keyof typeof SCANNERS;

export function drawScanner(random: Random, laboratory: Laboratory): Scanner {
  const { mpp, blur, quality } = SCANNERS[laboratory];
  return { mpp, blur: random.between(blur[0], blur[1]), quality: Math.round(random.between(quality[0], quality[1])) };
}

/** Px beyond a region that `defocus` needs on each side. */
export const FOCUS_MARGIN = 2;

/** The region in RGB, out of focus; `paint` is asked for it and FOCUS_MARGIN px around it. */
export function defocus(paint: (region: Rect) => Uint8Array, region: Rect, blur: number): Pixels {
  const { width, height } = region;
  if (blur === 0) return { width, height, data: paint(region) };
  const outer = {
    x: region.x - FOCUS_MARGIN,
    y: region.y - FOCUS_MARGIN,
    width: width + 2 * FOCUS_MARGIN,
    height: height + 2 * FOCUS_MARGIN,
  };
  let light = Float32Array.from(paint(outer));
  // Each pass of (w, 1 - 2w, w) adds 2w to the variance; two along each axis give blur².
  const share = blur ** 2 / 4;
  for (const stride of [3, 3, outer.width * 3, outer.width * 3]) light = pass(light, stride, share);
  const data = new Uint8Array(width * height * 3);
  for (let row = 0; row < height; row++) {
    const from = ((row + FOCUS_MARGIN) * outer.width + FOCUS_MARGIN) * 3;
    for (let i = 0; i < width * 3; i++) data[row * width * 3 + i] = Math.round(light[from + i] as number);
  }
  return { width, height, data };
}

/** One pass over values that lie `stride` apart; those without both neighbours lie in the margin and are left alone. */
function pass(source: Float32Array<ArrayBuffer>, stride: number, share: number): Float32Array<ArrayBuffer> {
  const out = source.slice();
  for (let i = stride; i < source.length - stride; i++)
    out[i] =
      (source[i] as number) * (1 - 2 * share) +
      share * ((source[i - stride] as number) + (source[i + stride] as number));
  return out;
}
