/**
 * Broken and refused files by name, `<format>-<condition>`, each with the code and text it must give. All are made here, from
 * a whole file and one named change. In the manner of OpenSlide's test cases.
 */
import { assert } from '../errors.ts';
import { KNOWN_UNSUPPORTED } from '../slide/formats/known-unsupported.ts';
import type { TiffImageSpec, TiffSpec } from '../slide/tiff/write.ts';
import { tiffBytes } from '../slide/tiff/write.ts';
import { type BrokenFile, corrupt, open, tile, unsupported } from './broken-file.ts';
import { CZI_CASES } from './czi-cases.ts';
import { MAKER_CASES } from './maker-cases.ts';
import { OME_CASES } from './ome-cases.ts';
import { patchTiff, type TiffPatch } from './patch-tiff.ts';
import { SLIDE_CASES } from './slide-cases.ts';
import { type Paint, pyramidImages } from './synthetic-slide.ts';

const paint: Paint = (x, y) => [200 - (x % 64), 120 + (y % 64), 180 + ((x + y) % 32)];

const APERIO =
  'Aperio Image Library v11.2.1\r\n300x200 [0,0 300x200] (64x64) JPEG/RGB Q=90|AppMag = 20|MPP = 0.4990|Left = 1,5';

const made = new Map<string, Promise<Uint8Array>>();

/** 300 x 200 px in tiles of 64 and half of it; made once for each set of options. */
function pyramid(image: Partial<TiffImageSpec> = {}, file: Omit<TiffSpec, 'images'> = {}): Promise<Uint8Array> {
  const key = JSON.stringify([image, file]);
  const size = { width: 300, height: 200, tile: 64, downsamples: [1, 2], mpp: 0.5 };
  const images = () => pyramidImages({ ...size, compression: 'jpeg', paint, image });
  const known = made.get(key) ?? tiffBytes({ ...file, images: images() });
  made.set(key, known);
  return known;
}

const strip = { width: 300, height: 50, data: new Uint8Array(300 * 50 * 3).fill(90) };

const strips = () =>
  tiffBytes({
    images: [
      {
        width: 300,
        height: 200,
        layout: { kind: 'strips', rows: 50 },
        compression: 'deflate',
        read: () => strip,
      },
    ],
  });

async function patched(made: Promise<Uint8Array>, change: (patch: TiffPatch) => void): Promise<Uint8Array> {
  const patch = patchTiff(await made);
  change(patch);
  return patch.bytes;
}

const tiff = (change: (patch: TiffPatch) => void) => () => patched(pyramid(), change);
const deflate = (change: (patch: TiffPatch) => void) => () => patched(pyramid({ compression: 'deflate' }), change);
const aperio = (change: (patch: TiffPatch) => void) => () => patched(pyramid({ description: APERIO }), change);
const bytesOf =
  (text: string, length = 0) =>
  async () => {
    const out = new Uint8Array(Math.max(length, text.length));
    out.set(Uint8Array.from(text, (char) => char.charCodeAt(0)));
    return out;
  };

/** Bytes of the first tile, as the file has them. */
function firstTile(patch: TiffPatch): Uint8Array {
  const offset = patch.view.getUint32(
    patch.view.getUint32(patch.entry(324) + 8, patch.littleEndian),
    patch.littleEndian,
  );
  const length = patch.view.getUint32(
    patch.view.getUint32(patch.entry(325) + 8, patch.littleEndian),
    patch.littleEndian,
  );
  assert(offset > 0 && length > 16, 'the first tile has bytes');
  return patch.bytes.subarray(offset, offset + length);
}

/** Position of a JPEG marker in the tile. */
function marker(bytes: Uint8Array, low: number): number {
  const at = bytes.findIndex((byte, i) => byte === 0xff && bytes[i + 1] === low);
  assert(at >= 0, 'the tile has the marker');
  return at;
}

