/** One image of a TIFF: its tags read and checked, its blocks (tiles or strips) decoded to RGB. */
import { AppError } from '../../errors.ts';
import { type BlockLayout, codecFor, isCodedBlock, RAW_33007 } from '../codecs/index.ts';
import { rowBytes } from '../codecs/sample-bytes.ts';
import type { Orientation, Pixels } from '../slide.ts';
import { type BlockGrid, blocksOf, IMAGE_LIMITS, readGrid } from './blocks.ts';
import type { TiffDirectory, TiffFile } from './directories.ts';
import { tagBytes, tagText } from './tag-values.ts';
import { readerOf, TAG, type TagReader } from './tags.ts';
import { type ColorLayout, toRgb } from './to-rgb.ts';

const ORIENTATIONS = [1, 2, 3, 4, 5, 6, 7, 8] as const;

export interface TiffImage extends BlockGrid {
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

interface Samples extends ColorLayout {
  readonly samples: number;
  readonly planar: boolean;
  readonly predictor: number;
}

/** @param selfDescribing true when the codec's own stream says depth and layout, so that the tags do not matter */
async function readSamples(reader: TagReader, selfDescribing: boolean): Promise<Samples> {
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

async function readOrientation({ one }: TagReader): Promise<Orientation> {
  const value = await one(TAG.orientation);
  return ORIENTATIONS.find((known) => known === value) ?? 1;
}

export async function readPxPerCm({ one }: TagReader): Promise<readonly [number, number] | undefined> {
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
  const { grid, first, readBytes } = blocksOf(tiff, directory, reader, stored, {
    compression,
    planes: planar ? samples : 1,
    stride,
    mostPixels: IMAGE_LIMITS.blockPixels,
    mostBytes: tiled ? IMAGE_LIMITS.compressedBytes : IMAGE_LIMITS.compressedStripBytes,
  });
  const { height, blockWidth, blockHeight, cols, rows } = grid;

  if (compression === 33007) {
    // Some scanners put raw samples under this id: said now, and not by a hole for every tile.
    const [start, length] = await first(signal);
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
  const kind = tiled ? 'tile' : 'strip';

  const readPlane = async (index: number, height: number, signal: AbortSignal | undefined) => {
    const bytes = await readBytes(index, height, signal);
    if (!bytes) return undefined;
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
    ...grid,
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
