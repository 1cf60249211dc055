/** JPEG through libjpeg-turbo as WebAssembly: the same pixels in Node and in every browser. */
import type { JPEGDecoder, JPEGEncoder, JpegModule } from '@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs';
import { AppError, assert } from '../../errors.ts';
import type { Pixels } from '../slide.ts';
import { type JpegFrame, jpegSegments, spliceJpeg } from '../tiff/tile-bytes.ts';
import { readWasm } from './wasm.ts';

/** The library leaks its handle on each failure and never gives heap back, so a worn instance is replaced. */
const WORN = { failures: 32, heapBytes: 256 * 2 ** 20 } as const;

interface Instance {
  readonly module: JpegModule;
  readonly decoder: JPEGDecoder;
  failures: number;
}

let current: Promise<Instance> | undefined;

const quiet = { print: () => {}, printErr: () => {} };

async function start(): Promise<Instance> {
  const [{ default: load }, wasmBinary] = await Promise.all([
    import('@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs'),
    readWasm('@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasm'),
  ]);
  const module = await load({ wasmBinary, ...quiet });
  return { module, decoder: new module.JPEGDecoder(), failures: 0 };
}

/** True when these bytes start a JPEG. */
export function isJpeg(head: Uint8Array): boolean {
  return head[0] === 0xff && head[1] === 0xd8 && head[2] === 0xff;
}

/** The largest image decoded at once, px. */
export const MAX_JPEG_PIXELS = 64 * 2 ** 20;

function undecodable(reason: string, cause?: unknown): AppError {
  return new AppError({ code: 'slide/corrupt', where: reason }, cause === undefined ? undefined : { cause });
}

function checkFrame(frame: JpegFrame, bytes: number, expected: ExpectedSize | undefined): void {
  if (frame.process !== 0xc0 && frame.process !== 0xc1 && frame.process !== 0xc2)
    throw new AppError({
      code: 'slide/unsupported',
      format: 'JPEG',
      feature: { 195: 'lossless JPEG', 247: 'JPEG-LS' }[frame.process] ?? 'this kind of JPEG coding',
    });
  if (frame.precision !== 8)
    throw new AppError({ code: 'slide/unsupported', format: 'JPEG', feature: `${frame.precision}-bit JPEG` });
  if (frame.components !== 1 && frame.components !== 3)
    throw new AppError({
      code: 'slide/unsupported',
      format: 'JPEG',
      feature: `JPEG with ${frame.components} components`,
    });
  if (frame.width === 0 || frame.height === 0 || frame.width * frame.height > MAX_JPEG_PIXELS)
    throw undecodable(`a JPEG claims ${frame.width} x ${frame.height} px`);
  if (
    expected &&
    (frame.width !== expected.width || frame.height < expected.height || frame.height > expected.maxHeight)
  )
    throw undecodable(
      `the JPEG is ${frame.width} x ${frame.height} px and should be ${expected.width} x ${expected.height}`,
    );
  // Whatever the coding, each block of 64 samples of the finest component takes a bit at least.
  if (bytes * 512 < frame.width * frame.height) throw undecodable('the JPEG is cut short');
}

/** What the container says of the size; checked before anything is allocated. */
export interface ExpectedSize {
  readonly width: number;
  readonly height: number;
  /** The last strip of an image may be coded at full strip height. */
  readonly maxHeight: number;
}

/**
 * Decodes one JPEG to samples: [height,width,components] uint8, 3 components as RGB, 1 as grey. The bytes returned are the
 * caller's own.
 * @param color what the file says the components are; see spliceJpeg
 * @throws slide/corrupt, slide/unsupported
 */
export async function decodeJpeg(
  bytes: Uint8Array,
  tables: Uint8Array | undefined,
  color: 'rgb' | 'ycbcr' | 'as-marked',
  expected?: ExpectedSize,
): Promise<{ readonly width: number; readonly height: number; readonly components: 1 | 3; readonly data: Uint8Array }> {
  const { jpeg, frame } = spliceJpeg(bytes, tables, color);
  checkFrame(frame, jpeg.length, expected);
  current ??= start();
  const instance = await current;
  const { decoder } = instance;
  // From here to the copy nothing awaits: the decoder's buffers are shared by all callers.
  decoder.getEncodedBuffer(jpeg.length).set(jpeg);
  try {
    decoder.decode();
  } catch (cause) {
    instance.failures++;
    // A trap (an Error) leaves the instance in an unknown state; the library's own failures are thrown as numbers.
    if (cause instanceof Error || instance.failures >= WORN.failures) current = undefined;
    throw undecodable('the JPEG data is damaged', cause);
  }
  const { width, height, componentCount } = decoder.getFrameInfo();
  const components = componentCount === 1 ? 1 : 3;
  const data = decoder.getDecodedBuffer().slice(0, width * height * components);
  if (instance.module.HEAPU8.length > WORN.heapBytes) current = undefined;
  if (width !== frame.width || height !== frame.height || data.length !== width * height * components)
    throw undecodable('the JPEG data has another size than its header');
  return { width, height, components, data };
}

