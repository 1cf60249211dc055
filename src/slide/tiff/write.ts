/**
 * Writes TIFF and BigTIFF, either byte order: tiled or stripped images in a chain, each with its SubIFDs. Blocks are asked
 * for one at a time and written at once, so memory holds one block and the list of offsets.
 *
 * @see TIFF 6.0; BigTIFF (Aware Systems, 2007); TIFF Technical Note 2 (JPEG in TIFF)
 */
import { AppError, assert } from '../../errors.ts';
import { encodeJpeg, type Subsampling } from '../codecs/jpeg.ts';
import type { Pixels } from '../slide.ts';
import { TAG } from './image.ts';
import { concat, splitJpeg } from './tile-bytes.ts';

export interface TiffImageSpec {
  readonly width: number;
  readonly height: number;
  readonly layout:
    | { readonly kind: 'tiles'; readonly width: number; readonly height: number }
    | { readonly kind: 'strips'; readonly rows: number };
  readonly compression: 'none' | 'deflate' | 'lzw' | 'jpeg';
  /** How the samples are stored; 'ycbcr' for JPEG only. Default: 'ycbcr' for JPEG, else 'rgb'. */
  readonly color?: 'rgb' | 'ycbcr' | 'gray';
  /** 8 (default) or 16; 16 stores v * 257. */
  readonly bits?: 8 | 16;
  /** 2: horizontal differencing. Not for JPEG. */
  readonly predictor?: 1 | 2;
  /** One plane for each colour. Not for JPEG. */
  readonly planar?: boolean;
  readonly quality?: number;
  readonly subsampling?: Subsampling;
  /** JPEG tables once in their own tag (default) or in every tile. */
  readonly sharedTables?: boolean;
  /** µm per px, written as pixels per cm. */
  readonly mpp?: number;
  readonly description?: string;
  readonly software?: string;
  /** More text tags, by number. */
  readonly texts?: Readonly<Record<number, string>>;
  /** XML of the tag that scanners use for their metadata. */
  readonly xmp?: string;
  /** Resolution tags as they are, where a maker gives them another meaning; without a unit. */
  readonly resolution?: readonly [number, number];
  /** ICC profile of the pixels. */
  readonly colorProfile?: Uint8Array;
  /** How rows and columns lie in the picture, 1..8, or a number that makes no sense; left out when undefined. */
  readonly orientation?: number;
  /** 1 = reduced image, 9 = macro of Aperio. Default 0. */
  readonly subfileType?: number;
  /**
   * RGB pixels of one block; narrower or lower than the block where it is clipped by the image. Undefined leaves the block
   * out (offset and size 0).
   */
  readonly read: (col: number, row: number) => Pixels | undefined | Promise<Pixels | undefined>;
  readonly subImages?: readonly TiffImageSpec[];
}

export interface TiffSpec {
  /** BigTIFF: offsets of 8 bytes. */
  readonly big?: boolean;
  /** Default true. */
  readonly littleEndian?: boolean;
  readonly images: readonly TiffImageSpec[];
}

/** Puts bytes at an offset of the target; called in rising order but for the header, which is written again at the end. */
export type WriteAt = (offset: number, bytes: Uint8Array) => void | Promise<void>;

interface Entry {
  readonly id: number;
  readonly type: 2 | 3 | 4 | 5 | 7 | 13 | 16 | 18;
  /** Numbers, or numerator and denominator in turn for rationals. */
  readonly values: readonly number[] | Uint8Array;
}

const TYPE_BYTES = { 2: 1, 3: 2, 4: 4, 5: 4, 7: 1, 13: 4, 16: 8, 18: 8 } as const;
const COMPRESSION = { none: 1, lzw: 5, jpeg: 7, deflate: 8 } as const;
const PHOTOMETRIC = { gray: 1, rgb: 2, ycbcr: 6 } as const;
const SUBSAMPLING = { '444': [1, 1], '422': [2, 1], '420': [2, 2] } as const;

function blockSize({ layout, width, height }: TiffImageSpec): readonly [number, number] {
  return layout.kind === 'tiles' ? [layout.width, layout.height] : [width, Math.min(layout.rows, height)];
}

/**
 * Writes the file and resolves with its size in bytes. @throws usage when a classic TIFF would pass 4 GiB
 */
