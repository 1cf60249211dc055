/**
 * Makes a whole JPEG of a tile: the shared tables are put in front, and the colour space is stated as the TIFF states it,
 * whatever markers the scanner left in the stream.
 *
 * @see ITU-T T.81 annex B; Adobe TN 5116 (APP14); TIFF Technical Note 2 (JPEGTables)
 */
import { AppError } from '../../errors.ts';

export interface JpegFrame {
  readonly width: number;
  readonly height: number;
  readonly components: number;
  /** Bits a sample. */
  readonly precision: number;
  /** The SOF marker's low byte: 0xc0 baseline, 0xc2 progressive, 0xc3 lossless. */
  readonly process: number;
}

export interface JpegSegment {
  readonly marker: number;
  /** Of the 0xff of the marker. */
  readonly start: number;
  readonly end: number;
}

function broken(reason: string): AppError {
  return new AppError({ code: 'slide/corrupt', where: reason });
}

/** The marker segments before the first scan; `scan` is where the first SOS begins (or the end of the tables). */
export function jpegSegments(jpeg: Uint8Array): { list: JpegSegment[]; scan: number } {
  if (jpeg[0] !== 0xff || jpeg[1] !== 0xd8) throw broken('a JPEG stream has no start marker');
  const list: JpegSegment[] = [];
  let at = 2;
  while (at + 1 < jpeg.length) {
    if (jpeg[at] !== 0xff) throw broken('a JPEG header is garbled');
    const marker = jpeg[at + 1] ?? 0;
    if (marker === 0xff) {
      at++;
      continue;
    }
    if (marker === 0xda || marker === 0xd9) return { list, scan: at };
    if (marker === 0xd8 || marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7)) {
      at += 2;
      continue;
    }
    const length = ((jpeg[at + 2] ?? 0) << 8) | (jpeg[at + 3] ?? 0);
    const end = at + 2 + length;
    if (length < 2 || end > jpeg.length) throw broken('a JPEG header is cut short');
    list.push({ marker, start: at, end });
    at = end;
  }
  return { list, scan: at };
}

/** SOF0..SOF15, and SOF55 of JPEG-LS. */
const isFrameMarker = (marker: number) =>
  marker === 0xf7 || (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc);

function frameOf(jpeg: Uint8Array, list: readonly JpegSegment[]): JpegFrame | undefined {
  const segment = list.find(({ marker }) => isFrameMarker(marker));
  if (!segment || segment.end - segment.start < 10) return undefined;
  const byte = (i: number) => jpeg[segment.start + i] ?? 0;
  return {
    process: segment.marker,
    precision: byte(4),
    height: (byte(5) << 8) | byte(6),
    width: (byte(7) << 8) | byte(8),
    components: byte(9),
  };
}

/** Size and kind of a JPEG by its frame header, without decoding. @throws slide/corrupt when there is none */
export function readJpegFrame(jpeg: Uint8Array): JpegFrame {
  const frame = frameOf(jpeg, jpegSegments(jpeg).list);
  if (!frame) throw broken('a JPEG stream has no frame header');
  return frame;
}

/** APP14 "Adobe" with transform 0 (components are RGB) or 1 (components are YCbCr). */
const adobe = (transform: 0 | 1) =>
  Uint8Array.of(0xff, 0xee, 0, 14, 0x41, 0x64, 0x6f, 0x62, 0x65, 0, 100, 0, 0, 0, 0, transform);

/**
 * A whole JPEG with its colour space stated. APP0 (JFIF), APP1, APP2 and APP14 of the stream are left out, because libjpeg
 * believes JFIF before Adobe and viewers believe EXIF's orientation.
 * @param tables the JPEGTables tag, or undefined
 * @param color what the three components are; 'as-marked' leaves markers and guessing to the decoder (plain .jpg files)
 * @throws slide/corrupt
 */
export function spliceJpeg(
  tile: Uint8Array,
  tables: Uint8Array | undefined,
  color: 'rgb' | 'ycbcr' | 'as-marked',
): { readonly jpeg: Uint8Array; readonly frame: JpegFrame } {
  const own = jpegSegments(tile);
  const frame = frameOf(tile, own.list);
  if (!frame) throw broken('a JPEG tile has no frame header');
  const parts: Uint8Array[] = [Uint8Array.of(0xff, 0xd8)];
  const dropped = (marker: number) => color !== 'as-marked' && marker >= 0xe0 && marker <= 0xef;
  if (color !== 'as-marked' && frame.components === 3) parts.push(adobe(color === 'rgb' ? 0 : 1));
  if (tables)
    for (const { marker, start, end } of jpegSegments(tables).list)
      if (marker === 0xdb || marker === 0xc4 || marker === 0xdd) parts.push(tables.subarray(start, end));
  for (const { marker, start, end } of own.list) if (!dropped(marker)) parts.push(tile.subarray(start, end));
  parts.push(tile.subarray(own.scan));
  return { jpeg: concat(parts), frame };
}

/**
 * Takes a whole JPEG apart for a TIFF: the tables as an abbreviated stream of their own, and the tile without them, JFIF
 * and Adobe markers left out of both. @throws slide/corrupt
 */
export function splitJpeg(jpeg: Uint8Array): { readonly tables: Uint8Array; readonly tile: Uint8Array } {
  const { list, scan } = jpegSegments(jpeg);
  const isTable = ({ marker }: JpegSegment) => marker === 0xdb || marker === 0xc4;
  const isApp = ({ marker }: JpegSegment) => marker >= 0xe0 && marker <= 0xef;
  const cut = ({ start, end }: JpegSegment) => jpeg.subarray(start, end);
  const soi = Uint8Array.of(0xff, 0xd8);
  const rest = list.filter((one) => !isTable(one) && !isApp(one)).map(cut);
  return {
    tables: concat([soi, ...list.filter(isTable).map(cut), Uint8Array.of(0xff, 0xd9)]),
    tile: concat([soi, ...rest, jpeg.subarray(scan)]),
  };
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
