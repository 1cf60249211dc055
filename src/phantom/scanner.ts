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
  const light = blurAlong(blurAlong(new Float32Array(paint(outer)), 3, blur), outer.width * 3, blur);
  const data = new Uint8Array(width * height * 3);
  for (let row = 0; row < height; row++) {
    const from = ((row + FOCUS_MARGIN) * outer.width + FOCUS_MARGIN) * 3;
    for (let i = 0; i < width * 3; i++) data[row * width * 3 + i] = Math.round(light[from + i] as number);
  }
  return { width, height, data };
}

/** Weights 1 4 6 4 1 for blur 1, less to the sides below it; values lie `stride` apart. The ends, in the margin, are 0. */
function blurAlong(source: Float32Array, stride: number, blur: number): Float32Array {
  // (w, 1 - 2w, w) twice: each time adds 2w to the variance.
  const w = blur ** 2 / 4;
  const far = w * w;
  const near = 2 * w * (1 - 2 * w);
  const middle = 1 - 2 * (far + near);
  const out = new Float32Array(source.length);
  for (let i = 2 * stride; i < source.length - 2 * stride; i++)
    out[i] =
      middle * (source[i] as number) +
      near * ((source[i - stride] as number) + (source[i + stride] as number)) +
      far * ((source[i - 2 * stride] as number) + (source[i + 2 * stride] as number));
  return out;
}
