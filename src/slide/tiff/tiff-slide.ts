/** A Slide over images of a TIFF: what all TIFF-based formats share. */
import type { ChannelView, SlideChannel } from '../channel-view.ts';
import { paste } from '../cut-and-paste.ts';
import { levelsOf } from '../levels.ts';
import { isPlausibleMpp } from '../pixel-size.ts';
import type { Mpp, Pixels, Slide, SlideInfo, SlideSeries } from '../slide.ts';
import { type TileCache, tileCache } from '../tile-cache.ts';
import type { TiffImage } from './image.ts';

/** Strips are cut into tiles of this size, px. */
const VIRTUAL_TILE = 512;
/** Decoded strips kept, bytes: at least one of the largest allowed. */
const STRIP_CACHE_BYTES = 192 * 2 ** 20;

export interface TiffSlideParts {
  readonly id: string;
  readonly name: string;
  readonly format: string;
  readonly formatLabel: string;
  /** Largest first. */
  readonly levels: readonly TiffImage[];
  readonly associated: ReadonlyMap<string, TiffImage>;
  readonly mpp: Mpp | undefined;
  readonly objectivePower: number | undefined;
  readonly properties: Readonly<Record<string, string>>;
  /** Where the file leaves a tile out. Default: white. */
  readonly background?: typeof WHITE | typeof BLACK;
  /** Of a picture that is composed of channels: which there are, and the levels as another view of them. */
  readonly channels?: readonly SlideChannel[];
  readonly levelsAs?: (view: ChannelView) => readonly TiffImage[];
  readonly series?: SlideSeries;
}

const WHITE = [255, 255, 255] as const;
const BLACK = [0, 0, 0] as const;

function tileSize(image: TiffImage): { readonly tileWidth: number; readonly tileHeight: number } {
  return image.tiled
    ? { tileWidth: image.blockWidth, tileHeight: image.blockHeight }
    : { tileWidth: Math.min(VIRTUAL_TILE, image.width), tileHeight: Math.min(VIRTUAL_TILE, image.height) };
}

async function readTileOf(
  image: TiffImage,
  /** Of the image, for its strips. */
  name: string,
  strips: TileCache,
  fill: number,
  col: number,
  row: number,
  signal: AbortSignal | undefined,
): Promise<Pixels> {
  const { tileWidth, tileHeight } = tileSize(image);
  const width = Math.min(tileWidth, image.width - col * tileWidth);
  const height = Math.min(tileHeight, image.height - row * tileHeight);
  if (image.tiled) {
    const block = await image.readBlock(col, row, signal);
    if (block && block.width === width && block.height === height) return block;
    const tile = { width, height, data: new Uint8Array(width * height * 3).fill(fill) };
    if (block) paste(tile, block, 0, 0);
    return tile;
  }
  const tile = { width, height, data: new Uint8Array(width * height * 3).fill(fill) };
  const top = row * tileHeight;
  for (let strip = Math.floor(top / image.blockHeight); strip * image.blockHeight < top + height; strip++) {
    const key = `${name}/${strip}`;
    const block = strips.get(key) ?? (await image.readBlock(0, strip, signal));
    if (!block) continue;
    strips.set(key, block);
    paste(tile, block, -col * tileWidth, strip * image.blockHeight - top);
  }
  return tile;
}

/** The whole of a small image. */
export async function readWhole(image: TiffImage, signal: AbortSignal | undefined): Promise<Pixels> {
  const { width, height } = image;
  const whole = { width, height, data: new Uint8Array(width * height * 3).fill(255) };
  for (let row = 0; row < image.rows; row++)
    for (let col = 0; col < image.cols; col++) {
      const block = await image.readBlock(col, row, signal);
      if (block) paste(whole, block, col * image.blockWidth, row * image.blockHeight);
    }
  return whole;
}

/** A live slide over the images; errors of blocks come out as they are made, open.ts words them. */
export function tiffSlide(parts: TiffSlideParts): Slide {
  const { levels: images, associated, levelsAs, ...rest } = parts;
  const levels = levelsOf(images.map((image) => ({ width: image.width, height: image.height, ...tileSize(image) })));
  const background = parts.background ?? WHITE;
  const width = levels[0]?.width ?? 0;
  const height = levels[0]?.height ?? 0;
  const orientation = images[0]?.orientation ?? 1;
  const info: SlideInfo = {
    ...rest,
    width,
    height,
    levels,
    bounds: { x: 0, y: 0, width, height },
    background,
    associated: [...associated.keys()],
    ...(orientation === 1 ? {} : { orientation }),
  };
  const strips = tileCache(STRIP_CACHE_BYTES);
  let last: { readonly view: string; readonly images: readonly TiffImage[] } | undefined;
  return {
    info,
    async readTile(level, col, row, signal) {
      const image = images[level];
      if (!image) throw new RangeError(`no level ${level}`);
      return readTileOf(image, String(level), strips, background[0], col, row, signal);
    },
    ...(levelsAs && {
      async readView(view, level, col, row, signal) {
        const name = JSON.stringify(view);
        if (last?.view !== name) last = { view: name, images: levelsAs(view) };
        const image = last.images[level];
        if (!image) throw new RangeError(`no level ${level}`);
        return readTileOf(image, `${name} ${level}`, strips, background[0], col, row, signal);
      },
    }),
    async readAssociated(name, signal) {
      const image = associated.get(name);
      if (!image) throw new RangeError(`no associated image ${name}`);
      return readWhole(image, signal);
    },
    async close() {
      strips.clear();
    },
  };
}

/** A pixel size that a microscope slide can have, µm; anything else is a screen's or printer's resolution. */
export function plausibleMpp(x: number, y: number, origin: Mpp['origin']): Mpp | undefined {
  return isPlausibleMpp(x) && isPlausibleMpp(y) ? { x, y, origin } : undefined;
}

/** µm per px from the resolution tags, where they are plausible. */
export function mppOf(image: TiffImage): Mpp | undefined {
  return image.pxPerCm && plausibleMpp(1e4 / image.pxPerCm[0], 1e4 / image.pxPerCm[1], 'tiff-tag');
}
