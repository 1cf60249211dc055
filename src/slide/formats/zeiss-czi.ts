/**
 * Zeiss CZI: images (subblocks) that lie anywhere on the slide, listed in a directory with their place, their size at level 0
 * and as stored, their channel, focal plane, time, scene and order. Recognised by "ZISRAWFILE". Levels are the subblocks of
 * one reduction, those that every scene has. Colour comes as it is; grey channels are shown together, each in the colour and
 * range of the file's display settings. Of several focal planes and time points the middle one is read. Label, preview
 * and thumbnail are attachments.
 *
 * @see "ZISRAW (CZI) File Format Design Specification"; OpenSlide documentation, "Zeiss format"
 */
import { AppError } from '../../errors.ts';
import {
  type ChannelView,
  type ChannelWindow,
  type Color,
  defaultView,
  MAX_CHANNELS,
  type SlideChannel,
} from '../channel-view.ts';
import {
  type AddLight,
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
import { decodeJpegRgb } from '../codecs/jpeg.ts';
import { type CziPixelType, compressionName, decodeSubblock, pixelTypeOf } from '../czi/pixels.ts';
import { attachmentSource, type CziFile, isCzi, readCzi, type Subblock, subblockData } from '../czi/segments.ts';
import { fingerprint } from '../fingerprint.ts';
import type { SlideFormat } from '../format.ts';
import { type Mosaic, type MosaicLevel, mosaic, type PlacedImage } from '../mosaic.ts';
import { sampleCache } from '../sample-cache.ts';
import type { ByteSource, Pixels, Slide } from '../slide.ts';
import { plausibleMpp } from '../tiff/tiff-slide.ts';
import { attribute, child, children, parseXml, textOf, type XmlElement } from '../xml.ts';

const LABEL = 'Zeiss CZI';
/** Read of each channel, at most, to find what is its black and what its brightest, px. */
const WINDOW_PIXELS = 4 * 2 ** 20;
/** The same of each channel that is not shown at first. */
const MORE_WINDOW_PIXELS = 2 ** 18;
/** An attached JPEG or CZI is decoded whole. */
const ATTACHMENT_LIMITS = { bytes: 64 * 2 ** 20, pixels: 64 * 2 ** 20 } as const;
/** px */
const MAX_EDGE = 2 ** 31;
/** Tiles times images on them, for all levels: what the index of places may hold. */
const MAX_PLACES = 4 * 2 ** 20;

export const zeissCzi: SlideFormat = {
  id: 'zeiss-czi',
  label: LABEL,
  detect: ({ head }) => isCzi(head),
  async open(files, _probe, signal) {
    const picture = await readPicture(files.main, signal);
    const { composed, base, metadata } = picture;
    const associated = associatedImages(picture.file);
    const [x, y] = ['X', 'Y'].map((axis) => {
      const distances = children(child(metadata, 'Scaling', 'Items'), 'Distance');
      const value = Number(
        textOf(
          child(
            distances.find((one) => attribute(one, 'Id') === axis),
            'Value',
          ),
        ) ?? Number.NaN,
      );
      // Metres to µm without the noise of the last digits.
      return Number((value * 1e6 * picture.reduction).toPrecision(12));
    });
    const slide: Slide = {
      info: {
        id: await fingerprint(files.main, signal),
        name: files.main.name,
        format: 'zeiss-czi',
        formatLabel: `${LABEL}, ${compressionName(picture.compression)}`,
        width: base.width,
        height: base.height,
        levels: composed.levels,
        mpp: plausibleMpp(x ?? 0, y ?? 0, 'vendor'),
        objectivePower: objectiveOf(metadata),
        bounds: { x: 0, y: 0, width: base.width, height: base.height },
        background: picture.background,
        properties: picture.properties,
        associated: [...associated.keys()],
        ...(picture.channels.length > 0 ? { channels: picture.channels } : {}),
      },
      readTile: (level, col, row, signal) => composed.readTile(level, col, row, signal),
      ...(picture.channels.length > 0 && {
        readView: (view, level, col, row, signal) => composed.readTile(level, col, row, signal, view),
      }),
      async readAssociated(name, signal) {
        const read = associated.get(name);
        if (!read) throw new RangeError(`no associated image ${name}`);
        return read(signal);
      },
      async close() {
        composed.clear();
      },
    };
    return slide;
  },
};

interface Picture {
  readonly file: CziFile;
  readonly composed: Mosaic;
  readonly base: MosaicLevel;
  /** Of its finest level, where the finer ones were left out of the file. */
  readonly reduction: number;
  readonly metadata: XmlElement | undefined;
  readonly background: Color;
  readonly compression: number;
  readonly properties: Readonly<Record<string, string>>;
  /** All that can be shown; empty for colour. */
  readonly channels: readonly SlideChannel[];
}

async function readPicture(source: ByteSource, signal: AbortSignal | undefined): Promise<Picture> {
  const file = await readCzi(source, signal);
  const metadata = file.xml === '' ? undefined : child(parseXml(file.xml, 'its metadata'), 'ImageDocument', 'Metadata');
  const chosen = planesOf(file.subblocks);
  const [first] = chosen;
  if (!first) throw new AppError({ code: 'slide/corrupt', where: 'it has no images' });
  const type = pixelTypeOf(first.pixelType);
  for (const { compression, pixelType } of chosen) {
    compressionName(compression);
    if (pixelTypeOf(pixelType).isColor !== type.isColor)
      throw new AppError({ code: 'slide/unsupported', format: LABEL, feature: 'colour and grey images in one slide' });
  }
  const places = placesOf(chosen);
  const numbers = [...new Set(chosen.map(channelOf))].sort((a, b) => a - b).slice(0, MAX_OFFERED);
  const shownCount = Math.min(MAX_CHANNELS, numbers.length);
  const stated = statedChannels(metadata);
  const channels: SlideChannel[] = [];
  if (!type.isColor)
    for (const [i, c] of numbers.entries()) {
      const { name = '', color, window } = stated.get(c) ?? {};
      const own = pixelTypeOf(chosen.find((one) => channelOf(one) === c)?.pixelType ?? first.pixelType);
      const isShown = i < shownCount;
      const most = isShown ? WINDOW_PIXELS : MORE_WINDOW_PIXELS;
      const start = statedWindow(window, own) ?? windowOf(await sampled(file, places, c, most, signal));
      channels.push({
        name,
        color: color ?? defaultColor(i, shownCount),
        window: start,
        range: rangeOf(start, limitsOf(own.kind, own.bits)),
        isShown,
      });
    }
  const bitCount = Number(textOf(child(metadata, 'Information', 'Image', 'ComponentBitCount'))) || 16;
  const lights = lightsOf(defaultView(channels), numbers);
  const read = (subblock: Subblock, signal?: AbortSignal) => readSubblock(file, subblock, bitCount, signal);
  const kept = sampleCache();
  const views: Views = {
    lightsOf: (view) => lightsOf(view, numbers),
    read: async (subblock, signal) =>
      (await kept(String(subblock.position), () => read(subblock, signal))) ?? new Uint8Array(),
  };
  const levels = places.map(({ width, height, groups }) => ({
    width,
    height,
    images: groups.map((group) => placedImage(group, lights, type, read, views)),
  }));
  const [base] = levels;
  if (!base) throw new AppError({ code: 'slide/corrupt', where: 'it has no images' });
  const background: Color = type.isColor ? [255, 255, 255] : [0, 0, 0];
  return {
    file,
    composed: mosaic(levels, background),
    base,
    reduction: reductionOf(finestOf(chosen, first)),
    metadata,
    background,
    compression: first.compression,
    properties: {
      ...channelProperties(channels.filter(({ isShown }) => isShown)),
      ...propertiesOf(metadata, file.subblocks, chosen),
    },
    channels,
  };
}

/** By the number that the file gives the channel. */
type Lights = ReadonlyMap<number, AddLight>;

function lightsOf(view: ChannelView, numbers: readonly number[]): Lights {
  return new Map(view.map((one) => [numbers[one.channel] ?? -1, lightOf(one)]));
}

type ReadSamples = (subblock: Subblock, signal?: AbortSignal) => Promise<Samples>;

/** How other views than the first are composed. */
interface Views {
  readonly lightsOf: (view: ChannelView) => Lights;
  readonly read: ReadSamples;
}

const channelOf = ({ at }: Subblock) => at.C ?? 0;

/** The subblocks of one focal plane and time, and of the first of all other axes; colour: of the first channel. */
function planesOf(subblocks: readonly Subblock[]): Subblock[] {
  let left = [...subblocks];
  const keep = (axis: string, choose: (values: readonly number[]) => number | undefined) => {
    const values = [...new Set(left.map(({ at }) => at[axis] ?? 0))].sort((a, b) => a - b);
    if (values.length > 1) left = left.filter(({ at }) => (at[axis] ?? 0) === choose(values));
  };
  const middle = (values: readonly number[]) => values[Math.floor(values.length / 2)];
  keep('Z', middle);
  keep('T', middle);
  for (const axis of ['R', 'I', 'H', 'V', 'B']) keep(axis, ([lowest]) => lowest);
  if (left.some(({ pixelType }) => pixelTypeOf(pixelType).isColor)) keep('C', ([lowest]) => lowest);
  return left;
}

/** Level-0 pixels per stored pixel. */
function reductionOf({ x, y }: Subblock): number {
  return Math.max(1, Math.round(Math.max(x.size / x.stored, y.size / y.stored)));
}

function finestOf(subblocks: readonly Subblock[], first: Subblock): Subblock {
  return subblocks.reduce((best, one) => (reductionOf(one) < reductionOf(best) ? one : best), first);
}

/** The channels of one place. */
interface Group {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly subblocks: readonly Subblock[];
}

interface Place {
  readonly width: number;
  readonly height: number;
  readonly groups: readonly Group[];
}

/** Levels, largest first, and the places on them in the order in which they are laid. @throws slide/corrupt */
function placesOf(subblocks: readonly Subblock[]): Place[] {
  const byReduction = new Map<number, Subblock[]>();
  for (const subblock of subblocks) {
    const reduction = reductionOf(subblock);
    const level = byReduction.get(reduction);
    if (level) level.push(subblock);
    else byReduction.set(reduction, [subblock]);
  }
  const [finest, ...coarser] = [...byReduction].sort(([a], [b]) => a - b);
  if (!finest) return [];
  const scenesOf = (level: readonly Subblock[]) => new Set(level.map(({ at }) => at.S ?? 0));
  const scenes = scenesOf(finest[1]);
  const extent = (axis: 'x' | 'y') => {
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    for (const { [axis]: at } of finest[1]) {
      low = Math.min(low, at.start);
      high = Math.max(high, at.start + at.size);
    }
    return { low, size: high - low };
  };
  const [x, y] = [extent('x'), extent('y')];
  if (x.size > MAX_EDGE || y.size > MAX_EDGE)
    throw new AppError({ code: 'slide/corrupt', where: `its images cover ${x.size} x ${y.size} px` });
  const complete = coarser.filter(([, level]) => {
    const found = scenesOf(level);
    return [...scenes].every((scene) => found.has(scene));
  });
  let touched = 0;
  return [finest, ...complete].map(([reduction, level]): Place => {
    const groups = new Map<string, Group & { readonly subblocks: Subblock[] }>();
    for (const one of [...level].sort((a, b) => (a.at.M ?? 0) - (b.at.M ?? 0))) {
      const place = {
        x: Math.round((one.x.start - x.low) / reduction),
        y: Math.round((one.y.start - y.low) / reduction),
        width: one.x.stored,
        height: one.y.stored,
      };
      const key = [place.x, place.y, place.width, place.height, one.at.S ?? 0, one.at.M ?? 0].join();
      const group = groups.get(key);
      if (group) group.subblocks.push(one);
      else groups.set(key, { ...place, subblocks: [one] });
      touched += (place.width / 512 + 2) * (place.height / 512 + 2);
    }
    if (touched > MAX_PLACES) throw new AppError({ code: 'slide/corrupt', where: 'it claims too many large images' });
    return {
      width: Math.max(1, Math.ceil(x.size / reduction)),
      height: Math.max(1, Math.ceil(y.size / reduction)),
      groups: [...groups.values()],
    };
  });
}

async function readSubblock(file: CziFile, subblock: Subblock, bitCount: number, signal: AbortSignal | undefined) {
  const bytes = await subblockData(file, subblock, signal);
  const size = { width: subblock.x.stored, height: subblock.y.stored };
  return decodeSubblock(bytes, subblock.compression, pixelTypeOf(subblock.pixelType), size, bitCount);
}

function placedImage(
  { x, y, width, height, subblocks }: Group,
  shown: Lights,
  { isColor }: CziPixelType,
  readShown: ReadSamples,
  views: Views,
): PlacedImage {
  return {
    ...{ x, y, width, height },
    blockWidth: width,
    blockHeight: height,
    async readBlock(_col, _row, signal, view): Promise<Pixels | undefined> {
      const lights = view ? views.lightsOf(view) : shown;
      const read = view ? views.read : readShown;
      const [first] = subblocks;
      if (isColor && first) {
        const samples = await read(first, signal);
        return { width, height, data: samples instanceof Uint8Array ? samples : Uint8Array.from(samples) };
      }
      // Room for the result only when there is something to show: a size is only a claim until the samples are there.
      let data: Uint8Array | undefined;
      for (const subblock of subblocks) {
        const addLight = lights.get(channelOf(subblock));
        if (!addLight) continue;
        const samples = await read(subblock, signal);
        data ??= new Uint8Array(width * height * 3);
        addLight(data, samples);
      }
      return data && { width, height, data };
    },
  };
}

/** Samples of a channel on the smallest level, about `most` px of images spread over it. */
async function sampled(
  file: CziFile,
  places: readonly Place[],
  channel: number,
  most: number,
  signal: AbortSignal | undefined,
): Promise<Samples[]> {
  const own = (places.at(-1)?.groups ?? []).flatMap(({ subblocks }) =>
    subblocks.filter((one) => channelOf(one) === channel),
  );
  const pixels = own.reduce((most, { x, y }) => Math.max(most, x.stored * y.stored), 1);
  const wanted = Math.min(own.length, Math.max(1, Math.floor(most / pixels)));
  const pieces: Samples[] = [];
  for (let i = 0; i < wanted; i++) {
    const subblock = own[Math.floor(((i + 0.5) * own.length) / wanted)];
    const piece = subblock && (await pieceOrNone(readSubblock(file, subblock, 16, signal)));
    if (piece) pieces.push(piece);
  }
  return pieces;
}

interface StatedChannel {
  readonly name?: string;
  readonly color?: Color;
  /** Shares of the full range of the samples. */
  readonly window?: { readonly low: number; readonly high: number };
}

/** Name, colour and range of each channel: the display settings before the description of the image. */
function statedChannels(metadata: XmlElement | undefined): Map<number, StatedChannel> {
  const channels = new Map<number, StatedChannel>();
  const image = children(child(metadata, 'Information', 'Image', 'Dimensions', 'Channels'), 'Channel');
  const display = children(child(metadata, 'DisplaySetting', 'Channels'), 'Channel');
  for (const [i, channel] of image.entries()) {
    const shown = display.find((one) => attribute(one, 'Id') === attribute(channel, 'Id'));
    const number = (name: string) => {
      const text = textOf(child(shown, name));
      const value = text === undefined ? Number.NaN : Number(text);
      return Number.isFinite(value) ? value : undefined;
    };
    const [low, high] = [number('Low'), number('High')];
    const color = colorOf(textOf(child(shown, 'Color'))) ?? colorOf(textOf(child(channel, 'Color')));
    const name = attribute(channel, 'Name');
    channels.set(i, {
      ...(name === undefined ? {} : { name }),
      ...(color ? { color } : {}),
      ...(low === undefined && high === undefined ? {} : { window: { low: low ?? 0, high: high ?? 1 } }),
    });
  }
  return channels;
}

/** "#AARRGGBB" or "#RRGGBB". */
function colorOf(text: string | undefined): Color | undefined {
  const [, digits] = /^#(?:[0-9a-f]{2})?([0-9a-f]{6})$/i.exec(text?.trim() ?? '') ?? [];
  if (digits === undefined) return undefined;
  const value = Number.parseInt(digits, 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

function statedWindow(window: StatedChannel['window'], { kind, bits }: CziPixelType): ChannelWindow | undefined {
  if (kind !== 'unsigned') return undefined;
  const full = 2 ** bits - 1;
  if (window && window.high > window.low) return { low: window.low * full, high: window.high * full };
  return bits === 8 ? { low: 0, high: 255 } : undefined;
}

function objectiveOf(metadata: XmlElement | undefined): number | undefined {
  const id = attribute(child(metadata, 'Information', 'Image', 'ObjectiveSettings', 'ObjectiveRef'), 'Id');
  const objectives = children(child(metadata, 'Information', 'Instrument', 'Objectives'), 'Objective');
  const own = objectives.find((one) => attribute(one, 'Id') === id);
  const power = Number(textOf(child(own, 'NominalMagnification')));
  return Number.isFinite(power) && power > 0 ? power : undefined;
}

function propertiesOf(
  metadata: XmlElement | undefined,
  all: readonly Subblock[],
  chosen: readonly Subblock[],
): Record<string, string> {
  const properties: Record<string, string> = {};
  const add = (name: string, value: string | undefined) => {
    if (value) properties[`zeiss.${name}`] = value;
  };
  const information = child(metadata, 'Information');
  add('AcquisitionDateAndTime', textOf(child(information, 'Image', 'AcquisitionDateAndTime')));
  add('PixelType', textOf(child(information, 'Image', 'PixelType')));
  add('Application', textOf(child(information, 'Application', 'Name')));
  add('ObjectiveName', textOf(child(metadata, 'Scaling', 'AutoScaling', 'ObjectiveName')));
  const valuesOf = (subblocks: readonly Subblock[], axis: string) => new Set(subblocks.map(({ at }) => at[axis] ?? 0));
  for (const axis of ['Z', 'T']) {
    const values = valuesOf(all, axis);
    if (values.size > 1) add(`plane.${axis}`, `${[...valuesOf(chosen, axis)][0]} of ${values.size}`);
  }
  const scenes = valuesOf(chosen, 'S').size;
  if (scenes > 1) add('scenes', String(scenes));
  const channels = valuesOf(chosen, 'C').size;
  if (channels > MAX_CHANNELS) add('channels', `${MAX_CHANNELS} of ${channels} shown`);
  return properties;
}

type ReadImage = (signal?: AbortSignal) => Promise<Pixels>;

function associatedImages(file: CziFile): Map<string, ReadImage> {
  const names: Readonly<Record<string, string>> = { Label: 'label', SlidePreview: 'macro', Thumbnail: 'thumbnail' };
  const found = new Map<string, ReadImage>();
  for (const attachment of file.attachments) {
    const name = names[attachment.name];
    if (name === undefined || (attachment.type !== 'JPG' && attachment.type !== 'CZI')) continue;
    found.set(name, async (signal) => {
      const source = await attachmentSource(file.source, attachment, signal);
      if (attachment.type === 'CZI') return readWhole(source, signal);
      if (source.sizeBytes > ATTACHMENT_LIMITS.bytes)
        throw new AppError({ code: 'slide/corrupt', where: `attachment ${name} claims ${source.sizeBytes} bytes` });
      return decodeJpegRgb(await source.read(0, source.sizeBytes, signal), undefined, 'as-marked');
    });
  }
  return found;
}

/** A small CZI as one image. */
async function readWhole(source: ByteSource, signal: AbortSignal | undefined): Promise<Pixels> {
  const { composed, base } = await readPicture(source, signal);
  const { width, height } = base;
  if (width * height > ATTACHMENT_LIMITS.pixels)
    throw new AppError({ code: 'slide/corrupt', where: `an attached image claims ${width} x ${height} px` });
  const data = new Uint8Array(width * height * 3);
  const [level] = composed.levels;
  for (let row = 0; level && row * level.tileHeight < height; row++)
    for (let col = 0; col * level.tileWidth < width; col++) {
      const tile = await composed.readTile(0, col, row, signal);
      for (let y = 0; y < tile.height; y++) {
        const line = tile.data.subarray(y * tile.width * 3, (y + 1) * tile.width * 3);
        data.set(line, ((row * level.tileHeight + y) * width + col * level.tileWidth) * 3);
      }
    }
  composed.clear();
  return { width, height, data };
}
