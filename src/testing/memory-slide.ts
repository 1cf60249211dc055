/** A slide that exists only as a painter function: any size, any levels, no bytes. For tests of the core. */
import { AppError } from '../errors.ts';
import type { Rect } from '../geometry.ts';
import type { Level, Mpp, Pixels, Slide } from '../slide/slide.ts';

export type Rgb = readonly [number, number, number];

export interface MemorySlideOptions {
  readonly width: number;
  readonly height: number;
  /** Colour, 0..255, at a point of level 0; asked at the centre of each pixel of a level. */
  readonly paint: (x: number, y: number, level: number) => Rgb;
  /** Of each level, the first is 1. */
  readonly downsamples?: readonly number[];
  readonly tilePx?: number;
  /** µm per level-0 px. */
  readonly mpp?: number | undefined;
  readonly background?: Rgb;
  /** Non-empty area; the whole slide. */
  readonly bounds?: Rect;
  /** Tiles that cannot be decoded, as "level/col/row". */
  readonly broken?: ReadonlySet<string>;
  /** Called at each read, for counting. */
  readonly onRead?: (level: number, col: number, row: number) => void;
}

/** A slide whose pixels are painted when a tile is read. Sizes of levels are rounded up, as scanners do. */
export function memorySlide(options: MemorySlideOptions): Slide {
  const { width, height, paint, downsamples = [1], tilePx = 256, mpp, background = [255, 255, 255] } = options;
  const levels: Level[] = downsamples.map((downsample, index) => {
    const w = Math.ceil(width / downsample);
    const h = Math.ceil(height / downsample);
    return {
      index,
      width: w,
      height: h,
      downsample: (width / w + height / h) / 2,
      tileWidth: tilePx,
      tileHeight: tilePx,
    };
  });
  const size: Mpp | undefined = mpp === undefined ? undefined : { x: mpp, y: mpp, origin: 'vendor' };
  return {
    info: {
      id: `memory-${width}x${height}`,
      name: 'memory',
      format: 'memory',
      formatLabel: 'Memory',
      width,
      height,
      levels,
      mpp: size,
      objectivePower: undefined,
      bounds: options.bounds ?? { x: 0, y: 0, width, height },
      background,
      properties: {},
      associated: [],
    },
    readTile: async (levelIndex, col, row, signal): Promise<Pixels> => {
      signal?.throwIfAborted();
      options.onRead?.(levelIndex, col, row);
      const level = levels[levelIndex];
      if (level === undefined || options.broken?.has(`${levelIndex}/${col}/${row}`)) {
        throw new AppError({ code: 'slide/tile-failed', level: levelIndex, col, row, reason: 'broken on purpose' });
      }
      const w = Math.min(tilePx, level.width - col * tilePx);
      const h = Math.min(tilePx, level.height - row * tilePx);
      const data = new Uint8Array(w * h * 3);
      for (let y = 0, at = 0; y < h; y++) {
        for (let x = 0; x < w; x++, at += 3) {
          const [r, g, b] = paint(
            ((col * tilePx + x + 0.5) * width) / level.width,
            ((row * tilePx + y + 0.5) * height) / level.height,
            levelIndex,
          );
          data[at] = r;
          data[at + 1] = g;
          data[at + 2] = b;
        }
      }
      return { width: w, height: h, data };
    },
    readAssociated: () => Promise.reject(new AppError({ code: 'internal', reason: 'no associated images' })),
    close: () => Promise.resolve(),
  };
}
