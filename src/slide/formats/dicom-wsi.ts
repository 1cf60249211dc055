/**
 * DICOM VL Whole Slide Microscopy: one series of files, one or more a level. Recognised by "DICM" at byte 128. A level is the
 * VOLUME instances of one total size: parts of a concatenation, optical paths or focal planes in files of their own. LABEL,
 * OVERVIEW and THUMBNAIL instances are the associated images. TILED_FULL frames lie in reading order, TILED_SPARSE frames
 * where their positions say. Of several focal planes the middle one is read; several monochrome optical paths are shown as
 * one picture, each in a colour of its own.
 *
 * @see DICOM PS3.3 A.32.8, C.8.12.4; PS3.3 C.7.6.17.3
 */
import { AppError, isAbort } from '../../errors.ts';
import { type AddLight, lightOf } from '../channels.ts';
import { decodeFrame, type FrameSamples, syntaxOf } from '../dicom/decode-frame.ts';
import { frameReader, type ReadFrame } from '../dicom/frames.ts';
import { type DicomInstance, isDicom, readInstance } from '../dicom/instance.ts';
import { fingerprint } from '../fingerprint.ts';
import type { SlideFormat } from '../format.ts';
import type { Level, Pixels, Slide, SlideFiles } from '../slide.ts';
import { plausibleMpp } from '../tiff/tiff-slide.ts';

const WSI = '1.2.840.10008.5.1.4.1.1.77.1.6';
const OTHER_KINDS: Readonly<Record<string, string>> = {
  '1.2.840.10008.5.1.4.1.1.66.4': 'segmentations',
  '1.2.840.10008.5.1.4.1.1.91.1': 'bulk annotations',
  '1.2.840.10008.5.1.4.1.1.77.1.2': 'microscopy images that are not whole slides',
  '1.2.840.10008.5.1.4.1.1.30': 'parametric maps',
};
const MAX_FILES = 4096;

/** Display colours of monochrome optical paths, in their order. */
const PATH_COLORS: readonly (readonly [number, number, number])[] = [
  [0, 0, 255],
  [0, 255, 0],
  [255, 0, 0],
  [0, 255, 255],
  [255, 0, 255],
  [255, 255, 0],
  [255, 255, 255],
];

interface Part {
  readonly instance: DicomInstance;
  readonly read: ReadFrame;
  /** Frames by tile (row * cols + col), for sparse parts. */
  readonly byTile: ReadonlyMap<number, readonly PlacedFrame[]> | undefined;
}

interface PlacedFrame {
  readonly frame: number;
  readonly path: string | undefined;
  /** Of the frame within the tile, px. */
  readonly dx: number;
  readonly dy: number;
}

interface DicomLevel {
  readonly width: number;
  readonly height: number;
  readonly tileWidth: number;
  readonly tileHeight: number;
  readonly cols: number;
  readonly rows: number;
  readonly parts: readonly Part[];
}

export const dicomWsi: SlideFormat = {
  id: 'dicom-wsi',
  label: 'DICOM',
  detect: ({ head }) => isDicom(head),
  async open(files, _probe, signal) {
    const instances = await readSeries(files, signal);
    const volumes = instances.filter(({ imageType }) => isVolume(imageType));
    if (volumes.length === 0) {
      const kind = instances[0]?.imageType[2]?.toLowerCase() ?? 'other';
      throw new AppError({
        code: 'slide/unsupported',
        format: 'DICOM',
        feature: `a ${kind} image without the slide it belongs to`,
      });
    }
    const levels = levelsOf(volumes);
    const [base] = levels;
    const first = base?.parts[0]?.instance;
    if (!base || !first) throw new AppError({ code: 'slide/corrupt', where: 'it has no level' });
    const { name: coding } = syntaxOf(first);
    const paths = pathsOf(base);
    const associated = new Map<string, DicomInstance>();
    for (const instance of instances) {
      const what = { LABEL: 'label', OVERVIEW: 'macro', THUMBNAIL: 'thumbnail' }[instance.imageType[2] ?? ''];
      if (what && instance.columns > 0 && !associated.has(what)) associated.set(what, instance);
    }
    const properties: Record<string, string> = { ...first.properties, 'dicom.SeriesInstanceUID': first.series };
    for (const [i, path] of paths.entries())
      properties[`dicom.OpticalPath[${i}]`] = [path.id, path.description].filter((part) => part !== '').join(' ');
    const slide: Slide = {
      info: {
        id: await fingerprint(first.source, signal),
        name: files.main.name,
        format: 'dicom-wsi',
        formatLabel: `DICOM whole slide, ${coding}`,
        width: base.width,
        height: base.height,
        levels: levels.map(
          ({ width, height, tileWidth, tileHeight }, index): Level => ({
            index,
            width,
            height,
            downsample: (base.width / width + base.height / height) / 2,
            tileWidth,
            tileHeight,
          }),
        ),
        mpp: first.spacing && plausibleMpp(first.spacing[0] * 1000, first.spacing[1] * 1000, 'vendor'),
        objectivePower: first.objectivePower,
        bounds: { x: 0, y: 0, width: base.width, height: base.height },
        background: first.samples === 1 ? [0, 0, 0] : [255, 255, 255],
        properties,
        associated: [...associated.keys()],
      },
      // Of grey samples it would describe a palette that milscope does not use.
      colorProfile: first.samples === 3 ? first.iccProfile : undefined,
      async readTile(index, col, row, signal) {
        const level = levels[index];
        if (!level) throw new RangeError(`no level ${index}`);
        return readTile(level, paths, col, row, signal);
      },
      async readAssociated(name, signal) {
        const instance = associated.get(name);
        const level = instance && levelsOf([instance])[0];
        if (!level) throw new RangeError(`no associated image ${name}`);
        return readWhole(level, signal);
      },
      async close() {},
    };
    return slide;
  },
};

