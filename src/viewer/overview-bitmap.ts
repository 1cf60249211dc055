/** One bitmap of a picture that came in pieces. */
import type { ScreenSpace } from '../slide/color-profile.ts';
import type { OverviewPicture } from '../slide/overview.ts';

/** Takes over the bitmaps of the pieces. */
export function toOneBitmap({ width, height, pieces }: OverviewPicture<ImageBitmap>, space: ScreenSpace): ImageBitmap {
  const [first] = pieces;
  if (first !== undefined && pieces.length === 1) return first.bitmap;
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', { alpha: false, colorSpace: space });
  for (const { left, top, bitmap } of pieces) {
    context?.drawImage(bitmap, left, top);
    bitmap.close();
  }
  return canvas.transferToImageBitmap();
}
