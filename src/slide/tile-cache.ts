/** Least-recently-used pixels, bounded in bytes. */
import type { Pixels } from './slide.ts';

export interface TileCache {
  get(key: string): Pixels | undefined;
  set(key: string, pixels: Pixels): void;
  clear(): void;
  readonly bytes: number;
}

/** A cache of at most `limitBytes` of pixel data; something larger than that is not kept. */
export function tileCache(limitBytes: number): TileCache {
  // A Map keeps the order of insertion: the first is the least recently used.
  const kept = new Map<string, Pixels>();
  let bytes = 0;
  const drop = (key: string) => {
    bytes -= kept.get(key)?.data.length ?? 0;
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
      if (pixels.data.length > limitBytes) return;
      kept.set(key, pixels);
      bytes += pixels.data.length;
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
