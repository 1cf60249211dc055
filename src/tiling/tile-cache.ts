/** Decoded tiles of a slide that neighbouring tiles of a bag share, bounded in bytes. */
import { isAbort } from '../errors.ts';
import type { Pixels, Slide } from '../slide/slide.ts';

/** 128 tiles of 256 x 256 px. Bags come in compact patches, so a small cache holds all that is shared. */
const CACHE_BYTES = 24 * 2 ** 20;

interface Entry {
  readonly pixels: Promise<Pixels>;
  bytes: number;
}

/** One cache for each open slide; it goes when the slide goes. */
const caches = new WeakMap<Slide, Map<string, Entry>>();

/** `slide.readTile`, remembered. @throws as `slide.readTile` */
export async function readSharedTile(
  slide: Slide,
  level: number,
  col: number,
  row: number,
  signal?: AbortSignal,
): Promise<Pixels> {
  signal?.throwIfAborted();
  let cache = caches.get(slide);
  if (cache === undefined) {
    cache = new Map();
    caches.set(slide, cache);
  }
  const key = `${level}/${col}/${row}`;
  const known = cache.get(key);
  if (known !== undefined) {
    // A map keeps the order of insertion: what was used last is put last.
    cache.delete(key);
    cache.set(key, known);
    try {
      return await known.pixels;
    } catch (error) {
      // Whoever began the read gave up; we did not.
      if (!isAbort(error) || signal?.aborted) throw error;
      return readSharedTile(slide, level, col, row, signal);
    }
  }
  const entry: Entry = { pixels: slide.readTile(level, col, row, signal), bytes: 0 };
  cache.set(key, entry);
  try {
    const pixels = await entry.pixels;
    entry.bytes = pixels.data.byteLength;
    trim(cache);
    return pixels;
  } catch (error) {
    if (cache.get(key) === entry) cache.delete(key);
    throw error;
  }
}

function trim(cache: Map<string, Entry>): void {
  let total = 0;
  for (const entry of cache.values()) total += entry.bytes;
  for (const [key, entry] of cache) {
    if (total <= CACHE_BYTES) return;
    if (entry.bytes === 0) continue;
    cache.delete(key);
    total -= entry.bytes;
  }
}
