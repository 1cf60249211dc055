/** Broken CZI files for the case table: one image of 8 x 4 px, and one named change. */
import { type BrokenFile, corrupt, tile, unsupported } from './broken-file.ts';

const DIRECTORY = 32 + 512;
const ENTRY = DIRECTORY + 32 + 128;
const AXES = 3;
const SUBBLOCK = ENTRY + 32 + AXES * 20;
const DATA = SUBBLOCK + 32 + 256;

interface Change {
  readonly pixelType?: number;
  readonly compression?: number;
  readonly stored?: readonly [number, number];
  readonly start?: number;
  readonly data?: Uint8Array;
  readonly xml?: string;
  readonly patch?: (view: DataView, bytes: Uint8Array) => void;
}

/** Header, directory of one entry, one subblock, metadata. */
function czi(change: Change = {}): () => Promise<Uint8Array> {
  const { pixelType = 0, compression = 0, stored = [8, 4], start = 0, data = new Uint8Array(32).fill(7) } = change;
  const xml = new TextEncoder().encode(change.xml ?? '<ImageDocument><Metadata/></ImageDocument>');
  return async () => {
    const metadata = DATA + data.length;
    const bytes = new Uint8Array(metadata + 32 + 256 + xml.length);
    const view = new DataView(bytes.buffer);
    const text = (at: number, value: string) => bytes.set(new TextEncoder().encode(value), at);
    const segment = (at: number, id: string, size: number) => {
      text(at, id);
      view.setBigInt64(at + 16, BigInt(size), true);
      view.setBigInt64(at + 24, BigInt(size), true);
    };
    segment(0, 'ZISRAWFILE', 512);
    view.setBigInt64(32 + 52, BigInt(DIRECTORY), true);
    view.setBigInt64(32 + 60, BigInt(metadata), true);
    segment(DIRECTORY, 'ZISRAWDIRECTORY', SUBBLOCK - DIRECTORY - 32);
    view.setInt32(DIRECTORY + 32, 1, true);
    text(ENTRY, 'DV');
    view.setInt32(ENTRY + 2, pixelType, true);
    view.setBigInt64(ENTRY + 6, BigInt(SUBBLOCK), true);
    view.setInt32(ENTRY + 18, compression, true);
    view.setInt32(ENTRY + 28, AXES, true);
    for (const [i, [name, from, size]] of (
      [
        ['X', start, stored[0]],
        ['Y', 0, stored[1]],
        ['C', 0, 1],
      ] as const
    ).entries()) {
      const at = ENTRY + 32 + i * 20;
      text(at, name);
      view.setInt32(at + 4, from, true);
      view.setInt32(at + 8, size, true);
      view.setInt32(at + 16, size, true);
    }
    segment(SUBBLOCK, 'ZISRAWSUBBLOCK', 256 + data.length);
    view.setBigInt64(SUBBLOCK + 32 + 8, BigInt(data.length), true);
    bytes.set(data, DATA);
    segment(metadata, 'ZISRAWMETADATA', 256 + xml.length);
    view.setInt32(metadata + 32, xml.length, true);
    bytes.set(xml, metadata + 32 + 256);
    change.patch?.(view, bytes);
    return bytes;
  };
}

/** The same image listed once more, at another place: the directory is written again at the end. */
function twoImages(whole: Uint8Array, start: number): Uint8Array {
  const directory = whole.slice(DIRECTORY, SUBBLOCK);
  const entry = whole.slice(ENTRY, SUBBLOCK);
  const bytes = new Uint8Array(whole.length + directory.length + entry.length);
  bytes.set(whole);
  bytes.set(directory, whole.length);
  bytes.set(entry, whole.length + directory.length);
  const view = new DataView(bytes.buffer);
  view.setBigInt64(32 + 52, BigInt(whole.length), true);
  for (const at of [16, 24]) view.setBigInt64(whole.length + at, BigInt(directory.length + entry.length - 32), true);
  view.setInt32(whole.length + 32, 2, true);
  view.setInt32(whole.length + directory.length + 32 + 4, start, true);
  return bytes;
}

const row = (name: string, expect: BrokenFile['expect'], change: Change = {}): BrokenFile => ({
  name: `czi-${name}`,
  make: czi(change),
  expect,
});

const patched = (name: string, expect: BrokenFile['expect'], patch: NonNullable<Change['patch']>) =>
  row(name, expect, { patch });
const none = { at: 'none' } as const;
const int64 = (at: number, value: number) => (view: DataView) => view.setBigInt64(at, BigInt(value), true);
const int32 = (at: number, value: number) => (view: DataView) => view.setInt32(at, value, true);

