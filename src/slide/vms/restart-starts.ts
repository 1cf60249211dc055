/**
 * Where the restart intervals of a VMS image start: the optimisation file says it for each row of blocks, the markers within
 * a row are looked for when a block of it is wanted; entries that point at no marker are not believed.
 * @see OpenSlide documentation, "Hamamatsu format", optimisation file
 */
import { AppError } from '../../errors.ts';
import type { ByteSource } from '../slide.ts';
import type { FileNumbers } from '../tiff/tag-values.ts';

/** Of one row of blocks between two entries of the optimisation file. */
const ROW_BYTES = 32 * 2 ** 20;
/** One entry of the optimisation file, bytes. */
const ENTRY_BYTES = 40;
/** Read at a time while markers are looked for. */
const PIECE_BYTES = 2 ** 20;

function tooFew({ name }: ByteSource): AppError {
  return new AppError({ code: 'slide/corrupt', where: `${name} has too few restart markers` });
}

/**
 * First byte of each restart interval, found when it is asked for: the first of all is `first`, and the entries of this image
 * in the optimisation file begin at `firstEntry`. @throws slide/corrupt
 */
export function restartStarts(
  source: ByteSource,
  first: number,
  { cols, rows }: { readonly cols: number; readonly rows: number },
  hints: ByteSource | undefined,
  firstEntry: number,
): FileNumbers {
  const rowStarts = new Map<number, number>([[0, first]]);
  const inRow = new Map<number, Promise<readonly number[]>>();
  /** First byte behind the marker that an entry points at, or behind it; undefined where there is none. */
  const hinted = async (row: number): Promise<number | undefined> => {
    const at = (firstEntry + row) * ENTRY_BYTES;
    if (!hints || at + 8 > hints.sizeBytes) return undefined;
    const entry = await hints.read(at, 8);
    const offset = Number(new DataView(entry.buffer, entry.byteOffset, 8).getBigInt64(0, true));
    if (offset < first + 2 || offset + 2 > source.sizeBytes) return undefined;
    const around = await source.read(offset - 2, 4);
    const isMarker = (i: number) => around[i] === 0xff && around[i + 1] === 0xd0 + ((row * cols - 1) % 8);
    return isMarker(0) ? offset : isMarker(2) ? offset + 2 : undefined;
  };
  const rowStart = async (row: number): Promise<number> => {
    const known = rowStarts.get(row);
    if (known !== undefined) return known;
    let start = await hinted(row);
    if (start === undefined) {
      // From the nearest row before it that is known.
      let from = row - 1;
      while (from > 0 && !rowStarts.has(from) && (await hinted(from)) === undefined) from--;
      const begin = await rowStart(from);
      start = (await markers(source, begin, (row - from) * cols, source.sizeBytes - begin)).at(-1);
      if (start === undefined) throw tooFew(source);
    }
    rowStarts.set(row, start);
    return start;
  };
  const rowOf = async (row: number): Promise<readonly number[]> => {
    const start = await rowStart(row);
    return [start, ...(await markers(source, start, cols - 1, ROW_BYTES))];
  };
  return {
    length: cols * rows,
    async at(index, signal) {
      const row = Math.floor(index / cols);
      if (index % cols === 0) return rowStart(row);
      let starts = inRow.get(row);
      if (!starts) {
        starts = rowOf(row);
        starts.catch(() => inRow.delete(row));
        inRow.set(row, starts);
      }
      const start = (await starts)[index % cols];
      signal?.throwIfAborted();
      if (start === undefined) throw tooFew(source);
      return start;
    },
  };
}

/** First bytes behind the next `count` restart markers, within `limit` bytes. */
async function markers(source: ByteSource, from: number, count: number, limit: number): Promise<number[]> {
  const found: number[] = [];
  const end = Math.min(source.sizeBytes, from + limit);
  for (let at = from; at + 1 < end && found.length < count; at += PIECE_BYTES - 1) {
    const bytes = await source.read(at, Math.min(PIECE_BYTES, end - at));
    for (let i = bytes.indexOf(0xff); i >= 0 && i + 1 < bytes.length; i = bytes.indexOf(0xff, i + 1)) {
      const code = bytes[i + 1] ?? 0;
      if (code >= 0xd0 && code <= 0xd7) found.push(at + i + 2);
      if (found.length === count) break;
    }
  }
  return found;
}
