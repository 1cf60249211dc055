/**
 * The stored bytes of a subblock to samples: RGB, or one grey channel at its own depth.
 * @see "ZISRAW (CZI) File Format Design Specification"; libCZI documentation, "image document concept", zstd1
 */
import { AppError } from '../../errors.ts';
import type { Samples } from '../channels.ts';
import { unZstd } from '../codecs/bounded.ts';
import { decodeJpeg } from '../codecs/jpeg.ts';
import { type WideLayout, wideSamples } from '../codecs/wide-samples.ts';

export interface CziPixelType {
  readonly isColor: boolean;
  readonly kind: WideLayout['kind'];
  /** Of a sample. */
  readonly bits: number;
  /** Samples a pixel, blue first. */
  readonly samples: number;
}

const PIXEL_TYPES: Readonly<Record<number, CziPixelType>> = {
  0: { isColor: false, kind: 'unsigned', bits: 8, samples: 1 },
  1: { isColor: false, kind: 'unsigned', bits: 16, samples: 1 },
  2: { isColor: false, kind: 'float', bits: 32, samples: 1 },
  3: { isColor: true, kind: 'unsigned', bits: 8, samples: 3 },
  4: { isColor: true, kind: 'unsigned', bits: 16, samples: 3 },
  9: { isColor: true, kind: 'unsigned', bits: 8, samples: 4 },
  12: { isColor: false, kind: 'signed', bits: 32, samples: 1 },
};

const COMPRESSIONS: Readonly<Record<number, string>> = { 0: 'uncompressed', 1: 'JPEG', 5: 'ZSTD', 6: 'ZSTD' };
const UNREAD: Readonly<Record<number, string>> = { 2: 'LZW compression', 4: 'JPEG XR compression' };

function unsupported(feature: string): AppError {
  return new AppError({ code: 'slide/unsupported', format: 'Zeiss CZI', feature });
}

/** @throws slide/unsupported */
export function pixelTypeOf(id: number): CziPixelType {
  const type = PIXEL_TYPES[id];
  if (!type) throw unsupported(`pixels of type ${id}`);
  return type;
}

/** What a person calls the compression. @throws slide/unsupported */
export function compressionName(id: number): string {
  const name = COMPRESSIONS[id];
  if (!name) throw unsupported(UNREAD[id] ?? (id >= 100 ? 'raw data of a camera' : `compression ${id}`));
  return name;
}

/** Samples of grey: [height,width]; of colour: RGB, [height,width,3] uint8. @throws slide/corrupt, slide/unsupported */
export async function decodeSubblock(
  bytes: Uint8Array,
  compression: number,
  type: CziPixelType,
  size: { readonly width: number; readonly height: number },
  /** Of the camera; what 16-bit colours reach. */
  bitCount: number,
): Promise<Samples> {
  compressionName(compression);
  const { width, height } = size;
  if (compression === 1) {
    const image = await decodeJpeg(bytes, undefined, 'as-marked', { ...size, maxHeight: height });
    if ((image.components === 3) !== type.isColor)
      throw new AppError({ code: 'slide/corrupt', where: `a JPEG image has ${image.components} components` });
    return image.data;
  }
  const { samples, bits, kind } = type;
  const needed = (width * height * samples * bits) / 8;
  const raw = await unpack(bytes, compression, needed, bits);
  const layout: WideLayout = { width, height, samples, bits, kind, predictor: 1, littleEndian: true };
  if (!type.isColor) return wideSamples(raw, layout, 0);
  // Before there is room for the result: a size is only a claim.
  if (raw.length < needed)
    throw new AppError({
      code: 'slide/corrupt',
      where: `a block has ${raw.length} bytes of pixels and needs ${needed}`,
    });
  const out = new Uint8Array(width * height * 3);
  const shift = bits === 16 ? Math.max(0, bitCount - 8) : 0;
  for (let c = 0; c < 3; c++) {
    const plane = wideSamples(raw, layout, 2 - c);
    for (let i = 0; i < plane.length; i++) out[i * 3 + c] = Math.min(255, (plane[i] ?? 0) >> shift);
  }
  return out;
}

async function unpack(bytes: Uint8Array, compression: number, size: number, bits: number): Promise<Uint8Array> {
  if (compression === 0) return bytes;
  if (compression === 5) return unZstd(bytes, size);
  const { start, highLow } = zstd1Header(bytes);
  const packed = await unZstd(bytes.subarray(start), size);
  if (!highLow || bits !== 16) return packed;
  // All low bytes, then all high bytes.
  const half = packed.length >> 1;
  const out = new Uint8Array(half * 2);
  for (let i = 0; i < half; i++) {
    out[i * 2] = packed[i] ?? 0;
    out[i * 2 + 1] = packed[half + i] ?? 0;
  }
  return out;
}

/** The header before a ZSTD stream of kind 1: its own length, then chunks; chunk 1 says whether bytes are parted. */
function zstd1Header(bytes: Uint8Array): { readonly start: number; readonly highLow: boolean } {
  const broken = () => new AppError({ code: 'slide/corrupt', where: 'the header of a ZSTD image is invalid' });
  const [length = 0, chunk = 0, flags = 0] = bytes;
  if (length === 1) return { start: 1, highLow: false };
  if (length !== 3 || chunk !== 1 || bytes.length < 3) throw broken();
  return { start: 3, highLow: (flags & 1) === 1 };
}
