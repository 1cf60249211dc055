/** From what became of each cell of a bag to what the viewer draws of it. Pure. */
import type { Rect } from '../../geometry.ts';
import type { SlideInfo } from '../../slide/slide.ts';
import { COVERAGE_NAMES, type Coverage, cellRect } from '../../tiling/coverage.ts';
import type { Coverage as CoverageShapes } from '../../viewer/coverage-drawing.ts';

/** Cells reach beyond the slide; what is drawn ends with it. */
export function toCoverageShapes(
  coverage: Coverage,
  { width, height }: Pick<SlideInfo, 'width' | 'height'>,
): CoverageShapes {
  const rects = COVERAGE_NAMES.map((): Rect[] => []);
  coverage.cells.forEach((code, cell) => {
    const rect = cellRect(coverage, cell);
    const [x, y] = [Math.max(0, rect.x), Math.max(0, rect.y)];
    const [right, bottom] = [Math.min(width, rect.x + rect.width), Math.min(height, rect.y + rect.height)];
    if (right > x && bottom > y) rects[code]?.push({ x, y, width: right - x, height: bottom - y });
  });
  const [outlines = [], ...leftOut] = rects;
  return {
    outlines,
    leftOut: leftOut.flatMap((area, i) =>
      area.length === 0 ? [] : [{ reason: COVERAGE_NAMES[i + 1] ?? '', rects: area }],
    ),
  };
}
