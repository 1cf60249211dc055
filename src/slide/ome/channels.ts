/** The grey channels of an OME-TIFF as images of a TIFF: a level is what all that are shown have in one size and grid. */
import { AppError } from '../../errors.ts';
import {
  type ChannelLight,
  type ChannelView,
  type Color,
  defaultView,
  MAX_CHANNELS,
  type SlideChannel,
} from '../channel-view.ts';
import { composeChannels, lightOf, MAX_OFFERED, type Samples } from '../channels.ts';
import { fallingWidths } from '../levels.ts';
import { offeredChannel, readSpread } from '../offered-channel.ts';
import { readOptional } from '../read-optional.ts';
import { sampleCache } from '../sample-cache.ts';
import type { TiffDirectory } from '../tiff/directories.ts';
import type { TiffImage } from '../tiff/image.ts';
import { readPlanes, type TiffPlanes } from '../tiff/planes.ts';
import { OME_TIFF, type OmeImage } from './document.ts';
import type { PlaneAt } from './plane-files.ts';

/** Tiles of a channel that are read, at most, to choose its window. */
const WINDOW_BLOCKS = 64;

/** The levels of a picture, and how else it can be composed. */
export interface ComposedLevels {
  /** Largest first. */
  readonly levels: readonly TiffImage[];
  /** All that can be shown; empty for colour. */
  readonly channels: readonly SlideChannel[];
  readonly levelsAs: (view: ChannelView) => readonly TiffImage[];
}

/** The directory of a channel, and which sample of its pixels the channel is. */
export interface ChannelAt extends PlaneAt {
  readonly sample: number;
}

/** One channel of a level. */
interface Plane {
  readonly image: TiffPlanes;
  readonly read: (col: number, row: number, signal?: AbortSignal) => Promise<Samples | undefined>;
}

/** `total` channels, each where `at` says. @throws slide/corrupt, slide/unsupported, slide/read-failed */
export async function readChannels(
  image: OmeImage,
  total: number,
  at: (channel: number) => Promise<ChannelAt>,
  signal: AbortSignal | undefined,
): Promise<ComposedLevels> {
  const shownCount = Math.min(MAX_CHANNELS, total);
  const shown: Plane[][] = [];
  for (let c = 0; c < shownCount; c++) shown.push(await planesOf(await at(c), image, signal));
  const levels = commonLevels(shown);
  const bases = levels.flatMap(([plane]) => (plane ? [plane.image] : []));
  if (bases.length === 0)
    throw new AppError({ code: 'slide/unsupported', format: OME_TIFF, feature: 'channels cut in different tiles' });
  const colors = statedColors(image, shownCount);
  const offer = (c: number, plane: Plane) => {
    const { kind, bits } = plane.image;
    const stated = { name: image.channels[c]?.name ?? '', color: colors[c], window: undefined, kind, bits };
    return offeredChannel(stated, c, shownCount, (pixels) => sampled(plane, pixels, signal));
  };
  const channels: SlideChannel[] = [];
  for (const [c, plane] of (levels.at(-1) ?? []).entries()) channels.push(await offer(c, plane));
  /** Planes of each level by channel, those that are not shown at first too. */
  const offered = levels.map((planes) => [...planes]);
  for (let c = shownCount; c < Math.min(total, MAX_OFFERED); c++) {
    const more = await readOptional(async () => {
      const planes = await planesOf(await at(c), image, signal);
      const own = bases.flatMap((base) => planes.find(({ image }) => sameGrid(image, base)) ?? []);
      const last = own.at(-1);
      return last && own.length === bases.length ? { own, channel: await offer(c, last) } : undefined;
    });
    if (!more) continue;
    channels.push(more.channel);
    for (const [level, plane] of more.own.entries()) offered[level]?.push(plane);
  }
  const kept = sampleCache();
  const levelsIn = (view: ChannelView, read: (plane: Plane, name: string) => Plane['read']) =>
    bases.map((base, level) =>
      composed(
        base,
        view.flatMap((light) => {
          const plane = offered[level]?.[light.channel];
          return plane ? [{ light, read: read(plane, `${level}/${light.channel}`) }] : [];
        }),
      ),
    );
  return {
    levels: levelsIn(defaultView(channels), (plane) => plane.read),
    channels,
    levelsAs: (view) =>
      levelsIn(
        view,
        (plane, name) => (col, row, signal) => kept(`${name}/${col}/${row}`, () => plane.read(col, row, signal)),
      ),
  };
}