export async function writeTiff(spec: TiffSpec, write: WriteAt, signal?: AbortSignal): Promise<number> {
  const big = spec.big ?? false;
  const littleEndian = spec.littleEndian ?? true;
  const headerBytes = big ? 16 : 8;
  let at = headerBytes;
  await write(0, new Uint8Array(headerBytes));
  const append = async (bytes: Uint8Array): Promise<number> => {
    const offset = at;
    await write(offset, bytes);
    at += bytes.length;
    if (at % 2 === 1) await write(at++, new Uint8Array(1));
    if (!big && at >= 2 ** 32)
      throw new AppError({ code: 'usage', problem: 'A classic TIFF cannot be larger than 4 GiB; write a BigTIFF.' });
    return offset;
  };

  const writeBlocks = async (image: TiffImageSpec): Promise<Entry[]> => {
    const [blockWidth, blockHeight] = blockSize(image);
    const tiled = image.layout.kind === 'tiles';
    const planes = image.planar ? 3 : 1;
    const cols = Math.ceil(image.width / blockWidth);
    const rows = Math.ceil(image.height / blockHeight);
    const offsets = new Array<number>(cols * rows * planes).fill(0);
    const counts = new Array<number>(cols * rows * planes).fill(0);
    let tables: Uint8Array | undefined;
    for (let row = 0; row < rows; row++)
      for (let col = 0; col < cols; col++) {
        signal?.throwIfAborted();
        const pixels = await image.read(col, row);
        if (!pixels) continue;
        const height = tiled ? blockHeight : Math.min(blockHeight, image.height - row * blockHeight);
        const whole = padTo(pixels, blockWidth, height);
        const encoded = await encodeBlock(image, whole, littleEndian);
        tables = encoded.tables ?? tables;
        for (const [plane, bytes] of encoded.planes.entries()) {
          const index = plane * cols * rows + row * cols + col;
          offsets[index] = await append(bytes);
          counts[index] = bytes.length;
        }
      }
    return [...layoutEntries(image, tables), ...placement(image, offsets, counts, big)];
  };

  interface Directory {
    readonly entries: Entry[];
    readonly subs: Directory[];
    offset: number;
  }
  const build = async (image: TiffImageSpec): Promise<Directory> => {
    const entries = await writeBlocks(image);
    const subs: Directory[] = [];
    for (const sub of image.subImages ?? []) subs.push(await build(sub));
    // Place holders of the right count, so that sizes are known before offsets are.
    if (subs.length > 0) entries.push({ id: 330, type: big ? 18 : 13, values: subs.map(() => 0) });
    entries.sort((a, b) => a.id - b.id);
    return { entries, subs, offset: 0 };
  };
  const directories: Directory[] = [];
  for (const image of spec.images) directories.push(await build(image));
  assert(directories.length > 0, 'a TIFF needs an image');

  let next = at;
  const place = (directory: Directory) => {
    directory.offset = next;
    next += directorySize(directory.entries, big);
    directory.subs.forEach(place);
  };
  directories.forEach(place);
  const emit = async (directory: Directory, following: number): Promise<void> => {
    const entries = directory.entries.map((entry) =>
      entry.id === 330 ? { ...entry, values: directory.subs.map((sub) => sub.offset) } : entry,
    );
    await append(directoryBytes(entries, directory.offset, following, big, littleEndian));
    for (const sub of directory.subs) await emit(sub, 0);
  };
  for (const [i, directory] of directories.entries()) await emit(directory, directories[i + 1]?.offset ?? 0);

  const header = new DataView(new ArrayBuffer(headerBytes));
  header.setUint16(0, littleEndian ? 0x4949 : 0x4d4d);
  header.setUint16(2, big ? 43 : 42, littleEndian);
  const first = directories[0]?.offset ?? 0;
  if (big) {
    header.setUint16(4, 8, littleEndian);
    header.setBigUint64(8, BigInt(first), littleEndian);
  } else header.setUint32(4, first, littleEndian);
  await write(0, new Uint8Array(header.buffer));
  return at;
}

/** A whole TIFF in memory, for tests and small files. */
export async function tiffBytes(spec: TiffSpec): Promise<Uint8Array> {
  let buffer = new Uint8Array(64 * 1024);
  const size = await writeTiff(spec, (offset, bytes) => {
    if (offset + bytes.length > buffer.length) {
      const larger = new Uint8Array(Math.max(buffer.length * 2, offset + bytes.length));
      larger.set(buffer);
      buffer = larger;
    }
    buffer.set(bytes, offset);
  });
  return buffer.slice(0, size);
}

