/** Noise in the small: what scanner, cytoplasm and fibres are textured with. */
import { latticeHash } from './random.ts';

/** Period of the pictures, px; a power of two. */
export const GRAIN = 256;

/** Periodic pictures of noise, [GRAIN, GRAIN] in -1..1 each. */
export interface Grain {
  readonly white: Float32Array;
  /** Blobs of some five px, as in cytoplasm. */
  readonly soft: Float32Array;
}

export function drawGrain(seed: number): Grain {
  const white = Float32Array.from({ length: GRAIN * GRAIN }, (_, i) => latticeHash(i, 17, seed) / 0x80000000 - 1);
  const at = (x: number, y: number) => white[(y & (GRAIN - 1)) * GRAIN + (x & (GRAIN - 1))] as number;
  // Two passes of a running mean round the white noise off; its spread is then restored.
  const mean = (source: Float32Array, dx: number, dy: number) =>
    source.map((_, i) => {
      let sum = 0;
      for (let k = -2; k <= 2; k++) {
        const x = ((i & (GRAIN - 1)) + k * dx) & (GRAIN - 1);
        const y = (Math.floor(i / GRAIN) + k * dy) & (GRAIN - 1);
        sum += source[y * GRAIN + x] as number;
      }
      return sum / 5;
    });
  const smooth = mean(mean(white, 1, 0), 0, 1);
  const soft = smooth.map((value, i) => Math.max(-1, Math.min(1, value * 3.2 + 0.12 * at(i, i >> 8))));
  return { white, soft };
}
