import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../../testing/synthetic-slide.ts';
import { openSlide, singleFile } from '../open.ts';
import { readRegion } from '../region.ts';

/** Made by testing/goldens/make-lerc-goldens.py: files by libtiff, hashes of what OpenSlide reads. */
const goldens = new URL('../../testing/goldens/', import.meta.url);
const golden: Readonly<Record<string, readonly [number, number, string]>> = JSON.parse(
  readFileSync(new URL('lerc.json', goldens), 'utf8'),
);

describe('LERC, alone and in Deflate or ZSTD, gives the pixels OpenSlide gives, bit for bit', () => {
  for (const [name, [width, height, sha256]] of Object.entries(golden))
    it(name, async () => {
      const bytes = readFileSync(new URL(`codecs/${name}.tif`, goldens));
      const slide = await openSlide(singleFile(bytesSource(bytes, `${name}.tif`)));
      expect([slide.info.width, slide.info.height]).toEqual([width, height]);
      const { data } = await readRegion(slide, { level: 0, x: 0, y: 0, width, height });
      expect(createHash('sha256').update(data).digest('hex')).toBe(sha256);
      await slide.close();
    });
});
