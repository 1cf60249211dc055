/** One image of a TIFF: its tags read and checked, its blocks (tiles or strips) decoded to RGB. */
import { AppError } from '../../errors.ts';
import { type BlockLayout, codecFor } from '../codecs/index.ts';
import { ycbcrToRgb } from '../codecs/ycbcr.ts';
import type { Pixels } from '../slide.ts';
import {
  type FileNumbers,
  fileNumbers,
  type TiffDirectory,
  type TiffFile,
  tagBytes,
  tagNumbers,
  tagText,
} from './directories.ts';

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

const LIMITS = {
  /** px */
  edge: 2 ** 31,
  tileEdgeMin: 4,
  tileEdge: 4096,
  blocks: 16 * 2 ** 20,
  /** Decoded, px; for strips, which have no edge limit. */
  blockPixels: 64 * 2 ** 20,
  compressedBytes: 32 * 2 ** 20,
  /** A strip can hold a whole plain image. */
  compressedStripBytes: 512 * 2 ** 20,
} as const;

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
  const all = async (id: number) => {
    const tag = tags.get(id);
    return tag && tagNumbers(tiff, tag, signal);
  };
  const one = async (id: number) => (await all(id))?.[0];
  const need = async (id: number, what: string) => {
    const value = await one(id);
    if (value === undefined) throw corrupt(`${name} has no ${what}`);
    return value;
  };
  const unsupported = (feature: string) => new AppError({ code: 'slide/unsupported', format, feature });

  const width = await need(TAG.width, 'width');
  const height = await need(TAG.height, 'height');
  const isSize = (value: number) => Number.isInteger(value) && value > 0 && value <= LIMITS.edge;
  if (!isSize(width) || !isSize(height)) throw corrupt(`${name} claims ${width} x ${height} px`);

  const compression = (await one(TAG.compression)) ?? 1;
  const codec = codecFor(compression, format);

  const samples = (await one(TAG.samples)) ?? 1;
  const bitsOfAll = (await all(TAG.bits)) ?? [1];
  const bits = bitsOfAll[0] ?? 1;
  const photometric = (await one(TAG.photometric)) ?? (samples >= 3 ? 2 : 1);
  const planar = samples > 1 && (await one(TAG.planar)) === 2;
  const predictor = (await one(TAG.predictor)) ?? 1;
  const sampleFormat = (await one(TAG.sampleFormat)) ?? 1;
  const extraSamples = (await all(TAG.extraSamples)) ?? [];
  if (!Number.isInteger(samples) || samples < 1 || samples > 64) throw corrupt(`${name} claims ${samples} samples`);
  if (!codec.selfDescribing) {
    if (bitsOfAll.some((value) => value !== bits)) throw unsupported('samples of different depth');
    if (![1, 2, 4, 8, 16].includes(bits) || (bits < 8 && (samples > 1 || predictor === 2)))
      throw unsupported(`${bits}-bit samples`);
    if (sampleFormat !== 1 && sampleFormat !== 4) throw unsupported('samples that are not unsigned integers');
    if (predictor !== 1 && predictor !== 2) throw unsupported('the floating-point predictor');
    const subsampling = await all(TAG.subsampling);
    if (photometric === 6 && (subsampling?.[0] ?? 2) * (subsampling?.[1] ?? 2) !== 1)
      throw unsupported('subsampled YCbCr without JPEG');
  }
  if (![0, 1, 2, 3, 6].includes(photometric)) throw unsupported(`photometric interpretation ${photometric}`);
  if ((photometric === 2 || photometric === 6) && samples < 3)
    throw corrupt(`${name} is in colour with ${samples} samples`);
  const colorMap = photometric === 3 ? await all(TAG.colorMap) : undefined;
  if (photometric === 3 && colorMap?.length !== 3 * 2 ** Math.min(bits, 16))
    throw corrupt(`${name} has no whole colour map`);

  const tiled = tags.has(TAG.tileWidth) || tags.has(TAG.tileOffsets);
  const blockWidth = tiled ? await need(TAG.tileWidth, 'tile width') : width;
  // Many writers give 2^32 - 1 rows a strip for one strip.
  const blockHeight = tiled
    ? await need(TAG.tileHeight, 'tile height')
    : Math.min((await one(TAG.rowsPerStrip)) ?? height, height);
  if (tiled) {
    const isEdge = (value: number) =>
      Number.isInteger(value) && value >= LIMITS.tileEdgeMin && value <= LIMITS.tileEdge;
    if (!isEdge(blockWidth) || !isEdge(blockHeight))
      throw corrupt(`${name} claims tiles of ${blockWidth} x ${blockHeight} px`);
  } else if (blockHeight < 1 || blockWidth * blockHeight > LIMITS.blockPixels)
    throw unsupported(`a strip of ${blockWidth} x ${blockHeight} px`);
  const cols = Math.ceil(width / blockWidth);
  const rows = Math.ceil(height / blockHeight);
  const planes = planar ? samples : 1;
  const blocks = cols * rows * planes;
  if (blocks > LIMITS.blocks) throw corrupt(`${name} claims ${blocks} tiles`);

  const kind = tiled ? 'tile' : 'strip';
  const numbers = (id: number, what: string): FileNumbers => {
    const tag = tags.get(id);
    if (!tag) throw corrupt(`${name} has no ${kind} ${what}`);
    if (tag.count < blocks) throw corrupt(`${name} has ${tag.count} ${kind} ${what} for ${blocks} ${kind}s`);
    return fileNumbers(tiff, tag);
  };
  const offsets = numbers(tiled ? TAG.tileOffsets : TAG.stripOffsets, 'offsets');
  const byteCounts = numbers(tiled ? TAG.tileByteCounts : TAG.stripByteCounts, 'byte counts');

  const tablesTag = compression === 7 ? tags.get(TAG.jpegTables) : undefined;
  const jpegTables = tablesTag && (await tagBytes(tiff, tablesTag, signal, 2 ** 16));
  const descriptionTag = tags.get(TAG.description);
  const description = descriptionTag && (await tagText(tiff, descriptionTag, signal));
  const xResolution = await one(TAG.xResolution);
  const yResolution = (await one(TAG.yResolution)) ?? xResolution;
  const unit = { 2: 1 / 2.54, 3: 1 }[(await one(TAG.resolutionUnit)) ?? 2];
  const pxPerCm = unit && xResolution && yResolution ? ([xResolution * unit, yResolution * unit] as const) : undefined;

  const layout: BlockLayout = {
    width: blockWidth,
    height: blockHeight,
    samples: planar ? 1 : samples,
    bits,
    predictor,
    littleEndian: tiff.littleEndian,
    compression,
    photometric,
    jpegTables,
    maxHeight: blockHeight,
  };

  const readPlane = async (index: number, rowsHere: number, signal?: AbortSignal) => {
    const [offset, length] = await Promise.all([offsets.at(index, signal), byteCounts.at(index, signal)]);
    if (length === 0 || offset === 0) return undefined;
    if (length > (tiled ? LIMITS.compressedBytes : LIMITS.compressedStripBytes))
      throw corrupt(`a ${kind} claims ${length} bytes`);
    if (offset + length > tiff.source.sizeBytes) throw corrupt('its bytes lie past the end of the file');
    const bytes = await tiff.source.read(offset, length, signal);
    const block = await codec.decode(bytes, { ...layout, height: rowsHere });
    if (block.width !== blockWidth || block.height < rowsHere)
      throw corrupt(
        `the ${kind} decodes to ${block.width} x ${block.height} px and should have ${blockWidth} x ${rowsHere}`,
      );
    return { ...block, data: block.data.subarray(0, blockWidth * rowsHere * block.samples) };
  };

  return {
    width,
    height,
    tiled,
    blockWidth,
    blockHeight,
    cols,
    rows,
    compression,
    photometric,
    subfileType: (await one(TAG.subfileType)) ?? 0,
    description,
    pxPerCm,
    async readBlock(col, row, signal) {
      const rowsHere = tiled ? blockHeight : Math.min(blockHeight, height - row * blockHeight);
      const index = row * cols + col;
      if (!planar) {
        const block = await readPlane(index, rowsHere, signal);
        return (
          block && {
            width: blockWidth,
            height: rowsHere,
            data: toRgb(block, photometric, bits, colorMap, extraSamples),
          }
        );
      }
      // Planes past the third are alpha or extra channels, which a colour image does not show.
      const wanted = photometric === 2 || photometric === 6 ? 3 : 1;
      const data = new Uint8Array(blockWidth * rowsHere * wanted);
      for (let plane = 0; plane < wanted; plane++) {
        const block = await readPlane(plane * cols * rows + index, rowsHere, signal);
        if (!block) return undefined;
        for (let i = 0; i < blockWidth * rowsHere; i++) data[i * wanted + plane] = block.data[i * block.samples] ?? 0;
      }
      const merged = { width: blockWidth, height: rowsHere, samples: wanted, data, rgb: false };
      return { width: blockWidth, height: rowsHere, data: toRgb(merged, photometric, bits, colorMap, []) };
    },
  };
}

