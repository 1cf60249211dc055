/** Decoded blocks that several tiles are cut from, kept, and decoded once for all tiles that want one at the same time. */
import type { Pixels } from './slide.ts';
import { tileCache } from './tile-cache.ts';

export interface BlockCache<T extends Pixels | undefined> {
  /** From the cache, or one read that all share who need the block now: so not tied to the signal of one caller. */
  read(key: string, decode: () => Promise<T>): Promise<T>;
  clear(): void;
}

/** At most `limitBytes` of pixels; undefined, for what the file leaves out, is asked for again. */
export function blockCache<T extends Pixels | undefined>(limitBytes: number): BlockCache<T> {
  const kept = tileCache<NonNullable<T>>(limitBytes);
  const underWay = new Map<string, Promise<T>>();
  return {
    read(key, decode) {
      const known = kept.get(key);
      if (known) return Promise.resolve(known);
      const started =
        underWay.get(key) ??
        decode()
          .then((block) => {
            if (block) kept.set(key, block);
            return block;
          })
          .finally(() => underWay.delete(key));
      underWay.set(key, started);
      return started;
    },
    clear: () => kept.clear(),
  };
}
