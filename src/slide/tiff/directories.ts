/**
 * A bounded reader of TIFF and BigTIFF directories, both byte orders. It never allocates what the file merely claims:
 * every count is checked against the file size and a limit first, and the long arrays of tile offsets stay in the file
 * until a tile is wanted.
 *
 * @see TIFF 6.0 (Adobe, 1992), section 2; BigTIFF (Aware Systems, 2007)
 */
import { AppError } from '../../errors.ts';
import { pageCached } from '../page-cache.ts';
import type { ByteSource } from '../slide.ts';

export const LIMITS = {
  directories: 4096,
  subDirectoryDepth: 2,
  tagsPerDirectory: 4096,
  /** Of one tag that is read whole, bytes. */
  tagBytes: 64 * 2 ** 20,
  textBytes: 2 ** 20,
} as const;

/** Bytes of one value, by TIFF type. */
const TYPE_BYTES: Readonly<Record<number, number>> = {
  1: 1, // BYTE
  2: 1, // ASCII
  3: 2, // SHORT
  4: 4, // LONG
  5: 8, // RATIONAL
  6: 1, // SBYTE
  7: 1, // UNDEFINED
  8: 2, // SSHORT
  9: 4, // SLONG
  10: 8, // SRATIONAL
  11: 4, // FLOAT
  12: 8, // DOUBLE
  13: 4, // IFD
  16: 8, // LONG8
  17: 8, // SLONG8
  18: 8, // IFD8
};

const SUB_IFDS = 330;

export interface TiffTag {
  readonly id: number;
  readonly type: number;
  readonly count: number;
  /** Where the values lie in the file, whether in the entry itself or elsewhere. */
  readonly offset: number;
  readonly bytes: number;
  /** Upper 32 bits of the one value that stands in the entry itself: NDPI past 4 GiB; otherwise 0. */
  readonly high: number;
}

export interface TiffDirectory {
  readonly offset: number;
  readonly tags: ReadonlyMap<number, TiffTag>;
  readonly subDirectories: readonly TiffDirectory[];
}

export interface TiffFile {
  readonly source: ByteSource;
  /** The same bytes by cached pages, for tags. */
  readonly metadata: ByteSource;
  readonly big: boolean;
  readonly littleEndian: boolean;
  /** The main chain, in order. */
  readonly directories: readonly TiffDirectory[];
}

function corrupt(where: string): AppError {
  return new AppError({ code: 'slide/corrupt', where });
}

/** Byte order and offset width, or undefined when these bytes do not start a TIFF. */
export function tiffKind(head: Uint8Array): { readonly big: boolean; readonly littleEndian: boolean } | undefined {
  const [a, b, c, d] = head;
  if (a !== b || (a !== 0x49 && a !== 0x4d)) return undefined;
  const littleEndian = a === 0x49;
  const version = littleEndian ? c : d;
  if ((littleEndian ? d : c) !== 0 || (version !== 42 && version !== 43)) return undefined;
  return { big: version === 43, littleEndian };
}

/** Unsigned 64-bit integer as a number; past 2^53 it loses digits, and every use compares it with the file size first. */
function uint64(view: DataView, offset: number, littleEndian: boolean): number {
  const first = view.getUint32(offset, littleEndian);
  const second = view.getUint32(offset + 4, littleEndian);
  return littleEndian ? second * 2 ** 32 + first : first * 2 ** 32 + second;
}

/**
 * All directories of a TIFF, without the values of their tags. Offsets are file offsets in bytes.
 * @param dialect 'ndpi': a classic TIFF whose links are 8 bytes wide and whose entries have their upper 32 bits in a list
 *   behind the link, so that it can pass 4 GiB
 * @throws slide/corrupt with the structure that breaks the rules; slide/read-failed
 * @see OpenSlide documentation, "Hamamatsu format", NDPI
 */
