/**
 * OME-TIFF: a TIFF whose first ImageDescription is OME-XML, which says of each plane (channel, z, t) where it lies. Smaller
 * levels are the SubIFDs of a plane's directory. Of several images the largest is the slide, or the one that is asked for;
 * images called label, macro or thumbnail are the associated ones. Colour comes as it is; grey channels are shown together,
 * each in its colour. Of several focal planes and time points the middle one is read.
 *
 * @see OME Data Model and File Formats, "OME-TIFF specification"
 */
import { AppError } from '../../errors.ts';
import { type ChannelLight, type ChannelView, MAX_CHANNELS, type SlideChannel } from '../channel-view.ts';
import {
  channelProperties,
  defaultColor,
  lightOf,
  limitsOf,
  MAX_OFFERED,
  pieceOrNone,
  rangeOf,
  type Samples,
  windowOf,
} from '../channels.ts';
import { codecFor } from '../codecs/index.ts';
import { fingerprint, imageFingerprint } from '../fingerprint.ts';
import type { SlideFormat } from '../format.ts';
import { type OmeDocument, type OmeImage, type OmePlane, parseOme } from '../ome/document.ts';
import { sampleCache } from '../sample-cache.ts';
import type { SlideFiles } from '../slide.ts';
import { readTiff, type TiffDirectory, type TiffFile, tagNumbers, tagText } from '../tiff/directories.ts';
import { readImage, TAG, type TiffImage } from '../tiff/image.ts';
import { readPlanes, type TiffPlanes } from '../tiff/planes.ts';
import { plausibleMpp, tiffSlide } from '../tiff/tiff-slide.ts';

const LABEL = 'OME-TIFF';
const XML_BYTES = 32 * 2 ** 20;
/** Read of each channel, at most, to find what is its black and what its brightest, px. */
const WINDOW_PIXELS = 4 * 2 ** 20;
const WINDOW_BLOCKS = 64;
/** The same of each channel that is not shown at first. */
const MORE_WINDOW_PIXELS = 2 ** 18;

const isOme = (description: string) => /<(\w+:)?OME[\s>]/.test(description);

export const omeTiff: SlideFormat = {
  id: 'ome-tiff',
  label: LABEL,
  detect: ({ tiff, description }) => tiff !== undefined && isOme(description),
  async open(files, probe, signal, series) {
    if (!probe.tiff) throw new AppError({ code: 'slide/corrupt', where: 'it is not a TIFF' });
    const { tiff } = probe;
    const document = await readDocument(files, tiff, signal);
    const named = document.images.map((image) => ({ image, what: associatedName(image) }));
    const candidates = named.filter(({ what }) => what === undefined);
    const slides = (candidates.length > 0 ? candidates : named).map(({ image }) => image);
    const largest = slides.reduce<OmeImage | undefined>(
      (best, image) => (best && best.width * best.height >= image.width * image.height ? best : image),
      undefined,
    );
    const chosen = slides.find((image) => document.images.indexOf(image) === series) ?? largest;
    if (!chosen) throw new AppError({ code: 'slide/corrupt', where: 'its OME-XML has no image' });
    const open = planeOpener(files, tiff, document);
    const picture = await readPicture(chosen, open, signal);
    const associated = new Map<string, TiffImage>();
    for (const { image, what } of named) {
      if (what === undefined || image === chosen || associated.has(what)) continue;
      try {
        const [largest] = (await readPicture(image, open, signal)).levels;
        if (largest) associated.set(what, largest);
      } catch (error) {
        // A label in an odd coding does not keep anyone from the slide.
        if (!(error instanceof AppError) || error.info.code === 'slide/read-failed') throw error;
      }
    }
    const properties: Record<string, string> = {
      ...channelProperties(picture.channels.filter(({ isShown }) => isShown)),
    };
    const add = (name: string, value: string | undefined) => {
      if (value) properties[`ome.${name}`] = value;
    };
    add('Image.Name', chosen.name);
    add('AcquisitionDate', chosen.acquired);
    add('Pixels.Type', chosen.type);
    if (chosen.sizeZ > 1) add('plane.Z', `${middle(chosen.sizeZ)} of ${chosen.sizeZ}`);
    if (chosen.sizeT > 1) add('plane.T', `${middle(chosen.sizeT)} of ${chosen.sizeT}`);
    if (chosen.channels.length > MAX_CHANNELS && picture.channels.length > 0)
      add('channels', `${MAX_CHANNELS} of ${chosen.channels.length} shown`);
    if (document.images.length > 1)
      for (const [i, image] of document.images.entries())
        add(
          `series[${i}]`,
          `${image.name} ${image.width} x ${image.height}${image === chosen ? ', shown' : ''}`.trim(),
        );
    const { mpp } = chosen;
    const id = await fingerprint(files.main, signal);
    const indexOf = (image: OmeImage) => document.images.indexOf(image);
    return tiffSlide({
      id: chosen === largest ? id : await imageFingerprint(id, indexOf(chosen)),
      name: files.main.name,
      format: 'ome-tiff',
      formatLabel: `${LABEL}, ${codecFor(picture.levels[0]?.compression ?? 1, LABEL).name}`,
      levels: picture.levels,
      associated,
      mpp: mpp && plausibleMpp(mpp[0], mpp[1], 'vendor'),
      objectivePower: chosen.objectivePower,
      properties,
      ...(picture.channels.length > 0
        ? { background: [0, 0, 0] as const, channels: picture.channels, levelsAs: picture.levelsAs }
        : {}),
      ...(slides.length > 1 && {
        series: {
          images: slides.map((image) => ({
            index: indexOf(image),
            name: image.name,
            width: image.width,
            height: image.height,
          })),
          open: indexOf(chosen),
        },
      }),
    });
  },
};

