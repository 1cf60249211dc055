/** Broken Aperio slides for the case table, and JPEG 2000 streams in them. */
import { type BrokenFile, corrupt, tile, unsupported } from './broken-file.ts';
import { patched, pyramid, withFirstTile } from './damaged-tiff.ts';
import type { TiffPatch } from './patch-tiff.ts';

const APERIO =
  'Aperio Image Library v11.2.1\r\n300x200 [0,0 300x200] (64x64) JPEG/RGB Q=90|AppMag = 20|MPP = 0.4990|Left = 1,5';

const aperio = (change: (patch: TiffPatch) => void) => () => patched(pyramid({ description: APERIO }), change);

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

export const APERIO_CASES: readonly BrokenFile[] = [
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
];
