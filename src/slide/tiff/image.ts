/** One image of a TIFF: its tags read and checked, its blocks (tiles or strips) decoded to RGB. */
import { AppError } from '../../errors.ts';
import { type BlockLayout, codecFor, isCodedBlock, RAW_33007 } from '../codecs/index.ts';
import { rowBytes } from '../codecs/sample-bytes.ts';
import type { Orientation, Pixels } from '../slide.ts';
import {
  type FileNumbers,
  fileNumbers,
  type TiffDirectory,
  type TiffFile,
  tagBytes,
  tagNumbers,
  tagText,
} from './directories.ts';
import { type ColorLayout, toRgb } from './to-rgb.ts';

export const TAG = {
  subfileType: 254,
  width: 256,
  height: 257,
  bits: 258,
  compression: 259,
  photometric: 262,
  description: 270,
  make: 271,
  model: 272,
  stripOffsets: 273,
  orientation: 274,
  samples: 277,
  rowsPerStrip: 278,
  stripByteCounts: 279,
  xResolution: 282,
  yResolution: 283,
  planar: 284,
  resolutionUnit: 296,
  software: 305,
  dateTime: 306,
  predictor: 317,
  colorMap: 320,
  tileWidth: 322,
  tileHeight: 323,
  tileOffsets: 324,
  tileByteCounts: 325,
  extraSamples: 338,
  sampleFormat: 339,
  jpegTables: 347,
  subsampling: 530,
  xmp: 700,
  olympus: 33560,
  icc: 34675,
  ndpi: 65420,
} as const;

export const IMAGE_LIMITS = {
  /** px */
  edge: 2 ** 31,
  tileEdgeMin: 4,
  tileEdge: 4096,
  blocks: 16 * 2 ** 20,
  /** Decoded, px; for strips, which have no edge limit. */
  blockPixels: 64 * 2 ** 20,
  /** Of a compressed tile, where its pixels do not take more uncompressed. */
  compressedBytes: 32 * 2 ** 20,
  /** A strip can hold a whole plain image. */
  compressedStripBytes: 512 * 2 ** 20,
  jpegTablesBytes: 2 ** 16,
} as const;

const ORIENTATIONS = [1, 2, 3, 4, 5, 6, 7, 8] as const;

/** An uncompressed image in one strip is read in pieces of about this size, bytes. */
const PIECE_BYTES = 2 ** 20;

export interface TiffImage {
  readonly width: number;
  readonly height: number;
  readonly tiled: boolean;
  /** Size of a tile, or of a strip (all the width). */
  readonly blockWidth: number;
  readonly blockHeight: number;
  readonly cols: number;
  readonly rows: number;
  readonly compression: number;
  readonly photometric: number;
  readonly subfileType: number;
  readonly description: string | undefined;
  /** 1 where the tag is missing or makes no sense. */
  readonly orientation: Orientation;
  /** Pixels in x and y per cm, as the resolution tags say; undefined without a unit. */
  readonly pxPerCm: readonly [number, number] | undefined;
  /**
   * One block as RGB, of full block size for tiles (padding included) and clipped to the image for the last strip.
   * Undefined where the file leaves the block out.
   * @throws slide/corrupt, slide/unsupported, slide/read-failed
   */
  readBlock(col: number, row: number, signal?: AbortSignal): Promise<Pixels | undefined>;
}

function corrupt(where: string): AppError {
  return new AppError({ code: 'slide/corrupt', where });
}

/** The tags of one directory by number, and the words for what is wrong with it. */
export interface Reader {
  readonly name: string;
  all(id: number): Promise<readonly number[] | undefined>;
  one(id: number): Promise<number | undefined>;
  need(id: number, what: string): Promise<number>;
  unsupported(feature: string): AppError;
}

