/** Aperio's compression 33007, which names tiles of more than one kind. */
import { describe, expect, it } from 'vitest';
import { patchTiff } from '../../testing/patch-tiff.ts';
import { bytesSource, syntheticSlideBytes } from '../../testing/synthetic-slide.ts';
import { openSlide, singleFile } from '../open.ts';

const TILE = 64;
const COMPRESSION = 259;
const TILE_BYTE_COUNTS = 325;

const slide = {
  width: 2 * TILE,
  height: TILE,
  tile: TILE,
  mpp: 0.25,
  paint: (x: number, y: number) => [120 + x, 60 + y, 140] as const,
};
const description = 'Aperio Image Library v12\r\n128x64 (64x64) |AppMag = 40|MPP = 0.25';
const open = (bytes: Uint8Array) => openSlide(singleFile(bytesSource(bytes, 'slide.svs')));

describe('compression 33007', () => {
  it('of JPEG tiles gives the pixels of compression 7', async () => {
    const bytes = await syntheticSlideBytes({
      ...slide,
      compression: 'jpeg',
      image: { description, sharedTables: false },
    });
    const patch = patchTiff(bytes);
    patch.setValue(COMPRESSION, 33007);
    const [as7, as33007] = [await open(bytes), await open(patch.bytes)];
    expect(as33007.info.format).toBe('aperio');
    expect(await as33007.readTile(0, 1, 0)).toEqual(await as7.readTile(0, 1, 0));
  });

  it('of raw tiles of two bytes a pixel is refused by name when the slide is opened', async () => {
    const yuyv = Uint8Array.from({ length: TILE * TILE * 3 }, (_, i) => [181, 140, 179, 151][i % 4] ?? 0);
    const bytes = await syntheticSlideBytes({
      ...slide,
      compression: 'none',
      image: { description, read: () => ({ width: TILE, height: TILE, data: yuyv }) },
    });
    const patch = patchTiff(bytes);
    patch.setValue(COMPRESSION, 33007);
    for (const at of [0, 1]) patch.setElement(TILE_BYTE_COUNTS, at, TILE * TILE * 2);
    await expect(open(patch.bytes)).rejects.toMatchObject({
      info: {
        code: 'slide/unsupported',
        format: 'Aperio SVS',
        feature: 'compression 33007 with tiles that are neither JPEG nor JPEG 2000 (perhaps raw YCbCr)',
      },
    });
  });
});