/** Pixels filled up to a block by repeating the last column and row, which compresses without an edge. */
function padTo(pixels: Pixels, width: number, height: number): Pixels {
  if (pixels.width === width && pixels.height === height) return pixels;
  assert(pixels.width <= width && pixels.height <= height, 'a block is larger than its tile');
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const from = Math.min(y, pixels.height - 1) * pixels.width * 3;
    const to = y * width * 3;
    data.set(pixels.data.subarray(from, from + pixels.width * 3), to);
    for (let i = to + pixels.width * 3; i < to + width * 3; i++) data[i] = data[i - 3] ?? 0;
  }
  return { width, height, data };
}

function plane({ data }: Pixels, channel: number): Uint8Array {
  const out = new Uint8Array(data.length / 3);
  for (let i = 0; i < out.length; i++) out[i] = data[i * 3 + channel] ?? 0;
  return out;
}

async function encodeBlock(
  image: TiffImageSpec,
  pixels: Pixels,
  littleEndian: boolean,
): Promise<{ readonly planes: readonly Uint8Array[]; readonly tables: Uint8Array | undefined }> {
  const { width, height } = pixels;
  const gray = image.color === 'gray';
  if (image.compression === 'jpeg') {
    const jpeg = await encodeJpegTile(image, pixels);
    if (image.sharedTables === false) return { planes: [jpeg], tables: undefined };
    const { tables, tile } = splitJpeg(jpeg);
    return { planes: [tile], tables };
  }
  const { zlibSync } = await import('fflate');
  const channels = gray ? [plane(pixels, 0)] : image.planar ? [0, 1, 2].map((c) => plane(pixels, c)) : [pixels.data];
  const samples = channels.length === 1 && !gray ? 3 : 1;
  const planes = channels.map((samplesOf8) => {
    const bytes = sampleBytes(samplesOf8, width, height, samples, image, littleEndian);
    switch (image.compression) {
      case 'deflate':
        return zlibSync(bytes);
      case 'lzw':
        return lzw(bytes);
      default:
        return bytes;
    }
  });
  return { planes, tables: undefined };
}

function sampleBytes(
  data: Uint8Array,
  width: number,
  height: number,
  samples: number,
  { bits = 8, predictor = 1 }: TiffImageSpec,
  littleEndian: boolean,
): Uint8Array {
  const perRow = width * samples;
  const values = bits === 8 ? Uint8Array.from(data) : Uint16Array.from(data, (value) => value * 257);
  if (predictor === 2)
    for (let y = 0; y < height; y++)
      for (let i = perRow - 1; i >= samples; i--) {
        const at = y * perRow + i;
        values[at] = (values[at] ?? 0) - (values[at - samples] ?? 0);
      }
  if (values instanceof Uint8Array) return values;
  const out = new DataView(new ArrayBuffer(values.length * 2));
  values.forEach((value, i) => {
    out.setUint16(i * 2, value, littleEndian);
  });
  return new Uint8Array(out.buffer);
}

async function encodeJpegTile(image: TiffImageSpec, pixels: Pixels): Promise<Uint8Array> {
  const { width, height } = pixels;
  const quality = image.quality ?? 85;
  const color = image.color ?? 'ycbcr';
  if (color === 'ycbcr') return encodeJpeg({ ...pixels, components: 3 }, quality, image.subsampling ?? '444');
  const gray = (channel: number) =>
    encodeJpeg({ width, height, components: 1, data: plane(pixels, channel) }, quality, '444');
  if (color === 'gray') return gray(0);
  // The encoder makes YCbCr of three components. For RGB, three grey images become three scans of one image, with no marker
  // that says so: as scanners write it.
  const [red, green, blue] = [await gray(0), await gray(1), await gray(2)];
  const { tables, tile } = splitJpeg(red);
  const scans = [tile, splitJpeg(green).tile, splitJpeg(blue).tile].map((one) => {
    const { scanStart, headerBytes } = scanOf(one);
    return one.subarray(scanStart + headerBytes, one.length - 2);
  });
  const [hh, hl, wh, wl] = [height >> 8, height & 255, width >> 8, width & 255];
  const frame = [0xff, 0xc0, 0, 17, 8, hh, hl, wh, wl, 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0];
  const parts = [
    tables.subarray(0, tables.length - 2),
    Uint8Array.from(frame),
    ...scans.flatMap((scan, i) => [Uint8Array.of(0xff, 0xda, 0, 8, 1, i + 1, 0, 0, 63, 0), scan]),
    Uint8Array.of(0xff, 0xd9),
  ];
  return concat(parts);
}

