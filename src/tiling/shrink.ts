/** Whole-number shrinking of decoded tiles, for looking at tissue. */
import type { Level, Pixels } from '../slide/slide.ts';

/** The largest whole factor <= `wanted` that divides the tiles of a level, so that no block lies in two tiles. */
export function shrinkFactor(level: Level, wanted: number): number {
  for (let factor = Math.max(1, Math.floor(wanted + 1e-6)); factor > 1; factor--) {
    if (level.tileWidth % factor === 0 && level.tileHeight % factor === 0) return factor;
  }
  return 1;
}

/** Mean of blocks of factor x factor px, halves up; blocks cut by the right and lower edge are averaged over what is there. */
export function shrink(source: Pixels, factor: number): Pixels {
  if (factor === 1) return source;
  const width = Math.ceil(source.width / factor);
  const height = Math.ceil(source.height / factor);
  const data = new Uint8Array(width * height * 3);
  const sums = new Uint32Array(width * 3);
  for (let y = 0; y < height; y++) {
    sums.fill(0);
    const rows = Math.min(factor, source.height - y * factor);
    for (let j = 0; j < rows; j++) {
      let at = (y * factor + j) * source.width * 3;
      for (let x = 0, to = 0; x < width; x++, to += 3) {
        let r = 0;
        let g = 0;
        let b = 0;
        const end = at + Math.min(factor, source.width - x * factor) * 3;
        for (; at < end; at += 3) {
          r += source.data[at] as number;
          g += source.data[at + 1] as number;
          b += source.data[at + 2] as number;
        }
        sums[to] = (sums[to] as number) + r;
        sums[to + 1] = (sums[to + 1] as number) + g;
        sums[to + 2] = (sums[to + 2] as number) + b;
      }
    }
    for (let x = 0, from = 0, to = y * width * 3; x < width; x++) {
      const n = rows * Math.min(factor, source.width - x * factor);
      for (let c = 0; c < 3; c++) data[to++] = Math.floor((sums[from++] as number) / n + 0.5);
    }
  }
  return { width, height, data };
}
