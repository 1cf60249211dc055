/**
 * Hamamatsu VMS and VMU: an INI file that names the image files beside it. VMS images are JPEGs side by side, each read by
 * its restart markers: the optimisation file says where each row of blocks starts, the markers within a row are looked for
 * when a block of it is wanted; entries that point at no marker are not believed. VMU images are NGR: uncompressed, 12 bits
 * of 16, in columns. The map file is the smaller level, the macro image stands beside it. Only focal plane 0 is read.
 *
 * @see OpenSlide documentation, "Hamamatsu format", VMS, VMU, optimisation file, NGR
 */
import { AppError } from '../../errors.ts';
import { decodeJpegRgb } from '../codecs/jpeg.ts';
import { openRestartJpeg } from '../codecs/restart-jpeg.ts';
import { fingerprint } from '../fingerprint.ts';
import type { SlideFormat } from '../format.ts';
import { parseIni } from '../mirax/slidedat.ts';
import { type MosaicLevel, mosaic, type PlacedImage } from '../mosaic.ts';
import type { ByteSource, Pixels, Slide, SlideFiles } from '../slide.ts';
import type { FileNumbers } from '../tiff/directories.ts';
import { plausibleMpp } from '../tiff/tiff-slide.ts';
import { jpegSegments, readJpegFrame } from '../tiff/tile-bytes.ts';

const VMS = 'Virtual Microscope Specimen';
const VMU = 'Uncompressed Virtual Microscope Specimen';
const LIMITS = {
  iniBytes: 2 ** 20,
  imagesAcross: 256,
  headerBytes: 64 * 1024,
  wholeBytes: 64 * 2 ** 20,
  wholePixels: 64 * 2 ** 20,
  edge: 2 ** 24,
  /** Of one row of blocks between two entries of the optimisation file. */
  rowBytes: 32 * 2 ** 20,
  intervals: 2 ** 22,
} as const;
/** One entry of the optimisation file, bytes. */
const ENTRY_BYTES = 40;
/** Read at a time while markers are looked for. */
const PIECE_BYTES = 2 ** 20;
/** Rows of an NGR column that are read at once. */
const NGR_ROWS = 256;

const latin1 = new TextDecoder('latin1');

function corrupt(where: string): AppError {
  return new AppError({ code: 'slide/corrupt', where });
}

const kindOf = (head: Uint8Array) => {
  const text = latin1.decode(head.subarray(0, 4096));
  return text.includes(`[${VMU}]`) ? VMU : text.includes(`[${VMS}]`) ? VMS : undefined;
};

export const hamamatsuVms: SlideFormat = {
  id: 'hamamatsu-vms',
  label: 'Hamamatsu VMS or VMU',
  detect: ({ head }) => kindOf(head) !== undefined,
  async open(files, probe, signal) {
    const kind = kindOf(probe.head) ?? VMS;
    const label = kind === VMS ? 'Hamamatsu VMS' : 'Hamamatsu VMU';
    if (files.main.sizeBytes > LIMITS.iniBytes) throw corrupt('its index file is too large');
    const text = latin1.decode(await files.main.read(0, files.main.sizeBytes, signal));
    const keys = parseIni(text).get(kind) ?? new Map<string, string>();
    const beside = (name: string) => {
      const source = besideOf(files, name);
      if (source) return source;
      throw new AppError({ code: 'slide/unsupported', format: label, feature: `it without its file ${name}` });
    };
    const images = imagesOf(keys, kind === VMS);
    const sources = images.map((row) => row.map(beside));
    const openImage: OpenImage =
      kind === VMS ? jpegOpener(await optimisation(files, keys)) : (source) => openNgr(source, label, signal);
    const level0 = await levelOf(sources, openImage, signal);
    const levels = [level0];
    const mapName = keys.get('MapFile');
    if (mapName) {
      const map =
        kind === VMS ? await openWhole(beside(mapName), signal) : await openNgr(beside(mapName), label, signal);
      const { width, height } = map;
      if (width < level0.width && height < level0.height)
        levels.push({ width, height, images: [{ ...map, x: 0, y: 0 }] });
    }
    const composed = mosaic(levels, [255, 255, 255]);
    const macroName = keys.get('MacroImage');
    const macro = macroName ? besideOf(files, macroName) : undefined;
    const { width, height } = level0;
    const um = (key: string, px: number) => Number(keys.get(key)) / (1000 * px);
    const power = Number(keys.get('SourceLens'));
    const slide: Slide = {
      info: {
        id: await fingerprint(sources[0]?.[0] ?? files.main, signal),
        name: files.main.name,
        format: 'hamamatsu-vms',
        formatLabel: `${label}, ${kind === VMS ? 'JPEG' : 'uncompressed'}`,
        width,
        height,
        levels: composed.levels,
        mpp: plausibleMpp(um('PhysicalWidth', width), um('PhysicalHeight', height), 'vendor'),
        objectivePower: power > 0 ? power : undefined,
        bounds: { x: 0, y: 0, width, height },
        background: [255, 255, 255],
        properties: Object.fromEntries([...keys].map(([key, value]) => [`hamamatsu.${key}`, value])),
        associated: macro ? ['macro'] : [],
      },
      readTile: composed.readTile,
      async readAssociated(name, signal) {
        if (name !== 'macro' || !macro) throw new RangeError(`no associated image ${name}`);
        return readWhole(macro, signal);
      },
      async close() {
        composed.clear();
      },
    };
    return slide;
  },
};

