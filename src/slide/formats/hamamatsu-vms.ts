/**
 * Hamamatsu VMS and VMU: an INI file that names the image files beside it. VMS images are JPEGs side by side, each read by
 * its restart markers: the optimisation file says where each row of blocks starts, the markers within a row are looked for
 * when a block of it is wanted; entries that point at no marker are not believed. VMU images are NGR: uncompressed, 12 bits
 * of 16, in columns. The map file is the smaller level, the macro image stands beside it. Only focal plane 0 is read.
 *
 * @see OpenSlide documentation, "Hamamatsu format", VMS, VMU, optimisation file, NGR
 */
import { AppError } from '../../errors.ts';
import { fingerprint } from '../fingerprint.ts';
import type { SlideFormat } from '../format.ts';
import { parseIni } from '../ini.ts';
import { type MosaicLevel, mosaic, type PlacedImage } from '../mosaic.ts';
import type { ByteSource, Slide, SlideFiles } from '../slide.ts';
import { plausibleMpp } from '../tiff/tiff-slide.ts';
import { jpegOpener, type OpenImage, openWhole, readWhole } from '../vms/jpeg-image.ts';
import { openNgr } from '../vms/ngr.ts';

const VMS = 'Virtual Microscope Specimen';
const VMU = 'Uncompressed Virtual Microscope Specimen';
const LIMITS = {
  iniBytes: 2 ** 20,
  imagesAcross: 256,
} as const;

const latin1 = new TextDecoder('latin1');

function corrupt(where: string): AppError {
  return new AppError({ code: 'slide/corrupt', where });
}

const kindOf = (head: Uint8Array) => {
  const text = latin1.decode(head.subarray(0, 4096));
  return text.includes(`[${VMU}]`) ? VMU : text.includes(`[${VMS}]`) ? VMS : undefined;
};

export const hamamatsuVms: SlideFormat = {
  id: 'hamamatsu-vms',
  label: 'Hamamatsu VMS or VMU',
  detect: ({ head }) => kindOf(head) !== undefined,
  async open(files, probe, signal) {
    const kind = kindOf(probe.head) ?? VMS;
    const label = kind === VMS ? 'Hamamatsu VMS' : 'Hamamatsu VMU';
    if (files.main.sizeBytes > LIMITS.iniBytes) throw corrupt('its index file is too large');
    const text = latin1.decode(await files.main.read(0, files.main.sizeBytes, signal));
    const keys = parseIni(text).get(kind) ?? new Map<string, string>();
    const beside = (name: string) => {
      const source = besideOf(files, name);
      if (source) return source;
      throw new AppError({ code: 'slide/unsupported', format: label, feature: `it without its file ${name}` });
    };
    const images = imagesOf(keys, kind === VMS);
    const sources = images.map((row) => row.map(beside));
    const openImage: OpenImage =
      kind === VMS ? jpegOpener(optimisation(files, keys)) : (source) => openNgr(source, label, signal);
    const level0 = await levelOf(sources, openImage, signal);
    const levels = [level0];
    const mapName = keys.get('MapFile');
    if (mapName) {
      const map =
        kind === VMS ? await openWhole(beside(mapName), signal) : await openNgr(beside(mapName), label, signal);
      const { width, height } = map;
      if (width < level0.width && height < level0.height)
        levels.push({ width, height, images: [{ ...map, x: 0, y: 0 }] });
    }
    const composed = mosaic(levels, [255, 255, 255]);
    const macroName = keys.get('MacroImage');
    const macro = macroName ? besideOf(files, macroName) : undefined;
    const { width, height } = level0;
    const um = (key: string, px: number) => Number(keys.get(key)) / (1000 * px);
    const power = Number(keys.get('SourceLens'));
    const slide: Slide = {
      info: {
        id: await fingerprint(sources[0]?.[0] ?? files.main, signal),
        name: files.main.name,
        format: 'hamamatsu-vms',
        formatLabel: `${label}, ${kind === VMS ? 'JPEG' : 'uncompressed'}`,
        width,
        height,
        levels: composed.levels,
        mpp: plausibleMpp(um('PhysicalWidth', width), um('PhysicalHeight', height), 'vendor'),
        objectivePower: power > 0 ? power : undefined,
        bounds: { x: 0, y: 0, width, height },
        background: [255, 255, 255],
        properties: Object.fromEntries([...keys].map(([key, value]) => [`hamamatsu.${key}`, value])),
        associated: macro ? ['macro'] : [],
      },
      readTile: composed.readTile,
      async readAssociated(name, signal) {
        if (name !== 'macro' || !macro) throw new RangeError(`no associated image ${name}`);
        return readWhole(macro, signal);
      },
      async close() {
        composed.clear();
      },
    };
    return slide;
  },
};

