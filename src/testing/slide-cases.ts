/** Broken and odd NDPI, VMS, VMU, SCN, DICOM, MIRAX and Deep Zoom slides for the case table: a whole seed and one named change. */
import { type BrokenFile, corrupt, open, tile, unsupported } from './broken-file.ts';
import { patchTiff, type TiffPatch } from './patch-tiff.ts';
import { MAKER_SEEDS } from './seeds.ts';

const none = { at: 'none' } as const;

/** Makes the broken file of a seed from the whole one; undefined leaves the file out. */
type Change = (whole: Uint8Array) => Uint8Array | undefined;

function row(seedName: string, name: string, expect: BrokenFile['expect'], change: Change): BrokenFile {
  const seed = MAKER_SEEDS.find((one) => one.name === seedName);
  if (!seed) throw new RangeError(`no seed ${seedName}`);
  return {
    name,
    main: seed.main,
    async make() {
      const files = new Map(await seed.make());
      const broken = change((files.get(seed.broken) ?? new Uint8Array()).slice());
      if (broken) files.set(seed.broken, broken);
      else files.delete(seed.broken);
      return files;
    },
    expect,
  };
}

const whole: Change = (bytes) => bytes;
const cut =
  (length: number): Change =>
  (bytes) =>
    bytes.slice(0, length);

const latin1 = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));

/** One text in the file replaced by another of any length. */
const text =
  (from: string, to: string): Change =>
  (bytes) => {
    const before = new TextDecoder('latin1').decode(bytes);
    if (!before.includes(from)) throw new RangeError(`no ${from} to replace`);
    return latin1(before.replace(from, to));
  };

const tags =
  (change: (patch: TiffPatch) => void): Change =>
  (bytes) => {
    const patch = patchTiff(bytes);
    change(patch);
    return patch.bytes;
  };

/** The value of a DICOM element overwritten, or its length where `at` is 'length'. */
const element =
  (group: number, number: number, value: readonly number[] | string, at: 'value' | 'length' = 'value'): Change =>
  (bytes) => {
    const id = [group & 255, group >> 8, number & 255, number >> 8];
    const start = bytes.findIndex((_, i) => i > 131 && id.every((byte, k) => bytes[i + k] === byte));
    if (start < 0) throw new RangeError('no such element');
    const isLong = ['OB', 'OV', 'SQ'].includes(String.fromCharCode(bytes[start + 4] ?? 0, bytes[start + 5] ?? 0));
    const offset = at === 'length' ? (isLong ? 8 : 6) : isLong ? 12 : 8;
    bytes.set(typeof value === 'string' ? latin1(value) : value, start + offset);
    return bytes;
  };

const int32 =
  (at: number, value: number): Change =>
  (bytes) => {
    new DataView(bytes.buffer).setInt32(at, value, true);
    return bytes;
  };

const ndpi = (name: string, expect: BrokenFile['expect'], change: Change) =>
  row('NDPI', `ndpi-${name}`, expect, change);
const scn = (name: string, expect: BrokenFile['expect'], change: Change) =>
  row('Leica SCN', `scn-${name}`, expect, change);
const dicom = (name: string, expect: BrokenFile['expect'], change: Change) =>
  row('DICOM, raw', `dicom-${name}`, expect, change);
const coded = (name: string, expect: BrokenFile['expect'], change: Change) =>
  row('DICOM, JPEG, basic offsets', `dicom-${name}`, expect, change);
const sparse = (name: string, expect: BrokenFile['expect'], change: Change) =>
  row('DICOM, raw, sparse', `dicom-${name}`, expect, change);
const ini = (name: string, expect: BrokenFile['expect'], change: Change) =>
  row('MIRAX, Slidedat.ini, positions plain', `mirax-${name}`, expect, change);
const index = (name: string, expect: BrokenFile['expect'], change: Change) =>
  row('MIRAX, Index.dat, positions plain', `mirax-${name}`, expect, change);
const dat = (name: string, expect: BrokenFile['expect'], change: Change) =>
  row('MIRAX, Data0000.dat, positions deflated', `mirax-${name}`, expect, change);
const vms = (name: string, expect: BrokenFile['expect'], change: Change) =>
  row('Hamamatsu VMS, v.vms', `vms-${name}`, expect, change);
