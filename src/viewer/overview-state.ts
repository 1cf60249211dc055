/** How much of the whole slide is on screen, and who reads the picture of it. Types and a constant only. */
import type { OverviewPicture } from '../slide/overview.ts';

/** The whole slide in one picture, or undefined where only its tiles show it; `onProgress`: the share that is read. */
export type ReadOverview = (
  signal: AbortSignal,
  onProgress: (share: number) => void,
) => Promise<OverviewPicture<ImageBitmap> | undefined>;

export interface OverviewState {
  /** 'none' until it is known; 'growing' where the tiles themselves have to show it. */
  readonly kind: 'none' | 'thumbnail' | 'level' | 'growing';
  /** Of the picture that is read, 0..1. */
  readonly share: number;
  /** No part of the slide is blank any more. */
  readonly isComplete: boolean;
}

export const NO_OVERVIEW: OverviewState = { kind: 'none', share: 0, isComplete: false };
