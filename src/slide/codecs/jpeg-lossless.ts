/** Lossless JPEG (process 14) as DICOM uses it, by jpeg-lossless-decoder-js. @see ITU-T T.81 annex H */
import { AppError } from '../../errors.ts';
import { readJpegFrame } from '../tiff/tile-bytes.ts';
import { type DecodedSamples, MAX_FRAME_PIXELS } from './decoded-samples.ts';

/** Decodes one image; the bytes returned are the caller's own. @throws slide/corrupt */
export async function decodeLosslessJpeg(bytes: Uint8Array): Promise<DecodedSamples> {
  const corrupt = (where: string, cause?: unknown) =>
    new AppError({ code: 'slide/corrupt', where }, cause === undefined ? undefined : { cause });
  const { width, height, components, precision, process } = readJpegFrame(bytes);
  if (process !== 0xc3) throw corrupt('the JPEG is not lossless, though the file says so');
  if (width * height === 0 || width * height > MAX_FRAME_PIXELS || (components !== 1 && components !== 3))
    throw corrupt(`a lossless JPEG claims ${width} x ${height} px of ${components} components`);
  const { Decoder } = await import('jpeg-lossless-decoder-js');
  let decoded: ArrayBuffer;
  try {
    decoded = new Decoder().decompress(bytes.slice().buffer);
  } catch (cause) {
    throw corrupt('the lossless JPEG data is damaged', cause);
  }
  const data = new Uint8Array(decoded);
  if (data.length !== width * height * components * (precision > 8 ? 2 : 1))
    throw corrupt('the lossless JPEG data has another size than its header');
  return { width, height, components, bits: precision, data };
}
