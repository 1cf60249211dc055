/**
 * The levels of a DICOM series. A level is the VOLUME instances of one total size: parts of a concatenation, optical paths or
 * focal planes in instances of their own. TILED_FULL frames lie in reading order, TILED_SPARSE frames where their positions
 * say. Of several focal planes the middle one is read.
 *
 * @see DICOM PS3.3 C.8.12.4; PS3.3 C.7.6.17.3
 */
import { AppError } from '../../errors.ts';
import { syntaxOf } from './decode-frame.ts';
import type { ReadFrame } from './frames.ts';
import type { DicomInstance } from './instance.ts';

/** Frames that lie on one tile: four of each optical path where a sparse level keeps to no grid. */
const FRAMES_ON_TILE = 1024;

/** An instance and how its frames are read. */
export interface StoredInstance {
  readonly instance: DicomInstance;
  /** Called when frames are wanted at all. @throws slide/corrupt */
  readonly openFrames: () => ReadFrame;
}

/** What one instance adds to a level. */
export interface LevelPart {
  readonly instance: DicomInstance;
  readonly read: ReadFrame;
  /** Frames by tile (row * cols + col), for sparse parts. */
  readonly byTile: ReadonlyMap<number, readonly PlacedFrame[]> | undefined;
}

export interface PlacedFrame {
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
  readonly parts: readonly LevelPart[];
}

export interface OpticalPath {
  readonly id: string;
  readonly description: string;
}

/** All optical paths of a level, each once; one without a name where none is stated. */
export function pathsOf({ parts }: DicomLevel): OpticalPath[] {
  const paths = new Map<string, OpticalPath>();
  for (const { instance } of parts) for (const path of instance.opticalPaths) paths.set(path.id, path);
  return paths.size > 0 ? [...paths.values()] : [{ id: '', description: '' }];
}

/** Instances grouped by total size, largest first. @throws slide/corrupt, slide/unsupported */
export function dicomLevels(stored: readonly StoredInstance[]): DicomLevel[] {
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
        else if (tile.length < FRAMES_ON_TILE) tile.push(placed);
        else
          throw new AppError({
            code: 'slide/corrupt',
            where: `more than ${FRAMES_ON_TILE} frames lie in one place`,
          });
      }
  }
  return tiles;
}

/** Frames of one tile and optical path. */
export function framesAt(
  { cols, rows }: DicomLevel,
  part: LevelPart,
  path: string,
  col: number,
  row: number,
): PlacedFrame[] {
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
