/** Byte decompressors that stop at the size they are told: a bomb costs its tile and nothing else. */
import type { ZSTDDecoder } from 'zstddec';
import { AppError } from '../../errors.ts';

function damaged(reason: string, cause?: unknown): AppError {
  return new AppError({ code: 'slide/corrupt', where: reason }, cause === undefined ? undefined : { cause });
}

/** Compressed bytes given to the inflater at a time: 4 KiB can become 4 MiB at most. */
const PIECE = 4 * 1024;

/**
 * zlib stream to at most `size` bytes.
 * @throws slide/corrupt when the stream is damaged or holds more
 */
export async function inflate(bytes: Uint8Array, size: number): Promise<Uint8Array> {
  const { Unzlib } = await import('fflate');
  const out = new Uint8Array(size);
  let at = 0;
  const stream = new Unzlib((chunk) => {
    if (at + chunk.length > size) throw damaged(`a compressed block holds more than its ${size} bytes`);
    out.set(chunk, at);
    at += chunk.length;
  });
  try {
    for (let from = 0; from < bytes.length; from += PIECE)
      stream.push(bytes.subarray(from, from + PIECE), from + PIECE >= bytes.length);
  } catch (cause) {
    throw cause instanceof AppError ? cause : damaged('a Deflate block is damaged', cause);
  }
  return out.subarray(0, at);
}

/** PackBits to at most `size` bytes. @see TIFF 6.0 section 9 @throws slide/corrupt */
export function unpackBits(bytes: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(size);
  let at = 0;
  for (let i = 0; i < bytes.length && at < size; ) {
    const head = bytes[i++] ?? 0;
    if (head === 128) continue;
    if (head < 128) {
      const count = Math.min(head + 1, size - at);
      if (i + count > bytes.length) throw damaged('a PackBits block is cut short');
      out.set(bytes.subarray(i, i + count), at);
      i += head + 1;
      at += count;
    } else {
      const count = Math.min(257 - head, size - at);
      out.fill(bytes[i++] ?? 0, at, at + count);
      at += count;
    }
  }
  return out.subarray(0, at);
}

const CLEAR = 256;
const END = 257;

/**
 * TIFF LZW (most significant bit first, early change) to at most `size` bytes. geotiff's decoder collects any amount in a
 * plain array, so this one is our own.
 * @see TIFF 6.0 section 13
 * @throws slide/corrupt
 */
export function unLzw(bytes: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(size);
  // A table entry is a run of the output already written: where it starts and how long it is.
  const startOf = new Uint32Array(4096);
  const lengthOf = new Uint32Array(4096);
  let next = 258;
  let width = 9;
  let previous = -1;
  let previousStart = 0;
  let at = 0;
  let held = 0;
  let heldBits = 0;
  let i = 0;
  while (at < size) {
    while (heldBits < width) {
      if (i >= bytes.length) return out.subarray(0, at);
      held = ((held << 8) | (bytes[i++] ?? 0)) & 0xffffff;
      heldBits += 8;
    }
    heldBits -= width;
    const code = (held >> heldBits) & ((1 << width) - 1);
    if (code === END) break;
    if (code === CLEAR) {
      next = 258;
      width = 9;
      previous = -1;
      continue;
    }
    const start = at;
    if (code < 256) {
      out[at++] = code;
    } else {
      const known = code < next;
      if ((!known && code !== next) || previous < 0) throw damaged('an LZW block is damaged');
      const from = known ? (startOf[code] ?? 0) : previousStart;
      const length = known ? (lengthOf[code] ?? 0) : start - previousStart + 1;
      // Byte by byte: an entry not yet known overlaps what it writes.
      for (let k = 0; k < length && at < size; k++) out[at++] = out[from + k] ?? 0;
    }
    if (previous >= 0 && next < 4096) {
      startOf[next] = previousStart;
      lengthOf[next] = start - previousStart + 1;
      next++;
    }
    if (next + 1 >= 1 << width && width < 12) width++;
    previous = code;
    previousStart = start;
  }
  return out.subarray(0, at);
}

let zstd: Promise<ZSTDDecoder> | undefined;

async function startZstd(): Promise<ZSTDDecoder> {
  const decoder = new (await import('zstddec')).ZSTDDecoder();
  await decoder.init();
  return decoder;
}

/**
 * ZSTD to exactly `size` bytes, through the library geotiff uses, but never by its streaming half: that one does not end on
 * damaged data.
 * @throws slide/corrupt
 * @see RFC 8878
 */
export async function unZstd(bytes: Uint8Array, size: number): Promise<Uint8Array> {
  if (bytes[0] !== 0x28 || bytes[1] !== 0xb5 || bytes[2] !== 0x2f || bytes[3] !== 0xfd)
    throw damaged('a ZSTD block has no frame header');
  zstd ??= startZstd();
  const decoder = await zstd;
  let decoded: Uint8Array;
  try {
    decoded = decoder.decode(bytes, size);
  } catch (cause) {
    zstd = undefined;
    throw damaged('a ZSTD block is damaged', cause);
  }
  // On failure the library returns a wrong length and no error.
  if (decoded.length !== size) throw damaged('a ZSTD block is damaged');
  return decoded;
}

/** Size that a zlib stream in pieces unfolds to, counted without keeping it; stops past `limit`. @throws slide/corrupt */
export async function inflatedSize(pieces: readonly Uint8Array[], limit: number): Promise<number> {
  const { Unzlib } = await import('fflate');
  let size = 0;
  const stream = new Unzlib((chunk) => {
    size += chunk.length;
  });
  try {
    for (const bytes of pieces)
      for (let from = 0; from < bytes.length && size <= limit; from += PIECE)
        stream.push(bytes.subarray(from, from + PIECE));
  } catch (cause) {
    throw damaged('compressed data is damaged', cause);
  }
  return size;
}
