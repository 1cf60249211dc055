/**
 * Hamamatsu NDPI: a TIFF dialect with one JPEG strip a level, read by the restart markers that tag 65426 lists.
 * Recognised by tag 65420 and the maker's name. Pixel size from the resolution tags (per cm), magnification from tag 65421,
 * which is -1 for the macro image and -2 for the map of the scanned areas. Of several focal planes the middle one is read.
 * Past 4 GiB the links and entries carry their upper halves outside the usual places (tiff/directories.ts, 'ndpi').
 *
 * @see OpenSlide documentation, "Hamamatsu format", NDPI
 */
import { AppError } from '../../errors.ts';
import { type BlockCache, blockCache } from '../block-cache.ts';
import { decodeJpegRgb } from '../codecs/jpeg.ts';
import { openRestartJpeg, type RestartJpeg } from '../codecs/restart-jpeg.ts';
import { paste } from '../cut-and-paste.ts';
import { fingerprint } from '../fingerprint.ts';
import type { SlideFormat } from '../format.ts';
import { levelsOf } from '../levels.ts';
import type { Pixels, Slide } from '../slide.ts';
import { readTiff, type TiffDirectory, type TiffFile } from '../tiff/directories.ts';
import { readImage } from '../tiff/image.ts';
import { fileNumbers, tagNumbers, tagText } from '../tiff/tag-values.ts';
import { TAG } from '../tiff/tags.ts';
import { plausibleMpp, readWhole } from '../tiff/tiff-slide.ts';

const NDPI = {
  format: 65420,
  sourceLens: 65421,
  xOffset: 65422,
  yOffset: 65423,
  zOffset: 65424,
  reference: 65427,
  starts: 65426,
  startsHigh: 65432,
  properties: 65449,
} as const;

const LABEL = 'Hamamatsu NDPI';
const TILE_WIDTH = 512;
/** Decoded bands kept, bytes. Neighbouring tiles are cut from the same band. */
const BAND_CACHE_BYTES = 96 * 2 ** 20;

interface NdpiLevel {
  readonly width: number;
  readonly height: number;
  readonly tileHeight: number;
  readonly jpeg: RestartJpeg;
}

export const hamamatsuNdpi: SlideFormat = {
  id: 'hamamatsu-ndpi',
  label: LABEL,
  detect: ({ tiff }) => tiff?.big === false && tiff.directories[0]?.tags.has(NDPI.format) === true,
  async open(files, probe, signal) {
    if (!probe.tiff) throw new AppError({ code: 'slide/corrupt', where: 'it is not a TIFF' });
    const tiff = await readTiff(files.main, signal, 'ndpi');
    const levels: NdpiLevel[] = [];
    const associated = new Map<string, (signal?: AbortSignal) => Promise<Pixels>>();
    let first: TiffDirectory | undefined;
    let objectivePower: number | undefined;
    for (const [index, directory] of tiff.directories.entries()) {
      const number = async (id: number) => {
        const tag = directory.tags.get(id);
        return tag && (await tagNumbers(tiff, tag, signal))[0];
      };
      const lens = (await number(NDPI.sourceLens)) ?? 0;
      if (lens === -1 || lens === -2) {
        associated.set(lens === -1 ? 'macro' : 'map', (signal) => readSmall(tiff, directory, signal));
        continue;
      }
      // Other focal planes of the same fields.
      if (((await number(NDPI.zOffset)) ?? 0) !== 0) continue;
      const level = await readLevel(tiff, directory, `level ${levels.length} (directory ${index})`, signal);
      const before = levels.at(-1);
      if (before && level.width >= before.width) continue;
      if (!first) {
        first = directory;
        objectivePower = lens > 0 ? lens : undefined;
      }
      levels.push(level);
    }
    if (!first) throw new AppError({ code: 'slide/corrupt', where: 'it has no level' });
    const properties = await readProperties(tiff, first, signal);
    const xResolution = (await numbersOf(tiff, first, TAG.xResolution, signal))?.[0];
    const yResolution = (await numbersOf(tiff, first, TAG.yResolution, signal))?.[0];
    const isPerCm = (await numbersOf(tiff, first, TAG.resolutionUnit, signal))?.[0] === 3;
    const mpp =
      isPerCm && xResolution && yResolution
        ? plausibleMpp(1e4 / xResolution, 1e4 / yResolution, 'tiff-tag')
        : undefined;
    const [base] = levels;
    const width = base?.width ?? 0;
    const height = base?.height ?? 0;
    const bands = blockCache<Pixels>(BAND_CACHE_BYTES);
    const slide: Slide = {
      info: {
        id: await fingerprint(files.main, signal),
        name: files.main.name,
        format: 'hamamatsu-ndpi',
        formatLabel: `${LABEL}, JPEG`,
        width,
        height,
        levels: levelsOf(levels.map((level) => ({ ...level, tileWidth: TILE_WIDTH }))),
        mpp,
        objectivePower,
        bounds: { x: 0, y: 0, width, height },
        background: [255, 255, 255],
        properties,
        associated: [...associated.keys()],
      },
      async readTile(index, col, row, signal) {
        const level = levels[index];
        if (!level) throw new RangeError(`no level ${index}`);
        return cutTile(level, index, col, row, bands, signal);
      },
      async readAssociated(name, signal) {
        const read = associated.get(name);
        if (!read) throw new RangeError(`no associated image ${name}`);
        return read(signal);
      },
      async close() {
        bands.clear();
      },
    };
    return slide;
  },
};

