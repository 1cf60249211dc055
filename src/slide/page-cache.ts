/** Small reads that lie close together, made into few: headers and tags are read a few bytes at a time. */
import { isByteRange } from './byte-range.ts';
import type { ByteSource } from './slide.ts';

const PAGE_BYTES = 16 * 1024;
const PAGES_KEPT = 64;

/**
 * The same bytes, fetched in pages of 16 KiB of which at most 1 MiB is kept; reads longer than a page go straight through.
 * What is returned may be part of a page: not to be written to.
 */
export function pageCached(source: ByteSource): ByteSource {
  // The first key is the page used longest ago.
  const pages = new Map<number, Uint8Array>();
  const pageAt = async (index: number, signal: AbortSignal | undefined): Promise<Uint8Array> => {
    const start = index * PAGE_BYTES;
    const page = pages.get(index) ?? (await source.read(start, Math.min(PAGE_BYTES, source.sizeBytes - start), signal));
    pages.delete(index);
    pages.set(index, page);
    const oldest = pages.keys().next();
    if (pages.size > PAGES_KEPT && !oldest.done) pages.delete(oldest.value);
    return page;
  };
  return {
    name: source.name,
    sizeBytes: source.sizeBytes,
    async read(offset, length, signal) {
      const isInside = length > 0 && isByteRange(offset, length, source.sizeBytes);
      if (length > PAGE_BYTES || !isInside) return source.read(offset, length, signal);
      const index = Math.floor(offset / PAGE_BYTES);
      const from = offset - index * PAGE_BYTES;
      const first = await pageAt(index, signal);
      if (from + length <= PAGE_BYTES) return first.subarray(from, from + length);
      const joined = new Uint8Array(length);
      joined.set(first.subarray(from));
      const second = await pageAt(index + 1, signal);
      joined.set(second.subarray(0, from + length - PAGE_BYTES), PAGE_BYTES - from);
      return joined;
    },
  };
}
