/** Broken and odd files of makers' TIFF dialects for the case table. */
import { tiffBytes } from '../slide/tiff/write.ts';
import { type BrokenFile, corrupt, tile, unsupported } from './broken-file.ts';
import { patchTiff, type TiffPatch } from './patch-tiff.ts';
import { pyramidImages } from './synthetic-slide.ts';
import { bifBytes } from './written/bif.ts';
import { philipsBytes } from './written/philips.ts';
import { trestleBytes } from './written/trestle.ts';

const none = { at: 'none' } as const;

/** A file with one text in it replaced by another of the same length, or patched by tag. */
function changed(
  make: () => Promise<Uint8Array>,
  change: { readonly text?: readonly [string, string]; readonly patch?: (patch: TiffPatch) => void },
): () => Promise<Uint8Array> {
  return async () => {
    const patch = patchTiff(await make());
    const { text } = change;
    if (text) {
      const latin1 = new TextDecoder('latin1').decode(patch.bytes);
      const at = latin1.indexOf(text[0]);
      if (at < 0 || text[0].length !== text[1].length) throw new RangeError(`cannot replace ${text[0]}`);
      for (let i = 0; i < text[1].length; i++) patch.bytes[at + i] = text[1].charCodeAt(i);
    }
    change.patch?.(patch);
    return patch.bytes;
  };
}

const maker =
  (prefix: string, make: () => Promise<Uint8Array>) =>
  (name: string, expect: BrokenFile['expect'], change: Parameters<typeof changed>[1] = {}): BrokenFile => ({
    name: `${prefix}-${name}`,
    make: changed(make, change),
    expect,
  });

const philips = maker('philips', () =>
  philipsBytes({ cols: 3, rows: 2, downsamples: [1, 2], missing: [], big: false }),
);

const bif = maker('bif', () =>
  bifBytes({
    frame: 64,
    cols: 3,
    rows: 2,
    levels: 2,
    leftward: true,
    areas: [{ col: 0, row: 0, cols: 3, rows: 2, overlapX: 16, overlapY: 8, x: 10, y: 0, scanned: true }],
  }),
);
const trestle = maker('trestle', () =>
  trestleBytes({
    tile: 64,
    missing: [1],
    background: 'ffffff',
    mpp: 0.5,
    levels: [{ cols: 3, rows: 2, downsample: 1, overlap: [16, 8] }],
  }),
);

const plainLevels = (texts: Readonly<Record<number, string>>) => () => {
  const size = { width: 100, height: 80, tile: 64, downsamples: [1, 2], mpp: 0.5, compression: 'deflate' } as const;
  const [first, ...rest] = pyramidImages({ ...size, paint: () => [90, 80, 70] });
  return tiffBytes({ images: first ? [{ ...first, texts }, ...rest] : [] });
};
const huron = maker('huron', plainLevels({ 271: 'Huron Digital Pathology' }));
const argos = maker(
  'argos',
  plainLevels({ 65000: '<Argos.Scan.Metadata><MinZ>0</MinZ><MaxZ>0</MaxZ></Argos.Scan.Metadata>' }),
);

const ini = (name: string, text: string, expect: BrokenFile['expect']): BrokenFile => ({
  name,
  make: async () => new TextEncoder().encode(text),
  expect,
});