const vmsImage = (name: string, expect: BrokenFile['expect'], change: Change) =>
  row('Hamamatsu VMS, v-1-0.jpg', `vms-${name}`, expect, change);
const vmu = (name: string, expect: BrokenFile['expect'], change: Change) =>
  row('Hamamatsu VMU, v.vmu', `vmu-${name}`, expect, change);
const ngr = (name: string, expect: BrokenFile['expect'], change: Change) =>
  row('Hamamatsu VMU, v.ngr', `vmu-${name}`, expect, change);
const dzi = (name: string, expect: BrokenFile['expect'], change: Change) =>
  row('Deep Zoom, d.dzi', `dzi-${name}`, expect, change);
const dziTile = (name: string, expect: BrokenFile['expect'], change: Change) =>
  row('Deep Zoom, d_files/5/0_0.jpg', `dzi-${name}`, expect, change);

/** The frame header of a JPEG, whose size is made another. */
const jpegSize =
  (width: number, height: number): Change =>
  (bytes) => {
    const at = bytes.findIndex((byte, i) => byte === 0xff && bytes[i + 1] === 0xc0);
    bytes.set([height >> 8, height & 255, width >> 8, width & 255], at + 5);
    return bytes;
  };

/** Where Index.dat keeps its two roots, behind version and slide id. */
const ROOT = 5 + 32;

