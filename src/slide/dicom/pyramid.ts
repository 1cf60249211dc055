/**
 * A DICOM series as a slide, wherever its frames come from. A level is the VOLUME instances of one total size: parts of a
 * concatenation, optical paths or focal planes in instances of their own. LABEL, OVERVIEW and THUMBNAIL instances are the
 * associated images. TILED_FULL frames lie in reading order, TILED_SPARSE frames where their positions say. Of several focal
 * planes the middle one is read; several monochrome optical paths are shown as one picture, each in a colour of its own.
 *
 * @see DICOM PS3.3 A.32.8, C.8.12.4; PS3.3 C.7.6.17.3
 */
import { AppError } from '../../errors.ts';
import { type ChannelView, defaultView, MAX_CHANNELS, type SlideChannel } from '../channel-view.ts';
import { type AddLight, lightOf, MAX_OFFERED } from '../channels.ts';
import { paste } from '../cut-and-paste.ts';
import { levelsOf } from '../levels.ts';
import type { Pixels, Slide, SlideInfo } from '../slide.ts';
import { plausibleMpp } from '../tiff/tiff-slide.ts';
import { decodeFrame, type FrameSamples, syntaxOf } from './decode-frame.ts';
import type { ReadFrame } from './frames.ts';
import type { DicomInstance } from './instance.ts';

/** VL Whole Slide Microscopy Image Storage. */
export const WSI_CLASS = '1.2.840.10008.5.1.4.1.1.77.1.6';
const OTHER_CLASSES: Readonly<Record<string, string>> = {
  '1.2.840.10008.5.1.4.1.1.66.4': 'segmentations',
  '1.2.840.10008.5.1.4.1.1.91.1': 'bulk annotations',
  '1.2.840.10008.5.1.4.1.1.77.1.2': 'microscopy images that are not whole slides',
  '1.2.840.10008.5.1.4.1.1.30': 'parametric maps',
};
const LIMITS = {
  /** Frames that lie on one tile: four of each optical path where a sparse level keeps to no grid. */
  framesOnTile: 1024,
  /** Of a label, an overview or a thumbnail, which are read whole. */
  associatedPixels: 64 * 2 ** 20,
} as const;

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

const WHITE = [255, 255, 255] as const;
/** Samples come in 8 bits. */
const FULL = { low: 0, high: 255 } as const;

/** An instance and how its frames are read. */
export interface StoredInstance {
  readonly instance: DicomInstance;
  /** Called when frames are wanted at all. @throws slide/corrupt */
  readonly openFrames: () => ReadFrame;
}

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

export interface DicomLevel {
  readonly width: number;
  readonly height: number;
  readonly tileWidth: number;
  readonly tileHeight: number;
  readonly cols: number;
  readonly rows: number;
  readonly parts: readonly Part[];
}

/** What the instances of a series make together. */
export interface Pyramid {
  /** Largest first, at least one. */
  readonly levels: readonly DicomLevel[];
  /** Of the largest level: it speaks for the slide. */
  readonly first: DicomInstance;
  readonly associated: ReadonlyMap<string, StoredInstance>;
}

/** @throws slide/unsupported that names what the object is instead of a slide */
export function refuseClass(sopClass: string): never {
  const feature = OTHER_CLASSES[sopClass] ?? `objects of class ${sopClass || 'unknown'}`;
  throw new AppError({ code: 'slide/unsupported', format: 'DICOM', feature });
}

/** @throws slide/corrupt, slide/unsupported */
export function pyramidOf(stored: readonly StoredInstance[]): Pyramid {
  const volumes = stored.filter(({ instance }) => isVolume(instance));
  if (volumes.length === 0) {
    const kind = stored[0]?.instance.imageType[2]?.toLowerCase() ?? 'other';
    throw new AppError({
      code: 'slide/unsupported',
      format: 'DICOM',
      feature: `a ${kind} image without the slide it belongs to`,
    });
  }
  const levels = dicomLevels(volumes);
  const first = levels[0]?.parts[0]?.instance;
  if (!first) throw new AppError({ code: 'slide/corrupt', where: 'it has no level' });
  const associated = new Map<string, StoredInstance>();
  for (const one of stored) {
    const what = { LABEL: 'label', OVERVIEW: 'macro', THUMBNAIL: 'thumbnail' }[one.instance.imageType[2] ?? ''];
    if (what && one.instance.columns > 0 && !associated.has(what)) associated.set(what, one);
  }
  return { levels, first, associated };
}

