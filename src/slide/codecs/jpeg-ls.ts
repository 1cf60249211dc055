/** JPEG-LS through CharLS as WebAssembly. @see ITU-T T.87 */
import type { JpegLsModule } from '@cornerstonejs/codec-charls/decodewasmjs';
import { AppError } from '../../errors.ts';
import { type DecodedSamples, MAX_FRAME_PIXELS } from './decoded-samples.ts';
import { readWasm } from './wasm.ts';

let current: Promise<JpegLsModule> | undefined;

async function start(): Promise<JpegLsModule> {
  const [{ default: load }, wasmBinary] = await Promise.all([
    import('@cornerstonejs/codec-charls/decodewasmjs'),
    readWasm('@cornerstonejs/codec-charls/decodewasm'),
  ]);
  return load({ wasmBinary, print: () => {}, printErr: () => {} });
}

/** Size in the frame header (SOF55), so that nothing is allocated for a lie. */
function frameSize(bytes: Uint8Array): { readonly width: number; readonly height: number } | undefined {
  for (let at = 2; at + 9 < bytes.length && bytes[at] === 0xff; ) {
    const byte = (i: number) => bytes[at + i] ?? 0;
    if (byte(1) === 0xf7) return { height: byte(5) * 256 + byte(6), width: byte(7) * 256 + byte(8) };
    at += 2 + byte(2) * 256 + byte(3);
  }
  return undefined;
}

/**
 * Decodes one JPEG-LS image to interleaved samples; the bytes returned are the caller's own.
 * @throws slide/corrupt
 */
export async function decodeJpegLs(bytes: Uint8Array): Promise<DecodedSamples> {
  const corrupt = (where: string, cause?: unknown) =>
    new AppError({ code: 'slide/corrupt', where }, cause === undefined ? undefined : { cause });
  const size = frameSize(bytes);
  if (!size || size.width * size.height > MAX_FRAME_PIXELS || size.width * size.height === 0)
    throw corrupt('the JPEG-LS data has no sensible frame header');
  current ??= start();
  const module = await current;
  const decoder = new module.JpegLSDecoder();
  try {
    decoder.getEncodedBuffer(bytes.length).set(bytes);
    decoder.decode();
    const { width, height, componentCount, bitsPerSample } = decoder.getFrameInfo();
    // 0 = one plane after another; 1 and 2 come out interleaved by pixel.
    const planar = componentCount > 1 && decoder.getInterleaveMode() === 0;
    const decoded = decoder.getDecodedBuffer().slice();
    const data = planar ? interleaved(decoded, width * height, componentCount, bitsPerSample > 8 ? 2 : 1) : decoded;
    return { width, height, components: componentCount, bits: bitsPerSample, data };
  } catch (cause) {
    // A trap leaves the instance in an unknown state.
    current = undefined;
    throw corrupt('the JPEG-LS data is damaged', cause);
  } finally {
    if (current) decoder.delete();
  }
}

function interleaved(planes: Uint8Array, count: number, components: number, bytes: number): Uint8Array {
  const out = new Uint8Array(planes.length);
  for (let c = 0; c < components; c++)
    for (let i = 0; i < count; i++)
      for (let b = 0; b < bytes; b++) out[(i * components + c) * bytes + b] = planes[(c * count + i) * bytes + b] ?? 0;
  return out;
}
