import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../../testing/synthetic-slide.ts';
import { openSlide, singleFile } from '../open.ts';
import { readRegion } from '../region.ts';
import { decodePng } from './png.ts';

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

describe('JPEG 2000 in YCbCr, compression 33004, gives the pixels libvips gives, within 1', () => {
  for (const name of ['jp2k-lossless', 'jp2k-lossy'])
    it(name, async () => {
      const file = (suffix: string) => readFileSync(new URL(`codecs/${name}.${suffix}`, goldens));
      const slide = await openSlide(singleFile(bytesSource(file('tif'))));
      for (const { index, width, height } of slide.info.levels) {
        const { data } = await readRegion(slide, { level: index, x: 0, y: 0, width, height });
        const expected = await decodePng(file(`${index}.png`));
        expect([expected.width, expected.height]).toEqual([width, height]);
        let worst = 0;
        data.forEach((value, i) => {
          worst = Math.max(worst, Math.abs(value - (expected.data[i] ?? 0)));
        });
        expect(worst).toBeLessThanOrEqual(1);
      }
      await slide.close();
    });
});