async function cutTile(
  level: NdpiLevel,
  index: number,
  col: number,
  row: number,
  bands: BlockCache<Pixels>,
  signal: AbortSignal | undefined,
): Promise<Pixels> {
  const left = col * TILE_WIDTH;
  const width = Math.min(TILE_WIDTH, level.width - left);
  const height = Math.min(level.tileHeight, level.height - row * level.tileHeight);
  const tile = { width, height, data: new Uint8Array(width * height * 3) };
  const { bandWidth } = level.jpeg;
  for (let band = Math.floor(left / bandWidth); band * bandWidth < left + width; band++) {
    // The tiles of one view ask for the same band at the same time.
    const pixels = await bands.read(`${index}/${band}/${row}`, () => level.jpeg.readBand(band, row));
    signal?.throwIfAborted();
    paste(tile, pixels, band * bandWidth - left, 0);
  }
  return tile;
}

async function numbersOf(
  tiff: TiffFile,
  directory: TiffDirectory,
  id: number,
  signal: AbortSignal | undefined,
): Promise<number[] | undefined> {
  const tag = directory.tags.get(id);
  return tag && tagNumbers(tiff, tag, signal);
}

async function stripOf(tiff: TiffFile, directory: TiffDirectory, name: string, signal: AbortSignal | undefined) {
  const one = async (id: number, what: string) => {
    const value = (await numbersOf(tiff, directory, id, signal))?.[0];
    if (value === undefined || value <= 0)
      throw new AppError({ code: 'slide/corrupt', where: `${name} has no ${what}` });
    // The tag can be of a type with fractions.
    if (!Number.isSafeInteger(value))
      throw new AppError({ code: 'slide/corrupt', where: `the ${what} of ${name} is ${value}` });
    return value;
  };
  const width = await one(TAG.width, 'width');
  const height = await one(TAG.height, 'height');
  const offset = await one(TAG.stripOffsets, 'strip offset');
  const length = await one(TAG.stripByteCounts, 'strip byte count');
  if (offset + length > tiff.source.sizeBytes)
    throw new AppError({ code: 'slide/corrupt', where: `${name} lies past the end of the file` });
  const compression = await one(TAG.compression, 'compression');
  if (compression !== 7)
    throw new AppError({
      code: 'slide/unsupported',
      format: LABEL,
      feature: compression === 22610 ? 'JPEG XR compression' : `compression ${compression}`,
    });
  return { width, height, offset, length };
}