/** zlib stream of `size` zeros. */
async function bomb(size: number): Promise<Uint8Array> {
  const { Zlib } = await import('fflate');
  const parts: Uint8Array[] = [];
  const stream = new Zlib({ level: 6 }, (chunk) => parts.push(chunk));
  const zeros = new Uint8Array(2 ** 20);
  for (let done = 0; done < size; done += zeros.length) stream.push(zeros, done + zeros.length >= size);
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

async function zlibOf(size: number): Promise<Uint8Array> {
  const { zlibSync } = await import('fflate');
  return zlibSync(new Uint8Array(size));
}

/** The TIFF with other bytes for tile 0, put at the end of the file. */
async function withFirstTile(made: Promise<Uint8Array>, bytes: Uint8Array): Promise<Uint8Array> {
  const original = await made;
  const longer = new Uint8Array(original.length + bytes.length);
  longer.set(original);
  longer.set(bytes, original.length);
  return patched(Promise.resolve(longer), (patch) => {
    patch.setElement(324, 0, original.length);
    patch.setElement(325, 0, bytes.length);
  });
}

/** An Aperio slide of JPEG 2000 whose first tile is a codestream of nothing but a header. */
function j2k(
  siz: {
    readonly width?: number;
    readonly height?: number;
    readonly tile?: number;
    readonly components?: number;
    readonly depth?: number;
    readonly dx?: number;
  },
  cut?: number,
): () => Promise<Uint8Array> {
  const { width = 64, height = 64, tile = 64, components = 3, depth = 7, dx = 1 } = siz;
  const listed = Math.min(components, 4);
  const header = new DataView(new ArrayBuffer(42 + listed * 3));
  header.setUint32(0, 0xff4fff51);
  header.setUint16(4, 38 + components * 3);
  [width, height, 0, 0, tile, tile, 0, 0].forEach((value, i) => {
    header.setUint32(8 + i * 4, value);
  });
  header.setUint16(40, components);
  for (let i = 0; i < listed; i++) {
    header.setUint8(42 + i * 3, depth);
    header.setUint8(43 + i * 3, dx);
    header.setUint8(44 + i * 3, 1);
  }
  const bytes = new Uint8Array(header.buffer).slice(0, cut);
  return async () =>
    patched(withFirstTile(pyramid({ description: APERIO }), bytes), (p) => {
      p.setValue(259, 33005);
      p.setValue(259, 33005, 1);
    });
}

const PNG_HEAD = '\x89PNG\r\n\x1a\n\0\0\0\rIHDR';

/** Refused by name until a driver reads them; a driver brings its own cases. */
const REFUSED: readonly (BrokenFile & { readonly format: string })[] = [
  {
    format: 'philips-isyntax',
    name: 'isyntax-any',
    make: bytesOf('<DataObject ObjectType="DPUfsImport">'),
    expect: unsupported(/iSyntax/),
  },
  {
    format: 'mirax',
    name: 'mirax-index',
    make: bytesOf('[GENERAL]\nSLIDE_VERSION = 01.02\n'),
    expect: unsupported(/MIRAX/),
  },
  {
    format: 'olympus-vsi',
    name: 'vsi-any',
    make: () => pyramid({ texts: { 33560: 'x' } }),
    expect: unsupported(/Olympus VSI/),
  },
  { format: 'sakura', name: 'sqlite-any', make: bytesOf('SQLite format 3\0'), expect: unsupported(/Sakura/) },
  {
    format: 'deep-zoom',
    name: 'dzi-any',
    make: bytesOf('<?xml version="1.0"?><Image xmlns="http://schemas.microsoft.com/deepzoom/2008">'),
    expect: unsupported(/Deep Zoom/),
  },
  { format: 'jpeg2000', name: 'jp2-any', make: bytesOf('\0\0\0\x0cjP  \r\n\x87\n'), expect: unsupported(/JPEG 2000/) },
  { format: 'jpeg2000', name: 'j2k-any', make: bytesOf('\xff\x4f\xff\x51'), expect: unsupported(/JPEG 2000/) },
  { format: 'webp', name: 'webp-any', make: bytesOf('RIFF\0\0\0\0WEBPVP8 '), expect: unsupported(/WebP/) },
  { format: 'heif', name: 'heif-any', make: bytesOf('\0\0\0\x18ftypheic'), expect: unsupported(/HEIF/) },
  { format: 'gif', name: 'gif-any', make: bytesOf('GIF89a'), expect: unsupported(/GIF/) },
  { format: 'pdf', name: 'pdf-any', make: bytesOf('%PDF-1.7'), expect: unsupported(/PDF/) },
  { format: 'zip', name: 'zip-any', make: bytesOf('PK\x03\x04'), expect: unsupported(/archive/) },
  {
    format: 'qptiff',
    name: 'qptiff-description',
    make: () => pyramid({ description: '<PerkinElmer-QPI-ImageDescription>' }),
    expect: unsupported(/QPTIFF/),
  },
];

export const BROKEN_FILES: readonly BrokenFile[] = [
  // Not a slide
  { name: 'none-empty-file', make: bytesOf(''), expect: open('slide/unrecognized', /is not a slide/) },
  { name: 'none-one-byte', make: bytesOf('I'), expect: open('slide/unrecognized', /is not a slide/) },
  {
    name: 'none-text',
    make: bytesOf('This is not a slide at all.\n'),
    expect: open('slide/unrecognized', /not a slide/),
  },
  { name: 'none-zeros', make: bytesOf('', 5000), expect: open('slide/unrecognized', /not a slide/) },

  ...REFUSED.filter(({ format }) => KNOWN_UNSUPPORTED.some(({ id }) => id === format)),

  ...OME_CASES,
  ...CZI_CASES,
  ...MAKER_CASES,
  ...SLIDE_CASES,

  // TIFF header and directories
  { name: 'tiff-header-only', make: bytesOf('II*\0'), expect: corrupt(/header is incomplete/) },
  {
    name: 'tiff-26-byte-loop',
    make: bytesOf('II*\0\x08\0\0\0\x01\0\0\x01\x03\0\x01\0\0\0\x01\0\0\0\x08\0\0\0'),
    expect: corrupt(/points back/),
  },
  { name: 'tiff-no-directories', make: bytesOf('II*\0\0\0\0\0'), expect: corrupt(/no directories/) },
  {
    name: 'tiff-first-past-end',
    make: bytesOf('II*\0\xff\xff\xff\x7f'),
    expect: corrupt(/directory 0 lies at byte 2147483647, past the end/),
  },
  { name: 'tiff-no-tags', make: bytesOf('MM\0*\0\0\0\x08\0\0\0\0\0\0'), expect: corrupt(/directory 0 has no tags/) },
  {
    name: 'tiff-loop-of-two',
    make: tiff((p) => p.setNext(p.directory(0), 1)),
    expect: corrupt(/directory 2 points back/),
  },
  {
    name: 'tiff-next-past-end',
    make: tiff((p) => p.setNext(0xfffffff0, 1)),
    expect: corrupt(/directory 2 lies .* past the end/),
  },
  {
    name: 'tiff-65535-tags',
    make: tiff((p) => p.view.setUint16(p.directory(0), 0xffff, true)),
    expect: corrupt(/claims 65535 tags/),
  },
  {
    name: 'tiff-4000-tags',
    make: tiff((p) => p.view.setUint16(p.directory(0), 4000, true)),
    expect: corrupt(/past the end/),
  },
  {
    name: 'bigtiff-offset-size-4',
    make: () => patched(pyramid({}, { big: true }), (p) => p.view.setUint16(4, 4, true)),
    expect: corrupt(/8-byte offsets/),
  },
  {
    name: 'bigtiff-2e18-tags',
    make: () => patched(pyramid({}, { big: true }), (p) => p.view.setBigUint64(p.directory(0), 2n ** 61n, true)),
    expect: corrupt(/claims \d+ tags/),
  },
  {
    name: 'bigtiff-big-endian-loop',
    make: () => patched(pyramid({}, { big: true, littleEndian: false }), (p) => p.setNext(p.directory(0), 0)),
    expect: corrupt(/points back/),
  },
  {
    name: 'tiff-chain-of-5000',
    make: async () => {
      // 5000 directories of one tag, 18 bytes each, each linked to the next.
      const out = new DataView(new ArrayBuffer(8 + 5000 * 18));
      out.setUint32(0, 0x49492a00);
      out.setUint32(4, 8, true);
      for (let i = 0; i < 5000; i++) {
        const at = 8 + i * 18;
        out.setUint16(at, 1, true);
        out.setUint16(at + 2, 256, true);
        out.setUint16(at + 4, 3, true);
        out.setUint32(at + 6, 1, true);
        out.setUint32(at + 14, i === 4999 ? 0 : at + 18, true);
      }
      return new Uint8Array(out.buffer);
    },
    expect: corrupt(/more than 4096 directories/),
  },
  {
    name: 'tiff-subifd-loop',
    make: () =>
      patched(
        pyramid({
          subImages: [
            {
              width: 16,
              height: 16,
              layout: { kind: 'tiles', width: 16, height: 16 },
              compression: 'none',
              read: () => undefined,
            },
          ],
        }),
        (p) => p.setValue(330, p.directory(0)),
      ),
    expect: corrupt(/subdirectory 0 of directory 0 points back/),
  },
  {
    name: 'tiff-subifd-billion',
    make: () =>
      patched(
        pyramid({
          subImages: [
            {
              width: 16,
              height: 16,
              layout: { kind: 'tiles', width: 16, height: 16 },
              compression: 'none',
              read: () => undefined,
            },
          ],
        }),
        (p) => p.setCount(330, 0x30000000),
      ),
    expect: corrupt(/claims 805306368 subdirectories/),
  },
  {
    name: 'tiff-no-width',
    make: tiff((p) => p.view.setUint16(p.entry(256), 60000, true)),
    expect: corrupt(/no directory has a size|has no width/),
  },
  { name: 'tiff-zero-width', make: tiff((p) => p.setValue(256, 0)), expect: corrupt(/claims/) },
  {
    name: 'tiff-huge-width',
    make: tiff((p) => p.setValue(256, 0xffffffff)),
    expect: corrupt(/claims 4294967295 x 200 px/),
  },
  {
    name: 'tiff-huge-both',
    make: tiff((p) => {
      p.setValue(256, 0x7fffffff);
      p.setValue(257, 0x7fffffff);
    }),
    expect: corrupt(/claims \d+ tiles/),
  },
  { name: 'tiff-tile-zero', make: tiff((p) => p.setValue(322, 0)), expect: corrupt(/tiles of 0 x 64/) },
  { name: 'tiff-tile-64k', make: tiff((p) => p.setValue(322, 65536)), expect: corrupt(/tiles of 65536 x 64/) },
  {
    name: 'tiff-tile-4g',
    make: tiff((p) => {
      p.setValue(322, 0xffffffff);
      p.setValue(323, 0xffffffff);
    }),
    expect: corrupt(/tiles of 4294967295 x 4294967295/),
  },
  {
    name: 'tiff-no-tile-height',
    make: tiff((p) => p.view.setUint16(p.entry(323), 60000, true)),
    expect: corrupt(/has no tile height/),
  },
  {
    name: 'tiff-no-offsets',
    make: tiff((p) => p.view.setUint16(p.entry(324), 60000, true)),
    expect: corrupt(/has no tile offsets/),
  },
  {
    name: 'tiff-no-byte-counts',
    make: tiff((p) => p.view.setUint16(p.entry(325), 60000, true)),
    expect: corrupt(/has no tile byte counts/),
  },
  {
    name: 'tiff-offsets-billions',
    make: tiff((p) => p.setCount(324, 0x30000000)),
    expect: corrupt(/tag 324 .* past the end|claims/),
  },
  { name: 'tiff-offsets-4-billion', make: tiff((p) => p.setCount(324, 0xffffffff)), expect: corrupt(/tag 324/) },
  {
    name: 'tiff-offsets-too-few',
    make: tiff((p) => p.setCount(324, 5)),
    expect: corrupt(/has 5 tile offsets for 20 tiles/),
  },
  {
    name: 'tiff-offsets-array-past-end',
    make: tiff((p) => p.setPointer(324, 0x7ffffff0)),
    expect: corrupt(/values of tag 324 lie past the end/),
  },
  {
    name: 'tiff-byte-counts-too-few',
    make: tiff((p) => p.setCount(325, 5)),
    expect: corrupt(/has 5 tile byte counts/),
  },
  { name: 'tiff-samples-zero', make: tiff((p) => p.setValue(277, 0)), expect: corrupt(/claims 0 samples/) },
  { name: 'tiff-samples-65535', make: tiff((p) => p.setValue(277, 65535)), expect: corrupt(/claims 65535 samples/) },
  { name: 'tiff-bits-billions', make: tiff((p) => p.setCount(258, 0x7fffffff)), expect: corrupt(/tag 258/) },
  { name: 'tiff-jpegtables-billions', make: tiff((p) => p.setCount(347, 0x7fffffff)), expect: corrupt(/tag 347/) },
  { name: 'tiff-jpegtables-past-end', make: tiff((p) => p.setPointer(347, 0x7ffffff0)), expect: corrupt(/tag 347/) },
  { name: 'tiff-level1-tile-zero', make: tiff((p) => p.setValue(322, 0, 1)), expect: corrupt(/tiles of 0 x 64/) },

  // Named and not read
  {
    name: 'tiff-compression-52479',
    make: tiff((p) => p.setValue(259, 52479)),
    expect: unsupported(/compression 52479/),
  },
  { name: 'tiff-old-jpeg', make: tiff((p) => p.setValue(259, 6)), expect: unsupported(/old-style JPEG/) },
  {
    name: 'tiff-lerc-that-is-jpeg',
    make: tiff((p) => p.setValue(259, 34887)),
    expect: tile(/LERC block has no header/),
  },
  { name: 'tiff-ccitt', make: tiff((p) => p.setValue(259, 4)), expect: unsupported(/CCITT/) },
  {
    name: 'tiff-float-predictor',
    make: () => patched(pyramid({ compression: 'deflate', predictor: 2 }), (p) => p.setValue(317, 3)),
    expect: unsupported(/floating-point predictor/),
  },
  {
    name: 'tiff-32-bit',
    make: deflate((p) => {
      for (let i = 0; i < 3; i++) p.setElement(258, i, 32);
    }),
    expect: unsupported(/32-bit samples/),
  },
  { name: 'tiff-mixed-bits', make: deflate((p) => p.setElement(258, 1, 16)), expect: unsupported(/different depth/) },
  {
    name: 'tiff-photometric-lab',
    make: deflate((p) => p.setValue(262, 8)),
    expect: unsupported(/photometric interpretation 8/),
  },
  {
    name: 'tiff-photometric-cmyk',
    make: deflate((p) => p.setValue(262, 5)),
    expect: unsupported(/photometric interpretation 5/),
  },
  {
    name: 'tiff-palette-without-map',
    make: deflate((p) => p.setValue(262, 3)),
    expect: corrupt(/no whole colour map/),
  },
  {
    name: 'tiff-ycbcr-subsampled-deflate',
    make: deflate((p) => p.setValue(262, 6)),
    expect: unsupported(/subsampled YCbCr/),
  },

  // Tiles
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

  // Strips
  { name: 'strips-whole', make: () => strips(), expect: { at: 'none' } },
  {
    name: 'strips-huge',
    make: () =>
      patched(strips(), (p) => {
        p.setValue(256, 0x7fffffff);
        p.setValue(278, 0x7fffffff);
        p.setValue(257, 0x7fffffff);
      }),
    expect: unsupported(/a strip of/),
  },
  {
    name: 'strips-no-offsets',
    make: () => patched(strips(), (p) => p.view.setUint16(p.entry(273), 60000, true)),
    expect: corrupt(/no strip offsets/),
  },
  {
    name: 'strips-zero-rows',
    make: () => patched(strips(), (p) => p.setValue(278, 0)),
    expect: corrupt(/strips of 0 rows/),
  },
  {
    name: 'strips-one-past-end',
    make: () => patched(strips(), (p) => p.setElement(273, 1, 0x7ffffff0)),
    expect: tile(/past the end of the file/),
  },

  // Aperio
  { name: 'aperio-whole', make: aperio(() => {}), expect: { at: 'none' } },
  {
    name: 'aperio-jpeg-called-jpeg2000',
    make: aperio((p) => p.setValue(259, 33005)),
    expect: tile(/JPEG 2000 stream has no header/),
  },
  { name: 'j2k-cut-in-header', make: j2k({}, 30), expect: tile(/JPEG 2000 stream is cut short/) },
  { name: 'j2k-header-only', make: j2k({}), expect: tile(/JPEG 2000 data is damaged/) },
  { name: 'j2k-other-size', make: j2k({ width: 65 }), expect: tile(/is 65 x 64 px and should be 64 x 64/) },
  { name: 'j2k-4g-squared', make: j2k({ width: 2 ** 32 - 1, height: 2 ** 32 - 1 }), expect: tile(/claims 4294967295/) },
  { name: 'j2k-no-size', make: j2k({ width: 0 }), expect: tile(/claims 0 x 64 px/) },
  { name: 'j2k-no-components', make: j2k({ components: 0 }), expect: tile(/cut short/) },
  { name: 'j2k-16384-components', make: j2k({ components: 16384 }), expect: tile(/cut short/) },
  { name: 'j2k-two-components', make: j2k({ components: 2 }), expect: tile(/2 components is not supported/) },
  { name: 'j2k-signed', make: j2k({ depth: 0x87 }), expect: tile(/signed 8-bit samples is not supported/) },
  { name: 'j2k-38-bit', make: j2k({ depth: 37 }), expect: tile(/38-bit samples is not supported/) },
  { name: 'j2k-subsampling-zero', make: j2k({ dx: 0 }), expect: tile(/components of different kinds/) },
  { name: 'j2k-tiny-tiles', make: j2k({ tile: 1 }), expect: tile(/JPEG 2000 data is damaged/) },
  { name: 'aperio-directory-loop', make: aperio((p) => p.setNext(p.directory(0), 1)), expect: corrupt(/points back/) },
  { name: 'aperio-truncated-tile', make: aperio((p) => p.setElement(325, 0, 30)), expect: tile(/JPEG/) },
  { name: 'aperio-zero-length-tile', make: aperio((p) => p.setElement(325, 0, 0)), expect: { at: 'none' } },
  {
    name: 'aperio-unknown-compression',
    make: aperio((p) => p.setValue(259, 52479)),
    expect: unsupported(/Aperio SVS .* compression 52479/),
  },
  { name: 'aperio-no-tile-width-value', make: aperio((p) => p.setValue(322, 0)), expect: corrupt(/tiles of 0/) },

  // Plain images
  { name: 'png-header-only', make: bytesOf('\x89PNG\r\n\x1a\n'), expect: corrupt(/PNG header is incomplete/) },
  {
    name: 'png-huge',
    make: bytesOf(`${PNG_HEAD}\x7f\xff\xff\xff\x7f\xff\xff\xff\x08\x02\0\0\0`, 60),
    expect: unsupported(/2147483647 x 2147483647/),
  },
  { name: 'png-no-data', make: bytesOf(`${PNG_HEAD}\0\0\0\x10\0\0\0\x10\x08\x02\0\0\0`, 60), expect: corrupt(/PNG/) },
  {
    name: 'png-bad-colour-type',
    make: bytesOf(`${PNG_HEAD}\0\0\0\x10\0\0\0\x10\x08\x09\0\0\0`, 60),
    expect: corrupt(/PNG header makes no sense/),
  },
  {
    name: 'png-bomb',
    make: async () => {
      const data = await bomb(2 ** 25);
      const head = await bytesOf(`${PNG_HEAD}\0\0\0\x10\0\0\0\x10\x08\x02\0\0\0\0\0\0\0`)();
      const out = new Uint8Array(head.length + 12 + data.length + 12);
      out.set(head);
      new DataView(out.buffer).setUint32(head.length, data.length);
      out.set([0x49, 0x44, 0x41, 0x54], head.length + 4);
      out.set(data, head.length + 8);
      out.set([0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44], head.length + 12 + data.length);
      return out;
    },
    expect: corrupt(/more pixels than its header says/),
  },
  { name: 'jpeg-start-only', make: bytesOf('\xff\xd8\xff'), expect: corrupt(/JPEG/) },
  {
    name: 'jpeg-huge',
    make: bytesOf('\xff\xd8\xff\xc0\0\x11\x08\xff\xff\xff\xff\x03\x01\x22\0\x02\x11\x01\x03\x11\x01\xff\xda'),
    expect: unsupported(/65535 x 65535/),
  },
  {
    name: 'jpeg-8000-squared-empty',
    make: bytesOf(
      '\xff\xd8\xff\xc0\0\x11\x08\x1f\x40\x1f\x40\x03\x01\x22\0\x02\x11\x01\x03\x11\x01\xff\xda\0\x0c\x03\x01\0\x02\x11\x03\x11\0\x3f\0',
    ),
    expect: corrupt(/JPEG/),
  },
  {
    name: 'jpeg-progressive-8000-squared-empty',
    make: bytesOf(
      '\xff\xd8\xff\xc2\0\x11\x08\x1f\x40\x1f\x40\x03\x01\x22\0\x02\x11\x01\x03\x11\x01\xff\xda\0\x0c\x03\x01\0\x02\x11\x03\x11\0\x3f\0',
    ),
    expect: corrupt(/JPEG/),
  },
  {
    name: 'jpeg-ls',
    make: bytesOf('\xff\xd8\xff\xf7\0\x0b\x08\0\x10\0\x10\x01\x01\x11\0\xff\xda'),
    expect: unsupported(/JPEG-LS/),
  },
];
