/** Undoes what TIFF does to samples besides compression: prediction, bit packing, byte order. Result: 8 bits a sample. */
import { AppError } from '../../errors.ts';

export interface SampleLayout {
  /** Of the stored block, px. */
  readonly width: number;
  readonly height: number;
  /** Samples a pixel in this block (1 for a plane of a planar image). */
  readonly samples: number;
  readonly bits: number;
  /** 1 none, 2 horizontal differencing. */
  readonly predictor: number;
  readonly littleEndian: boolean;
}

/** Bytes of one row as stored; rows start at a byte. */
export function rowBytes({ width, samples, bits }: Pick<SampleLayout, 'width' | 'samples' | 'bits'>): number {
  return Math.ceil((width * samples * bits) / 8);
}

/**
 * Samples of a block, [height,width,samples] uint8: 16 bits give their upper byte, fewer than 8 bits their value unscaled.
 * Works in place where it can.
 * @throws slide/corrupt when bytes are missing
 * @see TIFF 6.0 section 14 (predictor)
 */
export function toSamples(bytes: Uint8Array, layout: SampleLayout): Uint8Array {
  const { width, height, samples, bits, predictor, littleEndian } = layout;
  const stride = rowBytes(layout);
  if (bytes.length < stride * height)
    throw new AppError({
      code: 'slide/corrupt',
      where: `a block has ${bytes.length} bytes of pixels and needs ${stride * height}`,
    });
  const perRow = width * samples;
  if (bits === 8) {
    if (predictor === 2)
      for (let y = 0; y < height; y++)
        for (let i = y * stride + samples; i < (y + 1) * stride; i++)
          bytes[i] = (bytes[i] ?? 0) + (bytes[i - samples] ?? 0);
    return bytes.length === stride * height ? bytes : bytes.subarray(0, stride * height);
  }
  const out = new Uint8Array(perRow * height);
  if (bits === 16) {
    const row = new Uint16Array(perRow);
    for (let y = 0; y < height; y++) {
      for (let i = 0, at = y * stride; i < perRow; i++, at += 2) {
        const a = bytes[at] ?? 0;
        const b = bytes[at + 1] ?? 0;
        const value = littleEndian ? (b << 8) | a : (a << 8) | b;
        row[i] = predictor === 2 && i >= samples ? value + (row[i - samples] ?? 0) : value;
        out[y * perRow + i] = (row[i] ?? 0) >> 8;
      }
    }
    return out;
  }
  const mask = (1 << bits) - 1;
  for (let y = 0; y < height; y++)
    for (let i = 0; i < perRow; i++) {
      const bit = i * bits;
      const byte = bytes[y * stride + (bit >> 3)] ?? 0;
      out[y * perRow + i] = (byte >> (8 - bits - (bit & 7))) & mask;
    }
  return out;
}
