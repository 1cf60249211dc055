/** Tiles that the view and the overview in its corner both show: each is read once, and each of the two gets its own bitmap. */
import { shareRead } from '../slide/shared-read.ts';

export interface SharedTiles {
  /**
   * A bitmap that the caller closes. `read` is asked only if nobody has, or what it gave is no longer kept.
   * @throws what `read` throws; AbortError
   */
  take(key: string, read: (signal: AbortSignal) => Promise<ImageBitmap>, signal: AbortSignal): Promise<ImageBitmap>;
  /** Forgets and closes all tiles. */
  clear(): void;
}

interface Entry {
  readonly join: (signal: AbortSignal) => Promise<ImageBitmap>;
  /** Once it is read, until it is given away or closed. */
  bitmap: ImageBitmap | undefined;
  takers: number;
  isForgotten: boolean;
}

/** Who takes each tile: the view, and the overview in its corner. */
const TAKERS = 2;

/**
 * `mostBytes`: of the bitmaps that wait for the other of the two. `isKept`: tiles stay for as often as they are asked for
 * again, because they are dear to read. `copy` makes one bitmap of another.
 */
export function createSharedTiles(
  { mostBytes, isKept }: { readonly mostBytes: number; readonly isKept: boolean },
  copy: (bitmap: ImageBitmap) => Promise<ImageBitmap> = (bitmap) => createImageBitmap(bitmap),
): SharedTiles {
  const entries = new Map<string, Entry>();

  const forget = (key: string, entry: Entry) => {
    if (entries.get(key) === entry) entries.delete(key);
    entry.isForgotten = true;
    entry.bitmap?.close();
    entry.bitmap = undefined;
  };
  const bound = () => {
    const held = [...entries].filter(([, { bitmap }]) => bitmap !== undefined);
    const bytesOf = ({ bitmap }: Entry) => (bitmap === undefined ? 0 : bitmap.width * bitmap.height * 4);
    let bytes = held.reduce((sum, [, entry]) => sum + bytesOf(entry), 0);
    // The oldest first; the newest stays, however large it is.
    for (const [key, entry] of held.slice(0, -1)) {
      if (bytes <= mostBytes) return;
      bytes -= bytesOf(entry);
      forget(key, entry);
    }
  };

  const start = (key: string, read: (signal: AbortSignal) => Promise<ImageBitmap>): Entry => {
    const entry: Entry = { join: (signal) => shared.join(signal, () => forget(key, entry)), ...EMPTY };
    const shared = shareRead(async (signal) => {
      try {
        const bitmap = await read(signal);
        if (entry.isForgotten) bitmap.close();
        else entry.bitmap = bitmap;
        return bitmap;
      } catch (error) {
        forget(key, entry);
        throw error;
      }
    });
    entries.set(key, entry);
    return entry;
  };

  return {
    take: async (key, read, signal) => {
      signal.throwIfAborted();
      const entry = entries.get(key) ?? start(key, read);
      await entry.join(signal);
      const { bitmap } = entry;
      if (bitmap === undefined) throw new DOMException('The tile was forgotten.', 'AbortError');
      entry.takers++;
      if (!isKept && entry.takers >= TAKERS) {
        // The last who asks gets the bitmap itself.
        entry.bitmap = undefined;
        forget(key, entry);
        return bitmap;
      }
      const own = copy(bitmap);
      bound();
      return own;
    },
    clear: () => {
      for (const [key, entry] of [...entries]) forget(key, entry);
    },
  };
}

const EMPTY = { bitmap: undefined, takers: 0, isForgotten: false };
