import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blobSource } from '../blob-source.ts';
import { openSlide, singleFile } from '../open.ts';
import { readRegion } from '../region.ts';
import type { Pixels } from '../slide.ts';
import { type TiffImageSpec, type TiffSpec, tiffBytes } from './write.ts';

/** A picture of any size: smooth, with a hard edge, different in each channel and at each position. */
function picture(width: number, height: number): (x: number, y: number, c: number) => number {
  return (x, y, c) => Math.floor(((x * (c + 1) * 255) / width + (y * 97) / height + (x > y ? 40 : 0)) % 256);
}

function cut(width: number, height: number, block: readonly [number, number]): TiffImageSpec['read'] {
  const value = picture(width, height);
  return (col, row): Pixels => {
    const [x0, y0] = [col * block[0], row * block[1]];
    const size = { width: Math.min(block[0], width - x0), height: Math.min(block[1], height - y0) };
    const data = new Uint8Array(size.width * size.height * 3);
    for (let y = 0, i = 0; y < size.height; y++)
      for (let x = 0; x < size.width; x++) for (let c = 0; c < 3; c++, i++) data[i] = value(x0 + x, y0 + y, c);
    return { ...size, data };
  };
}

async function readBack(spec: TiffSpec): Promise<Pixels & { readonly mpp: number | undefined }> {
  const bytes = await tiffBytes(spec);
  const slide = await openSlide(singleFile(blobSource(new Blob([bytes as Uint8Array<ArrayBuffer>]), 'written.tif')));
  const { width, height, mpp } = slide.info;
  const pixels = await readRegion(slide, { level: 0, x: 0, y: 0, width, height });
  await slide.close();
  return { ...pixels, mpp: mpp?.x };
}

function largestDifference(pixels: Pixels, value: (x: number, y: number, c: number) => number): number {
  let worst = 0;
  for (let y = 0, i = 0; y < pixels.height; y++)
    for (let x = 0; x < pixels.width; x++)
      for (let c = 0; c < 3; c++, i++) worst = Math.max(worst, Math.abs((pixels.data[i] ?? 0) - value(x, y, c)));
  return worst;
}

const container = fc.record({ big: fc.boolean(), littleEndian: fc.boolean() });
const size = fc.record({ width: fc.integer({ min: 1, max: 90 }), height: fc.integer({ min: 1, max: 90 }) });
const tile = fc.record({ width: fc.constantFrom(16, 32, 48, 64), height: fc.constantFrom(16, 32, 80) });

describe('writeTiff', () => {
  it('is read back exactly when lossless, in both byte orders, classic and big', async () => {
    const storage = fc.record({
      compression: fc.constantFrom('none' as const, 'deflate' as const, 'lzw' as const),
      bits: fc.constantFrom(8 as const, 16 as const),
      predictor: fc.constantFrom(1 as const, 2 as const),
      planar: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(container, size, tile, storage, async (file, { width, height }, tiles, how) => {
        const read = cut(width, height, [tiles.width, tiles.height]);
        const pixels = await readBack({
          ...file,
          images: [{ width, height, layout: { kind: 'tiles', ...tiles }, ...how, mpp: 0.48, read }],
        });
        expect(largestDifference(pixels, picture(width, height))).toBe(0);
        expect(pixels.mpp).toBeCloseTo(0.48, 8);
      }),
      { numRuns: 100 },
    );
  });

  it('is read back exactly in strips of any height, whole and from SubIFDs', async () => {
    const storage = fc.record({
      compression: fc.constantFrom('none' as const, 'deflate' as const, 'lzw' as const),
      planar: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        container,
        size,
        fc.integer({ min: 1, max: 100 }),
        storage,
        async (file, { width, height }, rows, how) => {
          const read = cut(width, height, [width, rows]);
          const pixels = await readBack({
            ...file,
            images: [{ width, height, layout: { kind: 'strips', rows }, ...how, read }],
          });
          expect(largestDifference(pixels, picture(width, height))).toBe(0);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('puts levels in the chain or in SubIFDs, and each is read back exactly', async () => {
    await fc.assert(
      fc.asyncProperty(container, tile, fc.boolean(), fc.boolean(), async (file, tiles, nested, planar) => {
        const sizes = [1, 2, 4].map((by) => ({ width: Math.floor(203 / by), height: Math.floor(149 / by) }));
        const images = sizes.map(({ width, height }): TiffImageSpec => {
          const read = cut(width, height, [tiles.width, tiles.height]);
          return { width, height, layout: { kind: 'tiles', ...tiles }, compression: 'deflate', planar, read };
        });
        const [base, ...rest] = images;
        if (!base) throw new Error('there is a base');
        const bytes = await tiffBytes({ ...file, images: nested ? [{ ...base, subImages: rest }] : images });
        const slide = await openSlide(
          singleFile(blobSource(new Blob([bytes as Uint8Array<ArrayBuffer>]), 'levels.tif')),
        );
        expect(slide.info.levels.map(({ width, height }) => ({ width, height }))).toEqual(sizes);
        for (const { index, width, height } of slide.info.levels) {
          const pixels = await readRegion(slide, { level: index, x: 0, y: 0, width, height });
          expect(largestDifference(pixels, picture(width, height))).toBe(0);
        }
        await slide.close();
      }),
      { numRuns: 25 },
    );
  });

  it('is read back closely from JPEG in every colour layout', async () => {
    const storage = fc.record({
      color: fc.constantFrom('rgb' as const, 'ycbcr' as const),
      sharedTables: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(container, tile, storage, async (file, tiles, how) => {
        const value = (x: number, y: number, c: number) => 20 + x + y * (c === 1 ? 0 : 1) + c * 20;
        const data = Uint8Array.from({ length: tiles.width * tiles.height * 3 }, (_, i) =>
          value(Math.floor(i / 3) % tiles.width, Math.floor(i / 3 / tiles.width), i % 3),
        );
        const pixels = await readBack({
          ...file,
          images: [
            {
              ...tiles,
              layout: { kind: 'tiles', ...tiles },
              compression: 'jpeg',
              quality: 95,
              ...how,
              read: () => ({ ...tiles, data }),
            },
          ],
        });
        expect(largestDifference(pixels, value)).toBeLessThanOrEqual(8);
      }),
      { numRuns: 60 },
    );
  });

  it('writes incompressible pixels without running past the encoder’s buffer', async () => {
    let seed = 1;
    const data = Uint8Array.from({ length: 256 * 256 * 3 }, () => {
      seed = (seed * 1103515245 + 12345) % 2 ** 31;
      return seed >> 16;
    });
    const image: TiffImageSpec = {
      width: 256,
      height: 256,
      layout: { kind: 'tiles', width: 256, height: 256 },
      compression: 'jpeg',
      quality: 100,
      read: () => ({ width: 256, height: 256, data }),
    };
    for (const color of ['rgb', 'ycbcr'] as const) {
      const pixels = await readBack({ images: [{ ...image, color }] });
      expect(largestDifference(pixels, (x, y, c) => data[(y * 256 + x) * 3 + c] ?? 0)).toBeLessThan(10);
    }
  });
});
