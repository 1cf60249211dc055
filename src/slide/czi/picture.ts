/**
 * What a CZI shows: its levels, put together from subblocks. Colour comes as it is; grey channels are shown together, each
 * in the colour and range of the file's display settings.
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
import { type AddLight, channelProperties, composeChannels, lightOf, MAX_OFFERED, type Samples } from '../channels.ts';
import { type Mosaic, mosaic, type PlacedImage } from '../mosaic.ts';
import { offeredChannel, readSpread } from '../offered-channel.ts';
import { sampleCache } from '../sample-cache.ts';
import type { ByteSource } from '../slide.ts';
import { type CziChannel, type CziMetadata, parseMetadata } from './metadata.ts';
import { type CziPixelType, compressionName, decodeSubblock, pixelTypeOf } from './pixels.ts';
import { type CziLevel, type CziPlace, channelOf, cziLevels, shownSubblocks } from './pyramid.ts';
import { type CziFile, readCzi, type Subblock, subblockData } from './segments.ts';

export interface CziPicture {
  readonly file: CziFile;
  readonly metadata: CziMetadata;
  /** Of its largest level. */
  readonly width: number;
  readonly height: number;
  /** Of its largest level, where the finer ones were left out of the file. */
  readonly reduction: number;
  readonly composed: Mosaic;
  readonly background: Color;
  readonly compression: number;
  readonly properties: Readonly<Record<string, string>>;
  /** All that can be shown; empty for colour. */
  readonly channels: readonly SlideChannel[];
}

type ReadSamples = (subblock: Subblock, signal?: AbortSignal) => Promise<Samples | undefined>;

/** Light by the number that the file gives the channel, and how samples are read for it. */
interface Shown {
  readonly lights: ReadonlyMap<number, AddLight>;
  readonly read: ReadSamples;
}

/** @throws slide/corrupt, slide/unsupported, slide/read-failed */
export async function readPicture(source: ByteSource, signal: AbortSignal | undefined): Promise<CziPicture> {
  const file = await readCzi(source, signal);
  const metadata = parseMetadata(file.xml);
  const chosen = shownSubblocks(file.subblocks);
  const [first] = chosen;
  if (!first) throw new AppError({ code: 'slide/corrupt', where: 'it has no images' });
  const { isColor } = pixelTypeOf(first.pixelType);
  for (const { compression, pixelType } of chosen) {
    compressionName(compression);
    if (pixelTypeOf(pixelType).isColor !== isColor)
      throw new AppError({
        code: 'slide/unsupported',
        format: 'Zeiss CZI',
        feature: 'colour and grey images in one slide',
      });
  }
  const levels = cziLevels(chosen);
  const [base] = levels;
  if (!base) throw new AppError({ code: 'slide/corrupt', where: 'it has no images' });
  const read = async (subblock: Subblock, signal?: AbortSignal) => {
    const { compression, pixelType, x, y } = subblock;
    const bytes = await subblockData(file, subblock, signal);
    const size = { width: x.stored, height: y.stored };
    return decodeSubblock(bytes, compression, pixelTypeOf(pixelType), size, metadata.bitCount);
  };
  const numbers = isColor ? [] : channelNumbers(chosen);
  const channels: SlideChannel[] = [];
  for (const [index, number] of numbers.entries()) {
    const own = chosen.find((one) => channelOf(one) === number) ?? first;
    const { kind, bits } = pixelTypeOf(own.pixelType);
    const { name = '', color, display }: Partial<CziChannel> = metadata.channels[number] ?? {};
    const stated = { name, color, window: windowAs(display, { kind, bits }), kind, bits };
    const readPieces = (pixels: number) => sampled(levels, number, pixels, (one) => read(one, signal));
    channels.push(await offeredChannel(stated, index, Math.min(MAX_CHANNELS, numbers.length), readPieces));
  }
  const background: Color = isColor ? [255, 255, 255] : [0, 0, 0];
  const imageOf = isColor ? (place: CziPlace) => colorImage(place, read) : channelImages(channels, numbers, read);
  return {
    file,
    metadata,
    width: base.width,
    height: base.height,
    reduction: base.reduction,
    composed: mosaic(
      levels.map(({ width, height, places }) => ({ width, height, images: places.map(imageOf) })),
      background,
    ),
    background,
    compression: first.compression,
    properties: {
      ...channelProperties(channels.filter(({ isShown }) => isShown)),
      ...metadata.properties,
      ...axisProperties(file.subblocks, chosen),
    },
    channels,
  };
}

