import { expect, it } from 'vitest';
import { COVERAGE_CODES, type Coverage } from '../../tiling/coverage.ts';
import { toCoverageShapes } from './coverage-view.ts';

const { tile, background, pen, edge } = COVERAGE_CODES;

it('outlines the tiles, gathers the rest by reason, and ends with the slide', () => {
  const coverage: Coverage = {
    ...{ columns: 3, rows: 2, x: -20, y: 0, spanPx: 100 },
    cells: Uint8Array.from([tile, pen, edge, background, tile, edge]),
  };
  const shapes = toCoverageShapes(coverage, { width: 200, height: 150 });
  expect(shapes.outlines).toEqual([
    { x: 0, y: 0, width: 80, height: 100 },
    { x: 80, y: 100, width: 100, height: 50 },
  ]);
  expect(shapes.leftOut).toEqual([
    { reason: 'background', rects: [{ x: 0, y: 100, width: 80, height: 50 }] },
    { reason: 'pen', rects: [{ x: 80, y: 0, width: 100, height: 100 }] },
    {
      reason: 'edge',
      rects: [
        { x: 180, y: 0, width: 20, height: 100 },
        { x: 180, y: 100, width: 20, height: 50 },
      ],
    },
  ]);
});

it('draws nothing of cells that lie wholly outside the slide', () => {
  const outside: Coverage = { columns: 1, rows: 1, x: 500, y: 0, spanPx: 100, cells: Uint8Array.from([tile]) };
  expect(toCoverageShapes(outside, { width: 200, height: 150 })).toEqual({ outlines: [], leftOut: [] });
});
