/** Any rectangle of a slide, put together from its tiles. */
import { AppError } from '../errors.ts';
import { paste } from './cut-and-paste.ts';
import type { Pixels, Slide } from './slide.ts';

export interface Region {
  readonly level: number;
  /** Top-left corner, level-0 px. */
  readonly x: number;
  readonly y: number;
  /** Size, px of the level. */
  readonly width: number;
  readonly height: number;
}

/** The largest region put together at once, px. */
const MAX_PIXELS = 256 * 2 ** 20;

/**
 * Pixels of a region, RGB; what lies outside the slide is background. The corner falls on the level's pixel grid by
 * rounding down, each axis with its own true ratio. The bytes are the caller's own.
 * @throws usage for a level or size that makes no sense; slide/tile-failed; slide/read-failed
 */
export async function readRegion(slide: Slide, region: Region, signal?: AbortSignal): Promise<Pixels> {
  const { info } = slide;
  const level = info.levels[region.level];
  if (!level) throw new AppError({ code: 'usage', problem: `The slide has no level ${region.level}.` });
  const { width, height } = region;
  const isSize = Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0;
  if (!isSize || width * height > MAX_PIXELS)
    throw new AppError({ code: 'usage', problem: `A region of ${width} x ${height} px cannot be read.` });
  // One multiplication and one division of exact integers: x * level / width is the level's own coordinate, unrounded.
  const left = Math.floor((region.x * level.width) / info.width);
  const top = Math.floor((region.y * level.height) / info.height);

  const data = new Uint8Array(width * height * 3);
  const background = info.background;
  if (background[0] === background[1] && background[1] === background[2]) data.fill(background[0]);
  else for (let i = 0; i < data.length; i++) data[i] = background[i % 3] ?? 0;

  const { tileWidth, tileHeight } = level;
  const firstCol = Math.max(0, Math.floor(left / tileWidth));
  const firstRow = Math.max(0, Math.floor(top / tileHeight));
  const endCol = Math.ceil(Math.min(left + width, level.width) / tileWidth);
  const endRow = Math.ceil(Math.min(top + height, level.height) / tileHeight);
  for (let row = firstRow; row < endRow; row++)
    for (let col = firstCol; col < endCol; col++) {
      const tile = await slide.readTile(region.level, col, row, signal);
      paste({ width, height, data }, tile, col * tileWidth - left, row * tileHeight - top);
    }
  return { width, height, data };
}
