/** What became of each cell of the grid that a bag was chosen from: plain data, which crosses the worker boundary. */
import type { Rect } from '../geometry.ts';
import type { TileBag } from './bag.ts';

/** Codes of `Coverage.cells`. They stand in exports: none may change its meaning. */
export const COVERAGE_CODES = {
  /** Analyzed: a tile of the bag. */
  tile: 0,
  /** Too little tissue. */
  background: 1,
  pen: 2,
  black: 3,
  /** Out of focus. */
  blur: 4,
  /** At the edge of the slide, with too little of the cell on it to ever be a tile: no candidate. */
  edge: 5,
  /** Could not be decoded. */
  unreadable: 6,
  /** Not among the `count` darkest, or beyond maxTiles. */
  cap: 7,
} as const;

export type CoverageName = keyof typeof COVERAGE_CODES;

/** Names by code. */
export const COVERAGE_NAMES = Object.keys(COVERAGE_CODES) as readonly CoverageName[];

export interface Coverage {
  readonly columns: number;
  readonly rows: number;
  /** Top-left of the first cell, level-0 px; negative or fractional where 'darkest' pads. */
  readonly x: number;
  readonly y: number;
  /** Side of a cell, level-0 px; may be fractional for 'darkest'. */
  readonly spanPx: number;
  /** [rows, columns] uint8, row-major: see COVERAGE_CODES. White tiles that fill a bag of 'darkest' have no cell. */
  readonly cells: Uint8Array<ArrayBuffer>;
}

/** How many cells have each code. */
export function countCells({ cells }: Coverage): Readonly<Record<CoverageName, number>> {
  const counts = new Uint32Array(COVERAGE_NAMES.length);
  for (const code of cells) counts[code] = (counts[code] ?? 0) + 1;
  return Object.fromEntries(COVERAGE_NAMES.map((name, code) => [name, counts[code] ?? 0])) as Record<
    CoverageName,
    number
  >;
}

/** Where a cell lies, level-0 px. Cells at the edge reach beyond the slide. */
export function cellRect(coverage: Coverage, cell: number): Rect {
  const { columns, x, y, spanPx } = coverage;
  return {
    x: x + (cell % columns) * spanPx,
    y: y + Math.floor(cell / columns) * spanPx,
    width: spanPx,
    height: spanPx,
  };
}

/** Index of the cell at a point of level 0. */
export function cellAtPoint(coverage: Coverage, x: number, y: number): number | undefined {
  const column = Math.floor((x - coverage.x) / coverage.spanPx);
  const row = Math.floor((y - coverage.y) / coverage.spanPx);
  const isInside = column >= 0 && row >= 0 && column < coverage.columns && row < coverage.rows;
  return isInside ? row * coverage.columns + column : undefined;
}

/** The cell of a tile of the bag; undefined for a white one that fills a bag of 'darkest'. */
export function cellOfTile(coverage: Coverage, bag: Pick<TileBag, 'xy'>, index: number): number | undefined {
  // Positions are whole level-0 px, the side of a 'darkest' tile need not be: the middle of the tile is sure.
  const half = coverage.spanPx / 2;
  return cellAtPoint(coverage, (bag.xy[2 * index] ?? Number.NaN) + half, (bag.xy[2 * index + 1] ?? Number.NaN) + half);
}

/** The bag without the tiles `failed` (indices): they count as unreadable, in `rejected` and in the coverage. */
export function markUnreadable(bag: TileBag, failed: ReadonlySet<number>): TileBag {
  const kept = Int32Array.from({ length: bag.count }, (_, i) => i).filter((i) => !failed.has(i));
  const xy = new Int32Array(2 * kept.length);
  kept.forEach((from, to) => {
    xy[2 * to] = bag.xy[2 * from] ?? 0;
    xy[2 * to + 1] = bag.xy[2 * from + 1] ?? 0;
  });
  const cells = bag.coverage?.cells.slice();
  if (bag.coverage !== undefined && cells !== undefined) {
    for (const index of failed) {
      const cell = cellOfTile(bag.coverage, bag, index);
      if (cell !== undefined) cells[cell] = COVERAGE_CODES.unreadable;
    }
  }
  return {
    ...bag,
    count: kept.length,
    xy,
    tissueFraction: Float32Array.from(kept, (i) => bag.tissueFraction[i] ?? 0),
    rejected: { ...bag.rejected, unreadable: bag.rejected.unreadable + bag.count - kept.length },
    coverage: bag.coverage && cells && { ...bag.coverage, cells },
  };
}

/** Cells as runs for text: code, length, code, length, ... in row-major order. */
export function packCells(cells: Uint8Array): number[] {
  const runs: number[] = [];
  for (let from = 0, to = 0; from < cells.length; from = to) {
    const code = cells[from] ?? 0;
    while (to < cells.length && cells[to] === code) to++;
    runs.push(code, to - from);
  }
  return runs;
}

/** A slide of 500,000 px a side has fewer tiles of 128 px. */
const MOST_CELLS = 2 ** 24;

/** The `count` cells that packCells was given; undefined where the runs are not `count` known codes, or too many. */
export function unpackCells(runs: readonly unknown[], count: number): Uint8Array<ArrayBuffer> | undefined {
  let total = 0;
  for (let i = 0; i < runs.length; i += 2) {
    const [code, length] = [runs[i], runs[i + 1]];
    if (!isWhole(code) || code >= COVERAGE_NAMES.length || !isWhole(length)) return undefined;
    total += length;
  }
  if (total !== count || count > MOST_CELLS) return undefined;
  const cells = new Uint8Array(count);
  let at = 0;
  for (let i = 0; i < runs.length; i += 2) {
    const length = runs[i + 1] as number;
    cells.fill(runs[i] as number, at, at + length);
    at += length;
  }
  return cells;
}

function isWhole(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0;
}
