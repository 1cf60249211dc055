/**
 * IIIF Image API 2 and 3: an info.json that names a picture's size and tiles, each tile an address of its own. Only by
 * address, and only below the address that a person gave: the "id" inside may name another server, which nobody chose.
 *
 * @see https://iiif.io/api/image/3.0/ sections 4 (requests), 5 (information), 4.7 (canonical addresses);
 *   https://iiif.io/api/annex/services/#physical-dimensions
 */
import { AppError } from '../../errors.ts';
import { decodeJpegRgb } from '../codecs/jpeg.ts';
import { fingerprint } from '../fingerprint.ts';
import type { SlideFormat } from '../format.ts';
import { memorySource } from '../http-source.ts';
import { levelsOf } from '../levels.ts';
import type { Mpp, Pixels, SlideFiles } from '../slide.ts';
import { plausibleMpp } from '../tiff/tiff-slide.ts';
import { concat } from '../tiff/tile-bytes.ts';

const LABEL = 'IIIF Image API';
const LIMITS = { edge: 2 ** 31, tile: 8192, levels: 32, tileBytes: 32 * 2 ** 20 } as const;
/** Of servers that make any part, where the description names no tiles. */
const FREE_TILE = 512;

interface Iiif {
  readonly version: 2 | 3;
  readonly width: number;
  readonly height: number;
  readonly tileWidth: number;
  readonly tileHeight: number;
  /** Rising, from 1. */
  readonly scaleFactors: readonly number[];
  readonly mpp: Mpp | undefined;
}

export const iiif: SlideFormat = {
  id: 'iiif',
  label: LABEL,
  detect: ({ head }) => {
    const text = new TextDecoder('latin1').decode(head.subarray(0, 4096));
    return /^\s*\{/.test(text) && /iiif\.io\/api\/image\/[23]/.test(text);
  },
  async open(files, probe, signal) {
    if (!files.readWhole)
      throw new AppError({
        code: 'slide/unsupported',
        format: LABEL,
        feature: 'a description without its server',
      });
    const image = parseInfo(new TextDecoder().decode(probe.head));
    const { width, height } = image;
    const levels = levelsOf(
      image.scaleFactors.map((scale) => {
        const [w, h] = [Math.ceil(width / scale), Math.ceil(height / scale)];
        return {
          width: w,
          height: h,
          tileWidth: Math.min(image.tileWidth, w),
          tileHeight: Math.min(image.tileHeight, h),
        };
      }),
    );
    // The coarsest tile says that the server has tiles at all, and tells pictures of one size apart.
    const sample = await readBytes(files, image, levels.length - 1, 0, 0, signal);
    return {
      info: {
        id: await fingerprint(memorySource('', concat([probe.head, sample])), signal),
        name: files.main.name,
        format: 'iiif',
        formatLabel: `${LABEL} ${image.version}`,
        width,
        height,
        levels,
        mpp: image.mpp,
        objectivePower: undefined,
        bounds: { x: 0, y: 0, width, height },
        background: [255, 255, 255],
        properties: {},
        associated: [],
      },
      async readTile(index, col, row, stop) {
        const level = levels[index];
        if (!level) throw new RangeError(`no level ${index}`);
        const pixels = await decodeJpegRgb(
          await readBytes(files, image, index, col, row, stop),
          undefined,
          'as-marked',
        );
        return fitted(
          pixels,
          Math.min(level.tileWidth, level.width - col * level.tileWidth),
          Math.min(level.tileHeight, level.height - row * level.tileHeight),
        );
      },
      async readAssociated(name) {
        throw new RangeError(`no associated image ${name}`);
      },
      async close() {},
    };
  },
};

/** One tile by its canonical address, which also servers of ready-made files know. */
async function readBytes(
  files: SlideFiles,
  image: Iiif,
  index: number,
  col: number,
  row: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const path = tilePath(image, image.scaleFactors[index] ?? 1, col, row);
  // libvips writes the numbers of the region even where they are all of it.
  const other = path.replace(/^full/, `0,0,${image.width},${image.height}`);
  const bytes =
    (await files.readWhole?.(path, LIMITS.tileBytes, signal)) ??
    (other === path ? undefined : await files.readWhole?.(other, LIMITS.tileBytes, signal));
  if (!bytes)
    throw new AppError({ code: 'slide/read-failed', name: path, reason: 'the server has no such part of the picture' });
  return bytes;
}

/** region/size/rotation/quality.format of one tile. */
export function tilePath(
  {
    version,
    width,
    height,
    tileWidth,
    tileHeight,
  }: Pick<Iiif, 'version' | 'width' | 'height' | 'tileWidth' | 'tileHeight'>,
  scale: number,
  col: number,
  row: number,
): string {
  const x = col * tileWidth * scale;
  const y = row * tileHeight * scale;
  const w = Math.min(tileWidth * scale, width - x);
  const h = Math.min(tileHeight * scale, height - y);
  const isAll = w === width && h === height;
  const region = isAll ? 'full' : `${x},${y},${w},${h}`;
  const [sw, sh] = [Math.ceil(w / scale), Math.ceil(h / scale)];
  const whole = version === 2 ? 'full' : 'max';
  const size = isAll && scale === 1 ? whole : version === 2 ? `${sw},` : `${sw},${sh}`;
  return `${region}/${size}/0/default.jpg`;
}

/** Servers round the size of edge tiles up or down: one pixel more is cut off, one less is repeated. @throws slide/corrupt */
function fitted(pixels: Pixels, width: number, height: number): Pixels {
  if (pixels.width === width && pixels.height === height) return pixels;
  if (Math.abs(pixels.width - width) > 1 || Math.abs(pixels.height - height) > 1)
    throw new AppError({ code: 'slide/corrupt', where: `it is ${pixels.width} x ${pixels.height} px` });
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const from = (Math.min(y, pixels.height - 1) * pixels.width + Math.min(x, pixels.width - 1)) * 3;
      data.set(pixels.data.subarray(from, from + 3), (y * width + x) * 3);
    }
  return { width, height, data };
}