function isVolume(imageType: readonly string[]): boolean {
  return !['LABEL', 'OVERVIEW', 'THUMBNAIL', 'LOCALIZER', 'REGIONLOCALIZER'].includes(imageType[2] ?? '');
}

/** The slide instances of the series that the main file belongs to, or of the first whole slide among the files. */
async function readSeries(files: SlideFiles, signal: AbortSignal | undefined): Promise<DicomInstance[]> {
  const main = await readInstance(files.main, signal);
  const names = files.list().filter((name) => name !== files.main.name);
  const found = main.sopClass === WSI ? [main] : [];
  for (const name of names.slice(0, MAX_FILES)) {
    const source = files.find(name);
    if (!source || source === files.main || source.sizeBytes < 132) continue;
    try {
      if (!isDicom(await source.read(0, 132, signal))) continue;
      const instance = await readInstance(source, signal);
      const isNew = !found.some(({ sopInstance }) => sopInstance === instance.sopInstance);
      if (instance.sopClass === WSI && instance.series === (found[0] ?? instance).series && isNew) found.push(instance);
    } catch (error) {
      // A broken neighbour does not keep anyone from the slide.
      if (isAbort(error) || !(error instanceof AppError)) throw error;
    }
  }
  if (found.length > 0) return found;
  const feature = OTHER_KINDS[main.sopClass] ?? `objects of class ${main.sopClass || 'unknown'}`;
  throw new AppError({ code: 'slide/unsupported', format: 'DICOM', feature });
}

/** Instances grouped by total size, largest first. @throws slide/corrupt, slide/unsupported */
function levelsOf(instances: readonly DicomInstance[]): DicomLevel[] {
  const groups = new Map<string, DicomInstance[]>();
  for (const instance of instances) {
    const { totalColumns, totalRows, columns, rows } = instance;
    if (columns === 0 || rows === 0 || totalColumns === 0 || totalRows === 0)
      throw new AppError({ code: 'slide/corrupt', where: 'a DICOM image has no size' });
    syntaxOf(instance);
    const key = `${totalColumns}x${totalRows}`;
    groups.set(key, [...(groups.get(key) ?? []), instance]);
  }
  const levels = [...groups.values()].flatMap((group): DicomLevel[] => {
    const [first] = group;
    if (!first) return [];
    const { totalColumns: width, totalRows: height, columns: tileWidth, rows: tileHeight } = first;
    const same = group.filter(({ columns, rows }) => columns === tileWidth && rows === tileHeight);
    const cols = Math.ceil(width / tileWidth);
    const rows = Math.ceil(height / tileHeight);
    const parts = same.map((instance) => ({
      instance,
      read: frameReader(instance),
      byTile: instance.positions && byTile(instance, cols, rows),
    }));
    return [{ width, height, tileWidth, tileHeight, cols, rows, parts }];
  });
  return levels.sort((a, b) => b.width - a.width);
}