const middle = (count: number) => Math.floor(count / 2);

function associatedName({ name }: OmeImage): string | undefined {
  const [word] = /label|macro|overview|thumbnail/i.exec(name) ?? [];
  const what = word?.toLowerCase();
  return what === 'overview' ? 'macro' : what;
}

async function readDocument(files: SlideFiles, tiff: TiffFile, signal: AbortSignal | undefined): Promise<OmeDocument> {
  const tag = tiff.directories[0]?.tags.get(TAG.description);
  const document = parseOme(tag ? await tagText(tiff, tag, signal, XML_BYTES) : '');
  const { companion } = document;
  if (companion === undefined) return document;
  const source = files.find(companion);
  if (!source) throw missing(`without its file ${companion}, which was not dropped with it`);
  if (source.sizeBytes > XML_BYTES) throw new AppError({ code: 'slide/corrupt', where: `${companion} is too large` });
  return parseOme(new TextDecoder().decode(await source.read(0, source.sizeBytes, signal)));
}

function missing(feature: string): AppError {
  return new AppError({ code: 'slide/unsupported', format: LABEL, feature: `it ${feature}` });
}

/** A directory and the file that it is of. */
interface PlaneAt {
  readonly tiff: TiffFile;
  readonly directory: TiffDirectory;
  readonly name: string;
}

type OpenPlane = (plane: OmePlane, signal: AbortSignal | undefined) => Promise<PlaneAt>;

/** Planes in this file, and in the other files of the set where they were dropped too. */
function planeOpener(files: SlideFiles, own: TiffFile, { images }: OmeDocument): OpenPlane {
  const opened = new Map<string, Promise<TiffFile>>();
  // A file that was renamed alone is still whole: one name in all of its XML can only mean itself.
  const names = new Set<string>();
  for (const image of images)
    for (let c = 0; c < Math.min(MAX_CHANNELS, image.channels.length); c++) {
      const file = image.plane(c, middle(image.sizeZ), middle(image.sizeT))?.file;
      if (file) names.add(file.name);
    }
  return async ({ ifd, file }, signal) => {
    let tiff = own;
    if (file && file.name !== files.main.name) {
      const source = files.find(file.name);
      if (source) {
        const known = opened.get(file.name) ?? readTiff(source, signal);
        opened.set(file.name, known);
        tiff = await known;
      } else if (names.size > 1 || !names.has(file.name))
        throw missing(`without its file ${file.name}, which was not dropped with it`);
    }
    const directory = tiff.directories[ifd];
    if (!directory) throw new AppError({ code: 'slide/corrupt', where: `its OME-XML names directory ${ifd}` });
    return { tiff, directory, name: `directory ${ifd}` };
  };
}

interface Picture {
  /** Largest first. */
  readonly levels: readonly TiffImage[];
  /** All that can be shown; empty for colour. */
  readonly channels: readonly SlideChannel[];
  readonly levelsAs: (view: ChannelView) => readonly TiffImage[];
}

async function readPicture(image: OmeImage, open: OpenPlane, signal: AbortSignal | undefined): Promise<Picture> {
  const z = middle(image.sizeZ);
  const t = middle(image.sizeT);
  const at = async (channel: number) => {
    const plane = image.plane(channel, z, t);
    if (!plane)
      throw new AppError({ code: 'slide/corrupt', where: `its OME-XML places no plane of channel ${channel}` });
    return open(plane, signal);
  };
  const first = await at(0);
  const samples = await samplesOf(first, signal);
  const sizeC = image.channels.reduce((sum, channel) => sum + channel.samples, 0);
  if (samples >= 3 && ((image.channels[0]?.samples ?? 1) >= 3 || sizeC === samples) && (await isColor(first, signal))) {
    const level0 = await readImage(first.tiff, first.directory, 'level 0', LABEL, signal);
    checkSize(level0, image);
    const levels = await withSubImages(first, level0, signal);
    return { levels, channels: [], levelsAs: () => levels };
  }
  return readChannels(image, samples > 1 && samples === sizeC ? first : undefined, at, signal);
}

