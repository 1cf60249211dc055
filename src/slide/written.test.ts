import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { WRITTEN } from '../testing/written/slides.ts';
import { blobSource } from './blob-source.ts';
import { openSlide } from './open.ts';
import { readRegion } from './region.ts';
import type { SlideFiles } from './slide.ts';

/** Made by testing/goldens/make-written-goldens.sh. */
interface Golden {
  readonly openslide: string;
  readonly slides: Readonly<
    Record<
      string,
      {
        readonly sha256: string;
        readonly vendor: string;
        readonly levels: readonly (readonly [number, number])[];
        readonly mpp: readonly [number, number] | null;
        readonly objectivePower: number | null;
        readonly bounds: readonly [number, number, number, number] | null;
        readonly associated: Readonly<Record<string, readonly [number, number, string]>>;
        /** level, x, y (level 0), width, height, sha256 of opaque RGB */
        readonly regions: readonly (readonly [number, number, number, number, number, string])[];
      }
    >
  >;
}

const golden: Golden = JSON.parse(readFileSync(new URL('../testing/goldens/written.json', import.meta.url), 'utf8'));

const sha256 = (data: Uint8Array) => createHash('sha256').update(data).digest('hex');

const filesOf = (main: string, files: ReadonlyMap<string, Uint8Array>): SlideFiles => {
  const source = (name: string) => {
    const bytes = files.get(name);
    return bytes && blobSource(new Blob([bytes.slice()]), name);
  };
  const found = source(main);
  if (!found) throw new Error(`no ${main}`);
  return { main: found, find: source, list: () => [...files.keys()] };
};

describe(`our own writers' slides, as OpenSlide ${golden.openslide} reads them`, () => {
  for (const { name, main, make } of WRITTEN)
    it(name, async () => {
      const files = await make();
      // For make-written-goldens.sh.
      const target = process.env.MILSCOPE_WRITE_TO;
      if (target)
        for (const [file, bytes] of files) {
          mkdirSync(path.dirname(path.join(target, name, file)), { recursive: true });
          writeFileSync(path.join(target, name, file), bytes);
        }
      const expected = golden.slides[name];
      if (!expected) throw new Error(`goldens/written.json does not know ${name}: run make-written-goldens.sh`);
      expect(sha256(files.get(main) ?? new Uint8Array())).toBe(expected.sha256);
      const slide = await openSlide(filesOf(main, files));
      const { info } = slide;
      // OpenSlide adds levels of its own to some formats: JPEG decoded at an eighth.
      expect(info.levels.map(({ width, height }) => [width, height])).toEqual(
        expected.levels.slice(0, info.levels.length),
      );
      expect(info.mpp ? [info.mpp.x, info.mpp.y] : null).toEqual(expected.mpp);
      expect(info.objectivePower ?? null).toBe(expected.objectivePower);
      const { bounds } = info;
      if (expected.bounds) {
        // OpenSlide's may pass the edge of the slide; ours lie on it.
        const [x, y, width, height] = expected.bounds;
        expect([bounds.x, bounds.y, bounds.width, bounds.height]).toEqual([
          x,
          y,
          Math.min(width, info.width - x),
          Math.min(height, info.height - y),
        ]);
      }
      for (const [level, x, y, width, height, hash] of expected.regions) {
        if (level >= info.levels.length) continue;
        const pixels = await readRegion(slide, { level, x, y, width, height });
        expect(`${[level, x, y, width, height]} ${sha256(pixels.data)}`).toBe(
          `${[level, x, y, width, height]} ${hash}`,
        );
      }
      expect(info.associated).toEqual(expect.arrayContaining(Object.keys(expected.associated)));
      for (const [name, [width, height, hash]] of Object.entries(expected.associated)) {
        const image = await slide.readAssociated(name);
        expect([name, image.width, image.height, sha256(image.data)]).toEqual([name, width, height, hash]);
      }
      await slide.close();
    });
});