/** A file in the folder of the index. */
function besideOf(files: SlideFiles, name: string): ByteSource | undefined {
  const folder = files.main.name.slice(0, files.main.name.lastIndexOf('/') + 1);
  return files.find(folder + name) ?? files.find(name);
}

/** Names of the images of focal plane 0, by row and column. @throws slide/corrupt where one is missing */
function imagesOf(keys: ReadonlyMap<string, string>, isJpeg: boolean): string[][] {
  const named = new Map<string, string>();
  const names = new Set<string>();
  let [cols, rows] = [1, 1];
  for (const [key, value] of keys) {
    const [, list] = /^ImageFile(?:\(([\d, ]+)\))?$/.exec(key) ?? [];
    if (!/^ImageFile(\(|$)/.test(key) || value === '') continue;
    const at = (list ?? '0,0').split(',').map(Number);
    const [x = 0, y = 0] = at.slice(-2);
    if (at.length > 3 || (at.length === 3 && at[0] !== 0)) continue;
    if (!(x < LIMITS.imagesAcross && y < LIMITS.imagesAcross)) throw corrupt(`its index names the image ${key}`);
    if (names.has(value)) throw corrupt(`its index names ${value} twice`);
    names.add(value);
    named.set(`${x},${y}`, value);
    cols = Math.max(cols, x + 1);
    rows = Math.max(rows, y + 1);
  }
  const stated = (key: string, found: number) => {
    const value = Number(keys.get(key) ?? (isJpeg ? Number.NaN : found));
    if (value !== found) throw corrupt(`its index says ${key} = ${keys.get(key)} and names ${found}`);
  };
  if (isJpeg) {
    stated('NoJpegColumns', cols);
    stated('NoJpegRows', rows);
  }
  return Array.from({ length: rows }, (_, y) =>
    Array.from({ length: cols }, (_, x) => {
      const name = named.get(`${x},${y}`);
      if (name === undefined) throw corrupt(`its index names no image (${x},${y})`);
      return name;
    }),
  );
}

type Image = Omit<PlacedImage, 'x' | 'y'>;
type OpenImage = (source: ByteSource, signal: AbortSignal | undefined) => Promise<Image>;

/** The images side by side. @throws slide/corrupt where their edges do not meet */
async function levelOf(
  sources: readonly (readonly ByteSource[])[],
  open: OpenImage,
  signal: AbortSignal | undefined,
): Promise<MosaicLevel> {
  const images: PlacedImage[] = [];
  let width = 0;
  let y = 0;
  for (const row of sources) {
    let x = 0;
    let height = 0;
    for (const source of row) {
      const image = await open(source, signal);
      if (height !== 0 && image.height !== height) throw corrupt(`${source.name} is not as high as its neighbour`);
      images.push({ ...image, x, y });
      x += image.width;
      height = image.height;
    }
    if (width !== 0 && x !== width) throw corrupt('its rows of images are not equally wide');
    width = x;
    y += height;
  }
  return { width, height: y, images };
}

/** The optimisation file; undefined where there is none. */
async function optimisation(files: SlideFiles, keys: ReadonlyMap<string, string>): Promise<ByteSource | undefined> {
  const name = keys.get('OptimisationFile');
  return name ? besideOf(files, name) : undefined;
}

/** Opens the JPEGs of a slide in their order: the entries of the optimisation file follow one another. */
function jpegOpener(hints: ByteSource | undefined): OpenImage {
  let firstEntry = 0;
  return async (source, signal) => {
    const head = await source.read(0, Math.min(LIMITS.headerBytes, source.sizeBytes), signal);
    const { list, scan } = jpegSegments(head);
    const { width, height } = readJpegFrame(head);
    if (width === 0 || height === 0) throw corrupt(`${source.name} has no size`);
    const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
    const restart = list.find(({ marker }) => marker === 0xdd);
    const interval = restart && restart.end - restart.start >= 6 ? view.getUint16(restart.start + 4) : 0;
    // Without restart markers an image must be decoded whole.
    if (interval === 0) return openWhole(source, signal);
    const frame = list.find(({ marker }) => marker === 0xc0 || marker === 0xc1);
    if (!frame || scan + 4 > head.length) throw corrupt(`${source.name} has no baseline frame header`);
    const components = Math.min(4, head[frame.start + 9] ?? 0);
    let [across, down] = [1, 1];
    for (let i = 0; i < components; i++) {
      const sampling = head[frame.start + 11 + 3 * i] ?? 0x11;
      across = Math.max(across, sampling >> 4);
      down = Math.max(down, sampling & 15);
    }
    const cols = Math.ceil(width / (8 * across)) / interval;
    const rows = Math.ceil(height / (8 * down));
    if (!Number.isInteger(cols) || cols * rows > LIMITS.intervals)
      throw new AppError({
        code: 'slide/unsupported',
        format: 'Hamamatsu VMS',
        feature: 'restart intervals that do not divide a row',
      });
    const starts = restartStarts(source, scan + 2 + view.getUint16(scan + 2), { cols, rows }, hints, firstEntry);
    firstEntry += rows;
    const place = { offset: 0, length: source.sizeBytes };
    const jpeg = await openRestartJpeg(source, place, { width, height }, starts, signal);
    return {
      width,
      height,
      blockWidth: jpeg.bandWidth,
      blockHeight: jpeg.bandHeight,
      readBlock: (col, row, signal) => jpeg.readBand(col, row, signal),
    };
  };
}

/** First byte of each restart interval, found when it is asked for. */
function restartStarts(
  source: ByteSource,
  first: number,
  { cols, rows }: { readonly cols: number; readonly rows: number },
  hints: ByteSource | undefined,
  firstEntry: number,
): FileNumbers {
  const rowStarts = new Map<number, number>([[0, first]]);
  const inRow = new Map<number, Promise<readonly number[]>>();
  /** First byte behind the marker that an entry points at, or behind it; undefined where there is none. */
  const hinted = async (row: number): Promise<number | undefined> => {
    const at = (firstEntry + row) * ENTRY_BYTES;
    if (!hints || at + 8 > hints.sizeBytes) return undefined;
    const entry = await hints.read(at, 8);
    const offset = Number(new DataView(entry.buffer, entry.byteOffset, 8).getBigInt64(0, true));
    if (offset < first + 2 || offset + 2 > source.sizeBytes) return undefined;
    const around = await source.read(offset - 2, 4);
    const isMarker = (i: number) => around[i] === 0xff && around[i + 1] === 0xd0 + ((row * cols - 1) % 8);
    return isMarker(0) ? offset : isMarker(2) ? offset + 2 : undefined;
  };
  const rowStart = async (row: number): Promise<number> => {
    const known = rowStarts.get(row);
    if (known !== undefined) return known;
    let start = await hinted(row);
    if (start === undefined) {
      // From the nearest row before it that is known.
      let from = row - 1;
      while (from > 0 && !rowStarts.has(from) && (await hinted(from)) === undefined) from--;
      const begin = await rowStart(from);
      start = (await markers(source, begin, (row - from) * cols, source.sizeBytes - begin)).at(-1);
      if (start === undefined) throw corrupt(`${source.name} has too few restart markers`);
    }
    rowStarts.set(row, start);
    return start;
  };
  const rowOf = async (row: number): Promise<readonly number[]> => {
    const start = await rowStart(row);
    return [start, ...(await markers(source, start, cols - 1, LIMITS.rowBytes))];
  };
  return {
    length: cols * rows,
    async at(index, signal) {
      const row = Math.floor(index / cols);
      if (index % cols === 0) return rowStart(row);
      let starts = inRow.get(row);
      if (!starts) {
        starts = rowOf(row);
        starts.catch(() => inRow.delete(row));
        inRow.set(row, starts);
      }
      const start = (await starts)[index % cols];
      signal?.throwIfAborted();
      if (start === undefined) throw corrupt(`${source.name} has too few restart markers`);
      return start;
    },
  };
}

/** First bytes behind the next `count` restart markers, within `limit` bytes. */
async function markers(source: ByteSource, from: number, count: number, limit: number): Promise<number[]> {
  const found: number[] = [];
  const end = Math.min(source.sizeBytes, from + limit);
  for (let at = from; at + 1 < end && found.length < count; at += PIECE_BYTES - 1) {
    const bytes = await source.read(at, Math.min(PIECE_BYTES, end - at));
    for (let i = bytes.indexOf(0xff); i >= 0 && i + 1 < bytes.length; i = bytes.indexOf(0xff, i + 1)) {
      const code = bytes[i + 1] ?? 0;
      if (code >= 0xd0 && code <= 0xd7) found.push(at + i + 2);
      if (found.length === count) break;
    }
  }
  return found;
}

async function readWhole(source: ByteSource, signal: AbortSignal | undefined): Promise<Pixels> {
  if (source.sizeBytes > LIMITS.wholeBytes) throw corrupt(`${source.name} is too large for one piece`);
  return decodeJpegRgb(await source.read(0, source.sizeBytes, signal), undefined, 'ycbcr');
}

/** A JPEG that is decoded in one piece. */
async function openWhole(source: ByteSource, signal: AbortSignal | undefined): Promise<Image> {
  const { width, height } = readJpegFrame(await source.read(0, Math.min(LIMITS.headerBytes, source.sizeBytes), signal));
  if (width * height > LIMITS.wholePixels || width * height === 0)
    throw corrupt(`${source.name} claims ${width} x ${height} px`);
  return {
    ...{ width, height, blockWidth: width, blockHeight: height },
    readBlock: (_col, _row, signal) => readWhole(source, signal),
  };
}

/** 16-bit RGB, 12 of them used, in columns one behind the other. */
async function openNgr(source: ByteSource, label: string, signal: AbortSignal | undefined): Promise<Image> {
  if (source.sizeBytes < 28) throw corrupt(`${source.name} is cut short`);
  const head = await source.read(0, 28, signal);
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (head[0] !== 0x47 || head[1] !== 0x4e)
    throw new AppError({ code: 'slide/unsupported', format: label, feature: `${source.name}, which is no NGR image` });
  const [width, height, column] = [view.getInt32(4, true), view.getInt32(8, true), view.getInt32(12, true)];
  const start = view.getInt32(24, true);
  const isSize = (value: number) => value > 0 && value <= LIMITS.edge;
  if (!isSize(width) || !isSize(height) || !isSize(column) || column > 65_536 || width % column !== 0)
    throw corrupt(`${source.name} claims ${width} x ${height} px in columns of ${column}`);
  if (start < 28 || start + width * height * 6 > source.sizeBytes) throw corrupt(`${source.name} is cut short`);
  const blockHeight = Math.min(height, NGR_ROWS);
  return {
    width,
    height,
    blockWidth: column,
    blockHeight,
    async readBlock(col, row, signal) {
      const rows = Math.min(blockHeight, height - row * blockHeight);
      const offset = start + (col * height + row * blockHeight) * column * 6;
      const bytes = await source.read(offset, rows * column * 6, signal);
      const data = new Uint8Array(rows * column * 3);
      for (let i = 0; i < data.length; i++)
        data[i] = Math.min(255, ((bytes[i * 2] ?? 0) | ((bytes[i * 2 + 1] ?? 0) << 8)) >> 4);
      return { width: column, height: rows, data };
    },
  };
}