/** Sparse frames by the tiles that they touch; of several focal planes, the middle one. */
function byTile({ positions = [], columns, rows: frameRows }: DicomInstance, cols: number, rows: number) {
  const planes = [...new Set(positions.map(({ z }) => z))].sort((a, b) => a - b);
  const plane = planes[Math.floor(planes.length / 2)];
  const tiles = new Map<number, PlacedFrame[]>();
  for (const [frame, { x, y, z, path }] of positions.entries()) {
    if (z !== plane) continue;
    for (let row = Math.floor(y / frameRows); row * frameRows < y + frameRows; row++)
      for (let col = Math.floor(x / columns); col * columns < x + columns; col++) {
        if (row < 0 || col < 0 || row >= rows || col >= cols) continue;
        const key = row * cols + col;
        const placed = { frame, path, dx: x - col * columns, dy: y - row * frameRows };
        tiles.set(key, [...(tiles.get(key) ?? []), placed]);
      }
  }
  return tiles;
}

interface OpticalPath {
  readonly id: string;
  readonly description: string;
}

/** All optical paths of a level, each once; one without a name where none is stated. */
function pathsOf({ parts }: DicomLevel): OpticalPath[] {
  const paths = new Map<string, OpticalPath>();
  for (const { instance } of parts) for (const path of instance.opticalPaths) paths.set(path.id, path);
  return paths.size > 0 ? [...paths.values()] : [{ id: '', description: '' }];
}

/** Frames of one tile and optical path. */
function framesAt({ cols, rows }: DicomLevel, part: Part, path: string, col: number, row: number): PlacedFrame[] {
  const { instance } = part;
  if (part.byTile) {
    const placed = part.byTile.get(row * cols + col) ?? [];
    return placed.filter((one) => path === '' || one.path === undefined || one.path === path);
  }
  const known = instance.opticalPaths.findIndex(({ id }) => id === path);
  if (known < 0 && instance.opticalPaths.length > 0) return [];
  const plane = Math.max(0, known) * instance.focalPlanes + Math.floor(instance.focalPlanes / 2);
  const frame = (plane * rows + row) * cols + col - instance.concatenationOffset;
  return frame >= 0 && frame < instance.frames ? [{ frame, path, dx: 0, dy: 0 }] : [];
}

async function readTile(
  level: DicomLevel,
  paths: readonly OpticalPath[],
  col: number,
  row: number,
  signal: AbortSignal | undefined,
): Promise<Pixels> {
  const width = Math.min(level.tileWidth, level.width - col * level.tileWidth);
  const height = Math.min(level.tileHeight, level.height - row * level.tileHeight);
  const isGrey = level.parts[0]?.instance.samples === 1;
  const data = new Uint8Array(width * height * 3).fill(isGrey ? 0 : 255);
  const shown = isGrey ? paths.slice(0, PATH_COLORS.length) : paths.slice(0, 1);
  for (const [index, path] of shown.entries()) {
    const color = shown.length > 1 ? (PATH_COLORS[index] ?? [255, 255, 255]) : ([255, 255, 255] as const);
    const addLight = lightOf({ color, window: { low: 0, high: 255 } });
    for (const part of level.parts)
      for (const { frame, dx, dy } of framesAt(level, part, path.id, col, row)) {
        const samples = await decodeFrame(await part.read(frame, signal), part.instance);
        lay(samples, level, { width, height, data }, dx, dy, addLight);
      }
  }
  return { width, height, data };
}

/** Puts a frame at (dx, dy) of the tile: colour replaces, grey is added in the colour of its path. */
function lay(
  { components, data: frame }: FrameSamples,
  { tileWidth, tileHeight }: DicomLevel,
  tile: Pixels,
  dx: number,
  dy: number,
  addLight: AddLight,
): void {
  const fromX = Math.max(0, dx);
  const toX = Math.min(tile.width, dx + tileWidth);
  if (toX <= fromX) return;
  for (let y = Math.max(0, dy); y < Math.min(tile.height, dy + tileHeight); y++) {
    const from = (y - dy) * tileWidth + fromX - dx;
    const row = frame.subarray(from * components, (from + toX - fromX) * components);
    const to = (y * tile.width + fromX) * 3;
    if (components === 3) tile.data.set(row, to);
    else addLight(tile.data.subarray(to, to + row.length * 3), row);
  }
}

async function readWhole(level: DicomLevel, signal: AbortSignal | undefined): Promise<Pixels> {
  const { width, height, tileWidth, tileHeight } = level;
  const data = new Uint8Array(width * height * 3).fill(255);
  for (let row = 0; row < level.rows; row++)
    for (let col = 0; col < level.cols; col++) {
      const tile = await readTile(level, pathsOf(level), col, row, signal);
      for (let y = 0; y < tile.height; y++) {
        const line = tile.data.subarray(y * tile.width * 3, (y + 1) * tile.width * 3);
        data.set(line, ((row * tileHeight + y) * width + col * tileWidth) * 3);
      }
    }
  return { width, height, data };
}
