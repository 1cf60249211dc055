/** Samples of channels, decoded once while a person tries colours and windows. */
import type { Samples } from './channels.ts';
import { type KeptSamples, tileCache } from './tile-cache.ts';

/** Kept for each open slide, bytes: two channels of 16 bits on the 60 tiles of a screen. */
const SAMPLE_CACHE_BYTES = 64 * 2 ** 20;

/** Reads through a cache; what the file leaves out is asked for again. */
export type ReadKept = (key: string, read: () => Promise<Samples | undefined>) => Promise<Samples | undefined>;

export function sampleCache(): ReadKept {
  const cache = tileCache<KeptSamples>(SAMPLE_CACHE_BYTES);
  return async (key, read) => {
    const known = cache.get(key);
    if (known) return known.data;
    const data = await read();
    if (data) cache.set(key, { data });
    return data;
  };
}
