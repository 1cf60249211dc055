/** Writes Hamamatsu NDPI: one JPEG with restart markers a level. @see OpenSlide documentation, "Hamamatsu format" */
import { encodeJpeg, type Subsampling } from '../../slide/codecs/jpeg.ts';
import type { Pixels } from '../../slide/slide.ts';
import { concat, jpegSegments } from '../../slide/tiff/tile-bytes.ts';

export interface NdpiSpec {
  readonly levels: readonly Pixels[];
  /** MCUs in a restart interval; must divide the MCUs of a row. */
  readonly interval: number;
  readonly subsampling: Subsampling;
  /** µm per px of level 0. */
  readonly mpp: number;
  readonly lens: number;
  readonly macro: Pixels | undefined;
}

export interface CodedImage {
  readonly jpeg: Uint8Array;
  /** First byte of each restart interval; undefined for an image without. */
  readonly starts: readonly number[] | undefined;
}

/**
 * One JPEG of many restart intervals. Each interval is encoded alone and its scan spliced in: an interval starts with fresh
 * predictors, so the result is what an encoder with restart markers would write.
 */
export async function restartJpeg(image: Pixels, interval: number, subsampling: Subsampling): Promise<CodedImage> {
  const mcuWidth = subsampling === '444' ? 8 : 16;
  const mcuHeight = subsampling === '420' ? 16 : 8;
  const width = interval * mcuWidth;
  const cols = Math.ceil(image.width / width);
  const rows = Math.ceil(image.height / mcuHeight);
  const parts: Uint8Array[] = [];
  const starts: number[] = [];
  let at = 0;
  const add = (part: Uint8Array) => {
    parts.push(part);
    at += part.length;
  };
  for (let index = 0; index < cols * rows; index++) {
    const x = (index % cols) * width;
    const y = Math.floor(index / cols) * mcuHeight;
    const piece = cut(image, x, y, width, mcuHeight);
    const jpeg = await encodeJpeg({ ...piece, components: 3 }, 90, subsampling);
    const { list, scan } = jpegSegments(jpeg);
    const scanHeader = ((jpeg[scan + 2] ?? 0) << 8) + (jpeg[scan + 3] ?? 0);
    const first = scan + 2 + scanHeader;
    if (index === 0) {
      add(Uint8Array.of(0xff, 0xd8));
      for (const { marker, start, end } of list) {
        const segment = jpeg.slice(start, end);
        if (marker >= 0xc0 && marker <= 0xc1) {
          const view = new DataView(segment.buffer);
          view.setUint16(5, image.height);
          view.setUint16(7, image.width);
        }
        add(segment);
      }
      add(Uint8Array.of(0xff, 0xdd, 0, 4, interval >> 8, interval & 255));
      add(jpeg.subarray(scan, first));
    }
    starts.push(at);
    add(jpeg.subarray(first, jpeg.length - 2));
    add(Uint8Array.of(0xff, index + 1 < cols * rows ? 0xd0 + (index % 8) : 0xd9));
  }
  return { jpeg: concat(parts), starts };
}

/** A piece of the image; what lies outside repeats the last pixel, as encoders fill their blocks. */
function cut(image: Pixels, x: number, y: number, width: number, height: number): Pixels {
  const data = new Uint8Array(width * height * 3);
  for (let dy = 0; dy < height; dy++)
    for (let dx = 0; dx < width; dx++) {
      const from = Math.min(image.height - 1, y + dy) * image.width + Math.min(image.width - 1, x + dx);
      data.set(image.data.subarray(from * 3, from * 3 + 3), (dy * width + dx) * 3);
    }
  return { width, height, data };
}

type Value = number | string | readonly number[];
const TYPE = { short: 3, long: 4, rational: 5, slong: 9, float: 11, text: 2 } as const;
const BYTES = { short: 2, long: 4, rational: 8, slong: 4, float: 4, text: 1 } as const;

