/** A phantom as a slide file in PANDA's layout: three levels of tiled JPEG in one TIFF. */
import type { Pixels } from '../slide/slide.ts';
import { type WriteAt, writeTiff } from '../slide/tiff/write.ts';
import type { Biopsy } from './biopsy.ts';

/** Downsamples of the levels, each divisible by the one before. */
const DOWNSAMPLES = [1, 4, 16] as const;
const TILE = 512;

export interface WriteOptions {
  readonly signal?: AbortSignal | undefined;
  /** Tiles of level 0 done, of how many. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/**
 * Writes the slide and resolves with its size in bytes. Level 0 is painted tile by tile; the smaller levels are its
 * averages and are kept in memory meanwhile (a fifteenth of level 0).
 */
export async function writePhantomSlide(biopsy: Biopsy, write: WriteAt, options: WriteOptions = {}): Promise<number> {
  const { width, height, scanner } = biopsy.spec;
  const levels = DOWNSAMPLES.map((downsample) => averagedLevel(width, height, downsample));
  const cols = Math.ceil(width / TILE);
  const total = cols * Math.ceil(height / TILE);
  const images = levels.map((level, index) => ({
    width: level.width,
    height: level.height,
    layout: { kind: 'tiles' as const, width: TILE, height: TILE },
    compression: 'jpeg' as const,
    quality: scanner.quality,
    subsampling: '420' as const,
    mpp: scanner.mpp * (DOWNSAMPLES[index] ?? 1),
    ...(index === 0 ? { software: 'milscope phantom', description: `milscope phantom, seed ${biopsy.spec.seed}` } : {}),
    ...(index > 0 ? { subfileType: 1 } : {}),
    read: (col: number, row: number): Pixels => {
      const x = col * TILE;
      const y = row * TILE;
      const size = { width: Math.min(TILE, level.width - x), height: Math.min(TILE, level.height - y) };
      if (index > 0) return level.cut(x, y, size.width, size.height);
      const tile = biopsy.paint({ x, y, ...size });
      for (const smaller of levels.slice(1)) smaller.add(tile, x, y);
      options.onProgress?.(row * cols + col + 1, total);
      return tile;
    },
  }));
  return writeTiff({ images }, write, options.signal);
}

/** A level that is filled from tiles of level 0 whose corners fall on its pixel grid. */
function averagedLevel(fullWidth: number, fullHeight: number, downsample: number) {
  const width = Math.floor(fullWidth / downsample);
  const height = Math.floor(fullHeight / downsample);
  const data = new Uint8Array(downsample === 1 ? 0 : width * height * 3);
  return {
    width,
    height,
    add(tile: Pixels, left: number, top: number) {
      const area = downsample * downsample;
      for (let y = 0; y + downsample <= tile.height; y += downsample)
        for (let x = 0; x + downsample <= tile.width; x += downsample) {
          let r = 0;
          let g = 0;
          let b = 0;
          for (let j = 0; j < downsample; j++) {
            let at = ((y + j) * tile.width + x) * 3;
            for (let i = 0; i < downsample; i++, at += 3) {
              r += tile.data[at] as number;
              g += tile.data[at + 1] as number;
              b += tile.data[at + 2] as number;
            }
          }
          const to = (((top + y) / downsample) * width + (left + x) / downsample) * 3;
          data[to] = Math.round(r / area);
          data[to + 1] = Math.round(g / area);
          data[to + 2] = Math.round(b / area);
        }
    },
    cut(x: number, y: number, cutWidth: number, cutHeight: number): Pixels {
      const cut = new Uint8Array(cutWidth * cutHeight * 3);
      for (let row = 0; row < cutHeight; row++) {
        const from = ((y + row) * width + x) * 3;
        cut.set(data.subarray(from, from + cutWidth * 3), row * cutWidth * 3);
      }
      return { width: cutWidth, height: cutHeight, data: cut };
    },
  };
}