/** As decodeJpeg, with grey spread to RGB. */
export async function decodeJpegRgb(
  bytes: Uint8Array,
  tables: Uint8Array | undefined,
  color: 'rgb' | 'ycbcr' | 'as-marked',
): Promise<Pixels> {
  const { width, height, components, data } = await decodeJpeg(bytes, tables, color);
  if (components === 3) return { width, height, data };
  const rgb = new Uint8Array(width * height * 3);
  for (let i = 0; i < data.length; i++) rgb.fill(data[i] ?? 0, i * 3, i * 3 + 3);
  return { width, height, data: rgb };
}

let encoder: Promise<JPEGEncoder> | undefined;

async function startEncoder(): Promise<JPEGEncoder> {
  const [{ default: load }, wasmBinary] = await Promise.all([
    import('@cornerstonejs/codec-libjpeg-turbo-8bit/wasmjs'),
    readWasm('@cornerstonejs/codec-libjpeg-turbo-8bit/wasm'),
  ]);
  const { JPEGEncoder } = await load({ wasmBinary, ...quiet });
  return new JPEGEncoder();
}

/** Smallest side that is encoded: a block. A smaller image is filled up to it, which the encoder would do itself. */
const BLOCK = 8;
/** The library keeps the bits of a sample in one byte. */
const MOST_SAMPLE_BYTES = 31;

const SUBSAMPLING = { '444': 0, '422': 1, '420': 2 } as const;
export type Subsampling = keyof typeof SUBSAMPLING;

interface SampleImage {
  readonly width: number;
  readonly height: number;
  readonly components: 1 | 3;
  readonly data: Uint8Array;
}

/**
 * Encodes samples, [height,width,components] uint8, as baseline JFIF with the standard Huffman tables.
 * @param quality 1..100
 */
export async function encodeJpeg(
  pixels: SampleImage,
  quality: number,
  subsampling: Subsampling = '444',
): Promise<Uint8Array> {
  encoder ??= startEncoder();
  const jpeg = await encoder;
  const { width, height, components, data } = toBlock(pixels);
  const raw = width * height * components;
  // The library reserves as many bytes for the result as this buffer has and checks nothing: incompressible pixels write
  // past it. The depth makes only the buffer larger; the encoder reads the first `raw` bytes.
  const room = Math.min(MOST_SAMPLE_BYTES, Math.max(2, Math.ceil((2 * raw + 4096) / raw)));
  const frame = { width, height, bitsPerSample: 8 * room, componentCount: components, isSigned: false };
  jpeg.getDecodedBuffer(frame).set(data.subarray(0, raw));
  jpeg.setQuality(quality);
  jpeg.setProgressive(false);
  jpeg.setSubSampling(SUBSAMPLING[subsampling]);
  jpeg.encode();
  const encoded = Uint8Array.from(jpeg.getEncodedBuffer());
  if (width === pixels.width && height === pixels.height) return encoded;
  // The same blocks: only the frame header says how much of them is the image.
  const header = jpegSegments(encoded).list.find(({ marker }) => marker === 0xc0);
  assert(header, 'the encoder writes baseline JPEG');
  const view = new DataView(encoded.buffer);
  view.setUint16(header.start + 5, pixels.height);
  view.setUint16(header.start + 7, pixels.width);
  return encoded;
}

/** Samples filled up to a block by repeating the last column and row. */
function toBlock(image: SampleImage): SampleImage {
  const { components } = image;
  const [width, height] = [Math.max(BLOCK, image.width), Math.max(BLOCK, image.height)];
  if (width === image.width && height === image.height) return image;
  const data = new Uint8Array(width * height * components);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const from = Math.min(y, image.height - 1) * image.width + Math.min(x, image.width - 1);
      const pixel = image.data.subarray(from * components, (from + 1) * components);
      data.set(pixel, (y * width + x) * components);
    }
  return { width, height, components, data };
}
