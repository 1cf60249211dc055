/**
 * 3DHISTECH MIRAX: a .mrxs file (a small JPEG) beside a folder of the same name with Slidedat.ini, Index.dat and data files.
 * Recognised by Slidedat.ini. Camera fields overlap; their positions come from the position buffer of the scanner (plain or
 * deflated), or from the nominal overlap where there is none. Coarser levels hold images put together from several fields,
 * which are taken apart again so that each part lies where its field lies.
 *
 * @see OpenSlide documentation, "MIRAX format"
 */
import { AppError } from '../../errors.ts';
import { inflate } from '../codecs/bounded.ts';
import { decodeJpegRgb } from '../codecs/jpeg.ts';
import { decodePng } from '../codecs/png.ts';
import { cut } from '../cut-and-paste.ts';
import { fingerprint } from '../fingerprint.ts';
import type { SlideFormat } from '../format.ts';
import { type MiraxIndex, type MiraxPlace, readIndex } from '../mirax/index-file.ts';
import { isSlidedat, parseSlidedat, type Slidedat } from '../mirax/slidedat.ts';
import { type MosaicLevel, mosaic, type PlacedImage } from '../mosaic.ts';
import type { ByteSource, Pixels, Slide, SlideFiles } from '../slide.ts';
import { plausibleMpp } from '../tiff/tiff-slide.ts';
import { tileCache } from '../tile-cache.ts';

const LABEL = '3DHISTECH MIRAX';
const INI_BYTES = 4 * 2 ** 20;
const IMAGE_BYTES = 32 * 2 ** 20;
/** Of one stored position: a flag and two 32-bit numbers. */
const POSITION_BYTES = 9;
/** Stored images are decoded once for all the fields in them, bytes kept. */
const CACHE_BYTES = 64 * 2 ** 20;

const latin1 = new TextDecoder('latin1');

const folderOf = (path: string) => path.slice(0, path.lastIndexOf('/') + 1);
const baseOf = (path: string) => path.slice(path.lastIndexOf('/') + 1);

/** The Slidedat.ini that belongs to a .mrxs file: in the folder of its name, or the only one that was given. */
export function slidedatBeside(files: SlideFiles): ByteSource | undefined {
  const indexes = files.list().filter((path) => baseOf(path).toLowerCase() === 'slidedat.ini');
  const stem = baseOf(files.main.name).replace(/\.[^.]*$/, '');
  const own = indexes.find((path) => baseOf(folderOf(path).slice(0, -1)) === stem);
  const found = own ?? (indexes.length === 1 && /\.mrxs$/i.test(files.main.name) ? indexes[0] : undefined);
  return found === undefined ? undefined : files.find(found);
}

export const mirax: SlideFormat = {
  id: 'mirax',
  label: LABEL,
  detect: ({ head }) => isSlidedat(latin1.decode(head.subarray(0, 4096))),
  async open(files, probe, signal) {
    if (probe.sizeBytes > INI_BYTES)
      throw new AppError({ code: 'slide/corrupt', where: `Slidedat.ini has ${probe.sizeBytes} bytes` });
    const slidedat = parseSlidedat(latin1.decode(await files.main.read(0, probe.sizeBytes, signal)));
    const paths = files.list();
    const index = paths.find((path) => baseOf(path).toLowerCase() === slidedat.indexFile.toLowerCase());
    const folder = index === undefined ? undefined : folderOf(index);
    const need = (name: string): ByteSource => {
      const path = paths.find((one) => one.toLowerCase() === `${folder}${name}`.toLowerCase());
      const source = path === undefined ? undefined : files.find(path);
      if (!source)
        throw new AppError({
          code: 'slide/read-failed',
          name,
          reason: 'it was not given: drop the .mrxs file together with its folder',
        });
      return source;
    };
    const indexSource = need(slidedat.indexFile);
    const places = await readIndex(indexSource, slidedat, signal);
    const sources = new Map<number, ByteSource>();
    const readBytes = async ({ file, offset, length }: MiraxPlace, signal?: AbortSignal) => {
      const source = sources.get(file) ?? need(slidedat.dataFiles[file] ?? '');
      sources.set(file, source);
      if (length > IMAGE_BYTES || offset + length > source.sizeBytes)
        throw new AppError({ code: 'slide/corrupt', where: 'an image lies past the end of its data file' });
      return source.read(offset, length, signal);
    };
    const fields = await readFields(slidedat, places, readBytes, signal);
    const levels = levelsOf(slidedat, places, fields, readBytes);
    const [base] = levels;
    const [first] = slidedat.levels;
    if (!base || !first) throw new AppError({ code: 'slide/corrupt', where: 'it has no level' });
    const composed = mosaic(levels, first.fill);
    const associated = [...slidedat.associated.keys()].filter((name) => {
      const record = slidedat.associated.get(name);
      return record !== undefined && places.record(record) !== undefined;
    });
    const slide: Slide = {
      info: {
        id: await fingerprint(indexSource, signal),
        name: files.main.name,
        format: 'mirax',
        formatLabel: `${LABEL}, ${first.format}`,
        width: base.width,
        height: base.height,
        levels: composed.levels,
        mpp: first.mppX && first.mppY ? plausibleMpp(first.mppX, first.mppY, 'vendor') : undefined,
        objectivePower: slidedat.objectivePower,
        bounds: boundsOf(base),
        background: first.fill,
        properties: slidedat.properties,
        associated,
      },
      readTile: composed.readTile,
      async readAssociated(name, signal) {
        const record = slidedat.associated.get(name as 'label');
        const place = record === undefined ? undefined : places.record(record);
        if (!place) throw new RangeError(`no associated image ${name}`);
        return decode(await readBytes(place, signal), 'JPEG');
      },
      async close() {
        composed.clear();
      },
    };
    return slide;
  },
};

