import { expect, it } from 'vitest';
import { decodeJpegRgb, encodeJpeg } from './jpeg.ts';

it('images smaller than a block are encoded within the memory of the encoder, and come back', async () => {
  const pixels = (width: number, height: number) => ({
    width,
    height,
    components: 3 as const,
    data: Uint8Array.from({ length: width * height * 3 }, (_, i) => (i % 3 === 0 ? 150 : 200) - Math.floor(i / 6) / 2),
  });
  // A large one first: what it leaves on the heap is what a small one wrote over.
  for (const [width, height] of [
    [600, 400],
    [1, 1],
    [126, 100],
    [2, 1],
    [1, 9],
    [9, 7],
    [8, 8],
    [1, 1],
  ] as const)
    for (const subsampling of ['444', '422', '420'] as const) {
      const image = pixels(width, height);
      const decoded = await decodeJpegRgb(await encodeJpeg(image, 95, subsampling), undefined, 'as-marked');
      expect([decoded.width, decoded.height]).toEqual([width, height]);
      if (width * height > 100) continue;
      const worst = decoded.data.reduce((most, value, i) => Math.max(most, Math.abs(value - (image.data[i] ?? 0))), 0);
      expect(worst, `${width} x ${height}, ${subsampling}`).toBeLessThan(8);
    }
});
