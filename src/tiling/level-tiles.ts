/** Every tile of a level once, in order, a few at a time. */
import { isAppError } from '../errors.ts';
import type { Level, Pixels, Slide } from '../slide/slide.ts';

export interface LevelTile {
  readonly col: number;
  readonly row: number;
  /** Top-left, px of the level. */
  readonly x: number;
  readonly y: number;
  /** Undefined when the tile could not be decoded. */
  readonly pixels: Pixels | undefined;
}

/** Reads under way at the same time. */
const AHEAD = 8;

/** Tiles `wanted(col, row)` of a level in row-major order; at most AHEAD are in memory. @throws slide/read-failed */
export async function* readLevelTiles(
  slide: Slide,
  level: Level,
  wanted: (col: number, row: number) => boolean,
  signal: AbortSignal | undefined,
): AsyncGenerator<LevelTile> {
  const stop = new AbortController();
  const both = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  const queue: Promise<LevelTile>[] = [];
  const columns = Math.ceil(level.width / level.tileWidth);
  const rows = Math.ceil(level.height / level.tileHeight);
  try {
    for (let row = 0; row < rows; row++) {
      for (let col = 0; col < columns; col++) {
        if (!wanted(col, row)) continue;
        const tile = readLevelTile(slide, level, col, row, both);
        // Looked at when its turn comes; until then a failure is not an unhandled one.
        tile.catch(() => undefined);
        queue.push(tile);
        const due = queue.length >= AHEAD ? queue.shift() : undefined;
        if (due !== undefined) yield await due;
      }
    }
    for (const due of queue) yield await due;
  } finally {
    stop.abort();
  }
}

async function readLevelTile(
  slide: Slide,
  level: Level,
  col: number,
  row: number,
  signal: AbortSignal,
): Promise<LevelTile> {
  const place = { col, row, x: col * level.tileWidth, y: row * level.tileHeight };
  try {
    return { ...place, pixels: await slide.readTile(level.index, col, row, signal) };
  } catch (error) {
    if (!isAppError(error, 'slide/tile-failed')) throw error;
    return { ...place, pixels: undefined };
  }
}
