/** Pixel sizes in µm per level-0 px: which are believed, and the one number that stands for both axes. */
import type { Mpp } from './slide.ts';

/** [smallest, largest] that a slide can have, for files, the page and the command line alike: below 200x, above 1x. */
export const PLAUSIBLE_MPP: readonly [number, number] = [0.05, 10];

/** True for a pixel size that a slide can have. */
export function isPlausibleMpp(mpp: number): boolean {
  return mpp >= PLAUSIBLE_MPP[0] && mpp <= PLAUSIBLE_MPP[1];
}

/** Mean of both axes; undefined where the slide does not say its pixel size. */
export function meanMpp(mpp: Pick<Mpp, 'x' | 'y'> | undefined): number | undefined {
  return mpp && (mpp.x + mpp.y) / 2;
}