/** Where the one scan of a tile that splitJpeg made begins, and how long its header is. */
function scanOf(tile: Uint8Array): { readonly scanStart: number; readonly headerBytes: number } {
  let at = 2;
  while (tile[at + 1] !== 0xda) at += 2 + (((tile[at + 2] ?? 0) << 8) | (tile[at + 3] ?? 0));
  return { scanStart: at, headerBytes: 2 + (((tile[at + 2] ?? 0) << 8) | (tile[at + 3] ?? 0)) };
}

/** @see TIFF 6.0 section 13; codes grow one early, as TIFF asks */
function lzw(bytes: Uint8Array): Uint8Array {
  const out: number[] = [];
  let held = 0;
  let heldBits = 0;
  let width = 9;
  const put = (code: number) => {
    held = (held << width) | code;
    heldBits += width;
    while (heldBits >= 8) {
      heldBits -= 8;
      out.push((held >> heldBits) & 255);
    }
    held &= (1 << heldBits) - 1;
  };
  // An entry is a known prefix and one more byte.
  let table = new Map<number, number>();
  let next = 258;
  put(256);
  let prefix = -1;
  for (const byte of bytes) {
    if (prefix < 0) {
      prefix = byte;
      continue;
    }
    const key = prefix * 256 + byte;
    const known = table.get(key);
    if (known !== undefined) {
      prefix = known;
      continue;
    }
    put(prefix);
    table.set(key, next++);
    prefix = byte;
    if (next + 1 > 1 << width) width++;
    if (next === 4094) {
      put(prefix);
      put(256);
      table = new Map();
      next = 258;
      width = 9;
      prefix = -1;
    }
  }
  if (prefix >= 0) {
    put(prefix);
    next++;
    if (next + 1 > 1 << width && width < 12) width++;
  }
  put(257);
  if (heldBits > 0) out.push((held << (8 - heldBits)) & 255);
  return Uint8Array.from(out);
}

const ascii = (text: string) => new Uint8Array([...new TextEncoder().encode(text), 0]);

/** Pixels per cm as a fraction with the largest denominator that fits. */
function resolution(mpp: number): readonly [number, number] {
  const perCm = 1e4 / mpp;
  let denominator = 1;
  while (perCm * denominator * 10 < 2 ** 32 && denominator < 1e9) denominator *= 10;
  return [Math.round(perCm * denominator), denominator];
}

