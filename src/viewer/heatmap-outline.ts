/** The heatmap as frames of its tiles, so that the nuclei inside stay as they are. What is drawn is pure. */
import type { HeatmapPicture } from '../analysis/heatmap.ts';
import type { Rect } from '../geometry.ts';
import { toMagnification } from './scale-bar.ts';

/** 'auto': filled as an overview, outlined where nuclei are read. */
export type HeatmapDrawing = 'fill' | 'outline' | 'auto';

/** From this magnification on nuclei are read; a little less is it, too, since scanners' pixel sizes are not round. */
const READING_MAGNIFICATION = 20 * 0.98;
/** CSS px of a level-0 px from which nuclei are read where nobody knows the pixel size. */
const READING_SCALE = 0.5;

/** `scale`: CSS px of one level-0 px, of `umPerSlidePx` µm. */
export function isOutlined(drawing: HeatmapDrawing, scale: number, umPerSlidePx: number | undefined): boolean {
  if (drawing !== 'auto') return drawing === 'outline';
  return umPerSlidePx === undefined
    ? scale >= READING_SCALE
    : toMagnification(umPerSlidePx / scale) >= READING_MAGNIFICATION;
}

/** Tiles smaller than this on the screen are filled: a frame would be all of them. CSS px. */
const SMALLEST_FRAMED = 12;
/** Tiles that are large enough for a pale line around their frame. */
const SMALLEST_CASED = 28;
/** Fainter tiles are as good as clear, 0..255. */
const FAINTEST = 8;

export function canBeFramed(picture: HeatmapPicture, scale: number): boolean {
  return picture.width > 0 && (picture.rect.width / picture.width) * scale >= SMALLEST_FRAMED;
}

/** One shaded tile in view. */
export interface TileFrame {
  /** Level-0 px. */
  readonly rect: Rect;
  /** CSS color. */
  readonly color: string;
  /** 0..1, by which the frame is wide. */
  readonly strength: number;
}

/** Frames of the shaded tiles that touch a rectangle of level 0 (px), and of no others. */
export function framesIn({ width, height, rgba, rect }: HeatmapPicture, seen: Rect): readonly TileFrame[] {
  const [cellWidth, cellHeight] = [rect.width / width, rect.height / height];
  const within = (value: number, count: number) => Math.min(count, Math.max(0, value));
  const left = within(Math.floor((seen.x - rect.x) / cellWidth), width);
  const right = within(Math.ceil((seen.x + seen.width - rect.x) / cellWidth), width);
  const top = within(Math.floor((seen.y - rect.y) / cellHeight), height);
  const bottom = within(Math.ceil((seen.y + seen.height - rect.y) / cellHeight), height);
  const frames: TileFrame[] = [];
  for (let row = top; row < bottom; row++)
    for (let col = left; col < right; col++) {
      const at = (row * width + col) * 4;
      const alpha = rgba[at + 3] ?? 0;
      if (alpha < FAINTEST) continue;
      frames.push({
        rect: { x: rect.x + col * cellWidth, y: rect.y + row * cellHeight, width: cellWidth, height: cellHeight },
        color: `rgb(${rgba[at]},${rgba[at + 1]},${rgba[at + 2]})`,
        strength: alpha / 255,
      });
    }
  return frames;
}

/** Width of a frame and length of its corner mark, CSS px, of a tile of `side` CSS px. */
export function frameSize(strength: number, side: number): { readonly width: number; readonly corner: number } {
  return {
    width: Math.min(1.5 + 3 * strength, side / 6),
    corner: Math.min(8 + 14 * strength, side / 3),
  };
}

/** Draws in level-0 px, of which `scale` CSS px are one; each frame lies inside its tile. */
export function drawFrames(context: CanvasRenderingContext2D, frames: readonly TileFrame[], scale: number): void {
  context.lineJoin = 'miter';
  for (const { rect, color, strength } of frames) {
    const side = Math.min(rect.width, rect.height) * scale;
    const { width, corner } = frameSize(strength, side);
    const line = width / scale;
    const frame = (inset: number) =>
      context.strokeRect(rect.x + inset, rect.y + inset, rect.width - 2 * inset, rect.height - 2 * inset);
    if (side >= SMALLEST_CASED) {
      context.strokeStyle = 'rgba(255,255,255,.7)';
      context.lineWidth = 1 / scale;
      frame(line + 0.5 / scale);
    }
    context.strokeStyle = color;
    context.lineWidth = line;
    frame(line / 2);
    context.fillStyle = color;
    context.beginPath();
    context.moveTo(rect.x, rect.y);
    context.lineTo(rect.x + corner / scale, rect.y);
    context.lineTo(rect.x, rect.y + corner / scale);
    context.fill();
  }
}