export const MAKER_CASES: readonly BrokenFile[] = [
  ini('vms-no-images', '[Virtual Microscope Specimen]\nNoLayers=1\n', corrupt(/says NoJpegColumns = undefined/)),
  ini(
    'vms-alone',
    '[Virtual Microscope Specimen]\nNoJpegColumns=1\nNoJpegRows=1\nImageFile=a.jpg\n',
    unsupported(/Hamamatsu VMS .* without its file a\.jpg/),
  ),
  ini('vmu-no-images', '[Uncompressed Virtual Microscope Specimen]\n', corrupt(/names no image \(0,0\)/)),
  ini(
    'vmu-alone',
    '[Uncompressed Virtual Microscope Specimen]\nImageFile=a.ngr\n',
    unsupported(/Hamamatsu VMU .* without its file a\.ngr/),
  ),

  philips('whole', none),
  philips('spacing-zero', none, {
    text: ['&quot;0.0005&quot; &quot;0.0005&quot;', '&quot;0.0000&quot; &quot;0.0000&quot;'],
  }),
  philips('spacing-garbled', none, { text: ['&quot;0.0005&quot;', '&quot;abcdef&quot;'] }),
  philips('label-not-base64', none, { text: ['/9j/4AAQ', '!!!!!!!!'] }),
  philips('not-xml', corrupt(/description is not valid XML|names no slide image/), {
    text: ['<DataObject ObjectType="DPScannedImage">', '<DataObject ObjectType="DPScannedImage"<'],
  }),
  philips('no-slide-image', corrupt(/names no slide image/), { text: ['>WSI<', '>XYZ<'] }),
  philips('no-array', corrupt(/names no slide image/), {
    text: ['"PIM_DP_SCANNED_IMAGES"', '"PIM_DP_SCANNED_IMAGEX"'],
  }),
  philips('compression-52479', unsupported(/Philips TIFF .* compression 52479/), {
    patch: (p) => p.setValue(259, 52479),
  }),
  philips('tile-zero', corrupt(/tiles of 0 x 64/), { patch: (p) => p.setValue(322, 0) }),
  philips('tile-past-end', tile(/past the end of the file/), { patch: (p) => p.setElement(324, 0, 0x7ffffff0) }),
  philips('tile-missing', none, { patch: (p) => p.setElement(325, 0, 0) }),

  bif('whole', none),
  bif('direction-unknown', none, { text: ['Direction="LEFT"', 'Direction="FROM"'] }),
  bif('confidence-not-a-number', none, { text: ['Confidence="98"', 'Confidence="xx"'] }),
  bif('one-overlap-of-a-frame', none, {
    text: ['OverlapX="16"', 'OverlapX="99"'],
  }),
  bif('xmp-garbled', none, {
    text: ['<EncodeInfo Ver="2">', '<EncodeInfo Ver="2"<'],
  }),
  bif('iscan-not-xml', corrupt(/its XMP is not valid XML/), { text: ['ScanRes="0.465" ', 'ScanRes="0.465 <'] }),
  bif('frames-of-another-size', corrupt(/frames of another size than its tiles/), {
    text: [' Width="64"', ' Width="65"'],
  }),
  bif('area-without-columns', corrupt(/scanned area 0 has no NumCols/), { text: ['NumCols', 'NumCels'] }),
  bif('area-of-no-columns', corrupt(/lies outside the tiles/), { text: ['NumCols="3"', 'NumCols="0"'] }),
  bif('area-past-the-grid', corrupt(/lies outside the tiles/), { text: ['NumCols="3"', 'NumCols="4"'] }),
  bif('area-without-origin', corrupt(/has no OriginX/), { text: ['<AOI0 ', '<AOI7 '] }),
  bif('area-between-tiles', corrupt(/lies outside the tiles/), { text: ['OriginX="0"', 'OriginX="1"'] }),
  bif('nothing-scanned', corrupt(/none of its areas was scanned/), { text: ['AOIScanned="1"', 'AOIScanned="0"'] }),
  bif('area-nowhere', corrupt(/scanned area 0 has no Pos-X/), { text: ['Pos-X="10"', 'Pos-X="xx"'] }),
  bif('no-level-0', corrupt(/has no level 0/), { text: ['level=0 mag', 'level=7 mag'] }),
  bif('tile-past-end', tile(/past the end of the file/), {
    patch: (p) => p.setElement(324, 0, 2 ** 40, 2),
  }),

  trestle('whole', none),
  trestle('tile-missing', none, {}),
  trestle('overlaps-not-numbers', corrupt(/tiles overlap by NaN x 8 px/), {
    text: ['OverlapsXY= 16', 'OverlapsXY= xx'],
  }),
  trestle('overlaps-of-a-tile', corrupt(/tiles overlap by 64 x 8 px/), { text: ['OverlapsXY= 16', 'OverlapsXY= 64'] }),
  trestle('overlaps-none', none, { text: ['OverlapsXY', 'OverlapsAB'] }),
  trestle('background-not-a-colour', none, { text: ['Color=ffffff', 'Color=red!!!'] }),
  trestle('compression-52479', unsupported(/Trestle TIFF .* compression 52479/), {
    patch: (p) => p.setValue(259, 52479),
  }),
  trestle('tile-past-end', tile(/past the end of the file/), { patch: (p) => p.setElement(324, 0, 0x7ffffff0) }),

  huron('whole', none),
  huron('compression-52479', unsupported(/Huron TIFF .* compression 52479/), { patch: (p) => p.setValue(259, 52479) }),
  huron('tile-zero', corrupt(/tiles of 0 x 64/), { patch: (p) => p.setValue(322, 0) }),
  huron('tile-past-end', tile(/past the end of the file/), { patch: (p) => p.setElement(324, 0, 0x7ffffff0) }),
  huron('tile-missing', none, { patch: (p) => p.setElement(325, 0, 0) }),
  huron('level1-no-offsets', corrupt(/level 1 has no tile offsets/), {
    patch: (p) => p.view.setUint16(p.entry(324, 1), 60000, true),
  }),

  argos('whole', none),
  argos('planes-of-nothing', none, { text: ['<MaxZ>0', '<MaxZ>x'] }),
  argos('planes-too-many', corrupt(/2 levels for 6 focal planes/), { text: ['<MaxZ>0', '<MaxZ>5'] }),
  argos('not-its-xml', none, { text: ['<Argos.Scan.Metadata>', '<Argus.Scan.Metadata>'] }),
  argos('metadata-past-end', corrupt(/tag 65000/), { patch: (p) => p.setPointer(65000, 0x7ffffff0) }),
  argos('compression-52479', unsupported(/ARGOS AVS .* compression 52479/), { patch: (p) => p.setValue(259, 52479) }),
  argos('tile-past-end', tile(/past the end of the file/), { patch: (p) => p.setElement(324, 0, 0x7ffffff0) }),
];
