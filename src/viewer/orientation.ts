/** How a slide is turned and mirrored on the screen to stand as its file asks. Pure. */
import type { Orientation } from '../slide/slide.ts';

export interface Upright {
  /** Clockwise, done first. */
  readonly degrees: 0 | 90 | 180 | 270;
  /** Left and right exchanged, done last: as OpenSeadragon does it. */
  readonly isMirrored: boolean;
}

/**
 * By where the first row and the first column of the stored pixels are seen: top and left, top and right, bottom and right,
 * bottom and left; then the same with rows standing upright: left and top, right and top, right and bottom, left and bottom.
 * @see TIFF 6.0 section 8, Orientation
 */
const UPRIGHT: Readonly<Record<Orientation, Upright>> = {
  1: { degrees: 0, isMirrored: false },
  2: { degrees: 0, isMirrored: true },
  3: { degrees: 180, isMirrored: false },
  4: { degrees: 180, isMirrored: true },
  5: { degrees: 90, isMirrored: true },
  6: { degrees: 90, isMirrored: false },
  7: { degrees: 270, isMirrored: true },
  8: { degrees: 270, isMirrored: false },
};

export function uprightOf(orientation: Orientation | undefined): Upright {
  return UPRIGHT[orientation ?? 1];
}

export function isOnItsSide({ degrees }: Upright): boolean {
  return degrees % 180 !== 0;
}

/** "rotated 90° and mirrored", or undefined where the slide is shown as stored. */
export function uprightWords(orientation: Orientation | undefined): string | undefined {
  const { degrees, isMirrored } = uprightOf(orientation);
  const words = [...(degrees === 0 ? [] : [`rotated ${degrees}°`]), ...(isMirrored ? ['mirrored'] : [])];
  return words.length === 0 ? undefined : words.join(' and ');
}

/** Draws what follows the right way up in a square picture of `side` px. */
export function turnSquare(
  context: Pick<CanvasRenderingContext2D, 'translate' | 'rotate' | 'scale'>,
  side: number,
  { degrees, isMirrored }: Upright,
): void {
  context.translate(side / 2, side / 2);
  if (isMirrored) context.scale(-1, 1);
  context.rotate((degrees * Math.PI) / 180);
  context.translate(-side / 2, -side / 2);
}
