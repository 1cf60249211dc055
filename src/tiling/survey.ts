/** Counts what each cell of a grid holds, in one pass over a level and in memory for the cells only. */
import type { Level, Slide } from '../slide/slide.ts';
import { readLevelTiles } from './level-tiles.ts';
import type { Overview } from './overview.ts';
import { shrink, shrinkFactor } from './shrink.ts';
import { BLACK, classifyPixel, PEN, TISSUE } from './tissue.ts';

/** Square cells that cover the slide, row-major. */
export interface Grid {
  readonly columns: number;
  readonly rows: number;
  /** Top-left of the first cell, level-0 px. */
  readonly x: number;
  readonly y: number;
  /** Side of a cell, level-0 px. */
  readonly spanPx: number;
}

/**
 * For each cell of the grid. Shares are 0..1 of the readable part of the cell; beyond the slide is glass. But along an axis
 * on which the whole picture is shorter than a cell, a cell is what lies of it on the slide.
 */
export interface Survey {
  /** Share of the whole cell that lies on the slide: no share of tissue can be larger. */
  readonly onSlide: Float32Array;
  readonly tissue: Float32Array;
  readonly pen: Float32Array;
  readonly black: Float32Array;
  /** Share of the whole cell that could not be decoded. */
  readonly unreadable: Float32Array;
  /** Sharpness of the tissue: see `sharpness`. NaN where there is too little to tell. */
  readonly sharpness: Float32Array;
}

/** Tissue px of a cell needed before its sharpness is judged. */
const ENOUGH_PIXELS = 200;

/**
 * Looks at `level`, shrunk to about `surveyPx` level-0 px but never beyond, where the overview expects tissue. Sharpness
 * compares px about `focusPx` level-0 px apart. @throws slide/read-failed
 */
