import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { AppError } from '../errors.ts';
import { openSlide, singleFile } from '../slide/open.ts';
import { tiffBytes } from '../slide/tiff/write.ts';
import { mutant } from './mutants.ts';
import { bytesSource, type Paint, pyramidImages } from './synthetic-slide.ts';

/** For each seed file: 50,000 in all where CI is set, fewer beside other work. MILSCOPE_MUTANTS asks for any number. */
const MUTANTS = Number(process.env.MILSCOPE_MUTANTS ?? (process.env.CI ? 10_000 : 3000));
const LIMIT_MS = 1000;
const LIMIT_BYTES = 64 * 2 ** 20;

const paint: Paint = (x, y) => [x * 5, y * 5, 90];
const size = { width: 40, height: 24, tile: 16, downsamples: [1, 2], mpp: 0.5, paint };
const aperio = 'Aperio Image Library\r\n40x24 (16x16)|MPP = 0.5|AppMag = 20';

const SEEDS: Readonly<Record<string, () => Promise<Uint8Array>>> = {
  'tiff, Deflate with predictor': () =>
    tiffBytes({ images: pyramidImages({ ...size, image: { predictor: 2, bits: 16 } }) }),
  'BigTIFF, big-endian, LZW': () =>
    tiffBytes({ big: true, littleEndian: false, images: pyramidImages({ ...size, compression: 'lzw' }) }),
  'Aperio, JPEG': () =>
    tiffBytes({ images: pyramidImages({ ...size, compression: 'jpeg', image: { description: aperio } }) }),
  'tiff, planar, SubIFDs': async () => {
    const [base, ...rest] = pyramidImages({ ...size, compression: 'none', image: { planar: true } });
    return tiffBytes({ images: base ? [{ ...base, subImages: rest }] : [] });
  },
  png: async () => {
    const { encode } = await import('fast-png');
    return encode({ width: 9, height: 7, data: Uint8Array.from({ length: 189 }, (_, i) => i), channels: 3 });
  },
};

/** Larger files with slower codecs, of which a twentieth as many mutants are read. */
const SLOW_SEEDS = ['jp2k-lossy', 'webp-lossy', 'webp-lossless', 'zstd', 'jpeg-420', 'grey-jpeg'];

/** Opens it and reads everything. @throws what is not a typed error */
async function exercise(bytes: Uint8Array): Promise<'read' | 'refused' | 'holes'> {
  try {
    const slide = await openSlide(singleFile(bytesSource(bytes)));
    let holes = 0;
    for (const { index, width, height, tileWidth, tileHeight } of slide.info.levels)
      for (let row = 0; row < Math.min(4, Math.ceil(height / tileHeight)); row++)
        for (let col = 0; col < Math.min(4, Math.ceil(width / tileWidth)); col++)
          try {
            const tile = await slide.readTile(index, col, row);
            expect(tile.data.length).toBe(tile.width * tile.height * 3);
          } catch (error) {
            if (!(error instanceof AppError) || error.info.code !== 'slide/tile-failed') throw error;
            holes++;
          }
    await slide.close();
    return holes > 0 ? 'holes' : 'read';
  } catch (error) {
    if (
      error instanceof AppError &&
      ['slide/unrecognized', 'slide/unsupported', 'slide/corrupt'].includes(error.info.code)
    )
      return 'refused';
    throw error;
  }
}

async function testMutants(name: string, whole: Uint8Array, count: number): Promise<void> {
  expect(await exercise(whole)).toBe('read');
  const seen = { read: 0, refused: 0, holes: 0 };
  let slowest = 0;
  for (let i = 0; i < count; i++) {
    const bytes = mutant(whole, i);
    const before = process.memoryUsage().arrayBuffers;
    const start = performance.now();
    try {
      seen[await exercise(bytes)]++;
    } catch (error) {
      throw new Error(`mutant ${i} of ${name}`, { cause: error });
    }
    slowest = Math.max(slowest, performance.now() - start);
    expect(process.memoryUsage().arrayBuffers - before, `mutant ${i}`).toBeLessThan(LIMIT_BYTES);
  }
  expect(slowest).toBeLessThan(LIMIT_MS);
  // A run in which nothing is refused, or everything, tests nothing.
  expect(seen.refused).toBeGreaterThan(count / 20);
  expect(seen.read + seen.holes).toBeGreaterThan(count / 20);
}

describe('mutants give a typed error or pixels, at once and in little memory', () => {
  for (const [name, make] of Object.entries(SEEDS))
    it(`${name}: ${MUTANTS}`, { timeout: 600_000 }, async () => testMutants(name, await make(), MUTANTS));
  for (const name of SLOW_SEEDS)
    it(`${name}: ${MUTANTS / 20}`, { timeout: 600_000 }, async () => {
      const whole = await readFile(new URL(`goldens/codecs/${name}.tif`, import.meta.url));
      await testMutants(name, new Uint8Array(whole), MUTANTS / 20);
    });
});
