/** The JPEGs of a VMS slide: read by their restart markers, or whole where they have none. */
import { AppError } from '../../errors.ts';
import { decodeJpegRgb } from '../codecs/jpeg.ts';
import { openRestartJpeg } from '../codecs/restart-jpeg.ts';
import type { UnplacedImage } from '../mosaic.ts';
import type { ByteSource, Pixels } from '../slide.ts';
import { jpegSegments, readJpegFrame } from '../tiff/tile-bytes.ts';
import { restartStarts } from './restart-starts.ts';

const LIMITS = {
  headerBytes: 64 * 1024,
  wholeBytes: 64 * 2 ** 20,
  wholePixels: 64 * 2 ** 20,
  intervals: 2 ** 22,
} as const;

export type OpenImage = (source: ByteSource, signal: AbortSignal | undefined) => Promise<UnplacedImage>;

function corrupt(where: string): AppError {
  return new AppError({ code: 'slide/corrupt', where });
}

/**
 * Opens the JPEGs of a slide, which must be in their order: the entries of the optimisation file follow one another.
 * @throws slide/corrupt, slide/unsupported
 */
export function jpegOpener(hints: ByteSource | undefined): OpenImage {
  let firstEntry = 0;
  return async (source, signal) => {
    const head = await source.read(0, Math.min(LIMITS.headerBytes, source.sizeBytes), signal);
    const { list, scan } = jpegSegments(head);
    const { width, height } = readJpegFrame(head);
    if (width === 0 || height === 0) throw corrupt(`${source.name} has no size`);
    const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
    const restart = list.find(({ marker }) => marker === 0xdd);
    const interval = restart && restart.end - restart.start >= 6 ? view.getUint16(restart.start + 4) : 0;
    // Without restart markers an image must be decoded whole.
    if (interval === 0) return openWhole(source, signal);
    const frame = list.find(({ marker }) => marker === 0xc0 || marker === 0xc1);
    if (!frame || scan + 4 > head.length) throw corrupt(`${source.name} has no baseline frame header`);
    const components = Math.min(4, head[frame.start + 9] ?? 0);
    let [across, down] = [1, 1];
    for (let i = 0; i < components; i++) {
      const sampling = head[frame.start + 11 + 3 * i] ?? 0x11;
      across = Math.max(across, sampling >> 4);
      down = Math.max(down, sampling & 15);
    }
    const cols = Math.ceil(width / (8 * across)) / interval;
    const rows = Math.ceil(height / (8 * down));
    if (!Number.isInteger(cols) || cols * rows > LIMITS.intervals)
      throw new AppError({
        code: 'slide/unsupported',
        format: 'Hamamatsu VMS',
        feature: 'restart intervals that do not divide a row',
      });
    const starts = restartStarts(source, scan + 2 + view.getUint16(scan + 2), { cols, rows }, hints, firstEntry);
    firstEntry += rows;
    const place = { offset: 0, length: source.sizeBytes };
    const jpeg = await openRestartJpeg(source, place, { width, height }, starts, signal);
    return {
      width,
      height,
      blockWidth: jpeg.bandWidth,
      blockHeight: jpeg.bandHeight,
      readBlock: (col, row, signal) => jpeg.readBand(col, row, signal),
    };
  };
}

/** A JPEG that is decoded in one piece. @throws slide/corrupt */
export async function openWhole(source: ByteSource, signal: AbortSignal | undefined): Promise<UnplacedImage> {
  const { width, height } = readJpegFrame(await source.read(0, Math.min(LIMITS.headerBytes, source.sizeBytes), signal));
  if (width * height > LIMITS.wholePixels || width * height === 0)
    throw corrupt(`${source.name} claims ${width} x ${height} px`);
  return {
    ...{ width, height, blockWidth: width, blockHeight: height },
    readBlock: (_col, _row, signal) => readWhole(source, signal),
  };
}

/** @throws slide/corrupt */
export async function readWhole(source: ByteSource, signal: AbortSignal | undefined): Promise<Pixels> {
  if (source.sizeBytes > LIMITS.wholeBytes) throw corrupt(`${source.name} is too large for one piece`);
  return decodeJpegRgb(await source.read(0, source.sizeBytes, signal), undefined, 'ycbcr');
}
