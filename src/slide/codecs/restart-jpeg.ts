/**
 * Random access inside one JPEG that is too large to decode whole, by its restart markers: each restart interval starts
 * with fresh predictors at a byte boundary, so any of them becomes a small JPEG of its own under the shared header.
 *
 * @see ITU-T T.81, B.2.4.4 (DRI), E.1.4 (restart)
 */
import { AppError } from '../../errors.ts';
import type { ByteSource, Pixels } from '../slide.ts';
import type { FileNumbers } from '../tiff/tag-values.ts';
import { concat, jpegSegments } from '../tiff/tile-bytes.ts';
import { decodeJpegRgb } from './jpeg.ts';

const LIMITS = { headerBytes: 64 * 1024, bandPixels: 4 * 2 ** 20, bandRows: 512, intervalBytes: 8 * 2 ** 20 } as const;

export interface RestartJpeg {
  /** Size of a band, px: one or more intervals under each other. Bands at the right and bottom edge are clipped. */
  readonly bandWidth: number;
  readonly bandHeight: number;
  /** RGB of one band. @throws slide/corrupt, slide/read-failed */
  readBand(col: number, row: number, signal?: AbortSignal): Promise<Pixels>;
}

function corrupt(where: string): AppError {
  return new AppError({ code: 'slide/corrupt', where });
}

interface Header {
  /** SOI up to and including SOS, as in the file. */
  readonly bytes: Uint8Array;
  /** Of the SOF segment. */
  readonly frameAt: number;
  readonly mcuWidth: number;
  readonly mcuHeight: number;
  /** MCUs in each restart interval. */
  readonly interval: number;
}

function parseHeader(bytes: Uint8Array): Header {
  const { list } = jpegSegments(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const frame = list.find(({ marker }) => marker === 0xc0 || marker === 0xc1);
  const restart = list.find(({ marker }) => marker === 0xdd);
  if (!frame || frame.end - frame.start < 10) throw corrupt('its JPEG has no baseline frame header');
  if (!restart || restart.end - restart.start < 6) throw corrupt('its JPEG does not say its restart interval');
  const components = view.getUint8(frame.start + 9);
  if (frame.end - frame.start < 10 + 3 * components) throw corrupt('its JPEG frame header is cut short');
  let [across, down] = [1, 1];
  for (let i = 0; i < components; i++) {
    const sampling = view.getUint8(frame.start + 11 + 3 * i);
    across = Math.max(across, sampling >> 4);
    down = Math.max(down, sampling & 15);
  }
  const interval = view.getUint16(restart.start + 4);
  if (interval === 0) throw corrupt('its JPEG has no restart intervals');
  return { bytes, frameAt: frame.start, mcuWidth: 8 * across, mcuHeight: 8 * down, interval };
}

/**
 * Reads the header and plans the bands.
 * @param place where the JPEG lies in the file, bytes
 * @param size true size of the image, px: the frame header holds 0 where it passes 65,535
 * @param starts first byte of each interval, relative to the JPEG; the first ends the header
 * @throws slide/corrupt, slide/unsupported, slide/read-failed
 */
export async function openRestartJpeg(
  source: ByteSource,
  place: { readonly offset: number; readonly length: number },
  size: { readonly width: number; readonly height: number },
  starts: FileNumbers,
  signal?: AbortSignal,
): Promise<RestartJpeg> {
  const headerBytes = await starts.at(0, signal);
  if (headerBytes > LIMITS.headerBytes || headerBytes > place.length) throw corrupt('its JPEG header is too long');
  const header = parseHeader(await source.read(place.offset, headerBytes, signal));
  const mcusAcross = Math.ceil(size.width / header.mcuWidth);
  if (mcusAcross % header.interval !== 0)
    throw new AppError({
      code: 'slide/unsupported',
      format: 'JPEG',
      feature: 'restart intervals that do not divide a row',
    });
  const cols = mcusAcross / header.interval;
  const rows = Math.ceil(size.height / header.mcuHeight);
  if (starts.length < cols * rows)
    throw corrupt(`its JPEG has ${starts.length} restart intervals and should have ${cols * rows}`);
  const bandWidth = header.interval * header.mcuWidth;
  if (bandWidth > 65_500) throw corrupt(`its JPEG claims restart intervals of ${bandWidth} px`);
  const wanted = Math.min(LIMITS.bandRows, Math.floor(LIMITS.bandPixels / bandWidth));
  const intervalsDown = Math.max(1, Math.floor(wanted / header.mcuHeight));
  const bandHeight = intervalsDown * header.mcuHeight;
  // With chroma subsampled downwards, the decoder smooths it across rows of MCUs. The reference (OpenSlide) decodes each
  // interval alone and so do we; without, stacking several in one JPEG gives the same pixels faster.
  const stacked = header.mcuHeight === 8;

  const readInterval = async (index: number, signal: AbortSignal | undefined) => {
    const start = await starts.at(index, signal);
    const end = index + 1 < cols * rows ? await starts.at(index + 1, signal) : place.length;
    if (!(end > start) || end > place.length || end - start > LIMITS.intervalBytes)
      throw corrupt(`restart interval ${index} of its JPEG has no sensible place`);
    const bytes = await source.read(place.offset + start, end - start, signal);
    return withoutMarker(bytes);
  };

  const decode = async (scans: readonly Uint8Array[], width: number, height: number): Promise<Pixels> => {
    const head = header.bytes.slice();
    const view = new DataView(head.buffer);
    view.setUint16(header.frameAt + 5, height);
    view.setUint16(header.frameAt + 7, width);
    const parts: Uint8Array[] = [head];
    for (const [i, scan] of scans.entries()) {
      parts.push(scan);
      parts.push(Uint8Array.of(0xff, i + 1 < scans.length ? 0xd0 + (i % 8) : 0xd9));
    }
    return decodeJpegRgb(concat(parts), undefined, 'ycbcr');
  };

  return {
    bandWidth,
    bandHeight,
    async readBand(col, row, signal) {
      const width = Math.min(bandWidth, size.width - col * bandWidth);
      const height = Math.min(bandHeight, size.height - row * bandHeight);
      const firstRow = row * intervalsDown;
      const count = Math.ceil(height / header.mcuHeight);
      const scans = await Promise.all(
        Array.from({ length: count }, (_, i) => readInterval((firstRow + i) * cols + col, signal)),
      );
      // The last interval of a row may reach past the edge: it is decoded at full width of its MCUs and clipped by libjpeg.
      if (stacked) return decode(scans, width, height);
      const data = new Uint8Array(width * height * 3);
      for (const [i, scan] of scans.entries()) {
        const top = i * header.mcuHeight;
        const part = await decode([scan], width, Math.min(header.mcuHeight, height - top));
        data.set(part.data, top * width * 3);
      }
      return { width, height, data };
    },
  };
}

/** The entropy-coded bytes without the RST or EOI marker that ends them. */
function withoutMarker(bytes: Uint8Array): Uint8Array {
  const [mark, code] = [bytes[bytes.length - 2], bytes[bytes.length - 1] ?? 0];
  return mark === 0xff && code >= 0xd0 && code <= 0xd9 ? bytes.subarray(0, -2) : bytes;
}