export const CZI_CASES: readonly BrokenFile[] = [
  row('whole', none),
  row('far-from-the-origin', none, { start: 2_000_000_000 }),
  {
    name: 'czi-two-images-four-billion-apart',
    make: async () => twoImages(await czi({ start: -2_000_000_000 })(), 2_000_000_000),
    expect: corrupt(/its images cover 4000000008 x 4 px/),
  },
  row('bgr24-whole', none, { pixelType: 3, data: new Uint8Array(96) }),
  {
    name: 'czi-header-only',
    make: async () => new TextEncoder().encode('ZISRAWFILE\0\0\0\0\0\0'),
    expect: corrupt(/CZI header is incomplete/),
  },
  patched('second-part', unsupported(/slides in several files/), int32(32 + 48, 1)),
  patched('no-directory', corrupt(/ZISRAWDIRECTORY segment lies at byte 0/), int64(32 + 52, 0)),
  patched('directory-past-end', corrupt(/past the end of the file/), int64(32 + 52, 2 ** 40)),
  patched('directory-negative', corrupt(/past the end of the file/), int64(32 + 52, -32)),
  patched('directory-is-metadata', corrupt(/no ZISRAWDIRECTORY segment at byte/), int64(32 + 52, SUBBLOCK)),
  patched('directory-exabytes', corrupt(/claims \d+ bytes/), int64(DIRECTORY + 24, 2 ** 60)),
  patched('directory-billions', corrupt(/claims 2147483647 images/), int32(DIRECTORY + 32, 2 ** 31 - 1)),
  patched('directory-negative-count', corrupt(/claims -1 images/), int32(DIRECTORY + 32, -1)),
  patched('directory-empty', corrupt(/has no images/), int32(DIRECTORY + 32, 0)),
  patched('directory-short', corrupt(/ends before image 0/), int64(DIRECTORY + 24, 128)),
  patched('entry-of-another-kind', corrupt(/of the kind DE/), (_, bytes) => bytes.set([0x44, 0x45], ENTRY)),
  patched('entry-dimensions-billions', corrupt(/claims 2147483647 dimensions/), int32(ENTRY + 28, 2 ** 31 - 1)),
  patched('entry-dimensions-negative', corrupt(/claims -2 dimensions/), int32(ENTRY + 28, -2)),
  patched('entry-without-x', corrupt(/image 0 of its directory is undefined x 4 px/), (_, bytes) => {
    bytes[ENTRY + 32] = 0x51;
  }),
  row('entry-zero-size', corrupt(/is 0 x 4 px/), { stored: [0, 4] }),
  row('entry-2g-squared', corrupt(/is 2147483647 x 2147483647 px/), { stored: [2 ** 31 - 1, 2 ** 31 - 1] }),
  row('entry-negative-size', corrupt(/px/), { stored: [-8, 4] }),
  row('pixel-type-complex', unsupported(/pixels of type 10/), { pixelType: 10 }),
  row('jpeg-xr', unsupported(/Zeiss CZI .* JPEG XR compression/), { compression: 4 }),
  row('lzw', unsupported(/LZW compression/), { compression: 2 }),
  row('camera-raw', unsupported(/raw data of a camera/), { compression: 1000 }),
  row('compression-77', unsupported(/compression 77/), { compression: 77 }),
  patched('subblock-past-end', tile(/past the end of the file/), int64(ENTRY + 6, 2 ** 40)),
  patched('subblock-elsewhere', tile(/no ZISRAWSUBBLOCK segment/), int64(ENTRY + 6, DIRECTORY)),
  patched('subblock-data-exabytes', tile(/claims \d+ bytes/), int64(SUBBLOCK + 40, 2 ** 60)),
  patched('subblock-metadata-negative', tile(/image segment claims/), int32(SUBBLOCK + 32, -300)),
  patched('subblock-short', tile(/has 31 bytes of pixels and needs 32/), int64(SUBBLOCK + 40, 31)),
  row('zstd-garbled', tile(/ZSTD block has no frame header/), { compression: 5 }),
  row('zstd1-header', tile(/header of a ZSTD image is invalid/), { compression: 6 }),
  row('zstd1-header-only', tile(/ZSTD block has no frame header/), {
    compression: 6,
    data: Uint8Array.of(3, 1, 1),
  }),
  row('jpeg-garbled', tile(/no start marker/), { compression: 1 }),
  patched('metadata-past-end', corrupt(/ZISRAWMETADATA segment lies at byte/), int64(32 + 60, 2 ** 40)),
  row('metadata-not-xml', corrupt(/metadata is not valid XML/), { xml: '<a <<<' }),
  row('metadata-none', none, { patch: int64(32 + 60, 0) }),
  patched('attachments-past-end', corrupt(/ZISRAWATTDIR segment lies at byte/), int64(32 + 72, 2 ** 40)),
];
