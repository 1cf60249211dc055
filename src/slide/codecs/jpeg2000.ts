/**
 * JPEG 2000 through OpenJPEG as WebAssembly, raw codestreams and JP2 files.
 * @see ITU-T T.800 annex A (SIZ), annex I (JP2 boxes)
 */
import type { J2kModule } from '@cornerstonejs/codec-openjpeg/decodewasmjs';
import { AppError } from '../../errors.ts';
import type { ExpectedSize } from './jpeg.ts';
import { readWasm } from './wasm.ts';
import { ycbcrToRgb } from './ycbcr.ts';

/** The library leaks on failure and never gives heap back, so a worn instance is replaced. */
const WORN = { failures: 32, heapBytes: 384 * 2 ** 20 } as const;
/** Largest image decoded at once, px: OpenJPEG needs 4 bytes for each sample besides the result. */
const MAX_PIXELS = 16 * 2 ** 20;
/** OpenJPEG's OPJ_CLRSPC_SRGB: said by a JP2 file, or set after it has made RGB of subsampled YCbCr. */
const SRGB = 1;

interface Instance {
  readonly module: J2kModule;
  failures: number;
}

let current: Promise<Instance> | undefined;

async function start(): Promise<Instance> {
  const [{ default: load }, wasmBinary] = await Promise.all([
    import('@cornerstonejs/codec-openjpeg/decodewasmjs'),
    readWasm('@cornerstonejs/codec-openjpeg/decodewasm'),
  ]);
  const module = await load({ wasmBinary, print: () => {}, printErr: () => {} });
  return { module, failures: 0 };
}

function damaged(reason: string, cause?: unknown): AppError {
  return new AppError({ code: 'slide/corrupt', where: reason }, cause === undefined ? undefined : { cause });
}

export interface Jpeg2000Header {
  readonly width: number;
  readonly height: number;
  readonly components: number;
  readonly bits: number;
  readonly signed: boolean;
  /** True when a component has fewer samples than the image has pixels. */
  readonly subsampled: boolean;
  /** True for a bare codestream, which does not say its colour space. */
  readonly raw: boolean;
}

const JP2_SIGNATURE = [0, 0, 0, 12, 0x6a, 0x50, 0x20, 0x20];

export function isJpeg2000(head: Uint8Array): boolean {
  const raw = head[0] === 0xff && head[1] === 0x4f && head[2] === 0xff && head[3] === 0x51;
  return raw || JP2_SIGNATURE.every((byte, i) => head[i] === byte);
}

/** Offset of the codestream in a JP2 file. */
function codestreamOffset(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + 16 <= bytes.length; ) {
    const length = view.getUint32(at);
    if (view.getUint32(at + 4) === 0x6a703263) return at + (length === 1 ? 16 : 8);
    const size = length === 1 ? Number(view.getBigUint64(at + 8)) : length;
    if (size < 8) break;
    at += size;
  }
  throw damaged('a JP2 file has no codestream');
}

/** Size and kind by the SIZ marker, without decoding. @throws slide/corrupt */
export function readJpeg2000Header(bytes: Uint8Array): Jpeg2000Header {
  const raw = bytes[0] === 0xff;
  const at = raw ? 0 : codestreamOffset(bytes);
  if (at + 42 > bytes.length) throw damaged('a JPEG 2000 stream is cut short');
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, bytes.byteLength - at);
  if (view.getUint32(0) !== 0xff4fff51) throw damaged('a JPEG 2000 stream has no header');
  const width = view.getUint32(8) - view.getUint32(16);
  const height = view.getUint32(12) - view.getUint32(20);
  const components = view.getUint16(40);
  if (components === 0 || components > 16384 || 42 + components * 3 > view.byteLength)
    throw damaged('a JPEG 2000 stream is cut short');
  const each = Array.from({ length: components }, (_, i) => ({
    depth: view.getUint8(42 + i * 3),
    dx: view.getUint8(43 + i * 3),
    dy: view.getUint8(44 + i * 3),
  }));
  const depth = each[0]?.depth ?? 0;
  if (each.some((one) => one.depth !== depth || one.dx === 0 || one.dy === 0))
    throw damaged('a JPEG 2000 stream has components of different kinds');
  return {
    width,
    height,
    components,
    bits: (depth & 0x7f) + 1,
    signed: (depth & 0x80) !== 0,
    subsampled: each.some(({ dx, dy }) => dx !== 1 || dy !== 1),
    raw,
  };
}

