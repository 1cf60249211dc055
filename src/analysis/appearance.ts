/** How far a tile lies from what a model was trained on, by colour and texture alone; the network has no part in it. */
import { APPEARANCE_FIGURES, type Appearance } from '../model/manifest.ts';
import type { TileBatch } from '../tiling/bag.ts';

/**
 * The seven figures of one RGB tile [side,side,3], in grey values 0..255: mean of red, green, blue; their standard
 * deviations; mean absolute difference of green between neighbours, along rows and columns together. @see training/appearance.py
 */
export function tileFigures(rgb: Uint8Array, side: number): Float64Array {
  const line = side * 3;
  const last = line * (side - 1);
  // Whole numbers, so their sums are exact.
  let [r, g, b, rr, gg, bb, steps] = [0, 0, 0, 0, 0, 0, 0];
  for (let row = 0; row <= last; row += line) {
    let left = rgb[row + 1] as number;
    for (let i = row; i < row + line; i += 3) {
      const red = rgb[i] as number;
      const green = rgb[i + 1] as number;
      const blue = rgb[i + 2] as number;
      r += red;
      g += green;
      b += blue;
      rr += red * red;
      gg += green * green;
      bb += blue * blue;
      steps += Math.abs(green - left);
      left = green;
    }
  }
  for (let i = 1; i < last; i += 3) steps += Math.abs((rgb[i + line] as number) - (rgb[i] as number));
  const count = side * side;
  const spread = (sum: number, squares: number) => Math.sqrt(Math.max(0, squares / count - (sum / count) ** 2));
  return Float64Array.of(
    r / count,
    g / count,
    b / count,
    spread(r, rr),
    spread(g, gg),
    spread(b, bb),
    steps / (2 * side * (side - 1)),
  );
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