/** The slide of a series. What it is called, and its colour profile, are known to whoever read the instances. */
export function seriesSlide(
  { levels, first, associated }: Pyramid,
  about: Pick<SlideInfo, 'id' | 'name' | 'format' | 'formatLabel'>,
  colorProfile: Uint8Array | undefined,
): Slide {
  const { totalColumns: width, totalRows: height } = first;
  const paths = levels[0] ? pathsOf(levels[0]) : [];
  const channels = first.samples === 1 ? channelsOf(paths) : [];
  const shown = defaultView(channels);
  const properties: Record<string, string> = { ...first.properties, 'dicom.SeriesInstanceUID': first.series };
  for (const [i, path] of paths.entries())
    properties[`dicom.OpticalPath[${i}]`] = [path.id, path.description].filter((part) => part !== '').join(' ');
  return {
    info: {
      ...about,
      width,
      height,
      levels: levelsOf(levels),
      mpp: first.spacing && plausibleMpp(first.spacing[0] * 1000, first.spacing[1] * 1000, 'vendor'),
      objectivePower: first.objectivePower,
      bounds: { x: 0, y: 0, width, height },
      background: first.samples === 1 ? [0, 0, 0] : [255, 255, 255],
      properties,
      associated: [...associated.keys()],
      ...(channels.length > 0 ? { channels } : {}),
    },
    // Of grey samples it would describe a palette that milscope does not use.
    colorProfile: first.samples === 3 ? colorProfile : undefined,
    async readTile(index, col, row, signal) {
      const level = levels[index];
      if (!level) throw new RangeError(`no level ${index}`);
      return readTile(level, paths, shown, col, row, signal);
    },
    ...(channels.length > 0 && {
      async readView(view, index, col, row, signal) {
        const level = levels[index];
        if (!level) throw new RangeError(`no level ${index}`);
        return readTile(level, paths, view, col, row, signal);
      },
    }),
    async readAssociated(name, signal) {
      const one = associated.get(name);
      const level = one && dicomLevels([one])[0];
      if (!level) throw new RangeError(`no associated image ${name}`);
      return readWhole(level, signal);
    },
    async close() {},
  };
}

/** True for an image of the slide itself, false for labels, overviews and maps. */
export function isVolume({ imageType }: DicomInstance): boolean {
  return !['LABEL', 'OVERVIEW', 'THUMBNAIL', 'LOCALIZER', 'REGIONLOCALIZER'].includes(imageType[2] ?? '');
}

/** Instances grouped by total size, largest first. @throws slide/corrupt, slide/unsupported */
function dicomLevels(stored: readonly StoredInstance[]): DicomLevel[] {
  const groups = new Map<string, StoredInstance[]>();
  for (const one of stored) {
    const { totalColumns, totalRows, columns, rows } = one.instance;
    if (columns === 0 || rows === 0 || totalColumns === 0 || totalRows === 0)
      throw new AppError({ code: 'slide/corrupt', where: 'a DICOM image has no size' });
    syntaxOf(one.instance);
    const key = `${totalColumns}x${totalRows}`;
    const group = groups.get(key);
    if (group) group.push(one);
    else groups.set(key, [one]);
  }
  const levels = [...groups.values()].flatMap((group): DicomLevel[] => {
    const [first] = group;
    if (!first) return [];
    const { totalColumns: width, totalRows: height, columns: tileWidth, rows: tileHeight } = first.instance;
    const same = group.filter(({ instance }) => instance.columns === tileWidth && instance.rows === tileHeight);
    const cols = Math.ceil(width / tileWidth);
    const rows = Math.ceil(height / tileHeight);
    const parts = same.map(({ instance, openFrames }) => ({
      instance,
      read: openFrames(),
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
        const tile = tiles.get(key);
        if (tile === undefined) tiles.set(key, [placed]);
        else if (tile.length < LIMITS.framesOnTile) tile.push(placed);
        else
          throw new AppError({
            code: 'slide/corrupt',
            where: `more than ${LIMITS.framesOnTile} frames lie in one place`,
          });
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

/** Grey optical paths as channels; one alone is white. */
function channelsOf(paths: readonly OpticalPath[]): SlideChannel[] {
  return paths.slice(0, MAX_OFFERED).map(({ id, description }, i) => ({
    name: description || id,
    color: (paths.length > 1 ? PATH_COLORS[i % PATH_COLORS.length] : undefined) ?? WHITE,
    window: FULL,
    range: FULL,
    isShown: i < MAX_CHANNELS,
  }));
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
  /** Of a grey slide. */
  view: ChannelView,
  col: number,
  row: number,
  signal: AbortSignal | undefined,
): Promise<Pixels> {
  const width = Math.min(level.tileWidth, level.width - col * level.tileWidth);
  const height = Math.min(level.tileHeight, level.height - row * level.tileHeight);
  const isGrey = level.parts[0]?.instance.samples === 1;
  const data = new Uint8Array(width * height * 3).fill(isGrey ? 0 : 255);
  const lights = isGrey ? view : [{ channel: 0, color: WHITE, window: FULL }];
  for (const light of lights) {
    const path = paths[light.channel];
    if (!path) continue;
    const addLight = lightOf(light);
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
  if (width * height > LIMITS.associatedPixels)
    throw new AppError({ code: 'slide/corrupt', where: `the image claims ${width} x ${height} px` });
  const whole = { width, height, data: new Uint8Array(width * height * 3).fill(255) };
  const paths = pathsOf(level);
  const view = defaultView(channelsOf(paths));
  for (let row = 0; row < level.rows; row++)
    for (let col = 0; col < level.cols; col++)
      paste(whole, await readTile(level, paths, view, col, row, signal), col * tileWidth, row * tileHeight);
  return whole;
}