/** @throws slide/corrupt, slide/unsupported */
export function parseInfo(text: string): Iiif {
  const corrupt = (what: string) => new AppError({ code: 'slide/corrupt', where: `its IIIF description says ${what}` });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw corrupt('nothing that can be read');
  }
  const info = objectOf(json);
  const context = JSON.stringify(info['@context'] ?? '');
  const version = context.includes('iiif.io/api/image/3') ? 3 : 2;
  const number = (from: Readonly<Record<string, unknown>>, field: string, most: number): number => {
    const value = from[field];
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > most)
      throw corrupt(`${field} = ${JSON.stringify(value)}`);
    return value;
  };
  const width = number(info, 'width', LIMITS.edge);
  const height = number(info, 'height', LIMITS.edge);
  const mpp = scaleOf(info.service);
  const [first] = Array.isArray(info.tiles) ? info.tiles : [];
  if (first === undefined) {
    if (/level0/.test(JSON.stringify(info.profile ?? '')))
      throw new AppError({ code: 'slide/unsupported', format: LABEL, feature: 'a picture that has no tiles' });
    return {
      version,
      width,
      height,
      tileWidth: FREE_TILE,
      tileHeight: FREE_TILE,
      scaleFactors: halves(width, height),
      mpp,
    };
  }
  const tile = objectOf(first);
  const tileWidth = number(tile, 'width', LIMITS.tile);
  const tileHeight = tile.height === undefined ? tileWidth : number(tile, 'height', LIMITS.tile);
  const factors = Array.isArray(tile.scaleFactors) ? tile.scaleFactors : [];
  const isFactor = (one: unknown): one is number => typeof one === 'number' && Number.isInteger(one) && one >= 1;
  const scaleFactors = [...new Set(factors.filter(isFactor))].sort((a, b) => a - b);
  if (scaleFactors[0] !== 1 || scaleFactors.length > LIMITS.levels)
    throw corrupt(`scaleFactors = ${JSON.stringify(tile.scaleFactors)?.slice(0, 80)}`);
  // A level of a pixel or two is no help to anyone.
  const useful = scaleFactors.filter((scale) => scale === 1 || Math.min(width, height) / scale >= 2);
  return { version, width, height, tileWidth, tileHeight, scaleFactors: useful, mpp };
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

function halves(width: number, height: number): number[] {
  const factors = [1];
  while (Math.max(width, height) / (factors.at(-1) ?? 1) > FREE_TILE) factors.push((factors.at(-1) ?? 1) * 2);
  return factors;
}

/** µm per px of the service for physical dimensions, where it is one that a microscope has. */
function scaleOf(service: unknown): Mpp | undefined {
  const units: Readonly<Record<string, number>> = { mm: 1_000, cm: 10_000, in: 25_400 };
  for (const one of Array.isArray(service) ? service : [service]) {
    const { physicalScale, physicalUnits } = objectOf(one);
    const um = typeof physicalUnits === 'string' ? units[physicalUnits] : undefined;
    if (typeof physicalScale === 'number' && um !== undefined)
      return plausibleMpp(physicalScale * um, physicalScale * um, 'vendor');
  }
  return undefined;
}
