/**
 * The values of TIFF tags. Every count is checked against the file size and a limit before anything is read, and long arrays
 * stay in the file until one of their values is wanted.
 *
 * @see TIFF 6.0 (Adobe, 1992), section 2; BigTIFF (Aware Systems, 2007)
 */
import { AppError } from '../../errors.ts';
import type { ByteSource } from '../slide.ts';

const LIMITS = {
  /** Of one tag that is read whole, bytes. */
  tagBytes: 64 * 2 ** 20,
  textBytes: 2 ** 20,
} as const;

/** Bytes of one value, by TIFF type. */
export const TYPE_BYTES: Readonly<Record<number, number>> = {
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

/** Where the values lie. */
export interface TiffBytes {
  readonly source: ByteSource;
  /** The same bytes by cached pages, for tags. */
  readonly metadata: ByteSource;
  readonly littleEndian: boolean;
}

function corrupt(where: string): AppError {
  return new AppError({ code: 'slide/corrupt', where });
}

/** Unsigned 64-bit integer as a number; past 2^53 it loses digits, and every use compares it with the file size first. */
export function uint64(view: DataView, offset: number, littleEndian: boolean): number {
  const first = view.getUint32(offset, littleEndian);
  const second = view.getUint32(offset + 4, littleEndian);
  return littleEndian ? second * 2 ** 32 + first : first * 2 ** 32 + second;
}

function checkBounds(tiff: TiffBytes, tag: TiffTag, limit: number): void {
  if (tag.bytes > limit) throw corrupt(`tag ${tag.id} claims ${tag.count} values`);
  if (tag.offset + tag.bytes > tiff.source.sizeBytes)
    throw corrupt(`the values of tag ${tag.id} lie past the end of the file (byte ${tag.offset})`);
}

/** The bytes of a tag as they stand in the file. @throws slide/corrupt past a limit or the end of the file */
export async function tagBytes(
  tiff: TiffBytes,
  tag: TiffTag,
  signal?: AbortSignal,
  limit: number = LIMITS.tagBytes,
): Promise<Uint8Array> {
  checkBounds(tiff, tag, limit);
  return tiff.metadata.read(tag.offset, tag.bytes, signal);
}

/** All values of a short numeric tag; rationals as quotients. @throws slide/corrupt */
export async function tagNumbers(tiff: TiffBytes, tag: TiffTag, signal?: AbortSignal): Promise<number[]> {
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
  tiff: TiffBytes,
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
export function fileNumbers(tiff: TiffBytes, tag: TiffTag): FileNumbers {
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
