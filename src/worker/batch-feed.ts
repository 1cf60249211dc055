/** Batches of a bag from several slide workers at once, in order, a little ahead of the model that consumes them. */
import { isAppError } from '../errors.ts';
import type { TileBag, TileBatch } from '../tiling/bag.ts';

/** Someone who can read a part of a bag; `rgb` of the batch is [count,tilePx,tilePx,3]. */
export interface BatchReader {
  /** Batches asked of it and not yet read. */
  pending(): number;
  read(bag: TileBag, first: number, count: number, signal: AbortSignal): Promise<TileBatch>;
}

/** Per reader one batch is being read and one lies ready, so the model never waits and memory stays bounded. */
const AHEAD_PER_READER = 2;

/**
 * All batches of `bag`, `batchTiles` at a time, from whichever of `readers` has the least to do. A batch whose worker
 * died is read by `fallback`. Ending the loop early stops what is under way.
 */
export async function* feedBatches(
  bag: TileBag,
  batchTiles: number,
  readers: () => readonly BatchReader[],
  fallback: BatchReader,
  signal?: AbortSignal,
): AsyncGenerator<TileBatch> {
  const stop = new AbortController();
  const both = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  const readOne = async (first: number, count: number): Promise<TileBatch> => {
    const [reader = fallback] = [...readers()].sort((a, b) => a.pending() - b.pending());
    try {
      return await reader.read(bag, first, count, both);
    } catch (error) {
      if (reader === fallback || !isAppError(error, 'worker/crashed')) throw error;
      return await fallback.read(bag, first, count, both);
    }
  };
  const ahead: Promise<TileBatch>[] = [];
  let next = 0;
  try {
    while (next < bag.count || ahead.length > 0) {
      const limit = Math.max(1, readers().length * AHEAD_PER_READER);
      while (next < bag.count && ahead.length < limit) {
        const count = Math.min(batchTiles, bag.count - next);
        const batch = readOne(next, count);
        // Looked at when its turn comes; until then a failure is not an unhandled one.
        batch.catch(() => undefined);
        ahead.push(batch);
        next += count;
      }
      const batch = await ahead.shift();
      if (batch) yield batch;
    }
  } finally {
    stop.abort();
  }
}

/** The part `first` .. `first + count` of a bag as a bag of its own, so that a long bag is not copied for each batch. */
export function sliceBag(bag: TileBag, first: number, count: number): TileBag {
  return {
    ...bag,
    count,
    xy: bag.xy.slice(2 * first, 2 * (first + count)),
    tissueFraction: bag.tissueFraction.slice(first, first + count),
    // As large as the whole slide, and a reader of pixels does not need it.
    coverage: undefined,
  };
}

/** A batch of a sliced bag with its place in the whole bag. */
export function moveBatch(batch: TileBatch, first: number): TileBatch {
  return { ...batch, first: batch.first + first, failed: batch.failed.map((index) => index + first) };
}
