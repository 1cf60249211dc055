import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { patchTiff } from '../../testing/patch-tiff.ts';
import { itWithShared, sharedSource } from '../../testing/shared-data.ts';
import { bytesSource } from '../../testing/synthetic-slide.ts';
import { openSlide, singleFile } from '../open.ts';
import { readRegion } from '../region.ts';
import type { ByteSource } from '../slide.ts';
import { tiffBytes } from '../tiff/write.ts';

/** Made by testing/goldens/make-plain-goldens.py: what Pillow reads. */
type Golden = Readonly<Record<string, readonly [number, number, string]>>;
const goldens = new URL('../../testing/goldens/', import.meta.url);
const golden: { readonly plain: Golden; readonly shared: Golden } = JSON.parse(
  readFileSync(new URL('plain.json', goldens), 'utf8'),
);

async function read(source: ByteSource) {
  const slide = await openSlide(singleFile(source));
  const { width, height, levels } = slide.info;
  expect(levels.length).toBe(1);
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

it('reads an uncompressed image of 1.2 GB in one strip by rows', async () => {
  const side = 20_000;
  const header = await tiffBytes({
    images: [
      {
        width: side,
        height: side,
        layout: { kind: 'strips', rows: side },
        compression: 'none',
        read: () => undefined,
      },
    ],
  });
  const patch = patchTiff(header);
  const start = 4096;
  patch.setValue(273, start);
  patch.setValue(279, side * side * 3);
  let most = 0;
  // Each pixel says its row and column; nothing of the image is held anywhere.
  const source: ByteSource = {
    name: 'huge.tif',
    sizeBytes: start + side * side * 3,
    async read(offset, length) {
      most = Math.max(most, length);
      const bytes = new Uint8Array(length);
      for (let i = 0; i < length; i++) {
        const at = offset + i - start;
        const pixel = Math.floor(at / 3);
        bytes[i] = at < 0 ? (patch.bytes[offset + i] ?? 0) : at % 3 === 0 ? pixel % side : Math.floor(pixel / side);
      }
      return bytes;
    },
  };
  const slide = await openSlide(singleFile(source));
  const { data } = await readRegion(slide, { level: 0, x: 12_345, y: 19_990, width: 10, height: 10 });
  for (let i = 0; i < 100; i++)
    expect([data[i * 3], data[i * 3 + 1]]).toEqual([(12_345 + (i % 10)) & 255, (19_990 + Math.floor(i / 10)) & 255]);
  expect(most).toBeLessThanOrEqual(2 ** 20);
  await slide.close();
});
