/** DICOM's RLE: byte planes, each PackBits. @see DICOM PS3.5 annex G */
import { AppError } from '../../errors.ts';
import { unpackBits } from './bounded.ts';

/**
 * Samples of one frame, [pixels,samples] interleaved; two bytes a sample, little-endian, above 8 bits.
 * @throws slide/corrupt
 */
export function decodeDicomRle(bytes: Uint8Array, pixels: number, samples: number, bytesPerSample: 1 | 2): Uint8Array {
  const corrupt = (where: string) => new AppError({ code: 'slide/corrupt', where });
  if (bytes.length < 64) throw corrupt('an RLE frame has no header');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const planes = samples * bytesPerSample;
  if (view.getUint32(0, true) !== planes) throw corrupt(`an RLE frame has not its ${planes} planes`);
  const out = new Uint8Array(pixels * planes);
  for (let plane = 0; plane < planes; plane++) {
    const start = view.getUint32(4 + plane * 4, true);
    const end = plane + 1 < planes ? view.getUint32(8 + plane * 4, true) : bytes.length;
    if (start < 64 || end > bytes.length || end < start) throw corrupt('a plane of an RLE frame lies outside it');
    const unpacked = unpackBits(bytes.subarray(start, end), pixels);
    // Planes of one sample come from the most significant byte down.
    const sample = Math.floor(plane / bytesPerSample);
    const byte = bytesPerSample - 1 - (plane % bytesPerSample);
    const at = sample * bytesPerSample + byte;
    for (let i = 0; i < pixels; i++) out[i * planes + at] = unpacked[i] ?? 0;
  }
  return out;
}
