/** A tiled TIFF of one level, written by hand: a large slide in a file of a few hundred kB. */
import { deflateSync } from 'node:zlib';

const TILE = 256;

/**
 * A TIFF of one level, side x side px, of Deflate tiles: stained in the left half, glass in the right. All tiles of a
 * half are the same bytes, so a slide of 2.5 gigapixels is a file of a few hundred kB.
 */
export function plainTiff(side: number): Uint8Array {
  const across = Math.ceil(side / TILE);
  const [stained, glass] = [
    [190, 90, 160],
    [244, 244, 244],
  ].map((rgb) => deflateSync(Uint8Array.from({ length: TILE * TILE * 3 }, (_, i) => rgb[i % 3] ?? 0)));
  if (stained === undefined || glass === undefined) throw new Error('two tiles');
  const count = across * across;
  const tags = 11;
  const tiles = 8 + 2 + 12 * tags + 4 + 6;
  const offsets = tiles + stained.length + glass.length + ((stained.length + glass.length) % 2);
  const bytes = new Uint8Array(offsets + 8 * count);
  const view = new DataView(bytes.buffer);
  bytes.set([0x49, 0x49, 42, 0, 8, 0, 0, 0]);
  view.setUint16(8, tags, true);
  const entries: readonly (readonly [number, number, number, number])[] = [
    [256, 4, 1, side],
    [257, 4, 1, side],
    [258, 3, 3, tiles - 6],
    [259, 4, 1, 8],
    [262, 4, 1, 2],
    [277, 4, 1, 3],
    [284, 4, 1, 1],
    [322, 4, 1, TILE],
    [323, 4, 1, TILE],
    [324, 4, count, offsets],
    [325, 4, count, offsets + 4 * count],
  ];
  entries.forEach(([tag, type, values, value], i) => {
    view.setUint16(10 + 12 * i, tag, true);
    view.setUint16(12 + 12 * i, type, true);
    view.setUint32(14 + 12 * i, values, true);
    view.setUint32(18 + 12 * i, value, true);
  });
  for (let c = 0; c < 3; c++) view.setUint16(tiles - 6 + 2 * c, 8, true);
  bytes.set(stained, tiles);
  bytes.set(glass, tiles + stained.length);
  for (let i = 0; i < count; i++) {
    const isLeft = (i % across) * TILE < side / 2;
    view.setUint32(offsets + 4 * i, isLeft ? tiles : tiles + stained.length, true);
    view.setUint32(offsets + 4 * (count + i), (isLeft ? stained : glass).length, true);
  }
  return bytes;
}
