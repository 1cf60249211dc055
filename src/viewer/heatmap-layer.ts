/** A canvas over the slide: the heatmap, one small picture stretched over the tissue, and the outlines of tiles. */
import type { HeatmapPicture } from '../analysis/heatmap.ts';
import type { Rect } from '../geometry.ts';

/** Level-0 px to CSS px of the viewer, as a canvas takes it: x' = a x + c y + e, y' = b x + d y + f. */
export interface Affine {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  readonly e: number;
  readonly f: number;
}

/** The affine map that sends (0,0), (sideX,0) and (0,sideY) to three points of the screen. */
export function toAffine(
  origin: { x: number; y: number },
  right: { x: number; y: number },
  down: { x: number; y: number },
  sideX: number,
  sideY: number,
): Affine {
  return {
    a: (right.x - origin.x) / sideX,
    b: (right.y - origin.y) / sideX,
    c: (down.x - origin.x) / sideY,
    d: (down.y - origin.y) / sideY,
    e: origin.x,
    f: origin.y,
  };
}

/** Where a level-0 point is on the screen. */
export function applyAffine(map: Affine, x: number, y: number): { x: number; y: number } {
  return { x: map.a * x + map.c * y + map.e, y: map.b * x + map.d * y + map.f };
}

/** What a layer shows: plain values, so that it can be painted again elsewhere when the screen has moved on. */
interface Shown {
  /** The small picture, as a canvas that nobody draws on any more. */
  readonly raster: HTMLCanvasElement | undefined;
  /** Where the picture lies, level-0 px. */
  readonly rect: Rect | undefined;
  readonly opacity: number;
  readonly marks: Marks;
}

/** Outlines, level-0 px: the tile under the pointer and the tile chosen in the strip of fields. */
interface Marks {
  readonly hover: Rect | undefined;
  readonly chosen: Rect | undefined;
}

/** Paints over tissue that `map` places; `ratio`: px of the canvas for one CSS px, by which lines are as thick as on screen. */
export type PaintOverlay = (context: CanvasRenderingContext2D, map: Affine, ratio: number) => void;

export interface HeatmapLayer {
  readonly canvas: HTMLCanvasElement;
  setPicture(picture: HeatmapPicture | undefined): void;
  setOpacity(opacity: number): void;
  setMarks(marks: Marks): void;
  draw(map: Affine, widthPx: number, heightPx: number): void;
  /** What it shows now, and goes on to: for a picture that is made while the screen may change. */
  freeze(): PaintOverlay;
}

/** A layer that the viewer draws whenever its viewport moves. */
export function createHeatmapLayer(): HeatmapLayer {
  const canvas = document.createElement('canvas');
  canvas.className = 'heatmap-layer';
  canvas.setAttribute('aria-hidden', 'true');
  let shown: Shown = {
    raster: undefined,
    rect: undefined,
    opacity: 1,
    marks: { hover: undefined, chosen: undefined },
  };
  let isBlank = true;

  return {
    canvas,
    setPicture: (picture) => {
      shown = { ...shown, raster: picture && toRaster(picture), rect: picture?.rect };
    },
    setOpacity: (opacity) => {
      shown = { ...shown, opacity };
    },
    setMarks: (marks) => {
      shown = { ...shown, marks };
    },
    draw: (map, widthPx, heightPx) => {
      // A canvas that is touched is handed to the screen again, whole: as dear as the slide's own, on every move.
      const isEmpty = shown.rect === undefined && shown.marks.chosen === undefined && shown.marks.hover === undefined;
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
      paint(context, shown, map, ratio);
    },
    freeze: () => {
      const frozen = shown;
      return (context, map, ratio) => paint(context, frozen, map, ratio);
    },
  };
}

function toRaster({ width, height, rgba }: HeatmapPicture): HTMLCanvasElement {
  const raster = document.createElement('canvas');
  raster.width = width;
  raster.height = height;
  raster.getContext('2d')?.putImageData(new ImageData(rgba, width, height), 0, 0);
  return raster;
}

/** `map`: level-0 px to CSS px. Leaves the context as it was. */
function paint(
  context: CanvasRenderingContext2D,
  { raster, rect, opacity, marks }: Shown,
  map: Affine,
  ratio: number,
): void {
  context.save();
  if (raster !== undefined && rect !== undefined) {
    context.setTransform(map.a * ratio, map.b * ratio, map.c * ratio, map.d * ratio, map.e * ratio, map.f * ratio);
    context.imageSmoothingEnabled = false;
    context.globalAlpha = opacity;
    context.drawImage(raster, rect.x, rect.y, rect.width, rect.height);
    context.globalAlpha = 1;
  }
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  if (marks.chosen !== undefined) outline(context, map, marks.chosen, '#3451b2');
  if (marks.hover !== undefined) outline(context, map, marks.hover, '#18181b');
  context.restore();
}

/** A dark line with a white one on both sides: seen on tissue and on the heatmap alike. */
function outline(context: CanvasRenderingContext2D, map: Affine, rect: Rect, colour: string): void {
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
  context.strokeStyle = 'rgba(255,255,255,.85)';
  context.stroke();
  context.lineWidth = 2;
  context.strokeStyle = colour;
  context.stroke();
}