function checkHeader(header: Jpeg2000Header, expected: ExpectedSize | undefined): void {
  const { width, height, components, bits, signed } = header;
  const unsupported = (feature: string) => new AppError({ code: 'slide/unsupported', format: 'JPEG 2000', feature });
  if (width < 1 || height < 1 || width * height > MAX_PIXELS)
    throw damaged(`a JPEG 2000 claims ${width} x ${height} px`);
  if (expected && (width !== expected.width || height < expected.height || height > expected.maxHeight))
    throw damaged(`the JPEG 2000 is ${width} x ${height} px and should be ${expected.width} x ${expected.height}`);
  if (components !== 1 && components !== 3 && components !== 4)
    throw unsupported(`JPEG 2000 with ${components} components`);
  if (bits < 8 || bits > 16 || signed) throw unsupported(`JPEG 2000 of ${signed ? 'signed ' : ''}${bits}-bit samples`);
}

/**
 * Decodes one image to samples: [height,width,components] uint8, deeper ones by their upper 8 bits; 3 components as RGB.
 * The bytes returned are the caller's own.
 * @param color what the container says the components of a bare codestream are
 * @throws slide/corrupt, slide/unsupported
 */
export async function decodeJpeg2000(
  bytes: Uint8Array,
  color: 'rgb' | 'ycbcr',
  expected?: ExpectedSize,
): Promise<{
  readonly width: number;
  readonly height: number;
  readonly components: number;
  readonly data: Uint8Array;
}> {
  const header = readJpeg2000Header(bytes);
  checkHeader(header, expected);
  current ??= start();
  const instance = await current;
  // From here to the end nothing awaits. A decoder of its own for each image: on some failures the library only prints, and
  // an old decoder would still hold the pixels of the image before.
  const decoder = new instance.module.J2KDecoder();
  try {
    decoder.getEncodedBuffer(bytes.length).set(bytes);
    decoder.decode();
    const { width, height, componentCount: components, bitsPerSample } = decoder.getFrameInfo();
    const decoded = decoder.getDecodedBuffer();
    const count = width * height * components;
    const sampleBytes = bitsPerSample > 8 ? 2 : 1;
    if (width !== header.width || height !== header.height || count === 0 || decoded.length !== count * sampleBytes)
      throw damaged('the JPEG 2000 data is damaged');
    const data = sampleBytes === 1 ? decoded.slice() : upperBytes(decoded, count, bitsPerSample);
    const converted = header.subsampled && decoder.getColorSpace() === SRGB;
    if (color === 'ycbcr' && components === 3 && header.raw && !converted) ycbcrToRgb(data);
    decoder.delete();
    return { width, height, components, data };
  } catch (cause) {
    instance.failures++;
    // A trap leaves the instance in an unknown state.
    const trapped = cause instanceof Error && !(cause instanceof AppError);
    if (trapped || instance.failures >= WORN.failures) current = undefined;
    else decoder.delete();
    throw cause instanceof AppError ? cause : damaged('the JPEG 2000 data is damaged', cause);
  } finally {
    if (instance.module.HEAPU8.length > WORN.heapBytes) current = undefined;
  }
}

/** Little-endian samples of two bytes, `bits` of them used. */
function upperBytes(bytes: Uint8Array, count: number, bits: number): Uint8Array {
  const out = new Uint8Array(count);
  for (let i = 0; i < count; i++) out[i] = ((bytes[i * 2] ?? 0) | ((bytes[i * 2 + 1] ?? 0) << 8)) >> (bits - 8);
  return out;
}
