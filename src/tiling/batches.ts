/** The pixels of a bag, as the model gets them, in batches. */
import { AppError, assert, isAppError } from '../errors.ts';
import type { Level, Pixels, Slide } from '../slide/slide.ts';
import type { TileBag, TileBatch } from './bag.ts';
import { planTaps, resample } from './resample.ts';

export interface BatchOptions {
  readonly batchTiles: number;
  /** First tile of the bag to read; 0. */
  readonly first?: number;
  /** How many to read; all that follow. */
  readonly count?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Tiles of a batch read at the same time: enough to hide the wait for bytes, few enough to bound memory. */
const TILES_AT_ONCE = 8;

/** Beyond the slide the model sees white, as in training. */
const PADDING = 255;

/**
 * Batches of `batchTiles` tiles (the last may be smaller) in the order of the bag, rgb [count,T,T,3]; the next batch is
 * read while the caller works on this one. Tiles that cannot be decoded are white and listed in `failed`.
 * Ending the loop early stops what is under way. @throws slide/read-failed
 */
export async function* readBatches(slide: Slide, bag: TileBag, options: BatchOptions): AsyncGenerator<TileBatch> {
  const { batchTiles, first = 0, signal } = options;
  const end = Math.min(bag.count, first + (options.count ?? bag.count));
  assert(batchTiles >= 1, 'a batch holds at least one tile');
  const stop = new AbortController();
  const both = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  const begin = (from: number): Promise<TileBatch> | undefined => {
    if (from >= end) return undefined;
    const batch = readBatch(slide, bag, from, Math.min(batchTiles, end - from), both);
    // Looked at when its turn comes; until then a failure is not an unhandled one.
    batch.catch(() => undefined);
    return batch;
  };
  try {
    let next = begin(first);
    for (let from = first; next !== undefined; ) {
      const batch: TileBatch = await next;
      from += batch.count;
      next = begin(from);
      yield batch;
    }
  } finally {
    stop.abort();
  }
}

async function readBatch(
  slide: Slide,
  bag: TileBag,
  first: number,
  count: number,
  signal: AbortSignal,
): Promise<TileBatch> {
  const tileBytes = bag.tilePx * bag.tilePx * 3;
  const rgb = new Uint8Array(count * tileBytes);
  const failed: number[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < count) {
      const i = next++;
      try {
        await readBagTile(slide, bag, first + i, rgb, i * tileBytes, signal);
      } catch (error) {
        if (!isAppError(error, 'slide/tile-failed')) throw error;
        rgb.fill(PADDING, i * tileBytes, (i + 1) * tileBytes);
        failed.push(first + i);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(TILES_AT_ONCE, count) }, work));
  return { first, count, rgb, failed: failed.sort((a, b) => a - b) };
}

/** Writes tile `index` of the bag, [T,T,3] uint8, into `out` at `offset`. @throws slide/tile-failed */
async function readBagTile(
  slide: Slide,
  bag: TileBag,
  index: number,
  out: Uint8Array,
  offset: number,
  signal: AbortSignal,
): Promise<void> {
  const { info } = slide;
  const level = info.levels[bag.level];
  if (level === undefined) throw new AppError({ code: 'internal', reason: `the slide has no level ${bag.level}` });
  const scaleX = level.width / info.width;
  const scaleY = level.height / info.height;
  const x = (bag.xy[2 * index] as number) * scaleX;
  const y = (bag.xy[2 * index + 1] as number) * scaleY;
  // The seed's tiles are pixels of the level itself; their positions in level 0 are rounded.
  const isCopy = bag.protocol === 'darkest';
  const across = isCopy
    ? planTaps(Math.round(x), bag.tilePx, bag.tilePx)
    : planTaps(x, bag.spanPx * scaleX, bag.tilePx);
  const down = isCopy ? planTaps(Math.round(y), bag.tilePx, bag.tilePx) : planTaps(y, bag.spanPx * scaleY, bag.tilePx);
  const patch = await readPatch(slide, level, across.from, down.from, across.to, down.to, signal);
  resample(patch, across, down, out, offset);
}

/** Pixels x0 .. x1, y0 .. y1 (exclusive) of a level, in its own px; white beyond its edges. */
async function readPatch(
  slide: Slide,
  level: Level,
  x0: number,
  y0: number,
  x1: number,
  y1: number,
  signal: AbortSignal,
): Promise<Pixels> {
  const width = x1 - x0;
  const height = y1 - y0;
  const data = new Uint8Array(width * height * 3).fill(PADDING);
  const left = Math.max(0, x0);
  const top = Math.max(0, y0);
  const right = Math.min(level.width, x1);
  const bottom = Math.min(level.height, y1);
  if (left >= right || top >= bottom) return { width, height, data };
  const reads: Promise<void>[] = [];
  for (let row = Math.floor(top / level.tileHeight); row * level.tileHeight < bottom; row++) {
    for (let col = Math.floor(left / level.tileWidth); col * level.tileWidth < right; col++) {
      reads.push(
        slide.readTile(level.index, col, row, signal).then((tile) => {
          const tileX = col * level.tileWidth;
          const tileY = row * level.tileHeight;
          const from = Math.max(left, tileX);
          const to = Math.min(right, tileX + tile.width);
          for (let y = Math.max(top, tileY); y < Math.min(bottom, tileY + tile.height); y++) {
            const source = ((y - tileY) * tile.width + (from - tileX)) * 3;
            data.set(tile.data.subarray(source, source + (to - from) * 3), ((y - y0) * width + (from - x0)) * 3);
          }
        }),
      );
    }
  }
  await Promise.all(reads);
  return { width, height, data };
}
