/** Smaller pictures of a level that has no smaller level beside it: for looking only, never for a model. */
import { AppError, isAppError } from '../errors.ts';
import type { Pixels, Slide } from './slide.ts';

export interface ReducedRegion {
  readonly level: number;
  /** px of the level on one px of the picture, along each axis: a power of 2. */
  readonly factor: number;
  /** Top-left corner and size, px of the reduced picture of the whole level. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /**
   * 1: the mean of every pixel. More: of each every x every tiles only the one in the middle is read and stands for all
   * of them: a first glance at a level with too many tiles to read them all at once. At most `factor`.
   */
  readonly every: number;
}

/** Larger than any tile of a view. */
const MAX_SIDE = 1024;
/** Of a tile that cannot be decoded: no colour of tissue. */
const HOLE = 212;

/**
 * Pixels of a part of a level, made smaller, RGB. One tile is in memory at a time, whatever the factor. A tile that
 * cannot be decoded is grey; what lies outside the level is background.
 * @throws usage for a request that makes no sense; slide/read-failed
 */
export async function readReduced(slide: Slide, region: ReducedRegion, signal?: AbortSignal): Promise<Pixels> {
  const level = slide.info.levels[region.level];
  const { factor, x, y, width, height, every } = region;
  const isPower = Number.isInteger(Math.log2(factor)) && factor >= 1;
  const isWhole = [x, y, width, height, every].every((value) => Number.isInteger(value)) && Math.min(x, y) >= 0;
  if (!level || !isPower || !isWhole || Math.min(width, height, every) < 1 || Math.max(width, height) > MAX_SIDE)
    throw new AppError({ code: 'usage', problem: 'This part of the slide cannot be made smaller.' });
  const { tileWidth, tileHeight } = level;
  const sums = new Float64Array(width * height * 3);
  const counts = new Uint32Array(width * height);

  const groupWidth = tileWidth * every;
  const groupHeight = tileHeight * every;
  const endX = Math.min((x + width) * factor, level.width);
  const endY = Math.min((y + height) * factor, level.height);
  for (let top = Math.floor((y * factor) / groupHeight) * groupHeight; top < endY; top += groupHeight) {
    for (let left = Math.floor((x * factor) / groupWidth) * groupWidth; left < endX; left += groupWidth) {
      const col = middle(left / tileWidth, every, level.width / tileWidth);
      const row = middle(top / tileHeight, every, level.height / tileHeight);
      const tile = await readOrHole(slide, region.level, col, row, signal);
      signal?.throwIfAborted();
      // A px of the tile stands for every x every px of the level, the first of them at the group's corner.
      const step = factor / every;
      const offsetX = left / every - (x * factor) / every;
      const offsetY = top / every - (y * factor) / every;
      for (let j = 0; j < tile.height; j++) {
        const v = Math.floor((offsetY + j) / step);
        if (v < 0 || v >= height) continue;
        let from = j * tile.width * 3;
        for (let i = 0; i < tile.width; i++, from += 3) {
          const u = Math.floor((offsetX + i) / step);
          if (u < 0 || u >= width) continue;
          const at = v * width + u;
          counts[at] = (counts[at] as number) + 1;
          sums[3 * at] = (sums[3 * at] as number) + (tile.data[from] as number);
          sums[3 * at + 1] = (sums[3 * at + 1] as number) + (tile.data[from + 1] as number);
          sums[3 * at + 2] = (sums[3 * at + 2] as number) + (tile.data[from + 2] as number);
        }
      }
    }
  }
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < data.length; i++) {
    const count = counts[Math.floor(i / 3)] as number;
    data[i] = count === 0 ? (slide.info.background[i % 3] ?? 0) : Math.round((sums[i] as number) / count);
  }
  return { width, height, data };
}

/** The middle one of `every` tiles from `first` on; at the level's edge rather a whole tile than one that is cut. */
function middle(first: number, every: number, tiles: number): number {
  return Math.max(first, Math.min(first + (every >> 1), Math.floor(tiles) - 1));
}

async function readOrHole(
  slide: Slide,
  level: number,
  col: number,
  row: number,
  signal?: AbortSignal,
): Promise<Pixels> {
  try {
    return await slide.readTile(level, col, row, signal);
  } catch (error) {
    if (!isAppError(error, 'slide/tile-failed')) throw error;
    const size = slide.info.levels[level];
    const width = Math.min(size?.tileWidth ?? 1, (size?.width ?? 1) - col * (size?.tileWidth ?? 1));
    const height = Math.min(size?.tileHeight ?? 1, (size?.height ?? 1) - row * (size?.tileHeight ?? 1));
    return { width, height, data: new Uint8Array(width * height * 3).fill(HOLE) };
  }
}
