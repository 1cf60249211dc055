import { expect, it } from 'vitest';
import { memorySlide } from '../testing/memory-slide.ts';
import { type BagSpec, planBag } from './bag.ts';
import { readBatches } from './batches.ts';

const SPEC: BagSpec = { protocol: 'tissue-grid', tilePx: 64, mpp: 1, minTissue: 0.5, maxTiles: 1000, seed: 1 };

/** Speckled H&E inside a disc, grey glass around it. */
function disc(cx: number, cy: number, radius: number) {
  return (x: number, y: number): readonly [number, number, number] => {
    if (Math.hypot(x - cx, y - cy) > radius) return [240, 240, 242];
    return (Math.floor(x / 7) + Math.floor(y / 5)) % 3 === 0 ? [90, 40, 130] : [215, 140, 190];
  };
}

it('finds the tiles of a disc of tissue', async () => {
  const slide = memorySlide({
    width: 4000,
    height: 3000,
    downsamples: [1, 4],
    mpp: 0.5,
    paint: disc(2000, 1500, 1000),
  });
  const bag = await planBag(slide, SPEC);
  expect(bag.spanPx).toBe(128);
  expect(bag.level).toBe(0);
  expect(bag.mpp).toBe(1);
  expect(bag.candidates).toBe(32 * 24);
  const sum = Object.values(bag.rejected).reduce((a, b) => a + b, bag.count);
  expect(sum).toBe(bag.candidates);
  // Area of the disc in tiles.
  expect(bag.count).toBeGreaterThan((Math.PI * 1000 ** 2) / 128 ** 2 - 12);
  expect(bag.count).toBeLessThan((Math.PI * 1000 ** 2) / 128 ** 2 + 12);
  let n = 0;
  for await (const batch of readBatches(slide, bag, { batchTiles: 50 })) {
    expect(batch.first).toBe(n);
    expect(batch.rgb.length).toBe(batch.count * 64 * 64 * 3);
    expect(batch.failed).toEqual([]);
    n += batch.count;
  }
  expect(n).toBe(bag.count);
});