async function numberOf({ tiff, directory }: PlaneAt, id: number, signal: AbortSignal | undefined) {
  const tag = directory.tags.get(id);
  return tag && (await tagNumbers(tiff, tag, signal))[0];
}

const samplesOf = async (at: PlaneAt, signal: AbortSignal | undefined) =>
  (await numberOf(at, TAG.samples, signal)) ?? 1;

/** True for RGB and YCbCr of whole numbers, which have no range to choose. */
async function isColor(at: PlaneAt, signal: AbortSignal | undefined): Promise<boolean> {
  const photometric = (await numberOf(at, TAG.photometric, signal)) ?? 1;
  const format = (await numberOf(at, TAG.sampleFormat, signal)) ?? 1;
  return (photometric === 2 || photometric === 6) && format === 1;
}

function checkSize({ width, height }: { readonly width: number; readonly height: number }, image: OmeImage): void {
  if (width !== image.width || height !== image.height)
    throw new AppError({
      code: 'slide/corrupt',
      where: `an image is ${width} x ${height} px, and ${image.width} x ${image.height} in its OME-XML`,
    });
}

/** Strictly falling in size. */
function distinct<T extends { readonly width: number }>(levels: readonly T[]): T[] {
  const sorted = [...levels].sort((a, b) => b.width - a.width);
  return sorted.filter((level, i) => i === 0 || level.width < (sorted[i - 1]?.width ?? 0));
}

async function withSubImages(
  { tiff, directory }: PlaneAt,
  level0: TiffImage,
  signal: AbortSignal | undefined,
): Promise<TiffImage[]> {
  const levels = [level0];
  for (const [i, sub] of directory.subDirectories.entries())
    levels.push(await readImage(tiff, sub, `level ${i + 1}`, LABEL, signal));
  return distinct(levels.filter(({ width, height }) => width <= level0.width && height <= level0.height));
}

/** One channel of a level. */
interface Plane {
  readonly image: TiffPlanes;
  readonly sample: number;
}

async function readChannels(
  image: OmeImage,
  /** The directory that has all channels as samples of one pixel. */
  together: PlaneAt | undefined,
  at: (channel: number) => Promise<PlaneAt>,
  signal: AbortSignal | undefined,
): Promise<Picture> {
  const total = together ? image.channels.reduce((sum, { samples }) => sum + samples, 0) : image.channels.length;
  const count = Math.min(MAX_CHANNELS, total);
  const readChannel = async (c: number): Promise<Plane[]> => {
    const place = together ?? (await at(c));
    const sample = together ? c : 0;
    const read = async (directory: TiffDirectory, name: string): Promise<Plane> => ({
      image: await readPlanes(place.tiff, directory, name, LABEL, signal),
      sample,
    });
    const level0 = await read(place.directory, place.name);
    checkSize(level0.image, image);
    const planes = [level0];
    for (const [i, sub] of place.directory.subDirectories.entries())
      planes.push(await read(sub, `level ${i + 1} of ${place.name}`));
    return planes;
  };
  const perChannel: Plane[][] = [];
  for (let c = 0; c < count; c++) perChannel.push(await readChannel(c));
  const [first = []] = perChannel;
  // A level is what every channel has in the same size and the same blocks.
  const levels = distinct(first.map(({ image }) => image)).flatMap((base): Plane[][] => {
    const same = perChannel.map((planes) => planes.find(({ image }) => sameGrid(image, base)));
    return same.every((plane) => plane !== undefined) ? [same as Plane[]] : [];
  });
  const smallest = levels.at(-1) ?? [];
  const bases = levels.flatMap(([plane]) => (plane ? [plane.image] : []));
  if (bases.length === 0)
    throw new AppError({ code: 'slide/unsupported', format: LABEL, feature: 'channels cut in different tiles' });
  const stated = image.channels.slice(0, count).map(({ color }) => color);
  // White throughout is what Bio-Formats writes where it does not know.
  const isGuess = stated.length > 1 && stated.every((color) => !color || color.every((part) => part === 255));
  const channelFor = async (c: number, plane: Plane, isShown: boolean): Promise<SlideChannel> => {
    const { kind, bits } = plane.image;
    const limits = limitsOf(kind, bits);
    const color = isGuess ? undefined : image.channels[c]?.color;
    const most = isShown ? WINDOW_PIXELS : MORE_WINDOW_PIXELS;
    const window = kind === 'unsigned' && bits === 8 ? limits : windowOf(await sampled(plane, most, signal));
    return {
      name: image.channels[c]?.name ?? '',
      color: color ?? defaultColor(c, count),
      window,
      range: rangeOf(window, limits),
      isShown,
    };
  };
  const channels: SlideChannel[] = [];
  for (const [c, plane] of smallest.entries()) channels.push(await channelFor(c, plane, true));
  /** Planes of each level by channel, those that are not shown at first too. */
  const offered = levels.map((planes) => [...planes]);
  for (let c = count; c < Math.min(total, MAX_OFFERED); c++)
    try {
      const planes = await readChannel(c);
      const own = bases.flatMap((base) => planes.find(({ image }) => sameGrid(image, base)) ?? []);
      const last = own.at(-1);
      if (!last || own.length < bases.length) continue;
      channels.push(await channelFor(c, last, false));
      for (const [level, plane] of own.entries()) offered[level]?.push(plane);
    } catch (error) {
      // A channel that is not shown at first does not keep anyone from the others.
      if (!(error instanceof AppError) || error.info.code === 'slide/read-failed') throw error;
    }
  const kept = sampleCache();
  const keeping = ({ image, sample }: Plane, name: string): Plane['image'] => ({
    ...image,
    readPlane: (_, col, row, signal) => kept(`${name}/${col}/${row}`, () => image.readPlane(sample, col, row, signal)),
  });
  return {
    levels: bases.map((base, level) =>
      composed(
        base,
        (levels[level] ?? []).flatMap((plane, c) => {
          const channel = channels[c];
          return channel ? [{ plane, channel }] : [];
        }),
      ),
    ),
    channels,
    levelsAs: (view) =>
      bases.map((base, level) =>
        composed(
          base,
          view.flatMap((channel) => {
            const plane = offered[level]?.[channel.channel];
            const image = plane && keeping(plane, `${level}/${channel.channel}`);
            return image ? [{ plane: { image, sample: 0 }, channel }] : [];
          }),
        ),
      ),
  };
}