/** A file in the folder of the index. */
function besideOf(files: SlideFiles, name: string): ByteSource | undefined {
  const folder = files.main.name.slice(0, files.main.name.lastIndexOf('/') + 1);
  return files.find(folder + name) ?? files.find(name);
}

/** Names of the images of focal plane 0, by row and column. @throws slide/corrupt where one is missing */
function imagesOf(keys: ReadonlyMap<string, string>, isJpeg: boolean): string[][] {
  const named = new Map<string, string>();
  const names = new Set<string>();
  let [cols, rows] = [1, 1];
  for (const [key, value] of keys) {
    const [, list] = /^ImageFile(?:\(([\d, ]+)\))?$/.exec(key) ?? [];
    if (!/^ImageFile(\(|$)/.test(key) || value === '') continue;
    const at = (list ?? '0,0').split(',').map(Number);
    const [x = 0, y = 0] = at.slice(-2);
    if (at.length > 3 || (at.length === 3 && at[0] !== 0)) continue;
    if (!(x < LIMITS.imagesAcross && y < LIMITS.imagesAcross)) throw corrupt(`its index names the image ${key}`);
    if (names.has(value)) throw corrupt(`its index names ${value} twice`);
    names.add(value);
    named.set(`${x},${y}`, value);
    cols = Math.max(cols, x + 1);
    rows = Math.max(rows, y + 1);
  }
  const stated = (key: string, found: number) => {
    const value = Number(keys.get(key) ?? (isJpeg ? Number.NaN : found));
    if (value !== found) throw corrupt(`its index says ${key} = ${keys.get(key)} and names ${found}`);
  };
  if (isJpeg) {
    stated('NoJpegColumns', cols);
    stated('NoJpegRows', rows);
  }
  return Array.from({ length: rows }, (_, y) =>
    Array.from({ length: cols }, (_, x) => {
      const name = named.get(`${x},${y}`);
      if (name === undefined) throw corrupt(`its index names no image (${x},${y})`);
      return name;
    }),
  );
}

/** The images side by side. @throws slide/corrupt where their edges do not meet */
async function levelOf(
  sources: readonly (readonly ByteSource[])[],
  open: OpenImage,
  signal: AbortSignal | undefined,
): Promise<MosaicLevel> {
  const images: PlacedImage[] = [];
  let width = 0;
  let y = 0;
  for (const row of sources) {
    let x = 0;
    let height = 0;
    for (const source of row) {
      const image = await open(source, signal);
      if (height !== 0 && image.height !== height) throw corrupt(`${source.name} is not as high as its neighbour`);
      images.push({ ...image, x, y });
      x += image.width;
      height = image.height;
    }
    if (width !== 0 && x !== width) throw corrupt('its rows of images are not equally wide');
    width = x;
    y += height;
  }
  return { width, height: y, images };
}

/** The optimisation file; undefined where there is none. */
function optimisation(files: SlideFiles, keys: ReadonlyMap<string, string>): ByteSource | undefined {
  const name = keys.get('OptimisationFile');
  return name ? besideOf(files, name) : undefined;
}