function channelNumbers(subblocks: readonly Subblock[]): number[] {
  return [...new Set(subblocks.map(channelOf))].sort((a, b) => a - b).slice(0, MAX_OFFERED);
}

/** What the display settings show of samples; undefined where they do not say. */
function windowAs(
  display: CziChannel['display'],
  { kind, bits }: Pick<CziPixelType, 'kind' | 'bits'>,
): ChannelWindow | undefined {
  if (kind !== 'unsigned' || !display || display.high <= display.low) return undefined;
  const full = 2 ** bits - 1;
  return { low: display.low * full, high: display.high * full };
}

/** Samples of a channel on the smallest level, about `most` px of images spread over it. */
function sampled(
  levels: readonly CziLevel[],
  channel: number,
  most: number,
  read: (subblock: Subblock) => Promise<Samples>,
): Promise<Samples[]> {
  const own = (levels.at(-1)?.places ?? []).flatMap(({ subblocks }) =>
    subblocks.filter((one) => channelOf(one) === channel),
  );
  const pixels = own.reduce((largest, { x, y }) => Math.max(largest, x.stored * y.stored), 1);
  const wanted = Math.min(own.length, Math.max(1, Math.floor(most / pixels)));
  return readSpread(own.length, wanted, async (i) => {
    const subblock = own[i];
    return subblock && read(subblock);
  });
}

function placed({ x, y, width, height }: CziPlace, readBlock: PlacedImage['readBlock']): PlacedImage {
  return { x, y, width, height, blockWidth: width, blockHeight: height, readBlock };
}

function colorImage(place: CziPlace, read: ReadSamples): PlacedImage {
  const { width, height, subblocks } = place;
  return placed(place, async (_col, _row, signal) => {
    const samples = subblocks[0] && (await read(subblocks[0], signal));
    return samples && { width, height, data: samples instanceof Uint8Array ? samples : Uint8Array.from(samples) };
  });
}

/** How a place of several channels becomes an image: in the first view, or in the one that is asked for. */
function channelImages(
  channels: readonly SlideChannel[],
  numbers: readonly number[],
  read: ReadSamples,
): (place: CziPlace) => PlacedImage {
  const lightsOf = (view: ChannelView) => new Map(view.map((one) => [numbers[one.channel] ?? -1, lightOf(one)]));
  const first: Shown = { lights: lightsOf(defaultView(channels)), read };
  const kept = sampleCache();
  const readKept: ReadSamples = (subblock, signal) => kept(String(subblock.position), () => read(subblock, signal));
  return (place) => {
    const { width, height, subblocks } = place;
    return placed(place, (_col, _row, signal, view) => {
      const shown = view ? { lights: lightsOf(view), read: readKept } : first;
      const lit = subblocks.flatMap((subblock) => {
        const addLight = shown.lights.get(channelOf(subblock));
        return addLight ? [{ addLight, read: () => shown.read(subblock, signal) }] : [];
      });
      return composeChannels(width, height, lit);
    });
  };
}

/** What was chosen of the planes, scenes and channels of the file. */
function axisProperties(all: readonly Subblock[], chosen: readonly Subblock[]): Record<string, string> {
  const properties: Record<string, string> = {};
  const valuesOf = (subblocks: readonly Subblock[], axis: string) => new Set(subblocks.map(({ at }) => at[axis] ?? 0));
  for (const axis of ['Z', 'T']) {
    const values = valuesOf(all, axis);
    if (values.size > 1) properties[`zeiss.plane.${axis}`] = `${[...valuesOf(chosen, axis)][0]} of ${values.size}`;
  }
  const scenes = valuesOf(chosen, 'S').size;
  if (scenes > 1) properties['zeiss.scenes'] = String(scenes);
  const channels = valuesOf(chosen, 'C').size;
  if (channels > MAX_CHANNELS) properties['zeiss.channels'] = `${MAX_CHANNELS} of ${channels} shown`;
  return properties;
}