/** The bytes of an NDPI file. */
export async function ndpiBytes(spec: NdpiSpec): Promise<Uint8Array> {
  const parts: Uint8Array[] = [new Uint8Array(12)];
  let at = 12;
  const add = (part: Uint8Array) => {
    const where = at;
    parts.push(part);
    at += part.length;
    return where;
  };
  const links: number[] = [4];
  const images: { readonly pixels: Pixels; readonly lens: number; readonly coded: CodedImage }[] = [];
  const [base] = spec.levels;
  for (const pixels of spec.levels) {
    const lens = base ? (spec.lens * pixels.width) / base.width : spec.lens;
    images.push({ pixels, lens, coded: await restartJpeg(pixels, spec.interval, spec.subsampling) });
  }
  if (spec.macro) {
    const jpeg = await encodeJpeg({ ...spec.macro, components: 3 }, 90, '444');
    images.push({ pixels: spec.macro, lens: -1, coded: { jpeg, starts: undefined } });
  }
  const directories: number[] = [];
  for (const { pixels, lens, coded } of images) {
    const offset = add(coded.jpeg);
    const perCm = Math.round(((1e4 / spec.mpp) * pixels.width) / (base?.width ?? pixels.width));
    const entries: [number, keyof typeof TYPE, Value][] = [
      [256, 'long', pixels.width],
      [257, 'long', pixels.height],
      [258, 'short', [8, 8, 8]],
      [259, 'short', 7],
      [262, 'short', 6],
      [271, 'text', 'Hamamatsu'],
      [272, 'text', 'milscope test'],
      [273, 'long', offset],
      [277, 'short', 3],
      [278, 'long', pixels.height],
      [279, 'long', coded.jpeg.length],
      [282, 'rational', [perCm, 1]],
      [283, 'rational', [perCm, 1]],
      [296, 'short', 3],
      [305, 'text', 'milscope'],
      [65420, 'short', 1],
      [65421, 'float', lens],
      [65422, 'slong', 1200],
      [65423, 'slong', -3400],
      [65424, 'slong', 0],
    ];
    if (coded.starts) entries.push([65426, 'long', coded.starts]);
    const placed = entries.map(([id, type, value]) => {
      const numbers = typeof value === 'string' ? [...new TextEncoder().encode(`${value}\0`)] : [value].flat();
      const bytes = new Uint8Array(Math.max(4, numbers.length * (type === 'rational' ? 4 : BYTES[type])));
      const view = new DataView(bytes.buffer);
      for (const [i, number] of numbers.entries())
        if (type === 'text') view.setUint8(i, number);
        else if (type === 'short') view.setUint16(i * 2, number, true);
        else if (type === 'float') view.setFloat32(i * 4, number, true);
        else view.setInt32(i * 4, number, true);
      const count = type === 'rational' ? numbers.length / 2 : numbers.length;
      if (bytes.length <= 4) return { id, type, count, bytes };
      const where = new Uint8Array(4);
      new DataView(where.buffer).setUint32(0, add(bytes), true);
      return { id, type, count, bytes: where };
    });
    const directory = new Uint8Array(2 + placed.length * 12 + 8);
    const view = new DataView(directory.buffer);
    view.setUint16(0, placed.length, true);
    for (const [i, { id, type, count, bytes }] of placed.entries()) {
      view.setUint16(2 + i * 12, id, true);
      view.setUint16(4 + i * 12, TYPE[type], true);
      view.setUint32(6 + i * 12, count, true);
      directory.set(bytes, 10 + i * 12);
    }
    const where = add(directory);
    directories.push(where);
    links.push(where + 2 + placed.length * 12);
  }
  const file = concat(parts);
  const view = new DataView(file.buffer);
  file.set([0x49, 0x49, 42, 0]);
  for (const [i, directory] of directories.entries()) view.setUint32(links[i] ?? 0, directory, true);
  return file;
}
