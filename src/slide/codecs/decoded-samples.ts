/** What a decoder of scientific images gives: samples as deep as they are stored. */
export interface DecodedSamples {
  readonly width: number;
  readonly height: number;
  readonly components: number;
  /** Bits a sample; above 8, `data` holds two bytes a sample, little-endian. */
  readonly bits: number;
  /** [height,width,components] */
  readonly data: Uint8Array;
}

/** Largest image decoded at once, px. */
export const MAX_FRAME_PIXELS = 64 * 2 ** 20;
