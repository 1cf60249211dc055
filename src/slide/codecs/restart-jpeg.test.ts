import { describe, expect, it } from 'vitest';
import { restartJpeg } from '../../testing/written/ndpi.ts';
import { painted } from '../../testing/written/paint.ts';
import type { ByteSource } from '../slide.ts';
import { decodeJpeg } from './jpeg.ts';
import { openRestartJpeg } from './restart-jpeg.ts';

const sourceOf = (bytes: Uint8Array): ByteSource => ({
  name: 'test',
  sizeBytes: bytes.length,
  read: async (offset, length) => bytes.slice(offset, offset + length),
});

const startsOf = (starts: readonly number[]) => ({
  length: starts.length,
  at: async (i: number) => starts[i] ?? Number.NaN,
});

const difference = (a: Uint8Array, b: Uint8Array) =>
  a.reduce((most, v, i) => Math.max(most, Math.abs(v - (b[i] ?? 0))), 0);

describe('openRestartJpeg', () => {
  for (const subsampling of ['444', '422', '420'] as const)
    it(`reads ${subsampling} bands as the whole JPEG decodes`, async () => {
      const size = { width: 256, height: 230 };
      const image = painted(size.width, size.height, 1);
      const { jpeg, starts } = await restartJpeg(image, 256 / (subsampling === '444' ? 8 : 16), subsampling);
      const place = { offset: 0, length: jpeg.length };
      const opened = await openRestartJpeg(sourceOf(jpeg), place, size, startsOf(starts ?? []));
      const band = await opened.readBand(0, 0);
      const whole = await decodeJpeg(jpeg, undefined, 'ycbcr');
      expect([band.width, band.height]).toEqual([256, 230]);
      // Decoded interval by interval, 4:2:0 chroma is not smoothed across the seams; inside an interval nothing differs.
      if (subsampling === '420') {
        const inside = (data: Uint8Array) =>
          data.filter((_, i) => {
            const y = Math.floor(i / (256 * 3)) % 16;
            return y > 0 && y < 15;
          });
        expect(difference(inside(band.data), inside(whole.data))).toBe(0);
      } else expect(difference(band.data, whole.data)).toBe(0);
    });

  it('refuses what makes no sense', async () => {
    const size = { width: 256, height: 64 };
    const { jpeg, starts = [] } = await restartJpeg(painted(256, 64, 1), 16, '444');
    const place = { offset: 0, length: jpeg.length };
    const open = (list: readonly number[], own = size) => openRestartJpeg(sourceOf(jpeg), place, own, startsOf(list));
    await expect(open(starts.slice(0, 5))).rejects.toThrow('has 5 restart intervals and should have 16');
    await expect(open([1e9, ...starts])).rejects.toThrow('header is too long');
    await expect(open(starts, { width: 264, height: 64 })).rejects.toThrow('do not divide a row');
    const backwards = await open([starts[0] ?? 0, ...starts.slice(1).reverse()]);
    await expect(backwards.readBand(0, 0)).rejects.toThrow('no sensible place');
  });
});