export async function surveyGrid(
  slide: Slide,
  grid: Grid,
  level: Level,
  surveyPx: number,
  focusPx: number,
  overview: Overview,
  signal: AbortSignal | undefined,
): Promise<Survey> {
  const { info } = slide;
  const factor = shrinkFactor(level, surveyPx / level.downsample);
  const stepX = (factor * info.width) / level.width;
  const stepY = (factor * info.height) / level.height;
  const reach = Math.max(1, Math.round(focusPx / (factor * level.downsample)));
  const cells = grid.columns * grid.rows;
  const counts = [GLASS_COUNT, TISSUE, PEN, BLACK].map(() => new Uint32Array(cells));
  const unreadable = new Uint32Array(cells);
  const edges = new Float64Array(cells);
  const sums = new Float64Array(cells);
  const squares = new Float64Array(cells);
  const inner = new Uint32Array(cells);
  const isWanted = (col: number, row: number) =>
    overview.mayHoldTissue(
      (col * level.tileWidth * info.width) / level.width,
      (row * level.tileHeight * info.height) / level.height,
      (level.tileWidth * info.width) / level.width,
      (level.tileHeight * info.height) / level.height,
    );
  for await (const tile of readLevelTiles(slide, level, isWanted, signal)) {
    const width = Math.ceil(Math.min(level.tileWidth, level.width - tile.x) / factor);
    const height = Math.ceil(Math.min(level.tileHeight, level.height - tile.y) / factor);
    const columnOf = Int32Array.from({ length: width }, (_, i) =>
      cellAt((tile.x / factor + i + 0.5) * stepX - grid.x, grid.spanPx, grid.columns),
    );
    const pixels = tile.pixels === undefined ? undefined : shrink(tile.pixels, factor);
    const classes = new Uint8Array(width * height);
    for (let y = 0; y < height; y++) {
      const row = cellAt((tile.y / factor + y + 0.5) * stepY - grid.y, grid.spanPx, grid.rows);
      if (row < 0) continue;
      for (let x = 0; x < width; x++) {
        const column = columnOf[x] as number;
        if (column < 0) continue;
        const cell = row * grid.columns + column;
        if (pixels === undefined) {
          unreadable[cell] = (unreadable[cell] as number) + 1;
          continue;
        }
        const at = (y * width + x) * 3;
        const { data } = pixels;
        const kind = classifyPixel(overview.rule, data[at] as number, data[at + 1] as number, data[at + 2] as number);
        classes[y * width + x] = kind;
        const count = counts[kind] as Uint32Array;
        count[cell] = (count[cell] as number) + 1;
      }
    }
    if (pixels === undefined) continue;
    // Green carries the contrast of H&E. Only px whose four neighbours are tissue too count: the edge of the glass is
    // sharp even on dust above blurred tissue.
    const green = (i: number) => pixels.data[i * 3 + 1] as number;
    const up = reach * width;
    for (let y = reach; y < height - reach; y++) {
      const row = cellAt((tile.y / factor + y + 0.5) * stepY - grid.y, grid.spanPx, grid.rows);
      if (row < 0) continue;
      for (let x = reach; x < width - reach; x++) {
        const i = y * width + x;
        const column = columnOf[x] as number;
        if (column < 0 || classes[i] !== TISSUE) continue;
        if (classes[i - reach] !== TISSUE || classes[i + reach] !== TISSUE) continue;
        if (classes[i - up] !== TISSUE || classes[i + up] !== TISSUE) continue;
        const cell = row * grid.columns + column;
        const value = green(i);
        const laplacian = green(i - reach) + green(i + reach) + green(i - up) + green(i + up) - 4 * value;
        edges[cell] = (edges[cell] as number) + laplacian * laplacian;
        sums[cell] = (sums[cell] as number) + value;
        squares[cell] = (squares[cell] as number) + value * value;
        inner[cell] = (inner[cell] as number) + 1;
      }
    }
  }
  const across = pixelsPerCell(grid.columns, grid.x, grid.spanPx, stepX, Math.ceil(level.width / factor));
  const down = pixelsPerCell(grid.rows, grid.y, grid.spanPx, stepY, Math.ceil(level.height / factor));
  const perColumn = info.bounds.width < grid.spanPx ? across.onSlide : across.all;
  const perRow = info.bounds.height < grid.spanPx ? down.onSlide : down.all;
  const product = (columns: Uint32Array, rows: Uint32Array, cell: number) =>
    (columns[cell % grid.columns] ?? 0) * (rows[Math.floor(cell / grid.columns)] ?? 0);
  const share = (count: Uint32Array, minus: Uint32Array | undefined) =>
    Float32Array.from(count, (n, cell) =>
      n === 0 ? 0 : n / (product(perColumn, perRow, cell) - (minus?.[cell] ?? 0)),
    );
  return {
    onSlide: share(
      Uint32Array.from({ length: cells }, (_, cell) => product(across.onSlide, down.onSlide, cell)),
      undefined,
    ),
    tissue: share(counts[TISSUE] as Uint32Array, unreadable),
    pen: share(counts[PEN] as Uint32Array, unreadable),
    black: share(counts[BLACK] as Uint32Array, unreadable),
    unreadable: share(unreadable, undefined),
    sharpness: Float32Array.from(inner, (n, cell) =>
      n < ENOUGH_PIXELS
        ? Number.NaN
        : sharpness(n, edges[cell] as number, sums[cell] as number, squares[cell] as number),
    ),
  };
}

const GLASS_COUNT = 0;

/**
 * Mean squared Laplacian over the variance, both of green: how much of the contrast is fine. It does not depend on the
 * depth of the stain; blurring takes the fine part first.
 */
function sharpness(n: number, edges: number, sum: number, squares: number): number {
  const variance = squares / n - (sum / n) ** 2;
  return edges / n / Math.max(variance, 1);
}

function cellAt(distance: number, span: number, count: number): number {
  const cell = Math.floor(distance / span);
  return cell < count ? cell : -1;
}

interface PixelsPerCell {
  /** Px centres in each cell, also beyond the slide. */
  readonly all: Uint32Array;
  readonly onSlide: Uint32Array;
}

/** How many of the px centres at (i + 0.5) * step fall in each of `count` cells; `length` of them are on the slide. */
function pixelsPerCell(count: number, origin: number, span: number, step: number, length: number): PixelsPerCell {
  const before = (edge: number) => Math.ceil(edge / step - 0.5);
  const all = Uint32Array.from(
    { length: count },
    (_, c) => before(origin + (c + 1) * span) - before(origin + c * span),
  );
  const onSlide = new Uint32Array(count);
  for (let i = 0; i < length; i++) {
    const cell = cellAt((i + 0.5) * step - origin, span, count);
    if (cell >= 0) onSlide[cell] = (onSlide[cell] ?? 0) + 1;
  }
  return { all, onSlide };
}