export const SLIDE_CASES: readonly BrokenFile[] = [
  ndpi('whole', none, whole),
  ndpi(
    'no-strip',
    corrupt(/level 0 .* has no strip offset/),
    tags((p) => p.view.setUint16(p.entry(273), 60000, true)),
  ),
  ndpi(
    'strip-past-end',
    corrupt(/lies past the end of the file/),
    tags((p) => p.setValue(273, 0x7ffffff0)),
  ),
  ndpi(
    'strip-2g',
    corrupt(/lies past the end of the file/),
    tags((p) => p.setValue(279, 0x7ffffff0)),
  ),
  ndpi(
    'jpeg-xr',
    unsupported(/Hamamatsu NDPI .* JPEG XR/),
    tags((p) => p.setValue(259, 22610)),
  ),
  ndpi(
    'compression-1',
    unsupported(/Hamamatsu NDPI .* compression 1 /),
    tags((p) => p.setValue(259, 1)),
  ),
  ndpi(
    'zero-width',
    corrupt(/level 0 .* has no width/),
    tags((p) => p.setValue(256, 0)),
  ),
  ndpi(
    'huge',
    corrupt(/8 restart intervals and should have 18014398509481984/),
    tags((p) => {
      p.setValue(256, 0x7fffffff);
      p.setValue(257, 0x7fffffff);
    }),
  ),
  ndpi(
    'directory-loop',
    corrupt(/points back/),
    tags((p) => p.setNext(p.directory(0), 1)),
  ),
  ndpi(
    'restarts-billions',
    corrupt(/values of tag 65426 lie past the end/),
    tags((p) => p.setCount(65426, 0x7fffffff)),
  ),
  ndpi(
    'restarts-too-few',
    corrupt(/restart intervals and should have/),
    tags((p) => p.setCount(65426, 3)),
  ),
  ndpi(
    'restart-past-end',
    tile(/has no sensible place/),
    tags((p) => p.setElement(65426, 1, 0x7ffffff0)),
  ),
  ndpi('truncated', corrupt(/past the end of the file/), cut(2000)),

  scn('whole', none, whole),
  scn('area-without-name', none, text('name="area"', 'nama="area"')),
  scn('collection-zero', corrupt(/collection has no size/), text('sizeX="60000"', 'sizeX="00000"')),
  scn('collection-no-number', corrupt(/collection has no size/), text('sizeX="60000"', 'sizeX="abcde"')),
  scn('directory-99', corrupt(/names directory 9/), text('ifd="1"', 'ifd="9"')),
  scn('xml-broken', corrupt(/collection has no size/), text('<collection', '<<ollection')),
  scn('no-view', corrupt(/an image of its XML has no sizeX/), text('<view ', '<vieu ')),
  scn(
    'tile-zero',
    corrupt(/tiles of 0 x 64/),
    tags((p) => p.setValue(322, 0, 1)),
  ),
  scn('truncated', corrupt(/past the end of the file/), cut(4000)),

  dicom('whole', none, whole),
  dicom('preamble-only', corrupt(/DICOM header is invalid/), cut(132)),
  dicom('cut-in-header', corrupt(/DICOM header is invalid/), cut(400)),
  dicom('cut-in-pixels', corrupt(/has 3072 bytes for 4 frames of 768/), cut(3000)),
  dicom('frames-65535-squared', corrupt(/claims frames of/), element(0x28, 0x11, [0xff, 0xff])),
  dicom('zero-columns', corrupt(/DICOM image has no size/), element(0x28, 0x11, [0, 0])),
  dicom('total-4g', corrupt(/claims \d+ x 28 px/), element(0x48, 6, [0xff, 0xff, 0xff, 0xff])),
  dicom('frames-more-than-bytes', corrupt(/bytes for 9 frames/), element(0x28, 8, '9 ')),
  dicom('samples-7', corrupt(/claims 7 samples a pixel/), element(0x28, 2, [7, 0])),
  dicom('bits-64', unsupported(/64-bit samples/), element(0x28, 0x100, [64, 0])),
  dicom('photometric-unknown', unsupported(/photometric interpretation/), element(0x28, 4, 'XYZ ')),
  dicom('transfer-syntax-unknown', unsupported(/transfer syntax/), element(2, 0x10, '1.2.840.10008.1.2.9')),
  dicom('group-length-4g', none, element(2, 0, [0xff, 0xff, 0xff, 0x7f])),
  dicom(
    'pixels-4g',
    corrupt(/has 4294967294 bytes for 4 frames/),
    element(0x7fe0, 0x10, [0xfe, 0xff, 0xff, 0xff], 'length'),
  ),
  sparse('sparse-whole', none, whole),
  sparse('sparse-positions-cut', corrupt(/places 1 of its 4 frames/), element(0x5200, 0x9230, [8, 0, 0, 0], 'length')),
  coded('jpeg-whole', none, whole),
  coded('jpeg-cut', tile(/frame 0 has no sensible fragments/), cut(1400)),
  coded(
    'offset-table-4g',
    corrupt(/DICOM header is invalid/),
    element(0xfffe, 0xe000, [0xff, 0xff, 0xff, 0x7f], 'length'),
  ),

  ini('whole', none, whole),
  ini('slidedat-empty', open('slide/unrecognized', /m.mrxs is not a slide/), cut(0)),
  ini('slidedat-missing', none, () => undefined),
  ini('slidedat-cut', corrupt(/Slidedat.ini has no/), cut(200)),
  ini(
    'images-billions',
    corrupt(/Slidedat.ini says IMAGENUMBER_X/),
    text('IMAGENUMBER_X = 2', 'IMAGENUMBER_X = 99999999999'),
  ),
  ini('images-negative', corrupt(/Slidedat.ini says IMAGENUMBER_X/), text('IMAGENUMBER_X = 2', 'IMAGENUMBER_X = -2')),
  ini('divisions-zero', corrupt(/CameraImageDivisionsPerSide/), text('PerSide = 1', 'PerSide = 0')),
  ini('no-zoom-levels', corrupt(/names no zoom levels/), text('Slide zoom level', 'Slide soom level')),
  ini('levels-billions', corrupt(/HIER_0_COUNT/), text('HIER_0_COUNT = 2', 'HIER_0_COUNT = 2000000000')),
  ini('format-jpx', unsupported(/3DHISTECH MIRAX .* JPX images/), text('IMAGE_FORMAT = JPEG', 'IMAGE_FORMAT = JPX')),
  ini('no-index', corrupt(/INDEXFILE/), text('INDEXFILE', 'INDEXFILF')),
  ini('index-not-given', open('slide/read-failed', /was not given/), text('Index.dat', 'Other.dat')),
  ini('data-not-given', open('slide/read-failed', /was not given/), text('Data0000.dat', 'Data0001.dat')),
  ini('another-slide', corrupt(/belongs to another slide/), text('SLIDE_ID = 0', 'SLIDE_ID = 9')),
  index('index-empty', corrupt(/belongs to another slide/), cut(0)),
  index('index-cut', corrupt(/Index.dat is too short/), cut(ROOT + 4)),
  index('index-root-past-end', corrupt(/Index.dat is too short/), int32(ROOT, 0x7fffffff)),
  index('index-root-negative', corrupt(/Index.dat is too short/), int32(ROOT, -8)),
  index('index-root-itself', corrupt(/has no list of level 0/), int32(ROOT, ROOT)),
  index('index-records-past-end', corrupt(/too short for record 1/), int32(ROOT + 4, 0x7fffffff)),
  dat('data-empty', corrupt(/an image lies past the end of its data file/), cut(0)),
  dat('data-cut', corrupt(/an image lies past the end of its data file/), cut(300)),

  vms('whole', none, whole),
  vms('columns-other', corrupt(/says NoJpegColumns = 3 and names 2/), text('NoJpegColumns=2', 'NoJpegColumns=3')),
  vms('columns-billions', corrupt(/names the image ImageFile/), text('ImageFile(1,0)', 'ImageFile(999999999,0)')),
  vms('image-twice', corrupt(/names v-0-0.jpg twice/), text('=v-1-0.jpg', '=v-0-0.jpg')),
  vms('physical-width-nonsense', none, text('PhysicalWidth=', 'PhysicalWidth=x')),
  vms('optimisation-missing', none, text('OptimisationFile=v.opt', 'OptimisationFile=w.opt')),
  vms('cut', corrupt(/NoJpegRows|names/), cut(90)),
  vmsImage('image-not-given', unsupported(/Hamamatsu VMS .* without its file v-1-0\.jpg/), () => undefined),
  vmsImage('image-empty', corrupt(/no start marker/), cut(0)),
  vmsImage('image-header-cut', corrupt(/JPEG header is cut short/), cut(600)),
  vmsImage('image-65528-squared', unsupported(/restart intervals that do not divide a row/), jpegSize(65528, 65528)),
  vmsImage('image-65528-high', corrupt(/not as high as its neighbour/), jpegSize(64, 65528)),
  vmsImage('image-zero', corrupt(/has no size/), jpegSize(0, 16)),
  vmu('whole', none, whole),
  vmu('cut', corrupt(/names no image/), cut(60)),
  vmu('bits-not-a-number', none, text('BitsPerPixel=36', 'BitsPerPixel=xx')),
  ngr('image-not-given', unsupported(/Hamamatsu VMU .* without its file v\.ngr/), () => undefined),
  ngr('image-empty', corrupt(/v\.ngr is cut short/), cut(0)),
  ngr('image-half', corrupt(/v\.ngr is cut short/), cut(2000)),
  ngr('image-of-another-kind', unsupported(/v\.ngr, which is no NGR image/), (bytes) => bytes.fill(0, 0, 2)),
  ngr('image-2g-squared', corrupt(/v\.ngr claims 2147483647 x 32 px/), int32(4, 0x7fffffff)),
  ngr('image-columns-zero', corrupt(/in columns of 0/), int32(12, 0)),
  ngr('image-columns-do-not-divide', corrupt(/in columns of 15/), int32(12, 15)),
  ngr('image-start-negative', corrupt(/v\.ngr is cut short/), int32(24, -1)),

  dzi('whole', none, whole),
  dzi('empty', open('slide/unrecognized', /d.dzi is not a slide/), cut(0)),
  dzi('cut', corrupt(/description is not valid XML/), cut(120)),
  dzi('size-zero', corrupt(/Width = 0/), text('Width="24"', 'Width="0"')),
  dzi('size-huge', corrupt(/Width = /), text('Width="24"', 'Width="99999999999"')),
  dzi('tile-size-zero', corrupt(/TileSize = 0/), text('TileSize="16"', 'TileSize="0"')),
  dzi('tile-size-huge', corrupt(/TileSize = /), text('TileSize="16"', 'TileSize="99999999"')),
  dzi('overlap-negative', corrupt(/Overlap = -1/), text('Overlap="1"', 'Overlap="-1"')),
  dzi('format-tif', unsupported(/tiles of kind tif/), text('Format="jpg"', 'Format="tif"')),
  dzi('format-path', unsupported(/tiles of kind \.\.\/jpg/), text('Format="jpg"', 'Format="../jpg"')),
  dziTile('tile-empty', tile(/no start marker/), cut(0)),
  dziTile('tile-half', tile(/JPEG header is cut short/), cut(400)),
  dziTile('tile-not-given', none, () => undefined),
  dziTile('tile-other-size', tile(/JPEG data is damaged/), (bytes) => {
    const at = bytes.findIndex((byte, i) => byte === 0xff && bytes[i + 1] === 0xc0);
    bytes[at + 8] = 15;
    return bytes;
  }),
];
