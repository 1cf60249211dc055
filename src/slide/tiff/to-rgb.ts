/** Samples of a decoded block to RGB. */
import { ycbcrToRgb } from '../codecs/ycbcr.ts';

/** How samples become colours. */
export interface ColorLayout {
  /** TIFF PhotometricInterpretation: 0 and 1 grey, 2 RGB, 3 palette, 6 YCbCr. */
  readonly photometric: number;
  readonly bits: number;
  /** Of a palette: all reds, all greens, all blues, 16 bits each. */
  readonly colorMap: readonly number[] | undefined;
  /** What samples past the colours are: 1 and 2 are alpha, premultiplied or not. */
  readonly extraSamples: readonly number[];
}

/** [pixels,samples] uint8 to [pixels,3]; alpha is laid over white. May write to, or return, what it is given. */
export function toRgb(
  block: { readonly samples: number; readonly data: Uint8Array; readonly rgb: boolean },
  { photometric, bits, colorMap, extraSamples }: ColorLayout,
): Uint8Array {
  const { samples, data } = block;
  if (samples === 3 && (block.rgb || photometric === 2)) return data;
  const count = data.length / samples;
  const out = new Uint8Array(count * 3);
  if (!block.rgb && photometric === 3 && colorMap) {
    const size = colorMap.length / 3;
    for (let i = 0; i < count; i++) {
      const index = data[i * samples] ?? 0;
      for (let c = 0; c < 3; c++) out[i * 3 + c] = (colorMap[c * size + index] ?? 0) >> 8;
    }
    return out;
  }
  if (photometric === 0 || photometric === 1 || samples < 3) {
    const top = bits < 8 ? 2 ** bits - 1 : 255;
    for (let i = 0; i < count; i++) {
      const value = Math.round(((data[i * samples] ?? 0) * 255) / (block.rgb ? 255 : top));
      out.fill(photometric === 0 ? 255 - value : value, i * 3, i * 3 + 3);
    }
    return out;
  }
  if (photometric === 6 && !block.rgb) ycbcrToRgb(data, samples);
  const clamp = (value: number) => Math.max(0, Math.min(255, Math.round(value)));
  const alphaKind = samples > 3 ? extraSamples[0] : undefined;
  for (let i = 0; i < count; i++) {
    let r = data[i * samples] ?? 0;
    let g = data[i * samples + 1] ?? 0;
    let b = data[i * samples + 2] ?? 0;
    if (alphaKind === 1 || alphaKind === 2) {
      const alpha = data[i * samples + 3] ?? 0;
      const scale = alphaKind === 1 ? 1 : alpha / 255;
      [r, g, b] = [r * scale + 255 - alpha, g * scale + 255 - alpha, b * scale + 255 - alpha];
    }
    out[i * 3] = clamp(r);
    out[i * 3 + 1] = clamp(g);
    out[i * 3 + 2] = clamp(b);
  }
  return out;
}
