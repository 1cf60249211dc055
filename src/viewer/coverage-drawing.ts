/** Which tiles a model looked at, and which were left out and why: outlines and hatching over the slide. */
import type { Rect } from '../geometry.ts';
import { type Affine, scaleOf, seenRect } from './affine.ts';
import { hatchSquare } from './hatching.ts';
import type { MarkColors } from './mark-colors.ts';
import { createRectIndex, type RectIndex } from './rect-index.ts';

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

/** Tiles smaller than this on the screen are drawn as one picture of all of them, CSS px. */
const SMALLEST_APART = 10;
/** More px than this no such picture has. */
const MOST_MASK_PIXELS = 2 ** 24;

/** Indexes the rectangles once; drawing looks only at those in sight. */
export function createCoverageDrawing(coverage: Coverage): CoverageDrawing {
  const outlines = createRectIndex(coverage.outlines);
  const leftOut = coverage.leftOut.map(({ reason, rects }) => ({ reason, index: createRectIndex(rects), rects }));
  /** Made when first needed: of a slide that is read near by never. */
  const masks = new Map<readonly Rect[], Mask | undefined>();
  const maskOf = (rects: readonly Rect[], index: RectIndex) => {
    if (!masks.has(rects)) masks.set(rects, toMask(rects, index));
    return masks.get(rects);
  };
  let spare: HTMLCanvasElement | undefined;

  return {
    draw: (sheet, colors) => {
      const { context, map, width, height, ratio } = sheet;
      const seen = seenRect(map, width, height);
      const scale = scaleOf(map);
      const isApart = ({ most }: RectIndex) => Math.max(most.width, most.height) * scale >= SMALLEST_APART;
      for (const { reason, index, rects } of leftOut) {
        if (index.count === 0) continue;
        const pattern = context.createPattern(hatchSquare(reason, ratio, colors.hatch), 'repeat');
        if (pattern === null) continue;
        // The lines keep their distance on the screen, and move with the slide.
        pattern.setTransform(new DOMMatrix([1, 0, 0, 1, map.e * ratio, map.f * ratio]));
        if (isApart(index)) fillRects(sheet, index.near(seen), pattern);
        else {
          spare ??= document.createElement('canvas');
          fillMask(sheet, maskOf(rects, index), pattern, spare);
        }
      }
      if (outlines.count === 0) return;
      if (isApart(outlines)) strokeRects(sheet, outlines.near(seen), colors.analyzed);
      else {
        const mask = maskOf(coverage.outlines, outlines);
        spare ??= document.createElement('canvas');
        context.globalAlpha = FAINT;
        fillMask(sheet, mask, colors.analyzed, spare);
        context.globalAlpha = 1;
      }
    },
  };
}

/** Of tiles too small for outlines: a tint. */
const FAINT = 0.3;

function toCanvas({ context, map, ratio }: Sheet): void {
  context.setTransform(map.a * ratio, map.b * ratio, map.c * ratio, map.d * ratio, map.e * ratio, map.f * ratio);
}

function fillRects(sheet: Sheet, rects: readonly Rect[], fill: CanvasPattern): void {
  const { context } = sheet;
  toCanvas(sheet);
  context.beginPath();
  for (const { x, y, width, height } of rects) context.rect(x, y, width, height);
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.fillStyle = fill;
  context.fill();
}

function strokeRects(sheet: Sheet, rects: readonly Rect[], color: string): void {
  const { context, ratio } = sheet;
  toCanvas(sheet);
  context.beginPath();
  for (const { x, y, width, height } of rects) context.rect(x, y, width, height);
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.lineWidth = ratio;
  context.strokeStyle = color;
  context.stroke();
}

/** One px for each tile. */
interface Mask {
  readonly canvas: HTMLCanvasElement;
  /** Level-0 px that it covers. */
  readonly rect: Rect;
  /** Level-0 px that the tiles cover: those at the edge of a slide are cut. */
  readonly bounds: Rect;
}

function toMask(rects: readonly Rect[], { bounds, most }: RectIndex): Mask | undefined {
  const columns = Math.max(1, Math.ceil(bounds.width / most.width - 1e-6));
  const rows = Math.max(1, Math.ceil(bounds.height / most.height - 1e-6));
  if (!(columns * rows <= MOST_MASK_PIXELS)) return undefined;
  const pixels = new ImageData(columns, rows);
  for (const { x, y } of rects) {
    const col = Math.min(columns - 1, Math.round((x - bounds.x) / most.width));
    const row = Math.min(rows - 1, Math.round((y - bounds.y) / most.height));
    pixels.data[(row * columns + col) * 4 + 3] = 255;
  }
  const canvas = document.createElement('canvas');
  canvas.width = columns;
  canvas.height = rows;
  canvas.getContext('2d')?.putImageData(pixels, 0, 0);
  const rect = { x: bounds.x, y: bounds.y, width: columns * most.width, height: rows * most.height };
  return { canvas, rect, bounds };
}

function fillMask(sheet: Sheet, mask: Mask | undefined, fill: string | CanvasPattern, spare: HTMLCanvasElement): void {
  const { context } = sheet;
  const own = spare.getContext('2d');
  if (mask === undefined || own === null) return;
  spare.width = context.canvas.width;
  spare.height = context.canvas.height;
  toCanvas({ ...sheet, context: own });
  own.beginPath();
  own.rect(mask.bounds.x, mask.bounds.y, mask.bounds.width, mask.bounds.height);
  own.clip();
  own.imageSmoothingEnabled = false;
  own.drawImage(mask.canvas, mask.rect.x, mask.rect.y, mask.rect.width, mask.rect.height);
  own.setTransform(1, 0, 0, 1, 0, 0);
  own.globalCompositeOperation = 'source-in';
  own.fillStyle = fill;
  own.fillRect(0, 0, spare.width, spare.height);
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.drawImage(spare, 0, 0);
}
