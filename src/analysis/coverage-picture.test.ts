import fc from 'fast-check';
import { expect, it } from 'vitest';
import { COVERAGE_CODES, COVERAGE_NAMES, type Coverage, cellRect, countCells } from '../tiling/coverage.ts';
import { drawCoverage } from './coverage-picture.ts';

const LETTERS: Readonly<Record<string, number>> = {
  T: COVERAGE_CODES.tile,
  '.': COVERAGE_CODES.background,
  P: COVERAGE_CODES.pen,
  E: COVERAGE_CODES.edge,
};

/** A coverage of letters, with cells of 10 px from (100, 200). */
function coverageOf(...rows: readonly string[]): Coverage {
  const cells = Uint8Array.from(rows.join(''), (letter) => LETTERS[letter] ?? 255);
  return { columns: rows[0]?.length ?? 0, rows: rows.length, x: 100, y: 200, spanPx: 10, cells };
}

function fours(values: Float64Array): number[][] {
  return Array.from({ length: values.length / 4 }, (_, i) => [...values.subarray(4 * i, 4 * i + 4)]);
}

it('merges what was left out along rows, reason by reason', () => {
  const { leftOut, tiles } = drawCoverage(coverageOf('...TE', 'P..PE', 'TT.EE'));
  expect(tiles).toBe(3);
  expect(leftOut.map(({ name, count }) => [name, count])).toEqual([
    ['background', 6],
    ['pen', 2],
    ['edge', 4],
  ]);
  expect(leftOut.map(({ rects }) => fours(rects))).toEqual([
    [
      [100, 200, 30, 10],
      [110, 210, 20, 10],
      [120, 220, 10, 10],
    ],
    [
      [100, 210, 10, 10],
      [130, 210, 10, 10],
    ],
    [
      [140, 200, 10, 10],
      [140, 210, 10, 10],
      [130, 220, 20, 10],
    ],
  ]);
});

it('draws the side that two tiles share once, and sides in a row as one line', () => {
  const { outlines } = drawCoverage(coverageOf('TT.', '.T.'));
  expect(fours(outlines)).toEqual([
    [100, 200, 120, 200],
    [100, 210, 120, 210],
    [110, 220, 120, 220],
    [100, 200, 100, 210],
    [110, 200, 110, 220],
    [120, 200, 120, 220],
  ]);
  expect(drawCoverage(coverageOf('...')).outlines.length).toBe(0);
});

it('ends at the slide', () => {
  const slide = { x: 105, y: 0, width: 20, height: 215 };
  const { leftOut, outlines } = drawCoverage(coverageOf('T.E', 'T.E'), slide);
  expect(leftOut.map(({ name, rects }) => [name, fours(rects)])).toEqual([
    [
      'background',
      [
        [110, 200, 10, 10],
        [110, 210, 10, 5],
      ],
    ],
    [
      'edge',
      [
        [120, 200, 5, 10],
        [120, 210, 5, 5],
      ],
    ],
  ]);
  expect(fours(outlines)).toEqual([
    [105, 200, 110, 200],
    [105, 210, 110, 210],
    [105, 215, 110, 215],
    [105, 200, 105, 215],
    [110, 200, 110, 215],
  ]);
});

it('counts cells beyond the slide and draws nothing of them', () => {
  const { leftOut } = drawCoverage(coverageOf('T.'), { x: 100, y: 200, width: 10, height: 10 });
  expect(leftOut.map(({ count, rects }) => [count, rects.length])).toEqual([[1, 0]]);
});

it('covers every cell once, for any grid', () => {
  const anyCoverage = fc
    .record({ columns: fc.integer({ min: 1, max: 12 }), rows: fc.integer({ min: 1, max: 12 }) })
    .chain(({ columns, rows }) =>
      fc.record({
        columns: fc.constant(columns),
        rows: fc.constant(rows),
        x: fc.integer({ min: -500, max: 500 }),
        y: fc.integer({ min: -500, max: 500 }),
        spanPx: fc.constantFrom(1, 317, 2048.25),
        cells: fc.uint8Array({
          min: 0,
          max: COVERAGE_NAMES.length - 1,
          minLength: columns * rows,
          maxLength: columns * rows,
        }),
      }),
    );
  fc.assert(
    fc.property(anyCoverage, ({ cells, ...grid }) => {
      const coverage = { ...grid, cells: Uint8Array.from(cells) };
      const picture = drawCoverage(coverage);
      const counts = countCells(coverage);
      expect(picture.tiles).toBe(counts.tile);
      expect(picture.leftOut.map(({ name, count }) => [name, count])).toEqual(
        Object.entries(counts).filter(([name, count]) => name !== 'tile' && count > 0),
      );
      coverage.cells.forEach((code, cell) => {
        const { x, y, width, height } = cellRect(coverage, cell);
        const [middleX, middleY] = [x + width / 2, y + height / 2];
        const reasons = picture.leftOut.flatMap(({ name, rects }) =>
          fours(rects)
            .filter(
              ([rx = 0, ry = 0, w = 0, h = 0]) => middleX > rx && middleX < rx + w && middleY > ry && middleY < ry + h,
            )
            .map(() => name),
        );
        expect(reasons).toEqual(code === COVERAGE_CODES.tile ? [] : [COVERAGE_NAMES[code]]);
        // Lines through the middle of each side.
        const lines = fours(picture.outlines);
        const across = (at: number) =>
          lines.filter(
            ([x0 = 0, y0 = 0, x1 = 0, y1 = 0]) => y0 === y1 && Math.abs(y0 - at) < 1e-3 && x0 < middleX && middleX < x1,
          );
        const down = (at: number) =>
          lines.filter(
            ([x0 = 0, y0 = 0, x1 = 0, y1 = 0]) => x0 === x1 && Math.abs(x0 - at) < 1e-3 && y0 < middleY && middleY < y1,
          );
        for (const side of [across(y), across(y + height), down(x), down(x + width)]) {
          expect(side.length).toBeLessThanOrEqual(1);
          if (code === COVERAGE_CODES.tile) expect(side.length).toBe(1);
        }
        const above = cell < grid.columns ? -1 : coverage.cells[cell - grid.columns];
        if (code !== COVERAGE_CODES.tile && above !== COVERAGE_CODES.tile) expect(across(y).length).toBe(0);
        const before = cell % grid.columns === 0 ? -1 : coverage.cells[cell - 1];
        if (code !== COVERAGE_CODES.tile && before !== COVERAGE_CODES.tile) expect(down(x).length).toBe(0);
      });
    }),
    { numRuns: 40 },
  );
});

it('stays small for a slide of 100,000 cells', () => {
  // A disc of tissue: two runs of glass and one of tiles a row.
  const [columns, rows] = [400, 250];
  const cells = Uint8Array.from({ length: columns * rows }, (_, cell) =>
    Math.hypot((cell % columns) - 200, Math.floor(cell / columns) - 125) < 100
      ? COVERAGE_CODES.tile
      : COVERAGE_CODES.background,
  );
  const { leftOut, outlines } = drawCoverage({ columns, rows, x: 0, y: 0, spanPx: 256, cells });
  expect((leftOut[0]?.rects.length ?? 0) / 4).toBeLessThanOrEqual(2 * rows);
  expect(outlines.length / 4).toBeLessThanOrEqual(columns + rows + 2);
});
