/** How wide a picture is to be, as it is typed and offered. Pure. */
import { LEAST_WIDTH, WIDTHS } from './picture-plan.ts';

/** As on screen, or so many px. */
export type PictureWidth = 'screen' | number;

/** Whole px, also with separators of thousands as people write them; undefined for what is no width of a picture. */
export function parseWidth(text: string): number | undefined {
  const trimmed = text.trim().replace(/\s*px$/i, '');
  if (!/^(\d+|\d{1,3}([,.'’\s]\d{3})+)$/.test(trimmed)) return undefined;
  return Number(trimmed.replace(/\D/g, ''));
}

/** px of the picture; no wider than `widest`. */
export function widthInPx(width: PictureWidth, viewWidth: number, pixelRatio: number, widest: number): number {
  const asked = width === 'screen' ? Math.round(viewWidth * pixelRatio) : width;
  return Math.max(Math.min(LEAST_WIDTH, widest), Math.min(widest, asked));
}

/** The widths that are offered beside that of the screen. */
export function offeredWidths(widest: number): readonly number[] {
  return WIDTHS.filter((width) => width <= widest);
}