export async function readTiff(
  source: ByteSource,
  signal?: AbortSignal,
  dialect: 'tiff' | 'ndpi' = 'tiff',
): Promise<TiffFile> {
  const metadata = pageCached(source);
  const head = await metadata.read(0, Math.min(16, source.sizeBytes), signal);
  const kind = tiffKind(head);
  if (!kind || head.length < (kind.big ? 16 : 8)) throw corrupt('the TIFF header is incomplete');
  const { big, littleEndian } = kind;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (big && (view.getUint16(4, littleEndian) !== 8 || view.getUint16(6, littleEndian) !== 0))
    throw corrupt('the BigTIFF header does not say 8-byte offsets');
  const ndpi = dialect === 'ndpi' && !big && head.length >= 12;
  const first = big
    ? uint64(view, 8, littleEndian)
    : ndpi
      ? uint64(view, 4, littleEndian)
      : view.getUint32(4, littleEndian);

  const visited = new Set<number>();
  const countBytes = big ? 8 : 2;
  const entryBytes = big ? 20 : 12;
  const linkBytes = big || ndpi ? 8 : 4;
  const inlineBytes = big ? 8 : 4;

  const range = async (offset: number, length: number, what: string): Promise<DataView> => {
    if (offset + length > source.sizeBytes)
      throw corrupt(`${what} lies at byte ${offset}, past the end of the file (${source.sizeBytes} bytes)`);
    const bytes = await metadata.read(offset, length, signal);
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  };

  const readDirectory = async (
    offset: number,
    name: string,
    depth: number,
  ): Promise<{ directory: TiffDirectory; next: number }> => {
    if (visited.has(offset)) throw corrupt(`${name} points back at a directory already read (byte ${offset})`);
    if (visited.size >= LIMITS.directories) throw corrupt(`it has more than ${LIMITS.directories} directories`);
    visited.add(offset);
    const counted = await range(offset, countBytes, name);
    const count = big ? uint64(counted, 0, littleEndian) : counted.getUint16(0, littleEndian);
    if (count === 0) throw corrupt(`${name} has no tags`);
    if (count > LIMITS.tagsPerDirectory) throw corrupt(`${name} claims ${count} tags`);
    const body = await range(offset + countBytes, count * entryBytes + linkBytes, name);
    const highAt = offset + countBytes + count * entryBytes + linkBytes;
    // Only files past 4 GiB need the list, and older software left it out of the others.
    const highs =
      ndpi && source.sizeBytes > 2 ** 32 ? await range(highAt, count * 4, `the upper halves of ${name}`) : undefined;
    const tags = new Map<number, TiffTag>();
    for (let i = 0; i < count; i++) {
      const at = i * entryBytes;
      const id = body.getUint16(at, littleEndian);
      const type = body.getUint16(at + 2, littleEndian);
      const values = big ? uint64(body, at + 4, littleEndian) : body.getUint32(at + 4, littleEndian);
      const size = TYPE_BYTES[type];
      if (size === undefined || values === 0 || tags.has(id)) continue;
      const bytes = values * size;
      const valueAt = at + (big ? 12 : 8);
      const elsewhere = big ? uint64(body, valueAt, littleEndian) : body.getUint32(valueAt, littleEndian);
      const isInline = bytes <= inlineBytes;
      const high = highs?.getUint32(i * 4, littleEndian) ?? 0;
      const valueOffset = isInline ? offset + countBytes + valueAt : elsewhere + high * 2 ** 32;
      tags.set(id, { id, type, count: values, offset: valueOffset, bytes, high: isInline && values === 1 ? high : 0 });
    }
    const link = count * entryBytes;
    const next = linkBytes === 8 ? uint64(body, link, littleEndian) : body.getUint32(link, littleEndian);
    const subDirectories: TiffDirectory[] = [];
    const subTag = tags.get(SUB_IFDS);
    if (subTag && depth < LIMITS.subDirectoryDepth) {
      if (subTag.count > LIMITS.directories) throw corrupt(`${name} claims ${subTag.count} subdirectories`);
      const bare: TiffFile = { source, metadata, big, littleEndian, directories: [] };
      const offsets = await tagNumbers(bare, subTag, signal);
      for (const [index, subOffset] of offsets.entries()) {
        const sub = await readDirectory(subOffset, `subdirectory ${index} of ${name}`, depth + 1);
        subDirectories.push(sub.directory);
      }
    }
    return { directory: { offset, tags, subDirectories }, next };
  };

  const directories: TiffDirectory[] = [];
  for (let offset = first; offset !== 0; ) {
    signal?.throwIfAborted();
    const { directory, next } = await readDirectory(offset, `directory ${directories.length}`, 0);
    directories.push(directory);
    offset = next;
  }
  if (directories.length === 0) throw corrupt('it has no directories');
  return { source, metadata, big, littleEndian, directories };
}

function checkBounds(tiff: TiffFile, tag: TiffTag, limit: number): void {
  if (tag.bytes > limit) throw corrupt(`tag ${tag.id} claims ${tag.count} values`);
  if (tag.offset + tag.bytes > tiff.source.sizeBytes)
    throw corrupt(`the values of tag ${tag.id} lie past the end of the file (byte ${tag.offset})`);
}

