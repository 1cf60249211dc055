/** Broken and odd TIFF files for the case table: header, directories, sizes, codings and strips. */
import { tiffBytes } from '../slide/tiff/write.ts';
import { type BrokenFile, corrupt, tile, unsupported } from './broken-file.ts';
import { bytesOf, deflate, patched, pyramid, tiff } from './damaged-tiff.ts';

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

/** Level 0 has one smaller image in a directory below its own. */
const withSubImage = () =>
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
  });

export const TIFF_CASES: readonly BrokenFile[] = [
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
    make: () => patched(withSubImage(), (p) => p.setValue(330, p.directory(0))),
    expect: corrupt(/subdirectory 0 of directory 0 points back/),
  },
  {
    name: 'tiff-subifd-billion',
    make: () => patched(withSubImage(), (p) => p.setCount(330, 0x30000000)),
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
];
