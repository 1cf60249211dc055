/** A level put together from images that lie anywhere on it: scanned areas, camera fields, stored blocks. */
import { type BlockCache, blockCache } from './block-cache.ts';
import type { ChannelView } from './channel-view.ts';
import { levelsOf } from './levels.ts';
import type { Level, Pixels } from './slide.ts';

/** One image on a level, itself cut in blocks of a regular grid. */
export interface PlacedImage {
  /** Top-left on the level, px of the level. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly blockWidth: number;
  readonly blockHeight: number;
  /**
   * A block; what passes the right and bottom edge of the image is ignored. Undefined where nothing was scanned. Of an
   * image of channels: composed of those of the view.
   */
  readBlock(col: number, row: number, signal?: AbortSignal, view?: ChannelView): Promise<Pixels | undefined>;
}

/** An image that has no place yet. */
export type UnplacedImage = Omit<PlacedImage, 'x' | 'y'>;

export interface MosaicLevel {
  readonly width: number;
  readonly height: number;
  /** Where images overlap, later ones lie on top. */
  readonly images: readonly PlacedImage[];
}

/** Tiles that are served, px. */
export const MOSAIC_TILE = 512;
/** Decoded blocks kept, bytes: a block is usually cut by several tiles. */
const CACHE_BYTES = 96 * 2 ** 20;

export interface Mosaic {
  readonly levels: readonly Level[];
  /** One tile, clipped to the level. @throws what readBlock throws */
  readTile(level: number, col: number, row: number, signal?: AbortSignal, view?: ChannelView): Promise<Pixels>;
  clear(): void;
}

/** Levels largest first. `background` fills what no image covers. */
export function mosaic(levels: readonly MosaicLevel[], background: readonly [number, number, number]): Mosaic {
  const blocks = blockCache<Pixels | undefined>(CACHE_BYTES);
  const indexes = levels.map(indexOf);
  return {
    levels: levelsOf(
      levels.map(({ width, height }) => ({
        width,
        height,
        tileWidth: Math.min(MOSAIC_TILE, width),
        tileHeight: Math.min(MOSAIC_TILE, height),
      })),
    ),
    async readTile(index, col, row, signal, view) {
      const level = levels[index];
      if (!level) throw new RangeError(`no level ${index}`);
      const left = col * MOSAIC_TILE;
      const top = row * MOSAIC_TILE;
      const width = Math.min(MOSAIC_TILE, level.width - left);
      const height = Math.min(MOSAIC_TILE, level.height - top);
      const tile = { width, height, data: filled(width * height, background) };
      const prefix = view === undefined ? index : `${JSON.stringify(view)}/${index}`;
      for (const at of indexes[index]?.(col, row) ?? []) {
        const image = level.images[at];
        if (image) await lay(image, `${prefix}/${at}`, tile, left, top, { blocks, view }, signal);
      }
      return tile;
    },
    clear: () => blocks.clear(),
  };
}

function filled(count: number, color: readonly [number, number, number]): Uint8Array {
  const data = new Uint8Array(count * 3);
  if (color.every((value) => value === color[0])) return data.fill(color[0]);
  for (let i = 0; i < count; i++) data.set(color, i * 3);
  return data;
}

/** Images that touch a tile, in their order. Buckets by tile, so that a slide of a million fields is not searched whole. */
function indexOf({ width, images }: MosaicLevel): (col: number, row: number) => readonly number[] {
  const cols = Math.ceil(width / MOSAIC_TILE);
  if (images.length <= 32) {
    const all = images.map((_, i) => i);
    return () => all;
  }
  const buckets = new Map<number, number[]>();
  for (const [i, { x, y, width: w, height: h }] of images.entries())
    for (let row = Math.max(0, Math.floor(y / MOSAIC_TILE)); row * MOSAIC_TILE < y + h; row++)
      for (let col = Math.max(0, Math.floor(x / MOSAIC_TILE)); col * MOSAIC_TILE < x + w && col < cols; col++) {
        const bucket = buckets.get(row * cols + col);
        if (bucket) bucket.push(i);
        else buckets.set(row * cols + col, [i]);
      }
  return (col, row) => buckets.get(row * cols + col) ?? [];
}

async function lay(
  image: PlacedImage,
  name: string,
  tile: Pixels,
  left: number,
  top: number,
  { blocks, view }: { readonly blocks: BlockCache<Pixels | undefined>; readonly view: ChannelView | undefined },
  signal: AbortSignal | undefined,
): Promise<void> {
  const { blockWidth, blockHeight } = image;
  // The part of the image that the tile shows, in the image's own pixels.
  const fromX = Math.max(0, left - image.x);
  const fromY = Math.max(0, top - image.y);
  const toX = Math.min(image.width, left + tile.width - image.x);
  const toY = Math.min(image.height, top + tile.height - image.y);
  if (fromX >= toX || fromY >= toY) return;
  for (let row = Math.floor(fromY / blockHeight); row * blockHeight < toY; row++)
    for (let col = Math.floor(fromX / blockWidth); col * blockWidth < toX; col++) {
      const block = await blocks.read(`${name}/${col}/${row}`, () => image.readBlock(col, row, undefined, view));
      signal?.throwIfAborted();
      if (!block) continue;
      const x0 = Math.max(fromX, col * blockWidth);
      const x1 = Math.min(toX, col * blockWidth + block.width);
      const y1 = Math.min(toY, row * blockHeight + block.height);
      for (let y = Math.max(fromY, row * blockHeight); y < y1; y++) {
        const line = ((y - row * blockHeight) * block.width + x0 - col * blockWidth) * 3;
        const to = ((y + image.y - top) * tile.width + x0 + image.x - left) * 3;
        if (x1 > x0) tile.data.set(block.data.subarray(line, line + (x1 - x0) * 3), to);
      }
    }
}