type ReadBytes = (place: MiraxPlace, signal?: AbortSignal) => Promise<Uint8Array>;

interface Fields {
  readonly across: number;
  readonly down: number;
  /** Top-left of each camera field, level-0 px, [down*across,2]. */
  readonly xy: Int32Array;
  /** Fields that were scanned: those of which level 0 holds an image. */
  readonly scanned: ReadonlySet<number>;
}

async function readFields(
  slidedat: Slidedat,
  places: MiraxIndex,
  readBytes: ReadBytes,
  signal: AbortSignal | undefined,
): Promise<Fields> {
  const { divisions, imagesAcross, imagesDown, positions } = slidedat;
  const across = Math.ceil(imagesAcross / divisions);
  const down = Math.ceil(imagesDown / divisions);
  const xy = new Int32Array(across * down * 2);
  const place = positions && places.record(positions.record);
  const wanted = across * down * POSITION_BYTES;
  const stored = place && (await readBytes(place, signal));
  const bytes = stored && positions?.deflated ? await inflate(stored, wanted) : stored;
  if (bytes) {
    if (bytes.length < wanted) throw new AppError({ code: 'slide/corrupt', where: 'its position buffer is too short' });
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let i = 0; i < across * down; i++) {
      xy[i * 2] = view.getInt32(i * POSITION_BYTES + 1, true);
      xy[i * 2 + 1] = view.getInt32(i * POSITION_BYTES + 5, true);
    }
  } else {
    const [first] = slidedat.levels;
    if (!first) throw new AppError({ code: 'slide/corrupt', where: 'it has no level' });
    for (let row = 0; row < down; row++)
      for (let col = 0; col < across; col++) {
        const i = row * across + col;
        xy[i * 2] = Math.round(col * (first.imageWidth * divisions - first.overlapX));
        xy[i * 2 + 1] = Math.round(row * (first.imageHeight * divisions - first.overlapY));
      }
  }
  const scanned = new Set<number>();
  for (const number of places.levels[0]?.keys() ?? []) {
    const col = Math.floor((number % imagesAcross) / divisions);
    const row = Math.floor(Math.floor(number / imagesAcross) / divisions);
    scanned.add(row * across + col);
  }
  return { across, down, xy, scanned };
}

/** Extent along one axis: images side by side, less the overlap after each camera field. */
function extent(images: number, divisions: number, size: number, overlap: number): number {
  let total = 0;
  for (let i = 0; i < images; i++)
    total += i % divisions !== divisions - 1 || i === images - 1 ? size : size - Math.trunc(overlap);
  return total;
}

