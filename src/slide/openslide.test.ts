import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { patchTiff } from '../testing/patch-tiff.ts';
import { itWithShared, sharedSource } from '../testing/shared-data.ts';
import { bytesSource } from '../testing/synthetic-slide.ts';
import { openSlide, singleFile } from './open.ts';
import { readRegion } from './region.ts';
import type { ByteSource } from './slide.ts';

/** Made by testing/goldens/make-openslide-goldens.py. */
interface Golden {
  readonly openslide: string;
  readonly files: readonly {
    readonly path: string;
    /** Compression that the tiled directories were made to claim. */
    readonly relabelled: number | null;
    readonly vendor: string;
    readonly levels: readonly (readonly [number, number])[];
    readonly mpp: number | null;
    readonly objectivePower: number | null;
    readonly associated: Readonly<Record<string, readonly [number, number, string]>>;
    /** level, x, y (level 0), width, height, sha256 */
    readonly regions: readonly (readonly [number, number, number, number, number, string])[];
  }[];
}

const golden: Golden = JSON.parse(readFileSync(new URL('../testing/goldens/openslide.json', import.meta.url), 'utf8'));

const sha256 = (data: Uint8Array) => createHash('sha256').update(data).digest('hex');

async function source(path: string, compression: number | null): Promise<ByteSource> {
  const original = await sharedSource(path);
  if (compression === null) return original;
  const patch = patchTiff(await original.read(0, original.sizeBytes));
  // Directory 1 is the thumbnail.
  for (const directory of [0, 2]) patch.setValue(259, compression, directory);
  return bytesSource(patch.bytes, original.name);
}

describe(`pixels bit for bit as OpenSlide ${golden.openslide} reads them`, () => {
  for (const file of golden.files)
    itWithShared(file.path, `${file.path} ${file.relabelled ?? ''}, ${file.regions.length} regions`, async () => {
      const slide = await openSlide(singleFile(await source(file.path, file.relabelled)));
      const { info } = slide;
      // OpenSlide knows levels in the main chain only; ours may be more, in SubIFDs. To NDPI it adds levels of its own.
      const common = Math.min(info.levels.length, file.levels.length);
      expect(info.levels.map(({ width, height }) => [width, height]).slice(0, common)).toEqual(
        file.levels.slice(0, common),
      );
      if (info.format !== 'hamamatsu-ndpi') expect(common).toBe(file.levels.length);
      if (file.vendor !== 'generic-tiff') {
        expect(info.format.startsWith(file.vendor)).toBe(true);
        expect(info.mpp?.x ?? null).toBe(file.mpp);
        expect(info.objectivePower ?? null).toBe(file.objectivePower);
        expect(info.associated).toEqual(expect.arrayContaining(Object.keys(file.associated)));
      }
      for (const [level, x, y, width, height, expected] of file.regions) {
        if (level >= info.levels.length) continue;
        const pixels = await readRegion(slide, { level, x, y, width, height });
        expect(`${[level, x, y, width, height]} ${sha256(pixels.data)}`).toBe(
          `${[level, x, y, width, height]} ${expected}`,
        );
      }
      for (const [name, [width, height, expected]] of Object.entries(file.associated)) {
        const pixels = await slide.readAssociated(name);
        expect([name, pixels.width, pixels.height, sha256(pixels.data)]).toEqual([name, width, height, expected]);
      }
      await slide.close();
    });
});
