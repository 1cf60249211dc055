import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { itWithShared, sharedSource } from '../../testing/shared-data.ts';
import { bytesSource } from '../../testing/synthetic-slide.ts';
import { openSlide, singleFile } from '../open.ts';
import { readRegion } from '../region.ts';
import type { ByteSource } from '../slide.ts';

/** Made by testing/goldens/make-plain-goldens.py: what Pillow reads. */
type Golden = Readonly<Record<string, readonly [number, number, string]>>;
const goldens = new URL('../../testing/goldens/', import.meta.url);
const golden: { readonly plain: Golden; readonly shared: Golden } = JSON.parse(
  readFileSync(new URL('plain.json', goldens), 'utf8'),
);

async function read(source: ByteSource) {
  const slide = await openSlide(singleFile(source));
  const { width, height, levels, mpp, format } = slide.info;
  expect([format, levels.length, mpp?.origin ?? 'tiff-tag']).toEqual(['plain-image', 1, 'tiff-tag']);
  const { data } = await readRegion(slide, { level: 0, x: 0, y: 0, width, height });
  await slide.close();
  return [width, height, createHash('sha256').update(data).digest('hex')];
}

describe('plain images hold the pixels Pillow reads', () => {
  for (const [name, expected] of Object.entries(golden.plain))
    it(name, async () => {
      expect(await read(bytesSource(readFileSync(new URL(`plain/${name}`, goldens)), name))).toEqual(expected);
    });
  for (const [path, expected] of Object.entries(golden.shared))
    itWithShared(path, path, async () => {
      expect(await read(await sharedSource(path))).toEqual(expected);
    });
});