/** The bytes of a tag as they stand in the file. @throws slide/corrupt past a limit or the end of the file */
export async function tagBytes(
  tiff: TiffFile,
  tag: TiffTag,
  signal?: AbortSignal,
  limit: number = LIMITS.tagBytes,
): Promise<Uint8Array> {
  checkBounds(tiff, tag, limit);
  return tiff.metadata.read(tag.offset, tag.bytes, signal);
}

/** All values of a short numeric tag; rationals as quotients. @throws slide/corrupt */
export async function tagNumbers(tiff: TiffFile, tag: TiffTag, signal?: AbortSignal): Promise<number[]> {
  const bytes = await tagBytes(tiff, tag, signal, LIMITS.textBytes);
  return Array.from(
    { length: tag.count },
    (_, i) => numberAt(bytes, i, tag.type, tiff.littleEndian) + tag.high * 2 ** 32,
  );
}

/**
 * A text tag up to its first NUL, decoded as UTF-8 (Latin-1 where it is not); of a longer text its first `limit` bytes.
 * @throws slide/corrupt
 */
export async function tagText(
  tiff: TiffFile,
  tag: TiffTag,
  signal?: AbortSignal,
  limit: number = LIMITS.textBytes,
): Promise<string> {
  checkBounds(tiff, tag, tiff.source.sizeBytes);
  const bytes = await tiff.metadata.read(tag.offset, Math.min(tag.bytes, limit), signal);
  const end = bytes.indexOf(0);
  const text = end < 0 ? bytes : bytes.subarray(0, end);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(text);
  } catch {
    return new TextDecoder('latin1').decode(text);
  }
}

function numberAt(bytes: Uint8Array, index: number, type: number, littleEndian: boolean): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (type) {
    case 3:
      return view.getUint16(index * 2, littleEndian);
    case 4:
    case 13:
      return view.getUint32(index * 4, littleEndian);
    case 5:
      return view.getUint32(index * 8, littleEndian) / view.getUint32(index * 8 + 4, littleEndian);
    case 6:
      return view.getInt8(index);
    case 8:
      return view.getInt16(index * 2, littleEndian);
    case 9:
      return view.getInt32(index * 4, littleEndian);
    case 10:
      return view.getInt32(index * 8, littleEndian) / view.getInt32(index * 8 + 4, littleEndian);
    case 11:
      return view.getFloat32(index * 4, littleEndian);
    case 12:
      return view.getFloat64(index * 8, littleEndian);
    case 16:
    case 18:
      return uint64(view, index * 8, littleEndian);
    case 17:
      return Number(view.getBigInt64(index * 8, littleEndian));
    default:
      return view.getUint8(index);
  }
}

/** A numeric array that stays in the file. */
export interface FileNumbers {
  readonly length: number;
  at(index: number, signal?: AbortSignal): Promise<number>;
}

/** Values of one read. 4096 of 8 bytes are 32 KiB, which costs no more time than one value. */
const CHUNK_VALUES = 4096;
const CHUNKS_KEPT = 32;

/** The values of a tag, whole and not negative, read in chunks as they are asked for; at most 1 MiB is kept. @throws slide/corrupt */
export function fileNumbers(tiff: TiffFile, tag: TiffTag): FileNumbers {
  if (![1, 3, 4, 13, 16, 18].includes(tag.type)) throw corrupt(`tag ${tag.id} has values of type ${tag.type}`);
  checkBounds(tiff, tag, Number.MAX_SAFE_INTEGER);
  const size = TYPE_BYTES[tag.type] ?? 1;
  const chunks = new Map<number, Promise<Uint8Array>>();
  return {
    length: tag.count,
    async at(index, signal) {
      const chunk = Math.floor(index / CHUNK_VALUES);
      let bytes = chunks.get(chunk);
      // Most recently used last: the first key is the one to drop.
      if (bytes) chunks.delete(chunk);
      else {
        const first = chunk * CHUNK_VALUES;
        const count = Math.min(CHUNK_VALUES, tag.count - first);
        // Not tied to the signal of one caller: others may wait for the same chunk.
        bytes = tiff.source.read(tag.offset + first * size, count * size);
        bytes.catch(() => chunks.delete(chunk));
        const oldest = chunks.keys().next();
        if (chunks.size >= CHUNKS_KEPT && !oldest.done) chunks.delete(oldest.value);
      }
      chunks.set(chunk, bytes);
      const value = numberAt(await bytes, index % CHUNK_VALUES, tag.type, tiff.littleEndian) + tag.high * 2 ** 32;
      signal?.throwIfAborted();
      return value;
    },
  };
}
