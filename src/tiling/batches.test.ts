import { expect, it } from 'vitest';
import { memorySlide, type Rgb } from '../testing/memory-slide.ts';
import type { TileBag } from './bag.ts';
import { readBatches } from './batches.ts';

const paint = (x: number, y: number): Rgb => [Math.floor(x) & 255, Math.floor(y) & 255, 7];

/** Tiles of 32 px side by side in rows of 16, level 0 as it is. */
function bagOf(count: number, spanPx = 32): TileBag {
  return {
    slideId: 'x',
    protocol: 'tissue-grid',
    count,
    xy: Int32Array.from({ length: 2 * count }, (_, i) =>
      i % 2 === 0 ? ((i / 2) % 16) * spanPx : Math.floor((i - 1) / 32) * spanPx,
    ),
    spanPx,
    tilePx: 32,
    mpp: 1,
    level: 0,
    tissueFraction: new Float32Array(count).fill(1),
    candidates: count,
    rejected: { background: 0, pen: 0, black: 0, blur: 0, unreadable: 0, cap: 0 },
    coverage: undefined,
  };
}

it('gives every tile once, in order, with its pixels', async () => {
  const slide = memorySlide({ width: 512, height: 512, tilePx: 100, paint });
  const bag = bagOf(50);
  let next = 0;
  for await (const batch of readBatches(slide, bag, { batchTiles: 7 })) {
    expect(batch.first).toBe(next);
    expect(batch.failed).toEqual([]);
    expect(batch.rgb.length).toBe(batch.count * 32 * 32 * 3);
    for (let k = 0; k < batch.count; k++) {
      const [x, y] = [bag.xy[2 * (next + k)] as number, bag.xy[2 * (next + k) + 1] as number];
      for (const [i, j] of [
        [0, 0],
        [31, 5],
        [17, 31],
      ] as const) {
        const at = ((k * 32 + j) * 32 + i) * 3;
        expect([...batch.rgb.subarray(at, at + 3)]).toEqual(paint(x + i, y + j));
      }
    }
    next += batch.count;
  }
  expect(next).toBe(50);
});

it('reads the part it is asked for', async () => {
  const slide = memorySlide({ width: 512, height: 512, paint });
  const firsts: number[] = [];
  for await (const batch of readBatches(slide, bagOf(50), { batchTiles: 8, first: 10, count: 20 })) {
    firsts.push(batch.first, batch.count);
  }
  expect(firsts).toEqual([10, 8, 18, 8, 26, 4]);
});

it('fills with white beyond the slide', async () => {
  const slide = memorySlide({ width: 40, height: 40, paint: () => [10, 20, 30] });
  const bag: TileBag = { ...bagOf(1), xy: Int32Array.of(-16, 24) };
  for await (const { rgb } of readBatches(slide, bag, { batchTiles: 1 })) {
    expect([...rgb.subarray(0, 3)]).toEqual([255, 255, 255]);
    expect([...rgb.subarray(16 * 3, 17 * 3)]).toEqual([10, 20, 30]);
    expect([...rgb.subarray((16 * 32 + 16) * 3, (16 * 32 + 17) * 3)]).toEqual([255, 255, 255]);
  }
});

it('lists tiles that cannot be decoded and makes them white', async () => {
  const slide = memorySlide({ width: 512, height: 512, tilePx: 64, paint, broken: new Set(['0/1/0']) });
  const failed: number[] = [];
  for await (const batch of readBatches(slide, bagOf(32), { batchTiles: 10 })) {
    failed.push(...batch.failed);
    for (const index of batch.failed) {
      const tile = batch.rgb.subarray((index - batch.first) * 3072, (index - batch.first + 1) * 3072);
      expect(tile.every((value) => value === 255)).toBe(true);
    }
  }
  expect(failed).toEqual([2, 3, 18, 19]);
});

it('resamples a level that is finer than the model', async () => {
  const slide = memorySlide({ width: 1024, height: 1024, paint: (x, y) => [x / 4, y / 4, 99] });
  const bag = bagOf(4, 80);
  for await (const { rgb, first, count } of readBatches(slide, bag, { batchTiles: 2 })) {
    for (let k = 0; k < count; k++) {
      const at = ((k * 32 + 16) * 32 + 16) * 3;
      // Centre of output px 16 of 32 over 80 px.
      const centre = (bag.xy[2 * (first + k)] as number) + 16.5 * 2.5;
      expect(Math.abs((rgb[at] as number) - centre / 4)).toBeLessThan(1);
      expect(rgb[at + 2]).toBe(99);
    }
  }
});

it('reads at most one batch ahead', async () => {
  let reads = 0;
  const slide = memorySlide({ width: 512, height: 8192, tilePx: 32, paint, onRead: () => reads++ });
  const batches = readBatches(slide, bagOf(2000), { batchTiles: 20 });
  await batches.next();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(reads).toBe(40);
  await batches.return(undefined);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(reads).toBe(40);
});

it('stops at once when aborted', async () => {
  const stop = new AbortController();
  let reads = 0;
  const slide = memorySlide({ width: 512, height: 8192, tilePx: 32, paint, onRead: () => reads++ });
  const run = async () => {
    for await (const batch of readBatches(slide, bagOf(2000), { batchTiles: 20, signal: stop.signal })) {
      if (batch.first === 40) stop.abort();
    }
  };
  await expect(run()).rejects.toMatchObject({ name: 'AbortError' });
  expect(reads).toBeLessThanOrEqual(80);
});
