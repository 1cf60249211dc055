/** A level put together from images that lie anywhere on it: scanned areas, camera fields, stored blocks. */
import type { ChannelView } from './channel-view.ts';
import type { Level, Pixels } from './slide.ts';
import { type TileCache, tileCache } from './tile-cache.ts';

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
  const cache = tileCache(CACHE_BYTES);
  const underWay = new Map<string, Promise<Pixels | undefined>>();
  const [base] = levels;
  const indexes = levels.map(indexOf);
  return {
    levels: levels.map(({ width, height }, index) => ({
      index,
      width,
      height,
      downsample: base ? (base.width / width + base.height / height) / 2 : 1,
      tileWidth: Math.min(MOSAIC_TILE, width),
      tileHeight: Math.min(MOSAIC_TILE, height),
    })),
    async readTile(index, col, row, signal, view) {
      const level = levels[index];
      if (!level) throw new RangeError(`no level ${index}`);
      const left = col * MOSAIC_TILE;
      const top = row * MOSAIC_TILE;
      const width = Math.min(MOSAIC_TILE, level.width - left);
      const height = Math.min(MOSAIC_TILE, level.height - top);
      const tile = { width, height, data: filled(width * height, background) };
      const prefix = view === undefined ? index : `${JSON.stringify(view)}/${index}`;
      const blocks: Blocks = { cache, underWay, view };
      for (const at of indexes[index]?.(col, row) ?? []) {
        const image = level.images[at];
        if (image) await lay(image, `${prefix}/${at}`, tile, left, top, blocks, signal);
      }
      return tile;
    },
    clear: () => cache.clear(),
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

interface Blocks {
  readonly cache: TileCache;
  readonly underWay: Map<string, Promise<Pixels | undefined>>;
  readonly view: ChannelView | undefined;
}

async function lay(
  image: PlacedImage,
  name: string,
  tile: Pixels,
  left: number,
  top: number,
  blocks: Blocks,
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
      const block = await readShared(blocks, `${name}/${col}/${row}`, () =>
        image.readBlock(col, row, undefined, blocks.view),
      );
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

/** From the cache, or one read that all tiles share which need the block now (so not tied to one caller's signal). */
function readShared(
  { cache, underWay }: Blocks,
  key: string,
  read: () => Promise<Pixels | undefined>,
): Promise<Pixels | undefined> {
  const known = cache.get(key);
  if (known) return Promise.resolve(known);
  const started =
    underWay.get(key) ??
    read()
      .then((block) => {
        if (block) cache.set(key, block);
        return block;
      })
      .finally(() => underWay.delete(key));
  underWay.set(key, started);
  return started;
}