async function readLevel(
  tiff: TiffFile,
  directory: TiffDirectory,
  name: string,
  signal: AbortSignal | undefined,
): Promise<NdpiLevel> {
  const { width, height, offset, length } = await stripOf(tiff, directory, name, signal);
  const low = directory.tags.get(NDPI.starts);
  if (!low) {
    // Without the list of restart markers only an image that fits in memory whole can be read.
    if (width * height > WHOLE_PIXELS)
      throw new AppError({ code: 'slide/unsupported', format: LABEL, feature: 'levels without restart markers' });
    return wholeLevel(tiff, { offset, length }, { width, height });
  }
  const lows = fileNumbers(tiff, low);
  const highTag = directory.tags.get(NDPI.startsHigh);
  const highs = highTag && highTag.count >= low.count ? fileNumbers(tiff, highTag) : undefined;
  const starts = {
    length: lows.length,
    at: async (i: number, signal?: AbortSignal) =>
      (await lows.at(i, signal)) + (highs ? (await highs.at(i, signal)) * 2 ** 32 : 0),
  };
  const jpeg = await openRestartJpeg(tiff.source, { offset, length }, { width, height }, starts, signal);
  return { width, height, tileHeight: jpeg.bandHeight, jpeg };
}

const WHOLE_PIXELS = 16 * 2 ** 20;
const WHOLE_BYTES = 32 * 2 ** 20;

/** A small level as one band. */
function wholeLevel(
  { source }: TiffFile,
  { offset, length }: { readonly offset: number; readonly length: number },
  { width, height }: { readonly width: number; readonly height: number },
): NdpiLevel {
  const jpeg: RestartJpeg = {
    bandWidth: width,
    bandHeight: height,
    readBand: async (_col, _row, signal) => decodeWhole(await source.read(offset, length, signal), width, height),
  };
  return { width, height, tileHeight: height, jpeg };
}

async function decodeWhole(bytes: Uint8Array, width: number, height: number): Promise<Pixels> {
  const image = await decodeJpegRgb(bytes, undefined, 'ycbcr');
  if (image.width !== width || image.height !== height)
    throw new AppError({
      code: 'slide/corrupt',
      where: `an image is ${image.width} x ${image.height} px, not as stated`,
    });
  return image;
}

/** Macro (JPEG) and map (uncompressed grey). */
async function readSmall(tiff: TiffFile, directory: TiffDirectory, signal: AbortSignal | undefined): Promise<Pixels> {
  const compression = (await numbersOf(tiff, directory, TAG.compression, signal))?.[0];
  if (compression === 7) {
    const { width, height, offset, length } = await stripOf(tiff, directory, 'the macro image', signal);
    if (length > WHOLE_BYTES) throw new AppError({ code: 'slide/corrupt', where: `the macro claims ${length} bytes` });
    return decodeWhole(await tiff.source.read(offset, length, signal), width, height);
  }
  return readWhole(await readImage(tiff, directory, 'the map image', LABEL, signal), signal);
}

/** The scanner's own "key=value" lines and the offsets of the slide's centre, nm. */
async function readProperties(
  tiff: TiffFile,
  directory: TiffDirectory,
  signal: AbortSignal | undefined,
): Promise<Record<string, string>> {
  const properties: Record<string, string> = {};
  const text = directory.tags.get(NDPI.properties);
  if (text?.type === 2)
    for (const line of (await tagText(tiff, text, signal)).split(/\r?\n/)) {
      const at = line.indexOf('=');
      if (at > 0) properties[`hamamatsu.${line.slice(0, at)}`] = line.slice(at + 1);
    }
  const named = {
    SourceLens: NDPI.sourceLens,
    XOffsetFromSlideCentre: NDPI.xOffset,
    YOffsetFromSlideCentre: NDPI.yOffset,
  };
  for (const [name, id] of Object.entries(named)) {
    const value = (await numbersOf(tiff, directory, id, signal))?.[0];
    if (value !== undefined) properties[`hamamatsu.${name}`] = String(value);
  }
  for (const [name, id] of Object.entries({ Make: TAG.make, Model: TAG.model })) {
    const tag = directory.tags.get(id);
    if (tag?.type === 2) properties[`tiff.${name}`] = await tagText(tiff, tag, signal);
  }
  const reference = directory.tags.get(NDPI.reference);
  if (reference?.type === 2) properties['hamamatsu.Reference'] = await tagText(tiff, reference, signal);
  return properties;
}
