/** Which tiles a model looked at, and which were left out and why: outlines and hatching over the slide. */
import type { Rect } from '../geometry.ts';
import { type Affine, scaleOf, seenRect } from './affine.ts';
import { hatchSquare } from './hatching.ts';
import type { MarkColors } from './mark-colors.ts';
import { createRectIndex, mergeRects, type RectIndex } from './rect-index.ts';

/** Rectangles in level-0 px. */
export interface Coverage {
  /** Tiles that the model looked at. */
  readonly outlines: readonly Rect[];
  /** Tiles that it did not, by reason. */
  readonly leftOut: readonly { readonly reason: string; readonly rects: readonly Rect[] }[];
}

/** Where to draw: `map` to CSS px, `width` and `height` of the view in CSS px, `ratio` px of the canvas on one. */
export interface Sheet {
  readonly context: CanvasRenderingContext2D;
  readonly map: Affine;
  readonly width: number;
  readonly height: number;
  readonly ratio: number;
}

export interface CoverageDrawing {
  draw(sheet: Sheet, colors: MarkColors): void;
}

/** Tiles smaller than this on the screen are drawn as the areas that they make together, CSS px. */
const SMALLEST_APART = 10;

/** Indexes the rectangles once; drawing looks only at those in sight. */
export function createCoverageDrawing(coverage: Coverage): CoverageDrawing {
  const outlines = createLayers(coverage.outlines);
  const leftOut = coverage.leftOut.map(({ reason, rects }) => ({ reason, layers: createLayers(rects) }));
  return {
    draw: (sheet, colors) => {
      const { context, map, width, height, ratio } = sheet;
      const seen = seenRect(map, width, height);
      const scale = scaleOf(map);
      for (const { reason, layers } of leftOut) {
        const rects = (layers.areApart(scale) ? layers.tiles : layers.areas()).near(seen);
        const pattern = context.createPattern(hatchSquare(reason, ratio, colors.hatch), 'repeat');
        if (rects.length === 0 || pattern === null) continue;
        // The lines keep their distance on the screen, and move with the slide.
        pattern.setTransform(new DOMMatrix([1, 0, 0, 1, map.e * ratio, map.f * ratio]));
        tracePath(sheet, rects);
        context.fillStyle = pattern;
        context.fill();
      }
      const isApart = outlines.areApart(scale);
      const rects = (isApart ? outlines.tiles : outlines.areas()).near(seen);
      if (rects.length === 0) return;
      tracePath(sheet, rects);
      context.lineWidth = ratio;
      context.strokeStyle = colors.analyzed;
      context.fillStyle = colors.analyzed;
      if (isApart) return context.stroke();
      context.globalAlpha = FAINT;
      context.fill();
      context.globalAlpha = 1;
    },
  };
}

/** Of tiles too small for outlines: a tint. */
const FAINT = 0.2;

interface Layers {
  readonly tiles: RectIndex;
  /** Made when first needed: of a slide that is read near by never. */
  areas(): RectIndex;
  areApart(scale: number): boolean;
}

function createLayers(rects: readonly Rect[]): Layers {
  const tiles = createRectIndex(rects);
  let areas: RectIndex | undefined;
  return {
    tiles,
    areas: () => {
      areas ??= createRectIndex(mergeRects(rects));
      return areas;
    },
    areApart: (scale) => Math.max(tiles.most.width, tiles.most.height) * scale >= SMALLEST_APART,
  };
}

/** The rectangles as a path of the canvas, whose transform is none afterwards: lines and patterns are those of the screen. */
function tracePath({ context, map, ratio }: Sheet, rects: readonly Rect[]): void {
  context.setTransform(map.a * ratio, map.b * ratio, map.c * ratio, map.d * ratio, map.e * ratio, map.f * ratio);
  context.beginPath();
  for (const { x, y, width, height } of rects) context.rect(x, y, width, height);
  context.setTransform(1, 0, 0, 1, 0, 0);
}
