/** High-throughput JPEG 2000 through OpenJPH as WebAssembly. @see ITU-T T.814 */
import type { OpenJphModule } from '@cornerstonejs/codec-openjph/wasmjs';
import { AppError } from '../../errors.ts';
import { type DecodedSamples, MAX_FRAME_PIXELS } from './decoded-samples.ts';
import { readJpeg2000Header } from './jpeg2000.ts';
import { readWasm } from './wasm.ts';

let current: Promise<OpenJphModule> | undefined;

async function start(): Promise<OpenJphModule> {
  const [{ default: load }, wasmBinary] = await Promise.all([
    import('@cornerstonejs/codec-openjph/wasmjs'),
    readWasm('@cornerstonejs/codec-openjph/wasm'),
  ]);
  return load({ wasmBinary, print: () => {}, printErr: () => {} });
}

/** Decodes one codestream; the bytes returned are the caller's own. @throws slide/corrupt */
export async function decodeHtj2k(bytes: Uint8Array): Promise<DecodedSamples> {
  const corrupt = (where: string, cause?: unknown) =>
    new AppError({ code: 'slide/corrupt', where }, cause === undefined ? undefined : { cause });
  const header = readJpeg2000Header(bytes);
  if (header.width * header.height > MAX_FRAME_PIXELS || header.width * header.height === 0)
    throw corrupt(`an HTJ2K image claims ${header.width} x ${header.height} px`);
  current ??= start();
  const module = await current;
  const decoder = new module.HTJ2KDecoder();
  try {
    decoder.getEncodedBuffer(bytes.length).set(bytes);
    decoder.decode();
    const { width, height, componentCount, bitsPerSample } = decoder.getFrameInfo();
    const data = decoder.getDecodedBuffer().slice();
    const expected = header.width * header.height * header.components * (header.bits > 8 ? 2 : 1);
    if (width !== header.width || height !== header.height || data.length !== expected)
      throw corrupt('the HTJ2K data has another size than its header');
    return { width, height, components: componentCount, bits: bitsPerSample, data };
  } catch (cause) {
    // A trap leaves the instance in an unknown state.
    if (!(cause instanceof AppError)) current = undefined;
    throw cause instanceof AppError ? cause : corrupt('the HTJ2K data is damaged', cause);
  } finally {
    if (current) decoder.delete();
  }
}

/** Encodes without loss, for test slides. */
export async function encodeHtj2k(samples: DecodedSamples): Promise<Uint8Array> {
  const module = await start();
  const encoder = new module.HTJ2KEncoder();
  const { width, height, components, bits, data } = samples;
  const color = { componentCount: components, isSigned: false, isUsingColorTransform: components === 3 };
  const frame = { width, height, bitsPerSample: bits, ...color };
  encoder.getDecodedBuffer(frame).set(data);
  encoder.setQuality(true, 0);
  encoder.encode();
  const encoded = encoder.getEncodedBuffer().slice();
  encoder.delete();
  return encoded;
}
