/** Broken tiles of a TIFF for the case table: where they lie, and JPEG, Deflate, LZW, ZSTD and LERC data. */
import { assert } from '../errors.ts';
import { type BrokenFile, corrupt, tile } from './broken-file.ts';
import { bomb, deflate, firstTile, patched, pyramid, tiff, withFirstTile } from './damaged-tiff.ts';

/** Position of a JPEG marker in the tile. */
function marker(bytes: Uint8Array, low: number): number {
  const at = bytes.findIndex((byte, i) => byte === 0xff && bytes[i + 1] === low);
  assert(at >= 0, 'the tile has the marker');
  return at;
}

async function zlibOf(size: number): Promise<Uint8Array> {
  const { zlibSync } = await import('fflate');
  return zlibSync(new Uint8Array(size));
}

export const TILE_CASES: readonly BrokenFile[] = [
  {
    name: 'tiff-tile-offset-past-end',
    make: tiff((p) => p.setElement(324, 0, 0x7ffffff0)),
    expect: tile(/past the end of the file/),
  },
  {
    name: 'tiff-tile-count-2g',
    make: tiff((p) => p.setElement(325, 0, 0x7ffffff0)),
    expect: tile(/claims 2147483632 bytes/),
  },
  {
    name: 'tiff-tile-count-past-end',
    make: tiff((p) => p.setElement(325, 0, 1_000_000)),
    expect: tile(/past the end of the file/),
  },
  {
    name: 'tiff-tile-missing',
    make: tiff((p) => {
      p.setElement(324, 0, 0);
      p.setElement(325, 0, 0);
    }),
    expect: { at: 'none' },
  },
  { name: 'tiff-tile-zero-length', make: tiff((p) => p.setElement(325, 0, 0)), expect: { at: 'none' } },
  { name: 'tiff-tile-one-byte', make: tiff((p) => p.setElement(325, 0, 1)), expect: tile(/no start marker/) },
  {
    name: 'tiff-tile-half',
    make: tiff((p) => p.setElement(325, 0, firstTile(p).length >> 1)),
    expect: tile(/JPEG data is damaged/),
  },
  { name: 'tiff-tile-zeros', make: tiff((p) => firstTile(p).fill(0)), expect: tile(/no start marker/) },
  { name: 'tiff-tile-header-garbled', make: tiff((p) => firstTile(p).fill(0x55, 2, 8)), expect: tile(/garbled/) },
  {
    name: 'tiff-tile-no-frame',
    make: tiff((p) => {
      const t = firstTile(p);
      t[marker(t, 0xc0) + 1] = 0xfe;
    }),
    expect: tile(/no frame header/),
  },
  {
    name: 'tiff-tile-lossless-jpeg',
    make: tiff((p) => {
      const t = firstTile(p);
      t[marker(t, 0xc0) + 1] = 0xc3;
    }),
    expect: tile(/lossless JPEG is not supported/),
  },
  {
    name: 'tiff-tile-arithmetic-jpeg',
    make: tiff((p) => {
      const t = firstTile(p);
      t[marker(t, 0xc0) + 1] = 0xc9;
    }),
    expect: tile(/not supported/),
  },
  {
    name: 'tiff-tile-12-bit',
    make: tiff((p) => {
      const t = firstTile(p);
      t[marker(t, 0xc0) + 4] = 12;
    }),
    expect: tile(/12-bit JPEG/),
  },
  {
    name: 'tiff-tile-65535-squared',
    make: tiff((p) => {
      const t = firstTile(p);
      t.fill(0xff, marker(t, 0xc0) + 5, marker(t, 0xc0) + 9);
    }),
    expect: tile(/claims 65535 x 65535 px/),
  },
  {
    name: 'tiff-tile-4096-squared',
    make: tiff((p) => {
      const t = firstTile(p);
      const at = marker(t, 0xc0);
      t.set([0x10, 0, 0x10, 0], at + 5);
    }),
    expect: tile(/.+/),
  },
  {
    name: 'tiff-tile-other-size',
    make: tiff((p) => {
      const t = firstTile(p);
      t[marker(t, 0xc0) + 6] = 48;
    }),
    expect: tile(/.+/),
  },
  {
    name: 'tiff-tile-zero-size',
    make: tiff((p) => {
      const t = firstTile(p);
      t[marker(t, 0xc0) + 6] = 0;
    }),
    expect: tile(/claims 64 x 0 px/),
  },
  {
    name: 'tiff-tile-four-components',
    make: tiff((p) => {
      const t = firstTile(p);
      t[marker(t, 0xc0) + 9] = 4;
    }),
    expect: tile(/4 components/),
  },
  {
    name: 'tiff-no-jpegtables',
    make: tiff((p) => p.view.setUint16(p.entry(347), 60000, true)),
    expect: tile(/JPEG data is damaged/),
  },
  {
    name: 'tiff-jpegtables-garbled',
    make: tiff((p) =>
      p.bytes.fill(7, p.view.getUint32(p.entry(347) + 8, true), p.view.getUint32(p.entry(347) + 8, true) + 20),
    ),
    expect: tile(/no start marker/),
  },
  {
    name: 'tiff-deflate-garbled',
    make: deflate((p) => firstTile(p).fill(0x55, 2, 40)),
    expect: tile(/Deflate block is damaged|needs 12288/),
  },
  { name: 'tiff-deflate-cut', make: deflate((p) => p.setElement(325, 0, 30)), expect: tile(/.+/) },
  {
    name: 'tiff-deflate-bomb',
    make: async () => withFirstTile(pyramid({ compression: 'deflate' }), await bomb(2 ** 25)),
    expect: tile(/holds more than its 12288 bytes/),
  },
  {
    name: 'tiff-deflate-short',
    make: async () => withFirstTile(pyramid({ compression: 'deflate' }), await zlibOf(100)),
    expect: tile(/has 100 bytes of pixels and needs 12288/),
  },
  {
    name: 'tiff-lzw-garbled',
    make: () => patched(pyramid({ compression: 'lzw' }), (p) => firstTile(p).fill(0xfe)),
    expect: tile(/LZW block is damaged|needs 12288/),
  },
  {
    name: 'tiff-lzw-cut',
    make: () => patched(pyramid({ compression: 'lzw' }), (p) => p.setElement(325, 0, 20)),
    expect: tile(/needs 12288/),
  },
  {
    name: 'tiff-none-cut',
    make: () => patched(pyramid({ compression: 'none' }), (p) => p.setElement(325, 0, 100)),
    expect: tile(/has 100 bytes of pixels and needs 12288/),
  },
  {
    name: 'tiff-zstd-garbled',
    make: deflate((p) => {
      p.setValue(259, 50000);
      p.setValue(259, 50000, 1);
    }),
    expect: tile(/ZSTD block has no frame header/),
  },
  {
    name: 'tiff-lerc-of-the-first-kind',
    make: () =>
      patched(pyramid({ compression: 'none' }), (p) => {
        p.setValue(259, 34887);
        firstTile(p).set(Uint8Array.from('CntZImage ', (char) => char.charCodeAt(0)));
      }),
    expect: tile(/LERC of the first kind is not supported/),
  },
  {
    name: 'tiff-lerc-short',
    make: () =>
      patched(pyramid({ compression: 'none' }), (p) => {
        p.setValue(259, 34887);
        p.setElement(325, 0, 30);
      }),
    expect: tile(/LERC block is cut short/),
  },
  ...(
    [
      ['4g-squared', 14, [0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff, 0x7f], /LERC block is 2147483647 x 2147483647/],
      ['billion-samples', 22, [0, 0, 0, 0x40], /LERC block is 64 x 64 x 1073741824/],
      ['floats', 38, [6, 0, 0, 0], /samples of type 6 in LERC is not supported/],
      ['past-end', 34, [0xff, 0xff, 0xff, 0x7f], /LERC block is cut short/],
      ['garbled', 66, [1, 2, 3, 4], /LERC block is damaged/],
    ] as const
  ).map(
    ([name, at, bytes, text]): BrokenFile => ({
      name: `tiff-lerc-${name}`,
      make: () =>
        patched(pyramid({ compression: 'none' }), (p) => {
          p.setValue(259, 34887);
          const block = firstTile(p);
          block.set(Uint8Array.from('Lerc2 ', (char) => char.charCodeAt(0)));
          const view = new DataView(block.buffer, block.byteOffset);
          // Version, checksum, height, width, samples, valid pixels, piece, bytes, type.
          [4, 0, 64, 64, 3, 4096, 8, 1000, 1].forEach((value, i) => {
            view.setInt32(6 + i * 4, value, true);
          });
          block.set(bytes, at);
        }),
      expect: tile(text),
    }),
  ),
  {
    name: 'tiff-truncated-tail',
    make: async () => (await pyramid()).slice(0, -200),
    expect: corrupt(/past the end of the file/),
  },
  {
    name: 'tiff-truncated-half',
    make: async () => (await pyramid()).slice(0, 5000),
    expect: corrupt(/directory 0 lies .* past the end/),
  },
];
