/** A canvas over the slide: the tiles that were looked at, the heatmap, and the outlines of single tiles. */
import type { HeatmapPicture } from '../analysis/heatmap.ts';
import type { Rect } from '../geometry.ts';
import { type Affine, applyAffine, scaleOf, seenRect } from './affine.ts';
import { type Coverage, type CoverageDrawing, createCoverageDrawing, type Sheet } from './coverage-drawing.ts';
import { canBeFramed, drawFrames, framesIn, type HeatmapDrawing, isOutlined } from './heatmap-outline.ts';
import { type MarkColors, markColors } from './mark-colors.ts';

/** Outlines, level-0 px: the tile under the pointer and the tile chosen in the strip. */
export interface Marks {
  readonly hover: Rect | undefined;
  readonly chosen: Rect | undefined;
}

/** Paints over tissue that `map` places; `ratio`: px of the canvas for one CSS px, by which lines are as thick as on screen. */
export type PaintOverlay = (context: CanvasRenderingContext2D, map: Affine, ratio: number) => void;

export interface HeatmapLayer {
  readonly canvas: HTMLCanvasElement;
  setPicture(picture: HeatmapPicture | undefined): void;
  setOpacity(opacity: number): void;
  /** `umPerSlidePx`: µm of a level-0 px, undefined when nobody knows. */
  setDrawing(drawing: HeatmapDrawing, umPerSlidePx: number | undefined): void;
  setCoverage(coverage: Coverage | undefined): void;
  setMarks(marks: Marks): void;
  /** Shows nothing for as long as it is hidden; what it would show stays. */
  setHidden(isHidden: boolean): void;
  draw(map: Affine, widthPx: number, heightPx: number): void;
  /** What it shows now, and goes on to: for a picture that is made while the screen may change. */
  freeze(): PaintOverlay;
  /** The view is gone. */
  stop(): void;
}

/** What a layer shows: plain values, so that it can be painted again elsewhere when the screen has moved on. */
interface Shown {
  readonly picture: HeatmapPicture | undefined;
  /** The picture as a canvas that nobody draws on any more. */
  readonly raster: HTMLCanvasElement | undefined;
  readonly opacity: number;
  readonly drawing: HeatmapDrawing;
  readonly umPerSlidePx: number | undefined;
  readonly coverage: CoverageDrawing | undefined;
  readonly marks: Marks;
  readonly isHidden: boolean;
}

const NOTHING: Shown = {
  ...{ picture: undefined, raster: undefined, opacity: 1, drawing: 'fill', umPerSlidePx: undefined },
  ...{ coverage: undefined, marks: { hover: undefined, chosen: undefined }, isHidden: false },
};

/** A layer that the viewer draws whenever its viewport moves; `redraw`: when the system's colors change. */
export function createHeatmapLayer(redraw: () => void): HeatmapLayer {
  const canvas = document.createElement('canvas');
  canvas.className = 'heatmap-layer';
  canvas.setAttribute('aria-hidden', 'true');
  const forcedColors = window.matchMedia('(forced-colors: active)');
  forcedColors.addEventListener('change', redraw);
  let shown = NOTHING;
  let isBlank = true;
  const change = (next: Partial<Shown>) => {
    shown = { ...shown, ...next };
  };

  return {
    canvas,
    setPicture: (picture) => {
      change({ picture, raster: picture && toRaster(picture) });
      delete canvas.dataset.drawing;
    },
    setOpacity: (opacity) => change({ opacity }),
    setDrawing: (drawing, umPerSlidePx) => change({ drawing, umPerSlidePx }),
    setCoverage: (coverage) => change({ coverage: coverage && createCoverageDrawing(coverage) }),
    setMarks: (marks) => change({ marks }),
    setHidden: (isHidden) => change({ isHidden }),
    draw: (map, widthPx, heightPx) => {
      const isEmpty = showsNothing(shown);
      // A canvas that is touched is handed to the screen again, whole: as dear as the slide's own, on every move.
      if (isEmpty && isBlank) return;
      isBlank = isEmpty;
      const ratio = window.devicePixelRatio;
      const width = Math.round(widthPx * ratio);
      const height = Math.round(heightPx * ratio);
      if (canvas.width !== width || canvas.height !== height) {
        canvas.width = width;
        canvas.height = height;
      }
      const context = canvas.getContext('2d');
      if (context === null) return;
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.clearRect(0, 0, width, height);
      const sheet = { context, map, width: widthPx, height: heightPx, ratio };
      const drawn = paint(sheet, shown, markColors(forcedColors.matches));
      if (drawn !== undefined) canvas.dataset.drawing = drawn;
    },
    freeze: () => {
      const frozen = shown;
      return (context, map, ratio) => {
        const { width, height } = context.canvas;
        const sheet = { context, map, width: width / ratio, height: height / ratio, ratio };
        paint(sheet, frozen, markColors(false));
      };
    },
    stop: () => forcedColors.removeEventListener('change', redraw),
  };
}

