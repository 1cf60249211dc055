/** Pixels of a tile or strip as the bytes that a TIFF holds. @see TIFF 6.0; TIFF Technical Note 2 (JPEG in TIFF) */
import { assert } from '../../errors.ts';
import { encodeJpeg } from '../codecs/jpeg.ts';
import type { Pixels } from '../slide.ts';
import { concat, splitJpeg } from './tile-bytes.ts';
import { encodeLzw } from './write-lzw.ts';
import type { TiffImageSpec } from './write-spec.ts';

/** Pixels filled up to a block by repeating the last column and row, which compresses without an edge. */
export function padTo(pixels: Pixels, width: number, height: number): Pixels {
  if (pixels.width === width && pixels.height === height) return pixels;
  assert(pixels.width <= width && pixels.height <= height, 'a block is larger than its tile');
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const from = Math.min(y, pixels.height - 1) * pixels.width * 3;
    const to = y * width * 3;
    data.set(pixels.data.subarray(from, from + pixels.width * 3), to);
    for (let i = to + pixels.width * 3; i < to + width * 3; i++) data[i] = data[i - 3] ?? 0;
  }
  return { width, height, data };
}

function plane({ data }: Pixels, channel: number): Uint8Array {
  const out = new Uint8Array(data.length / 3);
  for (let i = 0; i < out.length; i++) out[i] = data[i * 3 + channel] ?? 0;
  return out;
}

/** One block, of each plane; JPEG tables apart where all tiles share them. */
export async function encodeBlock(
  image: TiffImageSpec,
  pixels: Pixels,
  littleEndian: boolean,
): Promise<{ readonly planes: readonly Uint8Array[]; readonly tables: Uint8Array | undefined }> {
  const { width, height } = pixels;
  const gray = image.color === 'gray';
  if (image.compression === 'jpeg') {
    const jpeg = await encodeJpegTile(image, pixels);
    if (image.sharedTables === false) return { planes: [jpeg], tables: undefined };
    const { tables, tile } = splitJpeg(jpeg);
    return { planes: [tile], tables };
  }
  const { zlibSync } = await import('fflate');
  const channels = gray ? [plane(pixels, 0)] : image.planar ? [0, 1, 2].map((c) => plane(pixels, c)) : [pixels.data];
  const samples = channels.length === 1 && !gray ? 3 : 1;
  const planes = channels.map((samplesOf8) => {
    const bytes = sampleBytes(samplesOf8, width, height, samples, image, littleEndian);
    switch (image.compression) {
      case 'deflate':
        return zlibSync(bytes);
      case 'lzw':
        return encodeLzw(bytes);
      default:
        return bytes;
    }
  });
  return { planes, tables: undefined };
}

function sampleBytes(
  data: Uint8Array,
  width: number,
  height: number,
  samples: number,
  { bits = 8, predictor = 1 }: TiffImageSpec,
  littleEndian: boolean,
): Uint8Array {
  const perRow = width * samples;
  const values = bits === 8 ? Uint8Array.from(data) : Uint16Array.from(data, (value) => value * 257);
  if (predictor === 2)
    for (let y = 0; y < height; y++)
      for (let i = perRow - 1; i >= samples; i--) {
        const at = y * perRow + i;
        values[at] = (values[at] ?? 0) - (values[at - samples] ?? 0);
      }
  if (values instanceof Uint8Array) return values;
  const out = new DataView(new ArrayBuffer(values.length * 2));
  values.forEach((value, i) => {
    out.setUint16(i * 2, value, littleEndian);
  });
  return new Uint8Array(out.buffer);
}

async function encodeJpegTile(image: TiffImageSpec, pixels: Pixels): Promise<Uint8Array> {
  const { width, height } = pixels;
  const quality = image.quality ?? 85;
  const color = image.color ?? 'ycbcr';
  if (color === 'ycbcr') return encodeJpeg({ ...pixels, components: 3 }, quality, image.subsampling ?? '444');
  const gray = (channel: number) =>
    encodeJpeg({ width, height, components: 1, data: plane(pixels, channel) }, quality, '444');
  if (color === 'gray') return gray(0);
  // The encoder makes YCbCr of three components. For RGB, three grey images become three scans of one image, with no marker
  // that says so: as scanners write it.
  const [red, green, blue] = [await gray(0), await gray(1), await gray(2)];
  const { tables, tile } = splitJpeg(red);
  const scans = [tile, splitJpeg(green).tile, splitJpeg(blue).tile].map((one) => {
    const { scanStart, headerBytes } = scanOf(one);
    return one.subarray(scanStart + headerBytes, one.length - 2);
  });
  const [hh, hl, wh, wl] = [height >> 8, height & 255, width >> 8, width & 255];
  const frame = [0xff, 0xc0, 0, 17, 8, hh, hl, wh, wl, 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0];
  const parts = [
    tables.subarray(0, tables.length - 2),
    Uint8Array.from(frame),
    ...scans.flatMap((scan, i) => [Uint8Array.of(0xff, 0xda, 0, 8, 1, i + 1, 0, 0, 63, 0), scan]),
    Uint8Array.of(0xff, 0xd9),
  ];
  return concat(parts);
}

/** Where the one scan of a tile that splitJpeg made begins, and how long its header is. */
function scanOf(tile: Uint8Array): { readonly scanStart: number; readonly headerBytes: number } {
  let at = 2;
  while (tile[at + 1] !== 0xda) at += 2 + (((tile[at + 2] ?? 0) << 8) | (tile[at + 3] ?? 0));
  return { scanStart: at, headerBytes: 2 + (((tile[at + 2] ?? 0) << 8) | (tile[at + 3] ?? 0)) };
}