function levelsOf(slidedat: Slidedat, places: MiraxIndex, fields: Fields, readBytes: ReadBytes): MosaicLevel[] {
  const { imagesAcross, imagesDown, divisions, levels } = slidedat;
  const [first] = levels;
  if (!first) return [];
  const width = extent(imagesAcross, divisions, first.imageWidth, first.overlapX);
  const height = extent(imagesDown, divisions, first.imageHeight, first.overlapY);
  const cache = tileCache(CACHE_BYTES);
  return levels.flatMap((level, index): MosaicLevel[] => {
    const concat = 2 ** level.concatExponent;
    const parts = Math.max(1, concat / divisions);
    const partWidth = level.imageWidth / parts;
    const partHeight = level.imageHeight / parts;
    const size = { width: Math.floor(width / concat), height: Math.floor(height / concat) };
    if (size.width < 1 || size.height < 1 || partWidth < 1 || partHeight < 1) return [];
    const images: PlacedImage[] = [];
    for (const [number, place] of places.levels[index] ?? []) {
      const x = number % imagesAcross;
      const y = Math.floor(number / imagesAcross);
      const read = async () => {
        const key = `${place.file}/${place.offset}`;
        const whole = cache.get(key) ?? (await decode(await readBytes(place), level.format));
        cache.set(key, whole);
        return whole;
      };
      for (let down = 0; down < parts; down++)
        for (let right = 0; right < parts; right++) {
          const col = x + right * divisions;
          const row = y + down * divisions;
          if (col >= imagesAcross || row >= imagesDown) continue;
          const field = Math.floor(row / divisions) * fields.across + Math.floor(col / divisions);
          // Coarser images repeat pixels where no field was scanned.
          if (!fields.scanned.has(field)) continue;
          const inFieldX = (col % divisions) * first.imageWidth;
          const inFieldY = (row % divisions) * first.imageHeight;
          const left = right * partWidth;
          const top = down * partHeight;
          images.push({
            x: Math.round(((fields.xy[field * 2] ?? 0) + inFieldX) / concat),
            y: Math.round(((fields.xy[field * 2 + 1] ?? 0) + inFieldY) / concat),
            width: Math.ceil(partWidth),
            height: Math.ceil(partHeight),
            blockWidth: Math.ceil(partWidth),
            blockHeight: Math.ceil(partHeight),
            readBlock: async () => partOf(await read(), left, top, partWidth, partHeight),
          });
        }
    }
    return [{ ...size, images }];
  });
}

/** What holds a part whose edges lie between pixels. */
function partOf(image: Pixels, left: number, top: number, width: number, height: number): Pixels {
  if (width >= image.width && height >= image.height) return image;
  const x0 = Math.floor(left);
  const y0 = Math.floor(top);
  const w = Math.min(image.width, Math.ceil(left + width)) - x0;
  const h = Math.min(image.height, Math.ceil(top + height)) - y0;
  return cut(image, x0, y0, w, h);
}

async function decode(bytes: Uint8Array, format: 'JPEG' | 'PNG' | 'BMP24'): Promise<Pixels> {
  if (format === 'PNG') return decodePng(bytes);
  if (format === 'BMP24') return decodeBmp(bytes);
  return decodeJpegRgb(bytes, undefined, 'as-marked');
}

/** Uncompressed 24-bit bitmap, rows padded to four bytes and stored from the bottom up. */
function decodeBmp(bytes: Uint8Array): Pixels {
  const broken = () => new AppError({ code: 'slide/corrupt', where: 'a bitmap of it is invalid' });
  if (bytes.length < 54 || bytes[0] !== 0x42 || bytes[1] !== 0x4d) throw broken();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const width = view.getInt32(18, true);
  const signedHeight = view.getInt32(22, true);
  const height = Math.abs(signedHeight);
  const start = view.getUint32(10, true);
  const stride = Math.ceil((width * 3) / 4) * 4;
  const isPlain = view.getUint16(28, true) === 24 && view.getUint32(30, true) === 0;
  if (!isPlain || width < 1 || height < 1 || start + stride * height > bytes.length) throw broken();
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const line = start + (signedHeight > 0 ? height - 1 - y : y) * stride;
    for (let x = 0; x < width; x++)
      for (let c = 0; c < 3; c++) data[(y * width + x) * 3 + c] = bytes[line + x * 3 + 2 - c] ?? 0;
  }
  return { width, height, data };
}

function boundsOf({ width, height, images }: MosaicLevel) {
  let [x, y, right, bottom] = [width, height, 0, 0];
  for (const image of images) {
    x = Math.min(x, image.x);
    y = Math.min(y, image.y);
    right = Math.max(right, image.x + image.width);
    bottom = Math.max(bottom, image.y + image.height);
  }
  if (right <= x || bottom <= y) return { x: 0, y: 0, width, height };
  x = Math.max(0, x);
  y = Math.max(0, y);
  return { x, y, width: Math.min(width, right) - x, height: Math.min(height, bottom) - y };
}