function sameGrid(a: TiffPlanes, b: TiffPlanes): boolean {
  return (['width', 'height', 'tiled', 'blockWidth', 'blockHeight'] as const).every((key) => a[key] === b[key]);
}

/** Blocks spread over a plane, all of them where it has no more than `pixels`. */
async function sampled({ image, sample }: Plane, pixels: number, signal: AbortSignal | undefined): Promise<Samples[]> {
  const { cols, rows, blockWidth, blockHeight } = image;
  const blocks = cols * rows;
  const most = Math.floor(pixels / (blockWidth * blockHeight));
  const wanted = Math.max(1, Math.min(blocks, image.tiled ? Math.min(most, WINDOW_BLOCKS) : most));
  const pieces: Samples[] = [];
  for (let i = 0; i < wanted; i++) {
    const index = Math.floor(((i + 0.5) * blocks) / wanted);
    const [col, row] = [index % cols, Math.floor(index / cols)];
    const piece = await pieceOrNone(image.readPlane(sample, col, row, signal));
    if (!piece) continue;
    // Tiles at the edge are filled up with anything.
    const width = Math.min(blockWidth, image.width - col * blockWidth);
    const height = Math.min(blockHeight, image.height - row * blockHeight);
    for (let y = 0; y < height; y++) pieces.push(piece.subarray(y * blockWidth, y * blockWidth + width));
  }
  return pieces;
}

/** A level of several channels as one image of a TIFF, on the grid of `base`. */
function composed(
  base: TiffPlanes,
  shown: readonly { readonly plane: Plane; readonly channel: Pick<ChannelLight, 'color' | 'window'> }[],
): TiffImage {
  const { width, height, tiled, blockWidth, blockHeight, cols, rows, compression } = base;
  const lights = shown.map(({ plane, channel }) => ({ ...plane, addLight: lightOf(channel) }));
  return {
    ...{ width, height, tiled, blockWidth, blockHeight, cols, rows, compression },
    photometric: 2,
    subfileType: 0,
    description: undefined,
    orientation: 1,
    pxPerCm: undefined,
    async readBlock(col, row, signal) {
      const rowsHere = tiled ? blockHeight : Math.min(blockHeight, height - row * blockHeight);
      // Room for the result only when there is something to show: a size is only a claim until the samples are there.
      let data: Uint8Array | undefined;
      for (const { image, sample, addLight } of lights) {
        const samples = await image.readPlane(sample, col, row, signal);
        if (!samples) continue;
        data ??= new Uint8Array(blockWidth * rowsHere * 3);
        addLight(data, samples);
      }
      return data && { width: blockWidth, height: rowsHere, data };
    },
  };
}