/** One channel on all levels, in the order of the file. */
async function planesOf(
  { tiff, directory, name, sample }: ChannelAt,
  image: OmeImage,
  signal: AbortSignal | undefined,
): Promise<Plane[]> {
  const plane = async (directory: TiffDirectory, name: string): Promise<Plane> => {
    const image = await readPlanes(tiff, directory, name, OME_TIFF, signal);
    return { image, read: (col, row, signal) => image.readPlane(sample, col, row, signal) };
  };
  const level0 = await plane(directory, name);
  checkSize(level0.image, image);
  const planes = [level0];
  for (const [i, sub] of directory.subDirectories.entries()) planes.push(await plane(sub, `level ${i + 1} of ${name}`));
  return planes;
}

/** @throws slide/corrupt where the largest level is not what the OME-XML says */
export function checkSize({ width, height }: Pick<OmeImage, 'width' | 'height'>, image: OmeImage): void {
  if (width !== image.width || height !== image.height)
    throw new AppError({
      code: 'slide/corrupt',
      where: `an image is ${width} x ${height} px, and ${image.width} x ${image.height} in its OME-XML`,
    });
}

function sameGrid(a: TiffPlanes, b: TiffPlanes): boolean {
  return (['width', 'height', 'tiled', 'blockWidth', 'blockHeight'] as const).every((key) => a[key] === b[key]);
}

/** Levels that every channel has in the same size and the same blocks: [level][channel], largest first. */
function commonLevels(channels: readonly (readonly Plane[])[]): Plane[][] {
  const [first = []] = channels;
  return fallingWidths(first.map(({ image }) => image)).flatMap((base): Plane[][] => {
    const same = channels.flatMap((planes) => planes.find(({ image }) => sameGrid(image, base)) ?? []);
    return same.length === channels.length ? [same] : [];
  });
}

/** Colours by channel; none where those of the channels that are shown are no more than a guess. */
function statedColors({ channels }: OmeImage, shownCount: number): (Color | undefined)[] {
  const colors = channels.map(({ color }) => color);
  const shown = colors.slice(0, shownCount);
  // White throughout is what Bio-Formats writes where it does not know.
  const isGuess = shown.length > 1 && shown.every((color) => !color || color.every((part) => part === 255));
  return isGuess ? [] : colors;
}

/** Blocks spread over a plane, all of them where it has no more than `pixels`. */
async function sampled({ image, read }: Plane, pixels: number, signal: AbortSignal | undefined): Promise<Samples[]> {
  const { cols, rows, blockWidth, blockHeight } = image;
  const blocks = cols * rows;
  const most = Math.floor(pixels / (blockWidth * blockHeight));
  const wanted = Math.max(1, Math.min(blocks, image.tiled ? Math.min(most, WINDOW_BLOCKS) : most));
  const pieces = await readSpread(blocks, wanted, async (index) => {
    const [col, row] = [index % cols, Math.floor(index / cols)];
    const piece = await read(col, row, signal);
    // Tiles at the edge are filled up with anything.
    const width = Math.min(blockWidth, image.width - col * blockWidth);
    const height = Math.min(blockHeight, image.height - row * blockHeight);
    return piece && Array.from({ length: height }, (_, y) => piece.subarray(y * blockWidth, y * blockWidth + width));
  });
  return pieces.flat();
}

/** A level of several channels as one image of a TIFF, on the grid of `base`. */
function composed(
  base: TiffPlanes,
  shown: readonly { readonly light: ChannelLight; readonly read: Plane['read'] }[],
): TiffImage {
  const { width, height, tiled, blockWidth, blockHeight, cols, rows, compression } = base;
  const lights = shown.map(({ light, read }) => ({ addLight: lightOf(light), read }));
  return {
    ...{ width, height, tiled, blockWidth, blockHeight, cols, rows, compression },
    photometric: 2,
    subfileType: 0,
    description: undefined,
    orientation: 1,
    pxPerCm: undefined,
    async readBlock(col, row, signal) {
      const rowsHere = tiled ? blockHeight : Math.min(blockHeight, height - row * blockHeight);
      const lit = lights.map(({ addLight, read }) => ({ addLight, read: () => read(col, row, signal) }));
      return composeChannels(blockWidth, rowsHere, lit);
    },
  };
}
