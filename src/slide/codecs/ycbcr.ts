/** 16 fractional bits, rounded to nearest, as libjpeg's tables have them. */
const fixed = (coefficient: number, value: number) => (Math.round(coefficient * 65536) * value + 32768) >> 16;

/**
 * Full-range YCbCr to RGB in place: pixels of `samples` bytes, the first three of which are Y, Cb and Cr. Rounded as
 * OpenSlide rounds, bit for bit.
 * @see ITU-R BT.601; JFIF 1.02, "Conversion to and from RGB"
 */
export function ycbcrToRgb(data: Uint8Array, samples = 3): void {
  const clamp = (value: number) => Math.max(0, Math.min(255, value));
  for (let i = 0; i + samples <= data.length; i += samples) {
    const y = data[i] ?? 0;
    const cb = (data[i + 1] ?? 0) - 128;
    const cr = (data[i + 2] ?? 0) - 128;
    data[i] = clamp(y + fixed(1.402, cr));
    data[i + 1] = clamp(Math.floor(y - 0.34414 * cb - 0.71414 * cr + 0.5));
    data[i + 2] = clamp(y + fixed(1.772, cb));
  }
}
