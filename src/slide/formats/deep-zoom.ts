/**
 * Deep Zoom: a small XML (.dzi) beside a folder NAME_files with one folder a level and one JPEG or PNG a tile. Recognised by
 * the XML's namespace. Each level halves the one above, rounding up; tiles carry pixels of their neighbours ("Overlap"),
 * which are cut off. Nothing in it says a pixel size.
 *
 * @see "Deep Zoom File Format Overview" (Microsoft, Silverlight documentation)
 */
import { AppError } from '../../errors.ts';
import { decodeJpegRgb } from '../codecs/jpeg.ts';
import { decodePng, isPng } from '../codecs/png.ts';
import { cut } from '../cut-and-paste.ts';
import { fingerprint } from '../fingerprint.ts';
import type { SlideFormat } from '../format.ts';
import { memorySource } from '../http-source.ts';
import { levelsOf } from '../levels.ts';
import type { Level, Pixels, Slide, SlideFiles } from '../slide.ts';
import { concat } from '../tiff/tile-bytes.ts';
import { attribute, child, numberAttribute, parseXml } from '../xml.ts';

const LABEL = 'Deep Zoom';
const LIMITS = { edge: 2 ** 31, tile: 8192, overlap: 256, tileBytes: 32 * 2 ** 20 } as const;

interface DeepZoom {
  readonly width: number;
  readonly height: number;
  readonly tileSize: number;
  readonly overlap: number;
  readonly extension: string;
}

export const deepZoom: SlideFormat = {
  id: 'deep-zoom',
  label: LABEL,
  detect: ({ head }) =>
    new TextDecoder('latin1').decode(head.subarray(0, 4096)).includes('schemas.microsoft.com/deepzoom'),
  async open(files, probe, signal) {
    const image = parseDzi(new TextDecoder().decode(probe.head));
    const { width, height, tileSize } = image;
    const folder = folderOf(files);
    // The finest level has the number ceil(log2(longest side)); level numbers fall as levels halve.
    const top = Math.ceil(Math.log2(Math.max(width, height, 1)));
    const sizes: Omit<Level, 'index' | 'downsample'>[] = [];
    for (let index = 0; index <= top; index++) {
      const size = (full: number) => Math.max(1, Math.ceil(full / 2 ** index));
      const [w, h] = [size(width), size(height)];
      sizes.push({ width: w, height: h, tileWidth: Math.min(tileSize, w), tileHeight: Math.min(tileSize, h) });
      if (w <= tileSize && h <= tileSize) break;
    }
    const levels = levelsOf(sizes);
    // Of a slide by address: the coarsest tile says that there are tiles at all, and tells slides of one size apart.
    const sample =
      files.readWhole &&
      (await readTileFile(files, `${folder}/${top - levels.length + 1}/0_0.${image.extension}`, signal));
    if (files.readWhole && !sample)
      throw new AppError({
        code: 'slide/read-failed',
        name: folder,
        reason: 'the server has no tiles beside the description',
      });
    const slide: Slide = {
      info: {
        id: await fingerprint(sample ? memorySource('', concat([probe.head, sample])) : files.main, signal),
        name: files.main.name,
        format: 'deep-zoom',
        formatLabel: `${LABEL}, ${image.extension}`,
        width,
        height,
        levels,
        mpp: undefined,
        objectivePower: undefined,
        bounds: { x: 0, y: 0, width, height },
        background: [255, 255, 255],
        properties: {},
        associated: [],
      },
      async readTile(index, col, row, signal) {
        const level = levels[index];
        if (!level) throw new RangeError(`no level ${index}`);
        const bytes = await readTileFile(files, `${folder}/${top - index}/${col}_${row}.${image.extension}`, signal);
        // Writers leave out tiles of nothing but background.
        const w = Math.min(tileSize, level.width - col * tileSize);
        const h = Math.min(tileSize, level.height - row * tileSize);
        if (!bytes) return { width: w, height: h, data: new Uint8Array(w * h * 3).fill(255) };
        const pixels = await decode(bytes);
        const left = col > 0 ? image.overlap : 0;
        const topRow = row > 0 ? image.overlap : 0;
        if (pixels.width < left + w || pixels.height < topRow + h)
          throw new AppError({ code: 'slide/corrupt', where: `it is ${pixels.width} x ${pixels.height} px` });
        return cut(pixels, left, topRow, w, h);
      },
      async readAssociated(name) {
        throw new RangeError(`no associated image ${name}`);
      },
      async close() {},
    };
    return slide;
  },
};

/** @throws slide/corrupt */
function parseDzi(text: string): DeepZoom {
  const root = child(parseXml(text, 'its Deep Zoom description'), 'Image');
  const size = child(root, 'Size');
  const number = (value: number | undefined, name: string, most: number, least = 1) => {
    if (value === undefined || !Number.isInteger(value) || value < least || value > most)
      throw new AppError({ code: 'slide/corrupt', where: `its Deep Zoom description says ${name} = ${value}` });
    return value;
  };
  const extension = attribute(root, 'Format')?.toLowerCase() ?? '';
  if (!/^(jpe?g|png)$/.test(extension))
    throw new AppError({
      code: 'slide/unsupported',
      format: LABEL,
      feature: `tiles of kind ${extension || 'unknown'}`,
    });
  return {
    width: number(numberAttribute(size, 'Width'), 'Width', LIMITS.edge),
    height: number(numberAttribute(size, 'Height'), 'Height', LIMITS.edge),
    tileSize: number(numberAttribute(root, 'TileSize'), 'TileSize', LIMITS.tile, 16),
    overlap: number(numberAttribute(root, 'Overlap') ?? 0, 'Overlap', LIMITS.overlap, 0),
    extension,
  };
}

/** The bytes of a tile, from the files given or from the server; undefined where there is no such file. */
async function readTileFile(
  files: SlideFiles,
  path: string,
  signal: AbortSignal | undefined,
): Promise<Uint8Array | undefined> {
  if (files.readWhole) return files.readWhole(path, LIMITS.tileBytes, signal);
  const source = files.find(path);
  if (source && source.sizeBytes > LIMITS.tileBytes)
    throw new AppError({ code: 'slide/corrupt', where: `its file has ${source.sizeBytes} bytes` });
  return source?.read(0, source.sizeBytes, signal);
}

/** The folder of tiles: NAME_files beside NAME.dzi. @throws slide/read-failed when it was not given */
function folderOf(files: SlideFiles): string {
  const stem = files.main.name.replace(/^.*\//, '').replace(/\.[^.]*$/, '');
  if (files.readWhole) return `${stem}_files`;
  const path = files.list().find((one) => one.startsWith(`${stem}_files/`) || one.includes(`/${stem}_files/`));
  if (path === undefined)
    throw new AppError({
      code: 'slide/read-failed',
      name: `${stem}_files`,
      reason: 'it was not given: drop the .dzi file together with its folder',
    });
  return path.slice(0, path.indexOf(`${stem}_files/`) + `${stem}_files`.length);
}

async function decode(bytes: Uint8Array): Promise<Pixels> {
  if (isPng(bytes)) return decodePng(bytes);
  return decodeJpegRgb(bytes, undefined, 'as-marked');
}
