/** The view as a picture to keep: tissue read anew at the width that was chosen, what lies over it, and what it is. */
import { AppError, isAbort, isAppError } from '../../../errors.ts';
import { scaleOf } from '../../../viewer/affine.ts';
import type { PaintOverlay } from '../../../viewer/heatmap-layer.ts';
import { scaleBar } from '../../../viewer/scale-bar.ts';
import { drawStrip } from './draw-strip.ts';
import { MOST_PIXELS, MOST_SIDE, type PicturePlan, planPicture, type ViewOnScreen } from './picture-plan.ts';
import { fontOf, layOutStrip, lettersOf, type PictureKey, stripUnit } from './strip.ts';
import { drawTissue, type TissueReader } from './tissue.ts';

/** All that a picture is made of, taken from the screen at one moment. */
export interface PictureOrder {
  readonly view: ViewOnScreen;
  readonly widthPx: number;
  readonly tissue: TissueReader;
  readonly overlay: PaintOverlay;
  /** µm per level-0 px, or undefined when nobody knows it. */
  readonly mpp: number | undefined;
  readonly key: PictureKey;
  /** `slidePxPerPx`: level-0 px that one px of the picture shows. */
  readonly lines: (slidePxPerPx: number) => readonly string[];
}

/** `onProgress`: 0..1. @throws export/failed; AbortError */
export async function writePng(
  { view, widthPx, tissue, overlay, mpp, key, lines }: PictureOrder,
  signal: AbortSignal,
  onProgress: (share: number) => void,
): Promise<Blob> {
  const picture = planPicture(view, widthPx);
  const unit = stripUnit(widthPx, view.width);
  const slidePxPerPx = 1 / scaleOf(picture.affine);
  const ruler = contextOf(document.createElement('canvas'));
  const strip = layOutStrip(picture.width, unit, lines(slidePxPerPx), key, (text, isBold) => {
    ruler.font = fontOf(lettersOf(unit), isBold);
    return ruler.measureText(text).width;
  });
  const canvas = canvasOf(picture.width, picture.height + strip.height);
  const context = contextOf(canvas);
  try {
    await drawTissue(context, picture, tissue, signal, onProgress);
  } catch (error) {
    throw isAbort(error)
      ? error
      : failure('slide', isAppError(error) ? error.message.replace(/\.$/, '') : String(error), error);
  }
  context.save();
  context.beginPath();
  context.rect(0, 0, picture.width, picture.height);
  context.clip();
  overlay(context, view.affine, picture.ratio);
  context.restore();
  if (mpp !== undefined) drawScaleBar(context, picture, unit, mpp * slidePxPerPx);
  drawStrip(context, strip, picture.height, key.map);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  signal.throwIfAborted();
  return blob ?? tooLarge(canvas.width, canvas.height);
}

/** A canvas of this size that really draws. @throws export/failed */
function canvasOf(width: number, height: number): HTMLCanvasElement {
  if (width > MOST_SIDE || height > MOST_SIDE || width * height > MOST_PIXELS) tooLarge(width, height);
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  if (!draws(canvas)) tooLarge(width, height);
  return canvas;
}

/** A browser that cannot hold a canvas gives none to draw on, or one on which nothing stays. */
function draws(canvas: HTMLCanvasElement): boolean {
  const context = canvas.getContext('2d');
  if (context === null) return false;
  const [x, y] = [canvas.width - 1, canvas.height - 1];
  context.fillStyle = '#ffffff';
  context.fillRect(x, y, 1, 1);
  try {
    return context.getImageData(x, y, 1, 1).data[3] === 255;
  } catch {
    return false;
  }
}

function contextOf(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  return canvas.getContext('2d') ?? fail('browser', 'this browser draws no pictures');
}

function drawScaleBar(context: CanvasRenderingContext2D, picture: PicturePlan, unit: number, umPerPx: number): void {
  const bar = scaleBar(umPerPx, Math.min(160 * unit, picture.width / 3));
  const [left, top] = [16 * unit, picture.height - 24 * unit];
  context.save();
  context.font = fontOf(12 * unit, false);
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  const half = Math.max(bar.px, context.measureText(bar.label).width) / 2;
  context.fillStyle = 'rgba(255,255,255,.9)';
  context.fillRect(left - 8 * unit, top - 20 * unit, 2 * half + 16 * unit, 32 * unit);
  context.fillStyle = '#18181b';
  context.fillRect(left + half - bar.px / 2, top, bar.px, 3 * unit);
  context.fillText(bar.label, left + half, top - 9 * unit);
  context.restore();
}

function tooLarge(width: number, height: number): never {
  return fail('size', `a picture of ${width} × ${height} px is larger than this browser can draw`);
}

function fail(cause: 'size' | 'browser', reason: string): never {
  throw failure(cause, reason);
}

function failure(cause: 'size' | 'slide' | 'browser', reason: string, error?: unknown): AppError {
  return new AppError({ code: 'export/failed', format: 'PNG', cause, reason }, { cause: error });
}
