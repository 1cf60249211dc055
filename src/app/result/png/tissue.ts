/** The slide under the view, read for a picture: part by part, so that memory does not grow with its width. */
import type { ReducedRegion } from '../../../slide/reduced.ts';
import type { SlideInfo } from '../../../slide/slide.ts';
import { applyCurve } from '../../../viewer/display-curve.ts';
import { type PicturePlan, planReading } from './picture-plan.ts';

export interface TissueReader {
  readonly info: SlideInfo;
  /** A part of a level made smaller, in sRGB. */
  readonly read: (region: ReducedRegion, signal: AbortSignal) => Promise<ImageBitmap>;
  /** What is shown for each stored value, [256] 0..1; undefined: as it is. */
  readonly curve: readonly number[] | undefined;
}

/** Read at once: more would only wait, and keep the tiles of the screen waiting. */
const AT_ONCE = 3;

/**
 * Draws the slide as `picture` places it, the ground where it ends. `onProgress`: 0..1, after each part.
 * @throws what `read` throws; AbortError
 */
export async function drawTissue(
  context: CanvasRenderingContext2D,
  picture: PicturePlan,
  { info, read, curve }: TissueReader,
  signal: AbortSignal,
  onProgress: (share: number) => void,
): Promise<void> {
  context.fillStyle = `rgb(${info.background.join(' ')})`;
  context.fillRect(0, 0, picture.width, picture.height);
  const { level, factor, affine, blocks } = planReading(info, picture);
  const waiting = [...blocks];
  let done = 0;
  const drawNext = async (): Promise<void> => {
    const block = waiting.shift();
    if (block === undefined) return;
    const { picture: part, source } = block;
    const bitmap = await read({ level, factor, ...source, every: 1 }, signal);
    try {
      signal.throwIfAborted();
      context.save();
      context.beginPath();
      context.rect(part.x, part.y, part.width, part.height);
      context.clip();
      context.imageSmoothingQuality = 'high';
      context.setTransform(affine.a, affine.b, affine.c, affine.d, affine.e, affine.f);
      context.drawImage(curve === undefined ? bitmap : withCurve(bitmap, curve), source.x, source.y);
      context.restore();
    } finally {
      bitmap.close();
    }
    done += 1;
    onProgress(done / blocks.length);
    return drawNext();
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, drawNext));
  } finally {
    // One that failed ends the others.
    waiting.length = 0;
  }
}

/** Not every browser draws through filters, so the pixels are changed one by one. */
function withCurve(bitmap: ImageBitmap, curve: readonly number[]): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = bitmap.width;
  canvas.height = bitmap.height;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (context === null) return canvas;
  context.drawImage(bitmap, 0, 0);
  const pixels = context.getImageData(0, 0, canvas.width, canvas.height);
  applyCurve(pixels.data, curve);
  context.putImageData(pixels, 0, 0);
  return canvas;
}
