import { expect, it } from 'vitest';
import { memorySlide, type Rgb } from '../testing/memory-slide.ts';
import { planBag, type TileBag } from './bag.ts';
import {
  COVERAGE_CODES,
  COVERAGE_NAMES,
  type Coverage,
  cellAtPoint,
  cellOfTile,
  cellRect,
  countCells,
  markUnreadable,
  packCells,
  unpackCells,
} from './coverage.ts';

const GRID = { protocol: 'tissue-grid', tilePx: 64, mpp: 1, minTissue: 0.5, maxTiles: 1000, seed: 1 } as const;
const DARKEST = { protocol: 'darkest', tilePx: 128, count: 16, downsample: 16 } as const;
const GLASS: Rgb = [240, 240, 242];

function tissue(x: number, y: number): Rgb {
  return (Math.floor(x / 7) + Math.floor(y / 5)) % 3 === 0 ? [90, 40, 130] : [215, 140, 190];
}

function coverageOf(bag: TileBag): Coverage {
  if (bag.coverage === undefined) throw new Error('the bag has no coverage');
  return bag.coverage;
}

/** Names of the codes, a line a row of the grid. */
function drawn({ columns, cells }: Coverage): string[][] {
  const names = Array.from(cells, (code) => COVERAGE_NAMES[code] ?? '?');
  return Array.from({ length: names.length / columns }, (_, row) => names.slice(row * columns, (row + 1) * columns));
}

it('names every code, in order', () => {
  expect(COVERAGE_NAMES.map((name) => COVERAGE_CODES[name])).toEqual(COVERAGE_NAMES.map((_, i) => i));
});

it('says what became of each cell of a tissue grid', async () => {
  const blurred = (x: number, y: number): Rgb => {
    const wave = Math.sin(x / 20) * Math.sin(y / 20);
    return [160 + 40 * wave, 90 + 40 * wave, 160 + 30 * wave];
  };
  const columns: readonly ((x: number, y: number) => Rgb)[] = [
    tissue,
    () => GLASS,
    (x, y) => (x % 128 < 64 ? [25, 120, 80] : tissue(x, y)),
    (x, y) => (x % 128 < 80 ? [20, 20, 22] : tissue(x, y)),
    blurred,
    tissue,
    tissue,
  ];
  const slide = memorySlide({
    width: 7 * 128,
    height: 2 * 128,
    mpp: 0.5,
    tilePx: 128,
    paint: (x, y) => (columns[Math.floor(x / 128)] ?? tissue)(x, y),
    broken: new Set(['0/6/0']),
  });
  const all = await planBag(slide, GRID);
  expect(coverageOf(all)).toMatchObject({ columns: 7, rows: 2, x: 0, y: 0, spanPx: 128 });
  expect(drawn(coverageOf(all))).toEqual([
    ['tile', 'background', 'pen', 'black', 'blur', 'tile', 'unreadable'],
    ['tile', 'background', 'pen', 'black', 'blur', 'tile', 'tile'],
  ]);
  const two = await planBag(slide, { ...GRID, maxTiles: 2 });
  expect(countCells(coverageOf(two))).toMatchObject({ tile: 2, cap: 3 });
  for (const bag of [all, two]) expect(countCells(coverageOf(bag))).toMatchObject(bag.rejected);
});

it('begins at the corner of the scanned area', async () => {
  const bounds = { x: 100, y: 300, width: 512, height: 256 };
  const bag = await planBag(memorySlide({ width: 1024, height: 1024, mpp: 0.5, paint: tissue, bounds }), GRID);
  expect(coverageOf(bag)).toMatchObject({ columns: 4, rows: 2, x: 100, y: 300 });
});