export function readerOf(
  tiff: TiffFile,
  { tags }: TiffDirectory,
  name: string,
  format: string,
  signal: AbortSignal | undefined,
): Reader {
  const all = async (id: number) => {
    const tag = tags.get(id);
    return tag && tagNumbers(tiff, tag, signal);
  };
  return {
    name,
    all,
    one: async (id) => (await all(id))?.[0],
    async need(id, what) {
      const value = (await all(id))?.[0];
      if (value === undefined) throw corrupt(`${name} has no ${what}`);
      return value;
    },
    unsupported: (feature) => new AppError({ code: 'slide/unsupported', format, feature }),
  };
}

interface Samples extends ColorLayout {
  readonly samples: number;
  readonly planar: boolean;
  readonly predictor: number;
}

/** @param selfDescribing true when the codec's own stream says depth and layout, so that the tags do not matter */
async function readSamples(reader: Reader, selfDescribing: boolean): Promise<Samples> {
  const { name, all, one, unsupported } = reader;
  const samples = (await one(TAG.samples)) ?? 1;
  if (!Number.isInteger(samples) || samples < 1 || samples > 64) throw corrupt(`${name} claims ${samples} samples`);
  const bitsOfAll = (await all(TAG.bits)) ?? [1];
  const bits = bitsOfAll[0] ?? 1;
  const photometric = (await one(TAG.photometric)) ?? (samples >= 3 ? 2 : 1);
  const predictor = (await one(TAG.predictor)) ?? 1;
  const sampleFormat = (await one(TAG.sampleFormat)) ?? 1;
  if (!selfDescribing) {
    if (bitsOfAll.some((value) => value !== bits)) throw unsupported('samples of different depth');
    if (![1, 2, 4, 8, 16].includes(bits) || (bits < 8 && (samples > 1 || predictor === 2)))
      throw unsupported(`${bits}-bit samples`);
    if (sampleFormat !== 1 && sampleFormat !== 4) throw unsupported('samples that are not unsigned integers');
    if (predictor !== 1 && predictor !== 2) throw unsupported('the floating-point predictor');
    const [h = 2, v = 2] = (await all(TAG.subsampling)) ?? [];
    if (photometric === 6 && h * v !== 1) throw unsupported('subsampled YCbCr without JPEG');
  }
  if (![0, 1, 2, 3, 6].includes(photometric)) throw unsupported(`photometric interpretation ${photometric}`);
  if ((photometric === 2 || photometric === 6) && samples < 3)
    throw corrupt(`${name} is in colour with ${samples} samples`);
  if (photometric === 3 && bits > 8) throw unsupported(`a palette of ${bits} bits`);
  const colorMap = photometric === 3 ? await all(TAG.colorMap) : undefined;
  if (photometric === 3 && colorMap?.length !== 3 * 2 ** bits) throw corrupt(`${name} has no whole colour map`);
  const planar = samples > 1 && (await one(TAG.planar)) === 2;
  // Planes past the third are not read.
  const extraSamples = planar ? [] : ((await all(TAG.extraSamples)) ?? []);
  return { samples, bits, photometric, predictor, colorMap, planar, extraSamples };
}

export interface Grid {
  readonly width: number;
  readonly height: number;
  readonly tiled: boolean;
  readonly blockWidth: number;
  readonly blockHeight: number;
}

export async function readGrid(reader: Reader, tiled: boolean): Promise<Grid> {
  const { name, one, need } = reader;
  const width = await need(TAG.width, 'width');
  const height = await need(TAG.height, 'height');
  const isSize = (value: number) => Number.isInteger(value) && value > 0 && value <= IMAGE_LIMITS.edge;
  if (!isSize(width) || !isSize(height)) throw corrupt(`${name} claims ${width} x ${height} px`);
  if (!tiled) {
    // Many writers give 2^32 - 1 rows a strip for one strip.
    const blockHeight = Math.min((await one(TAG.rowsPerStrip)) ?? height, height);
    if (!(blockHeight >= 1)) throw corrupt(`${name} claims strips of ${blockHeight} rows`);
    return { width, height, tiled, blockWidth: width, blockHeight };
  }
  const blockWidth = await need(TAG.tileWidth, 'tile width');
  const blockHeight = await need(TAG.tileHeight, 'tile height');
  const isEdge = (value: number) =>
    Number.isInteger(value) && value >= IMAGE_LIMITS.tileEdgeMin && value <= IMAGE_LIMITS.tileEdge;
  if (!isEdge(blockWidth) || !isEdge(blockHeight))
    throw corrupt(`${name} claims tiles of ${blockWidth} x ${blockHeight} px`);
  return { width, height, tiled, blockWidth, blockHeight };
}

