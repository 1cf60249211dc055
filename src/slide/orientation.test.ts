/** Orientation tags: told to who shows the slide, and without effect on any pixel or position. */
import { describe, expect, it } from 'vitest';
import { itWithShared, sharedSource } from '../testing/shared-data.ts';
import { bytesSource, openSyntheticSlide, pyramidImages, syntheticSlideBytes } from '../testing/synthetic-slide.ts';
import { openSlide, singleFile } from './open.ts';
import { tiffBytes } from './tiff/write.ts';

const paint = (x: number, y: number) => [x % 256, y % 256, (x + y) % 256] as const;
const slide = { width: 60, height: 40, tile: 32, paint };

describe('the orientation of a TIFF', () => {
  it.each([2, 3, 4, 5, 6, 7, 8])('%i is told, and pixels and sizes stay as stored', async (orientation) => {
    const turned = await openSyntheticSlide({ ...slide, image: { orientation } });
    const plain = await openSyntheticSlide(slide);
    const { orientation: told, ...info } = turned.info;
    expect(told).toBe(orientation);
    // The fingerprint is of the file.
    expect({ ...info, id: plain.info.id }).toEqual(plain.info);
    for (const [col, row] of [
      [0, 0],
      [1, 1],
    ] as const)
      expect(await turned.readTile(0, col, row)).toEqual(await plain.readTile(0, col, row));
  });

  it.each([0, 1, 9, 65535])('%i is as stored', async (orientation) => {
    expect((await openSyntheticSlide({ ...slide, image: { orientation } })).info.orientation).toBeUndefined();
  });

  it('is that of the largest image, wherever it stands', async () => {
    const [small, large] = [pyramidImages({ ...slide, downsamples: [4] }), pyramidImages(slide)];
    const images = [
      ...small.map((image) => ({ ...image, orientation: 3 })),
      ...large.map((image) => ({ ...image, orientation: 8 })),
    ];
    const opened = await openSlide(singleFile(bytesSource(await tiffBytes({ images }))));
    expect(opened.info.orientation).toBe(8);
  });

  it('is read of plain images in strips, in either byte order', async () => {
    for (const littleEndian of [true, false]) {
      const image = { orientation: 5, layout: { kind: 'strips', rows: 40 } } as const;
      const bytes = await syntheticSlideBytes({
        ...slide,
        image: { ...image, read: () => undefined },
        file: { littleEndian },
      });
      const { info } = await openSlide(singleFile(bytesSource(bytes)));
      expect(info).toMatchObject({ format: 'plain-image', orientation: 5, width: 60, height: 40 });
    }
  });

  const rotated = 'slides/tiff/purejsimage-subifd-deflate-rotated.tif';
  itWithShared(rotated, 'is not taken from a map projection that turns', async () => {
    // Its name speaks of the transformation of its GeoTIFF tags; it has no orientation tag.
    expect((await openSlide(singleFile(await sharedSource(rotated)))).info.orientation).toBeUndefined();
  });
});