it('says where the darkest tiles lay, and which could not be read', async () => {
  const slide = memorySlide({
    width: 16 * 900,
    height: 16 * 700,
    downsamples: [1, 16],
    tilePx: 128,
    paint: (x, y) => [200, 100, Math.floor(x / 4096) + Math.floor(y / 4096)],
    broken: new Set(['1/0/0', '1/1/0', '1/0/1', '1/1/1']),
  });
  const bag = await planBag(slide, DARKEST);
  const coverage = coverageOf(bag);
  // 900 = 8 x 128 - 124 and 700 = 6 x 128 - 68, half of the padding before the picture.
  expect(coverage).toMatchObject({ columns: 8, rows: 6, x: -62 * 16, y: -34 * 16 });
  expect(coverage.spanPx).toBeCloseTo(128 * 16, 1);
  const counts = countCells(coverage);
  expect(counts).toMatchObject({ tile: 16, cap: bag.rejected.cap, unreadable: bag.rejected.unreadable, edge: 0 });
  expect(counts.unreadable).toBeGreaterThan(0);
  for (let i = 0; i < bag.count; i++) {
    const cell = cellOfTile(coverage, bag, i) ?? -1;
    expect(coverage.cells[cell]).toBe(COVERAGE_CODES.tile);
    const rect = cellRect(coverage, cell);
    expect(Math.abs(rect.x - (bag.xy[2 * i] ?? 0))).toBeLessThan(16);
    expect(Math.abs(rect.y - (bag.xy[2 * i + 1] ?? 0))).toBeLessThan(16);
  }
});

it('has no cell for white tiles that fill a bag', async () => {
  const bag = await planBag(memorySlide({ width: 300, height: 200, paint: tissue }), DARKEST);
  const coverage = coverageOf(bag);
  expect(countCells(coverage)).toMatchObject({ tile: 6, cap: 0 });
  const cells = Array.from({ length: 16 }, (_, i) => cellOfTile(coverage, bag, i));
  expect(cells.filter((cell) => cell !== undefined).length).toBe(6);
});

it('takes tiles that cannot be read out of the bag', async () => {
  const slide = memorySlide({ width: 512, height: 384, mpp: 0.5, paint: tissue });
  const bag = await planBag(slide, GRID);
  const before = coverageOf(bag).cells.slice();
  const failed = new Set([0, 5]);
  const less = markUnreadable(bag, failed);
  expect(less).toMatchObject({ count: 10, candidates: 12, rejected: { ...bag.rejected, unreadable: 2 } });
  expect([less.xy.length, less.tissueFraction.length]).toEqual([20, 10]);
  expect([...coverageOf(bag).cells]).toEqual([...before]);
  const lost = [...failed].map((index) => cellOfTile(coverageOf(bag), bag, index));
  coverageOf(less).cells.forEach((code, cell) => {
    expect(code).toBe(lost.includes(cell) ? COVERAGE_CODES.unreadable : COVERAGE_CODES.tile);
  });
  for (let i = 0; i < less.count; i++) {
    expect(lost).not.toContain(cellOfTile(coverageOf(less), less, i));
  }
  expect(markUnreadable({ ...bag, coverage: undefined }, failed).coverage).toBeUndefined();
});

it('finds the cell at a point', () => {
  const coverage = { columns: 3, rows: 2, x: -10, y: 20, spanPx: 12.5, cells: new Uint8Array(6) };
  for (let cell = 0; cell < 6; cell++) {
    const { x, y, width, height } = cellRect(coverage, cell);
    expect(cellAtPoint(coverage, x, y)).toBe(cell);
    expect(cellAtPoint(coverage, x + width - 0.01, y + height - 0.01)).toBe(cell);
  }
  expect(cellAtPoint(coverage, -10.1, 30)).toBeUndefined();
  expect(cellAtPoint(coverage, 27.6, 30)).toBeUndefined();
  expect(cellAtPoint(coverage, 0, 45.1)).toBeUndefined();
});

it('packs cells into runs and back', () => {
  const cells = Uint8Array.of(1, 1, 1, 0, 0, 7, 1);
  expect(packCells(cells)).toEqual([1, 3, 0, 2, 7, 1, 1, 1]);
  expect(unpackCells(packCells(cells), 7)).toEqual(cells);
  expect(packCells(new Uint8Array(0))).toEqual([]);
});

it.each([
  ['too few cells', [1, 3], 4],
  ['too many cells', [1, 3], 2],
  ['a code that is none', [8, 4], 4],
  ['a length that is none', [1, -1, 1, 5], 4],
  ['half a pair', [1, 2, 2], 2],
  ['text', ['1', 4], 4],
  ['more than memory holds', [1, 2 ** 40], 2 ** 40],
  ['no number of cells', [1, 4], Number.NaN],
])('refuses runs with %s', (_, runs, count) => {
  expect(unpackCells(runs, count)).toBeUndefined();
});
