/** Which colours the screen can show. */
import type { ScreenSpace } from '../slide/color-profile.ts';

export interface ScreenOffers {
  /** About the colours of Display-P3 or more, as the browser says of the screen. */
  readonly isWide: boolean;
  /** Whether a canvas can hold them: a browser that does not know the question gives an sRGB canvas. */
  readonly hasWideCanvas: boolean;
}

/** Display-P3 only where its colours get through to the eye: else they would be clipped twice. */
export function screenSpace({ isWide, hasWideCanvas }: ScreenOffers): ScreenSpace {
  return isWide && hasWideCanvas ? 'display-p3' : 'srgb';
}

/** @see Media Queries 4, color-gamut; HTML, CanvasRenderingContext2DSettings */
export function screenOffers(): ScreenOffers {
  const context = document.createElement('canvas').getContext('2d', { colorSpace: 'display-p3' });
  return {
    isWide: window.matchMedia('(color-gamut: p3)').matches,
    hasWideCanvas: context?.getContextAttributes?.().colorSpace === 'display-p3',
  };
}
