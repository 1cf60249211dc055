import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { memorySlide, type Rgb } from '../testing/memory-slide.ts';
import { planBag } from './bag.ts';
import { readBatches } from './batches.ts';
import { nearestLevel } from './darkest.ts';
import golden from './goldens/darkest.json' with { type: 'json' };

const SPEC = { protocol: 'darkest', tilePx: 128, count: 16, downsample: 16 } as const;

/** The picture of goldens/darkest.py. */
function paintPixel(x: number, y: number, kind: string): Rgb {
  if (kind === 'ties' && (y >= 200 || x >= 300)) return [255, 255, 255];
  const h = (((x >> 5) * 7919) ^ ((y >> 5) * 104729)) & 255;
  return [h, (h * 3 + x) & 255, (h * 7 + y) & 255];
}

for (const { width, height, kind, real, positions, sha256 } of golden) {
  it(`cuts the tiles of numpy from ${width} x ${height} px, ${kind}`, async () => {
    // Level 0 is 16x larger in each axis; tiles of the slide do not fit those of the bag.
    const slide = memorySlide({
      width: width * 16,
      height: height * 16,
      downsamples: [1, 4, 16],
      tilePx: 100,
      paint: (x, y) => paintPixel(Math.floor(x / 16), Math.floor(y / 16), kind),
    });
    const bag = await planBag(slide, SPEC);
    expect(bag.level).toBe(2);
    expect(bag.count).toBe(16);
    expect(bag.candidates).toBe(Math.max(16, real));
    expect(bag.rejected.cap).toBe(Math.max(0, real - 16));
    expect(bag.mpp).toBeUndefined();
    positions.forEach((position, i) => {
      const xy = [bag.xy[2 * i], bag.xy[2 * i + 1]];
      if (position !== null) expect(xy).toEqual(position.map((px) => px * 16));
      else expect(xy[1]).toBeGreaterThanOrEqual(height * 16);
    });
    const hash = createHash('sha256');
    for await (const batch of readBatches(slide, bag, { batchTiles: 5 })) hash.update(batch.rgb);
    expect(hash.digest('hex')).toBe(sha256);
  });
}

it('takes the level nearest to the downsample as a ratio', () => {
  const levels = (downsamples: number[]) =>
    memorySlide({ width: 65536, height: 65536, downsamples, paint: () => [0, 0, 0] }).info.levels;
  expect(nearestLevel(levels([1, 4, 16]), 16)?.index).toBe(2);
  expect(nearestLevel(levels([1, 4, 16, 64]), 16)?.index).toBe(2);
  expect(nearestLevel(levels([1, 2, 4, 8, 32]), 16)?.index).toBe(3);
  expect(nearestLevel(levels([1]), 16)?.index).toBe(0);
});

it('does not take a part that cannot be decoded for a dark one, and counts it', async () => {
  const slide = memorySlide({
    width: 128 * 8,
    height: 128 * 8,
    tilePx: 128,
    paint: (x, y) => [200, 100, (Math.floor(x / 128) + Math.floor(y / 128)) * 10],
    broken: new Set(['0/0/0']),
  });
  const bag = await planBag(slide, SPEC);
  expect(bag.rejected).toEqual({ background: 0, pen: 0, black: 0, blur: 0, unreadable: 1, cap: 47 });
  expect([bag.xy[0], bag.xy[1]]).toEqual([128, 0]);
});

it('stops when it is told to', async () => {
  const stop = new AbortController();
  let reads = 0;
  const slide = memorySlide({
    width: 4096,
    height: 4096,
    paint: () => [0, 0, 0],
    onRead: () => {
      if (++reads === 20) stop.abort();
    },
  });
  await expect(planBag(slide, SPEC, { signal: stop.signal })).rejects.toThrow(DOMException);
  expect(reads).toBeLessThan(30);
});