/** Where block `index` lies in the file. */
export type Placement = (index: number, signal?: AbortSignal) => Promise<readonly [offset: number, length: number]>;

export function readPlacement(
  tiff: TiffFile,
  { tags }: TiffDirectory,
  name: string,
  tiled: boolean,
  blocks: number,
): Placement {
  const kind = tiled ? 'tile' : 'strip';
  const numbers = (id: number, what: string): FileNumbers => {
    const tag = tags.get(id);
    if (!tag) throw corrupt(`${name} has no ${kind} ${what}`);
    if (tag.count < blocks) throw corrupt(`${name} has ${tag.count} ${kind} ${what} for ${blocks} ${kind}s`);
    return fileNumbers(tiff, tag);
  };
  const offsets = numbers(tiled ? TAG.tileOffsets : TAG.stripOffsets, 'offsets');
  const byteCounts = numbers(tiled ? TAG.tileByteCounts : TAG.stripByteCounts, 'byte counts');
  return (index, signal) => Promise.all([offsets.at(index, signal), byteCounts.at(index, signal)]);
}

async function readOrientation({ one }: Reader): Promise<Orientation> {
  const value = await one(TAG.orientation);
  return ORIENTATIONS.find((known) => known === value) ?? 1;
}

export async function readPxPerCm({ one }: Reader): Promise<readonly [number, number] | undefined> {
  const x = await one(TAG.xResolution);
  const y = (await one(TAG.yResolution)) ?? x;
  const unit = { 2: 1 / 2.54, 3: 1 }[(await one(TAG.resolutionUnit)) ?? 2];
  return unit && x && y ? [x * unit, y * unit] : undefined;
}

/**
 * Reads and checks the tags of one directory. `name` stands in errors ("level 0"), `format` in refusals ("Aperio SVS").
 * @throws slide/corrupt, slide/unsupported, slide/read-failed
 */
