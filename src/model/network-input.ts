/** What goes into a network, tile by tile: pixels, or features that were made elsewhere. */
import type { ModelManifest } from './manifest.ts';
import { sizeOf } from './stored-tensor.ts';

/** How tiles are handed over, and how the first layer takes them. */
export interface NetworkInput {
  /** Of one tile, as the first layer takes it. */
  readonly shape: readonly number[];
  /** Of one tile, as it is handed over. */
  readonly bytes: number;
  /** Bytes of any number of tiles -> float32 for the first layer. */
  readonly prepare: (bytes: Uint8Array) => Float32Array;
}

/** Tiles [N,T,T,3] uint8, normalised as the manifest says. */
export function tileInput({ bag, input }: ModelManifest): NetworkInput {
  const shape = [bag.tilePx, bag.tilePx, 3];
  return { shape, bytes: sizeOf(shape), prepare: normaliser(input) };
}

/** Features [N,dim] float32, little-endian bytes at any offset. */
export function featureInput(dim: number): NetworkInput {
  return {
    shape: [dim],
    bytes: 4 * dim,
    // Copied, because features may lie at any offset of a file.
    prepare: (bytes) => new Float32Array(bytes.slice().buffer),
  };
}

/** uint8 RGB -> (v * scale - mean) / std per channel, through a table of 256 values a channel. */
function normaliser({ scale, mean, std }: ModelManifest['input']): (rgb: Uint8Array) => Float32Array {
  const table = new Float32Array(3 * 256);
  for (let channel = 0; channel < 3; channel++) {
    for (let v = 0; v < 256; v++) {
      table[channel * 256 + v] = (v * scale - (mean[channel] ?? 0)) / (std[channel] ?? 1);
    }
  }
  return (rgb) => {
    const out = new Float32Array(rgb.length);
    for (let i = 0; i < rgb.length; i += 3) {
      out[i] = table[rgb[i] ?? 0] ?? 0;
      out[i + 1] = table[256 + (rgb[i + 1] ?? 0)] ?? 0;
      out[i + 2] = table[512 + (rgb[i + 2] ?? 0)] ?? 0;
    }
    return out;
  };
}
