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
  /** The view is gone. */
  stop(): void;
}

/** A layer that the viewer draws whenever its viewport moves; `redraw`: when the system's colors change. */
export function createHeatmapLayer(redraw: () => void): HeatmapLayer {
  const canvas = document.createElement('canvas');
  canvas.className = 'heatmap-layer';
  canvas.setAttribute('aria-hidden', 'true');
  const raster = document.createElement('canvas');
  const forcedColors = window.matchMedia('(forced-colors: active)');
  forcedColors.addEventListener('change', redraw);
  let picture: HeatmapPicture | undefined;
  let opacity = 1;
  let drawing: HeatmapDrawing = 'fill';
  let umPerSlidePx: number | undefined;
  let coverage: CoverageDrawing | undefined;
  let marks: Marks = { hover: undefined, chosen: undefined };
  let isHidden = false;
  let isBlank = true;

  const drawHeatmap = (sheet: Sheet, heatmap: HeatmapPicture) => {
    const { context, map, width, height, ratio } = sheet;
    const scale = scaleOf(map);
    context.setTransform(map.a * ratio, map.b * ratio, map.c * ratio, map.d * ratio, map.e * ratio, map.f * ratio);
    const isFramed = isOutlined(drawing, scale, umPerSlidePx) && canBeFramed(heatmap, scale);
    if (isFramed) {
      // A frame covers little: it may be strong where a fill would be faint.
      context.globalAlpha = opacity === 0 ? 0 : 0.4 + 0.6 * opacity;
      drawFrames(context, framesIn(heatmap, seenRect(map, width, height)), scale);
    } else {
      const { x, y, width, height } = heatmap.rect;
      context.imageSmoothingEnabled = false;
      context.globalAlpha = opacity;
      context.drawImage(raster, x, y, width, height);
    }
    context.globalAlpha = 1;
    canvas.dataset.drawing = isFramed ? 'outline' : 'fill';
  };

  return {
    canvas,
    setPicture: (next) => {
      picture = next;
      delete canvas.dataset.drawing;
      if (next === undefined) return;
      raster.width = next.width;
      raster.height = next.height;
      raster.getContext('2d')?.putImageData(new ImageData(next.rgba, next.width, next.height), 0, 0);
    },
    setOpacity: (value) => {
      opacity = value;
    },
    setDrawing: (next, um) => {
      drawing = next;
      umPerSlidePx = um;
    },
    setCoverage: (next) => {
      coverage = next && createCoverageDrawing(next);
    },
    setMarks: (next) => {
      marks = next;
    },
    setHidden: (next) => {
      isHidden = next;
    },
    draw: (map, widthPx, heightPx) => {
      const hasMarks = marks.chosen !== undefined || marks.hover !== undefined;
      // A canvas that is touched is handed to the screen again, whole: as dear as the slide's own, on every move.
      const isEmpty = isHidden || (picture === undefined && coverage === undefined && !hasMarks);
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
      if (isEmpty) return;
      const colors = markColors(forcedColors.matches);
      const sheet: Sheet = { context, map, width: widthPx, height: heightPx, ratio };
      coverage?.draw(sheet, colors);
      if (picture !== undefined) drawHeatmap(sheet, picture);
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      if (marks.chosen !== undefined) outline(context, map, marks.chosen, colors.chosen, colors);
      if (marks.hover !== undefined) outline(context, map, marks.hover, colors.hover, colors);
    },
    stop: () => forcedColors.removeEventListener('change', redraw),
  };
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
