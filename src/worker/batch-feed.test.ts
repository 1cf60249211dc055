import { describe, expect, it } from 'vitest';
import { AppError, isAbort } from '../errors.ts';
import type { TileBag, TileBatch } from '../tiling/bag.ts';
import { type BatchReader, feedBatches, moveBatch, sliceBag } from './batch-feed.ts';

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function bagOf(count: number): TileBag {
  return {
    slideId: 's',
    protocol: 'tissue-grid',
    count,
    xy: Int32Array.from({ length: 2 * count }, (_, i) => i),
    spanPx: 2,
    tilePx: 1,
    mpp: 1,
    level: 0,
    tissueFraction: Float32Array.from({ length: count }, (_, i) => i / 100),
    candidates: count,
    rejected: { background: 0, pen: 0, black: 0, blur: 0, cap: 0, unreadable: 0 },
    coverage: undefined,
  };
}

/** Reads a "pixel" that is the tile's own x, from the slice it was given, as a slide worker does. */
function readerOf(ms: (first: number) => number): BatchReader & { readonly firsts: number[]; most: number } {
  let pending = 0;
  const reader = {
    firsts: [] as number[],
    most: 0,
    pending: () => pending,
    async read(bag: TileBag, first: number, count: number, signal: AbortSignal): Promise<TileBatch> {
      reader.firsts.push(first);
      reader.most = Math.max(reader.most, ++pending);
      try {
        await pause(ms(first));
        signal.throwIfAborted();
        const part = sliceBag(bag, first, count);
        const rgb = Uint8Array.from({ length: 3 * count }, (_, i) => part.xy[2 * Math.floor(i / 3)] ?? 255);
        return moveBatch({ first: 0, count, rgb, failed: first === 4 ? [1] : [] }, first);
      } finally {
        pending--;
      }
    },
  };
  return reader;
}

async function collect(feed: AsyncIterable<TileBatch>): Promise<TileBatch[]> {
  const all: TileBatch[] = [];
  for await (const batch of feed) all.push(batch);
  return all;
}

it('does not send the grid of the whole slide along with each batch', () => {
  const bag: TileBag = {
    ...bagOf(8),
    coverage: { columns: 400, rows: 400, x: 0, y: 0, spanPx: 2, cells: new Uint8Array(160_000) },
  };
  const part = sliceBag(bag, 4, 3);
  expect([...part.xy]).toEqual([8, 9, 10, 11, 12, 13]);
  expect(structuredClone(part).coverage).toBeUndefined();
});

describe('feedBatches', () => {
  it('gives every tile once and in order, though readers finish out of order', async () => {
    const readers = [readerOf((first) => (first % 8 === 0 ? 20 : 1)), readerOf(() => 5)];
    const fallback = readerOf(() => 0);
    const batches = await collect(feedBatches(bagOf(22), 4, () => readers, fallback));
    expect(batches.map(({ first, count }) => [first, count])).toEqual([
      [0, 4],
      [4, 4],
      [8, 4],
      [12, 4],
      [16, 4],
      [20, 2],
    ]);
    expect(batches.flatMap(({ rgb }) => [...rgb].filter((_, i) => i % 3 === 0))).toEqual(
      Array.from({ length: 22 }, (_, i) => 2 * i),
    );
    expect(batches[1]?.failed).toEqual([5]);
    expect(readers.every(({ firsts }) => firsts.length > 0)).toBe(true);
    expect(fallback.firsts).toEqual([]);
  });

  it('reads a bounded number ahead of a slow model', async () => {
    const reader = readerOf(() => 0);
    const feed = feedBatches(
      bagOf(100),
      4,
      () => [reader],
      readerOf(() => 0),
    );
    await feed.next();
    await pause(20);
    expect(reader.firsts.length).toBeLessThanOrEqual(3);
    await feed.return(undefined);
  });

  it('reads for itself when there is no reader, and what a dead worker owed', async () => {
    const fallback = readerOf(() => 0);
    expect((await collect(feedBatches(bagOf(5), 2, () => [], fallback))).length).toBe(3);
    const dead: BatchReader = {
      pending: () => 0,
      read: () => Promise.reject(new AppError({ code: 'worker/crashed', worker: 'slide', reason: 'gone' })),
    };
    const batches = await collect(feedBatches(bagOf(5), 2, () => [dead], fallback));
    expect(batches.map(({ first }) => first)).toEqual([0, 2, 4]);
    expect(fallback.firsts).toEqual([0, 2, 4, 0, 2, 4]);
  });

  it('ends with the error of a batch, and stops the others', async () => {
    const stopped: boolean[] = [];
    const reader: BatchReader = {
      pending: () => 0,
      read: (_bag, first, _count, signal) =>
        new Promise((_, reject) => {
          if (first === 0) setTimeout(() => reject(new AppError({ code: 'slide/corrupt', where: 'x' })), 5);
          else signal.addEventListener('abort', () => reject(stopped.push(true)));
        }),
    };
    await expect(
      collect(
        feedBatches(
          bagOf(8),
          2,
          () => [reader],
          readerOf(() => 0),
        ),
      ),
    ).rejects.toThrow('damaged: x');
    expect(stopped).toEqual([true]);
  });

  it('is aborted by its signal', async () => {
    const controller = new AbortController();
    const collecting = collect(
      feedBatches(
        bagOf(8),
        2,
        () => [readerOf(() => 10)],
        readerOf(() => 0),
        controller.signal,
      ),
    );
    controller.abort();
    await expect(collecting).rejects.toSatisfy(isAbort);
  });
});