function showsNothing({ isHidden, picture, coverage, marks }: Shown): boolean {
  const hasMarks = marks.chosen !== undefined || marks.hover !== undefined;
  return isHidden || (picture === undefined && coverage === undefined && !hasMarks);
}

function toRaster({ width, height, rgba }: HeatmapPicture): HTMLCanvasElement {
  const raster = document.createElement('canvas');
  raster.width = width;
  raster.height = height;
  raster.getContext('2d')?.putImageData(new ImageData(rgba, width, height), 0, 0);
  return raster;
}

/** Says how the heatmap was drawn, where there is one. Leaves the context as it was. */
function paint(sheet: Sheet, shown: Shown, colors: MarkColors): 'fill' | 'outline' | undefined {
  if (showsNothing(shown)) return undefined;
  const { context, map, ratio } = sheet;
  const { coverage, marks } = shown;
  context.save();
  coverage?.draw(sheet, colors);
  const drawn = paintHeatmap(sheet, shown);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  if (marks.chosen !== undefined) outline(context, map, marks.chosen, colors.chosen, colors);
  if (marks.hover !== undefined) outline(context, map, marks.hover, colors.hover, colors);
  context.restore();
  return drawn;
}

function paintHeatmap(
  { context, map, width, height, ratio }: Sheet,
  { picture, raster, opacity, drawing, umPerSlidePx }: Shown,
): 'fill' | 'outline' | undefined {
  if (picture === undefined || raster === undefined) return undefined;
  const scale = scaleOf(map);
  context.setTransform(map.a * ratio, map.b * ratio, map.c * ratio, map.d * ratio, map.e * ratio, map.f * ratio);
  const isFramed = isOutlined(drawing, scale, umPerSlidePx) && canBeFramed(picture, scale);
  if (isFramed) {
    // A frame covers little: it may be strong where a fill would be faint.
    context.globalAlpha = opacity === 0 ? 0 : 0.4 + 0.6 * opacity;
    drawFrames(context, framesIn(picture, seenRect(map, width, height)), scale);
  } else {
    const { rect } = picture;
    context.imageSmoothingEnabled = false;
    context.globalAlpha = opacity;
    context.drawImage(raster, rect.x, rect.y, rect.width, rect.height);
  }
  context.globalAlpha = 1;
  return isFramed ? 'outline' : 'fill';
}

/** A line with a pale one on both sides: seen on tissue and on the heatmap alike. */
function outline(
  context: CanvasRenderingContext2D,
  map: Affine,
  rect: Rect,
  color: string,
  { casing }: Pick<MarkColors, 'casing'>,
): void {
  const corners = [
    applyAffine(map, rect.x, rect.y),
    applyAffine(map, rect.x + rect.width, rect.y),
    applyAffine(map, rect.x + rect.width, rect.y + rect.height),
    applyAffine(map, rect.x, rect.y + rect.height),
  ];
  context.beginPath();
  for (const corner of corners) context.lineTo(corner.x, corner.y);
  context.closePath();
  context.lineJoin = 'round';
  context.lineWidth = 5;
  context.strokeStyle = casing;
  context.stroke();
  context.lineWidth = 2;
  context.strokeStyle = color;
  context.stroke();
}