export async function readImage(
  tiff: TiffFile,
  directory: TiffDirectory,
  name: string,
  format: string,
  signal?: AbortSignal,
): Promise<TiffImage> {
  const { tags } = directory;
  const reader = readerOf(tiff, directory, name, format, signal);
  const tiled = tags.has(TAG.tileWidth) || tags.has(TAG.tileOffsets);
  const stored = await readGrid(reader, tiled);
  const compression = (await reader.one(TAG.compression)) ?? 1;
  const codec = codecFor(compression, format);
  const color = await readSamples(reader, codec.selfDescribing);
  const { samples, bits, predictor, planar, photometric } = color;

  const tablesTag = compression === 7 ? tags.get(TAG.jpegTables) : undefined;
  const jpegTables = tablesTag && (await tagBytes(tiff, tablesTag, signal, IMAGE_LIMITS.jpegTablesBytes));
  const stride = rowBytes({ width: stored.blockWidth, samples: planar ? 1 : samples, bits });
  // An uncompressed image in one strip can be read by rows, however large it is.
  const inPieces = !tiled && compression === 1 && !planar && stored.blockHeight === stored.height;
  const pieceRows = Math.max(1, Math.floor(PIECE_BYTES / stride));
  const { width, height, blockWidth } = stored;
  const blockHeight = inPieces ? Math.min(pieceRows, height) : stored.blockHeight;
  if (blockWidth * blockHeight > IMAGE_LIMITS.blockPixels)
    throw reader.unsupported(`a strip of ${blockWidth} x ${blockHeight} px`);
  const cols = Math.ceil(width / blockWidth);
  const rows = Math.ceil(height / blockHeight);
  const planes = planar ? samples : 1;
  if (cols * rows * planes > IMAGE_LIMITS.blocks) throw corrupt(`${name} claims ${cols * rows * planes} tiles`);
  const place = readPlacement(tiff, directory, name, tiled, inPieces ? 1 : cols * rows * planes);

  if (compression === 33007) {
    // Some scanners put raw samples under this id: said now, and not by a hole for every tile.
    const [start, length] = await place(0, signal);
    const isThere = start > 0 && length >= 4 && start + 4 <= tiff.source.sizeBytes;
    if (isThere && !isCodedBlock(await tiff.source.read(start, 4, signal))) throw reader.unsupported(RAW_33007);
  }

  const layout: BlockLayout = {
    width: blockWidth,
    height: blockHeight,
    maxHeight: blockHeight,
    samples: planar ? 1 : samples,
    bits,
    predictor,
    littleEndian: tiff.littleEndian,
    compression,
    photometric,
    jpegTables,
  };
  const mostBytes = Math.max(
    tiled ? IMAGE_LIMITS.compressedBytes : IMAGE_LIMITS.compressedStripBytes,
    compression === 1 ? Number.POSITIVE_INFINITY : 2 * stride * blockHeight,
  );
  const kind = tiled ? 'tile' : 'strip';

  const readPlane = async (index: number, height: number, signal: AbortSignal | undefined) => {
    const [start, stored] = await place(inPieces ? 0 : index, signal);
    if (stored === 0 || start === 0) return undefined;
    const skipped = inPieces ? index * blockHeight * stride : 0;
    const length = compression === 1 ? Math.min(stored - skipped, stride * height) : stored;
    if (length > mostBytes || length < 1) throw corrupt(`a ${kind} claims ${stored} bytes`);
    if (start + skipped + length > tiff.source.sizeBytes) throw corrupt('its bytes lie past the end of the file');
    const bytes = await tiff.source.read(start + skipped, length, signal);
    const block = await codec.decode(bytes, { ...layout, height });
    if (block.width !== blockWidth || block.height < height)
      throw corrupt(`the ${kind} is ${block.width} x ${block.height} px and should be ${blockWidth} x ${height}`);
    return { ...block, data: block.data.subarray(0, blockWidth * height * block.samples) };
  };

  /** Colour planes put together: [height,width,3], or 1 for grey. */
  const readPlanes = async (index: number, height: number, signal: AbortSignal | undefined) => {
    const wanted = photometric === 2 || photometric === 6 ? 3 : 1;
    const data = new Uint8Array(blockWidth * height * wanted);
    for (let plane = 0; plane < wanted; plane++) {
      const block = await readPlane(plane * cols * rows + index, height, signal);
      if (!block) return undefined;
      for (let i = 0; i < blockWidth * height; i++) data[i * wanted + plane] = block.data[i * block.samples] ?? 0;
    }
    return { samples: wanted, data, rgb: false };
  };

  const descriptionTag = tags.get(TAG.description);
  return {
    ...stored,
    blockHeight,
    cols,
    rows,
    compression,
    photometric,
    subfileType: (await reader.one(TAG.subfileType)) ?? 0,
    description: descriptionTag && (await tagText(tiff, descriptionTag, signal)),
    orientation: await readOrientation(reader),
    pxPerCm: await readPxPerCm(reader),
    async readBlock(col, row, signal) {
      const rowsHere = tiled ? blockHeight : Math.min(blockHeight, height - row * blockHeight);
      const block = await (planar ? readPlanes : readPlane)(row * cols + col, rowsHere, signal);
      return block && { width: blockWidth, height: rowsHere, data: toRgb(block, color) };
    },
  };
}