function layoutEntries(image: TiffImageSpec, tables: Uint8Array | undefined): Entry[] {
  const [blockWidth, blockHeight] = blockSize(image);
  const jpeg = image.compression === 'jpeg';
  const color = image.color ?? (jpeg ? 'ycbcr' : 'rgb');
  const samples = color === 'gray' ? 1 : 3;
  const entries: Entry[] = [
    { id: TAG.subfileType, type: 4, values: [image.subfileType ?? 0] },
    { id: TAG.width, type: 4, values: [image.width] },
    { id: TAG.height, type: 4, values: [image.height] },
    { id: TAG.bits, type: 3, values: new Array<number>(samples).fill(image.bits ?? 8) },
    { id: TAG.compression, type: 3, values: [COMPRESSION[image.compression]] },
    { id: TAG.photometric, type: 3, values: [PHOTOMETRIC[color]] },
    { id: TAG.samples, type: 3, values: [samples] },
    { id: TAG.planar, type: 3, values: [image.planar ? 2 : 1] },
  ];
  if (image.layout.kind === 'tiles')
    entries.push(
      { id: TAG.tileWidth, type: 4, values: [blockWidth] },
      { id: TAG.tileHeight, type: 4, values: [blockHeight] },
    );
  else entries.push({ id: TAG.rowsPerStrip, type: 4, values: [blockHeight] });
  if (image.description !== undefined) entries.push({ id: TAG.description, type: 2, values: ascii(image.description) });
  if (image.software !== undefined) entries.push({ id: TAG.software, type: 2, values: ascii(image.software) });
  for (const [id, text] of Object.entries(image.texts ?? {}))
    entries.push({ id: Number(id), type: 2, values: ascii(text) });
  if (image.xmp !== undefined) entries.push({ id: TAG.xmp, type: 7, values: new TextEncoder().encode(image.xmp) });
  if (image.resolution)
    for (const [i, value] of image.resolution.entries())
      entries.push({ id: TAG.xResolution + i, type: 5, values: [Math.round(value * 1e6), 1e6] });
  if (image.mpp !== undefined) {
    const perCm = resolution(image.mpp);
    entries.push(
      { id: TAG.xResolution, type: 5, values: perCm },
      { id: TAG.yResolution, type: 5, values: perCm },
      { id: TAG.resolutionUnit, type: 3, values: [3] },
    );
  }
  if (image.orientation !== undefined) entries.push({ id: TAG.orientation, type: 3, values: [image.orientation] });
  if (image.predictor === 2) entries.push({ id: TAG.predictor, type: 3, values: [2] });
  if (image.colorProfile !== undefined) entries.push({ id: TAG.icc, type: 7, values: image.colorProfile });
  if (tables) entries.push({ id: TAG.jpegTables, type: 7, values: tables });
  if (color === 'ycbcr')
    entries.push(
      { id: TAG.subsampling, type: 3, values: SUBSAMPLING[image.subsampling ?? '444'] },
      // ReferenceBlackWhite: full-range components, as JPEG has them.
      { id: 532, type: 5, values: [0, 1, 255, 1, 128, 1, 255, 1, 128, 1, 255, 1] },
    );
  return entries;
}

function placement(image: TiffImageSpec, offsets: number[], counts: number[], big: boolean): Entry[] {
  const tiled = image.layout.kind === 'tiles';
  return [
    { id: tiled ? TAG.tileOffsets : TAG.stripOffsets, type: big ? 16 : 4, values: offsets },
    { id: tiled ? TAG.tileByteCounts : TAG.stripByteCounts, type: 4, values: counts },
  ];
}

const valueBytes = ({ type, values }: Entry) => values.length * TYPE_BYTES[type];
const even = (size: number) => size + (size % 2);

function directorySize(entries: readonly Entry[], big: boolean): number {
  const inline = big ? 8 : 4;
  const outside = entries.map(valueBytes).filter((size) => size > inline);
  return (big ? 16 : 6) + entries.length * (big ? 20 : 12) + outside.reduce((sum, size) => sum + even(size), 0);
}

function directoryBytes(
  entries: readonly Entry[],
  offset: number,
  following: number,
  big: boolean,
  littleEndian: boolean,
): Uint8Array {
  const inline = big ? 8 : 4;
  const view = new DataView(new ArrayBuffer(directorySize(entries, big)));
  const putOffset = (at: number, value: number) =>
    big ? view.setBigUint64(at, BigInt(value), littleEndian) : view.setUint32(at, value, littleEndian);
  if (big) view.setBigUint64(0, BigInt(entries.length), littleEndian);
  else view.setUint16(0, entries.length, littleEndian);
  let at = big ? 8 : 2;
  let outside = at + entries.length * (big ? 20 : 12) + (big ? 8 : 4);
  for (const entry of entries) {
    const { id, type, values } = entry;
    const size = TYPE_BYTES[type];
    view.setUint16(at, id, littleEndian);
    view.setUint16(at + 2, type, littleEndian);
    putOffset(at + 4, type === 5 ? values.length / 2 : values.length);
    let target = at + (big ? 12 : 8);
    if (valueBytes(entry) > inline) {
      putOffset(target, offset + outside);
      target = outside;
      outside += even(valueBytes(entry));
    }
    values.forEach((value: number, i: number) => {
      if (size === 1) view.setUint8(target + i, value);
      else if (size === 2) view.setUint16(target + i * 2, value, littleEndian);
      else if (size === 4) view.setUint32(target + i * 4, value, littleEndian);
      else view.setBigUint64(target + i * 8, BigInt(value), littleEndian);
    });
    at += big ? 20 : 12;
  }
  putOffset(at, following);
  return new Uint8Array(view.buffer);
}
