import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../../testing/synthetic-slide.ts';
import { openSlide, singleFile } from '../open.ts';
import { readRegion } from '../region.ts';

/** Made by testing/goldens/make-codec-goldens.py: files by libvips, hashes of what OpenSlide reads. */
const goldens = new URL('../../testing/goldens/', import.meta.url);
const golden: Readonly<Record<string, readonly (readonly [number, number, string])[]>> = JSON.parse(
  readFileSync(new URL('codecs.json', goldens), 'utf8'),
);

describe('every compression gives the pixels OpenSlide gives, bit for bit', () => {
  for (const [name, levels] of Object.entries(golden))
    it(name, async () => {
      const bytes = readFileSync(new URL(`codecs/${name}.tif`, goldens));
      const slide = await openSlide(singleFile(bytesSource(bytes, `${name}.tif`)));
      for (const [level, [width, height, sha256]] of levels.entries()) {
        const { data } = await readRegion(slide, { level, x: 0, y: 0, width, height });
        expect([level, createHash('sha256').update(data).digest('hex')]).toEqual([level, sha256]);
      }
      // libvips puts the smaller levels into SubIFDs, where OpenSlide does not look.
      expect(slide.info.levels.length).toBe(name === 'jpeg-subifd' ? 2 : levels.length);
      await slide.close();
    });
});