/** Samples to RGB by photometric interpretation; alpha is laid over white. */
function toRgb(
  block: { readonly samples: number; readonly data: Uint8Array; readonly rgb: boolean },
  photometric: number,
  bits: number,
  colorMap: readonly number[] | undefined,
  extraSamples: readonly number[],
): Uint8Array {
  const { samples, data } = block;
  if (samples === 3 && (block.rgb || photometric === 2)) return data;
  const count = data.length / samples;
  const out = new Uint8Array(count * 3);
  if (!block.rgb && photometric === 3 && colorMap) {
    const size = colorMap.length / 3;
    for (let i = 0; i < count; i++) {
      const index = data[i * samples] ?? 0;
      for (let c = 0; c < 3; c++) out[i * 3 + c] = (colorMap[c * size + index] ?? 0) >> 8;
    }
    return out;
  }
  if (photometric === 0 || photometric === 1 || samples < 3) {
    const top = bits < 8 ? 2 ** bits - 1 : 255;
    for (let i = 0; i < count; i++) {
      const value = Math.round(((data[i * samples] ?? 0) * 255) / (block.rgb ? 255 : top));
      out.fill(photometric === 0 ? 255 - value : value, i * 3, i * 3 + 3);
    }
    return out;
  }
  if (photometric === 6 && !block.rgb) ycbcrToRgb(data, samples);
  const clamp = (value: number) => Math.max(0, Math.min(255, Math.round(value)));
  const alphaKind = samples > 3 ? extraSamples[0] : undefined;
  for (let i = 0; i < count; i++) {
    let r = data[i * samples] ?? 0;
    let g = data[i * samples + 1] ?? 0;
    let b = data[i * samples + 2] ?? 0;
    if (alphaKind === 1 || alphaKind === 2) {
      const alpha = data[i * samples + 3] ?? 0;
      const scale = alphaKind === 1 ? 1 : alpha / 255;
      [r, g, b] = [r * scale + 255 - alpha, g * scale + 255 - alpha, b * scale + 255 - alpha];
    }
    out[i * 3] = clamp(r);
    out[i * 3 + 1] = clamp(g);
    out[i * 3 + 2] = clamp(b);
  }
  return out;
}
