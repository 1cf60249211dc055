/** Least-recently-used pixels, or samples, bounded in bytes. */
import type { Samples } from './channels.ts';
import type { Pixels } from './slide.ts';

/** Samples of one channel of a block. */
export interface KeptSamples {
  readonly data: Samples;
}

export interface TileCache<T extends KeptSamples = Pixels> {
  get(key: string): T | undefined;
  set(key: string, pixels: T): void;
  clear(): void;
  readonly bytes: number;
}

/** A cache of at most `limitBytes` of pixel data; something larger than that is not kept. */
export function tileCache<T extends KeptSamples = Pixels>(limitBytes: number): TileCache<T> {
  // A Map keeps the order of insertion: the first is the least recently used.
  const kept = new Map<string, T>();
  let bytes = 0;
  const drop = (key: string) => {
    bytes -= kept.get(key)?.data.byteLength ?? 0;
    kept.delete(key);
  };
  return {
    get(key) {
      const pixels = kept.get(key);
      if (pixels) {
        kept.delete(key);
        kept.set(key, pixels);
      }
      return pixels;
    },
    set(key, pixels) {
      drop(key);
      if (pixels.data.byteLength > limitBytes) return;
      kept.set(key, pixels);
      bytes += pixels.data.byteLength;
      for (const oldest of kept.keys()) {
        if (bytes <= limitBytes) break;
        drop(oldest);
      }
    },
    clear() {
      kept.clear();
      bytes = 0;
    },
    get bytes() {
      return bytes;
    },
  };
}
