/** LERC through geotiff's decoder, after its header has been held against the block. @see https://github.com/Esri/lerc */
import { AppError } from '../../errors.ts';
import { inflate, unZstd } from './bounded.ts';

/** TIFF's id of the compression. */
const LERC = 34887;
/** Samples a block may fill when LERC leaves them as they are, and what it adds to them: header, mask and ranges. */
const EXTRA_BYTES = 64 * 1024;
const MAGIC = 'Lerc2 ';
const FIRST_MAGIC = 'CntZImage ';
/** Sample types by their number in the header, as bits of an unsigned integer. */
const BITS: Readonly<Record<number, number>> = { 1: 8, 3: 16 };

export interface LercShape {
  readonly width: number;
  readonly height: number;
  readonly samples: number;
  readonly bits: number;
}

function damaged(where: string, cause?: unknown): AppError {
  return new AppError({ code: 'slide/corrupt', where }, cause === undefined ? undefined : { cause });
}

/**
 * Samples of a block, [height,width,samples], 8 bits or 16 little-endian. Deflate and ZSTD around LERC are told by
 * their first bytes. What the mask of a block leaves out is 0.
 * @throws slide/corrupt when the block is damaged or not of this shape; slide/unsupported for other kinds of samples
 */
export async function unLerc(bytes: Uint8Array, shape: LercShape): Promise<Uint8Array> {
  const { width, height, samples, bits } = shape;
  const size = (width * height * samples * bits) / 8;
  const blob = await unwrapped(bytes, size + EXTRA_BYTES);
  const length = checkHeader(blob, shape);
  const { getDecoder } = await import('geotiff');
  const decoder = await getDecoder(LERC, {
    tileWidth: width,
    tileHeight: height,
    planarConfiguration: 1,
    bitsPerSample: bits,
    predictor: 1,
    LercParameters: [4, 0],
  } as Parameters<typeof getDecoder>[1]);
  let decoded: ArrayBufferLike;
  try {
    // The decoder looks from the start of the buffer it is given, and for more images behind the first.
    decoded = await (decoder.decodeBlock(blob.slice(0, length).buffer) as ArrayBufferLike | Promise<ArrayBufferLike>);
  } catch (cause) {
    throw damaged('a LERC block is damaged', cause);
  }
  if (decoded.byteLength !== size) throw damaged(`a LERC block has ${decoded.byteLength} bytes and needs ${size}`);
  return new Uint8Array(decoded);
}

async function unwrapped(bytes: Uint8Array, limit: number): Promise<Uint8Array> {
  if (bytes[0] === 0x28 && bytes[1] === 0xb5) return unZstd(bytes, zstdSize(bytes, limit));
  return bytes[0] === 0x78 ? inflate(bytes, limit) : bytes;
}

/** The content size in a ZSTD frame header. @see RFC 8878 section 3.1.1.1 @throws slide/corrupt */
function zstdSize(bytes: Uint8Array, limit: number): number {
  if (bytes.length < 14) throw damaged('a ZSTD block has no frame header');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const descriptor = view.getUint8(4);
  const single = (descriptor >> 5) & 1;
  const at = 5 + (1 - single) + ([0, 1, 2, 4][descriptor & 3] ?? 0);
  const kind = descriptor >> 6;
  const size =
    kind === 0
      ? single
        ? view.getUint8(at)
        : 0
      : kind === 1
        ? view.getUint16(at, true) + 256
        : kind === 2
          ? view.getUint32(at, true)
          : Number.POSITIVE_INFINITY;
  if (size === 0 || size > limit) throw damaged(`a ZSTD block claims ${size} bytes`);
  return size;
}

/** Bytes of the one image. @throws slide/corrupt, slide/unsupported */
function checkHeader(blob: Uint8Array, shape: LercShape): number {
  if (blob.length < 66) throw damaged('a LERC block is cut short');
  const starts = (magic: string) => magic.split('').every((char, i) => blob[i] === char.charCodeAt(0));
  if (starts(FIRST_MAGIC))
    throw new AppError({ code: 'slide/unsupported', format: 'TIFF', feature: 'LERC of the first kind' });
  if (!starts(MAGIC)) throw damaged('a LERC block has no header');
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  const version = view.getInt32(6, true);
  if (version < 1 || version > 5)
    throw new AppError({ code: 'slide/unsupported', format: 'TIFF', feature: `version ${version} of LERC` });
  let at = version >= 3 ? 14 : 10;
  const next = () => {
    const value = view.getInt32(at, true);
    at += 4;
    return value;
  };
  const [height, width] = [next(), next()];
  const samples = version >= 4 ? next() : 1;
  next();
  const [block, length, type] = [next(), next(), next()];
  if (width !== shape.width || height !== shape.height || samples !== shape.samples)
    throw damaged(`a LERC block is ${width} x ${height} x ${samples}`);
  if (BITS[type] !== shape.bits)
    throw new AppError({ code: 'slide/unsupported', format: 'TIFF', feature: `samples of type ${type} in LERC` });
  if (block < 1 || block > 4096) throw damaged(`a LERC block has pieces of ${block} px`);
  if (length < 66 || length > blob.length) throw damaged('a LERC block is cut short');
  return length;
}
