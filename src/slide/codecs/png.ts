/** PNG through fast-png, which trusts its input: sizes are checked before it is called. */
import { AppError } from '../../errors.ts';
import type { Pixels } from '../slide.ts';
import { inflatedSize } from './bounded.ts';

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** Needed for the pixels; everything else is left out, for example a compressed profile of any size. */
const CHUNKS = new Set(['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND']);

/** The largest image decoded at once, px. */
export const MAX_PNG_PIXELS = 64 * 2 ** 20;

export function isPng(head: Uint8Array): boolean {
  return SIGNATURE.every((byte, i) => head[i] === byte);
}

function broken(reason: string, cause?: unknown): AppError {
  return new AppError({ code: 'slide/corrupt', where: reason }, cause === undefined ? undefined : { cause });
}

export interface PngHeader {
  readonly width: number;
  readonly height: number;
  /** Least and most bytes that its data inflates to. */
  readonly rawBytes: readonly [number, number];
}

/** Reads the header chunk. @throws slide/corrupt, slide/unsupported when it is too large */
export function readPngHeader(head: Uint8Array): PngHeader {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (head.length < 33 || view.getUint32(12) !== 0x49484452) throw broken('the PNG header is incomplete');
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  const bits = view.getUint8(24);
  const samples = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }[view.getUint8(25)];
  if (!samples || ![1, 2, 4, 8, 16].includes(bits) || width === 0 || height === 0)
    throw broken('the PNG header is invalid');
  if (width * height > MAX_PNG_PIXELS)
    throw new AppError({ code: 'slide/unsupported', format: 'PNG', feature: `an image of ${width} x ${height} px` });
  const least = Math.ceil((width * height * samples * bits) / 8);
  // Rows end at a byte and have a filter byte each; interlaced images have up to seven rows for one.
  return { width, height, rawBytes: [least, least + 16 * (width + height) + 64] };
}

/** A whole PNG as RGB; transparency over white, 16 bits by their upper byte. @throws slide/corrupt, slide/unsupported */
export async function decodePng(bytes: Uint8Array): Promise<Pixels> {
  const header = readPngHeader(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kept: Uint8Array[] = [bytes.subarray(0, 8)];
  const data: Uint8Array[] = [];
  for (let at = 8; at + 12 <= bytes.length; ) {
    const length = view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const end = at + 12 + length;
    if (end > bytes.length) throw broken('the PNG is cut short');
    if (CHUNKS.has(type)) kept.push(bytes.subarray(at, end));
    if (type === 'IDAT') data.push(bytes.subarray(at + 8, end - 4));
    at = end;
    if (type === 'IEND') break;
  }
  const [least, most] = header.rawBytes;
  const size = await inflatedSize(data, most);
  if (size > most) throw broken('the PNG holds more pixels than its header says');
  if (size < least) throw broken('the PNG holds fewer pixels than its header says');
  const { decode, convertIndexedToRgb } = await import('fast-png');
  const { concat } = await import('../tiff/tile-bytes.ts');
  try {
    const png = decode(concat(kept));
    const indexed = png.palette !== undefined;
    const samples = indexed ? convertIndexedToRgb(png) : png.data;
    const channels = indexed ? (png.palette?.[0]?.length ?? 3) : png.channels;
    const grey = indexed || png.depth >= 8 ? samples : unpack(png.data, png.width, png.height, png.depth);
    return { width: png.width, height: png.height, data: toRgb(grey, channels, indexed ? 8 : png.depth) };
  } catch (cause) {
    throw broken('the PNG data is damaged', cause);
  }
}

/** Grey of fewer than 8 bits comes packed, each row from a byte of its own. */
function unpack(packed: ArrayLike<number>, width: number, height: number, depth: number): Uint8Array {
  const out = new Uint8Array(width * height);
  const stride = Math.ceil((width * depth) / 8);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const byte = packed[y * stride + ((x * depth) >> 3)] ?? 0;
      out[y * width + x] = (byte >> (8 - depth - ((x * depth) & 7))) & ((1 << depth) - 1);
    }
  return out;
}

function toRgb(samples: ArrayLike<number>, channels: number, depth: number): Uint8Array {
  const count = samples.length / channels;
  const out = new Uint8Array(count * 3);
  const to8 = (value: number) => (depth === 16 ? value >> 8 : depth < 8 ? (value * 255) / (2 ** depth - 1) : value);
  const color = channels >= 3;
  for (let i = 0; i < count; i++) {
    const alpha = channels === 2 || channels === 4 ? to8(samples[i * channels + channels - 1] ?? 0) / 255 : 1;
    for (let c = 0; c < 3; c++) {
      const value = to8(samples[i * channels + (color ? c : 0)] ?? 0);
      out[i * 3 + c] = Math.round(value * alpha + 255 * (1 - alpha));
    }
  }
  return out;
}
