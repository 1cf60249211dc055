/** How far a tile lies from what a model was trained on, by colour and texture alone; the network has no part in it. */
import type { Appearance } from '../model/manifest.ts';
import type { TileBatch } from '../tiling/bag.ts';

/** Mean of red, green, blue; their standard deviations; step of green. */
export const APPEARANCE_FIGURES = 7;

/**
 * The seven figures of one RGB tile [side,side,3], in grey values 0..255; the last is the mean absolute difference of
 * green between neighbours, along rows and columns together. @see training/appearance.py
 */
export function tileFigures(rgb: Uint8Array, side: number): Float64Array {
  const figures = new Float64Array(APPEARANCE_FIGURES);
  const count = side * side;
  const line = side * 3;
  for (let c = 0; c < 3; c++) {
    let sum = 0;
    let squares = 0;
    for (let i = c; i < rgb.length; i += 3) {
      const value = rgb[i] as number;
      sum += value;
      squares += value * value;
    }
    const mean = sum / count;
    figures[c] = mean;
    // Sums of whole numbers are exact; only this difference rounds.
    figures[3 + c] = Math.sqrt(Math.max(0, squares / count - mean * mean));
  }
  let steps = 0;
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      const at = y * line + x * 3 + 1;
      const green = rgb[at] as number;
      if (x + 1 < side) steps += Math.abs((rgb[at + 3] as number) - green);
      if (y + 1 < side) steps += Math.abs((rgb[at + line] as number) - green);
    }
  figures[6] = steps / (2 * side * (side - 1));
  return figures;
}

/**
 * Squared Mahalanobis distance of a tile from the training tiles, by figure: near 1 for tiles like them. A tile beyond
 * `appearance.limit` looks unlike 99 % of them. @see Lee et al. 2018, arXiv 1807.03888, eq. 2, there on features
 */
export function appearanceDistance(figures: Float64Array, { mean, precision }: Appearance): number {
  let sum = 0;
  for (let i = 0; i < APPEARANCE_FIGURES; i++)
    for (let j = 0; j < APPEARANCE_FIGURES; j++)
      sum +=
        ((figures[i] as number) - (mean[i] as number)) *
        (precision[i * APPEARANCE_FIGURES + j] as number) *
        ((figures[j] as number) - (mean[j] as number));
  return sum / APPEARANCE_FIGURES;
}

/** How many tiles of the batch, [count,side,side,3] RGB, look unlike the training tiles; unreadable ones do not count. */
export function countUnlike({ first, count, rgb, failed }: TileBatch, side: number, appearance: Appearance): number {
  const bytes = side * side * 3;
  let unlike = 0;
  for (let k = 0; k < count; k++) {
    if (failed.includes(first + k)) continue;
    const figures = tileFigures(rgb.subarray(k * bytes, (k + 1) * bytes), side);
    if (appearanceDistance(figures, appearance) > appearance.limit) unlike++;
  }
  return unlike;
}
