/**
 * The seed's bag: the darkest tiles of one low level.
 *
 * Its code takes the lowest-resolution page of a PANDA slide (16x), pads it with white to a multiple of the tile, half
 * before and half after, cuts it row by row, adds white tiles where there are too few, and keeps the `count` of lowest
 * pixel sum. Two things differ: ties go to the lower index (numpy's default sort leaves them open), and each tile keeps
 * its position.
 * @see the notebook "PANDA 16x128x128 tiles" that the article cites
 */
import type { Level, Slide } from '../slide/slide.ts';
import type { BagSpec, TileBag } from './bag.ts';
import { COVERAGE_CODES } from './coverage.ts';
import { readLevelTiles } from './level-tiles.ts';
import { classifyPixel, DEFAULT_TISSUE_RULE, TISSUE } from './tissue.ts';

type DarkestSpec = Extract<BagSpec, { protocol: 'darkest' }>;

/** The level whose downsample is nearest to `downsample` as a ratio; the larger level where two are as near. */
export function nearestLevel(levels: readonly Level[], downsample: number): Level | undefined {
  const distance = (level: Level) => Math.abs(Math.log(level.downsample / downsample));
  return [...levels].sort((a, b) => distance(a) - distance(b) || a.index - b.index)[0];
}

/** Plans the bag in one pass over the level: memory is a few slide tiles and two numbers a bag tile. */
export async function planDarkest(
  slide: Slide,
  level: Level,
  spec: DarkestSpec,
  mpp: number | undefined,
  signal: AbortSignal | undefined,
): Promise<TileBag> {
  const size = spec.tilePx;
  const left = padBefore(level.width, size);
  const top = padBefore(level.height, size);
  const columns = Math.ceil(level.width / size);
  const rows = Math.ceil(level.height / size);
  const cells = columns * rows;
  // Sums of 255 - value: padding, missing and unreadable pixels are white and add nothing.
  const darkness = new Float64Array(cells);
  const tissue = new Uint32Array(cells);
  const unreadable = new Uint32Array(cells);
  for await (const tile of readLevelTiles(slide, level, () => true, signal)) {
    const width = Math.min(level.tileWidth, level.width - tile.x);
    const height = Math.min(level.tileHeight, level.height - tile.y);
    for (let y = 0; y < height; y++) {
      const line = Math.floor((tile.y + y + top) / size) * columns;
      for (let x = 0; x < width; x++) {
        const cell = line + Math.floor((tile.x + x + left) / size);
        if (tile.pixels === undefined) {
          unreadable[cell] = (unreadable[cell] as number) + 1;
          continue;
        }
        const at = (y * width + x) * 3;
        const r = tile.pixels.data[at] as number;
        const g = tile.pixels.data[at + 1] as number;
        const b = tile.pixels.data[at + 2] as number;
        darkness[cell] = (darkness[cell] as number) + 765 - r - g - b;
        if (classifyPixel(DEFAULT_TISSUE_RULE, r, g, b) === TISSUE) tissue[cell] = (tissue[cell] as number) + 1;
      }
    }
  }
  const order = Array.from({ length: cells }, (_, cell) => cell).sort(
    (a, b) => (darkness[b] as number) - (darkness[a] as number) || a - b,
  );
  const xy = new Int32Array(2 * spec.count);
  const tissueFraction = new Float32Array(spec.count);
  const scaleX = slide.info.width / level.width;
  const scaleY = slide.info.height / level.height;
  for (let i = 0; i < spec.count; i++) {
    const cell = order[i];
    // White tiles that fill the bag lie below the grid, where there is no slide.
    const column = cell === undefined ? i % columns : cell % columns;
    const row = cell === undefined ? rows + Math.floor(i / columns) : Math.floor(cell / columns);
    xy[2 * i] = Math.round((column * size - left) * scaleX);
    xy[2 * i + 1] = Math.round((row * size - top) * scaleY);
    if (cell !== undefined) tissueFraction[i] = (tissue[cell] as number) / (size * size);
  }
  const half = (size * size) / 2;
  const coverage = new Uint8Array(cells).fill(COVERAGE_CODES.tile);
  let unread = 0;
  for (const cell of order.slice(spec.count)) {
    const isUnread = (unreadable[cell] as number) > half;
    coverage[cell] = isUnread ? COVERAGE_CODES.unreadable : COVERAGE_CODES.cap;
    if (isUnread) unread++;
  }
  return {
    slideId: slide.info.id,
    protocol: 'darkest',
    count: spec.count,
    xy,
    spanPx: size * level.downsample,
    tilePx: size,
    mpp: mpp === undefined ? undefined : mpp * level.downsample,
    level: level.index,
    tissueFraction,
    candidates: Math.max(cells, spec.count),
    rejected: {
      background: 0,
      pen: 0,
      black: 0,
      blur: 0,
      unreadable: unread,
      cap: Math.max(0, cells - spec.count) - unread,
    },
    coverage: {
      columns,
      rows,
      x: 0 - left * scaleX,
      y: 0 - top * scaleY,
      spanPx: size * level.downsample,
      cells: coverage,
    },
  };
}

/** White px before the picture; the odd one comes after. */
function padBefore(length: number, size: number): number {
  return Math.floor(((size - (length % size)) % size) / 2);
}
