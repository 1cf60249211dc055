/** A picture of the whole slide before any of its tiles: where it comes from, and whether a thumbnail is what it claims. */
import { isAbort } from '../errors.ts';
import type { Region } from './region.ts';
import type { Level, Pixels, Slide, SlideInfo } from './slide.ts';

/** Where the picture may come from. Never the label or the macro image: they carry names of patients. */
export type OverviewSource = { readonly kind: 'thumbnail' } | { readonly kind: 'level'; readonly level: number };

/** A picture of the whole slide, as one bitmap or several that lie beside each other; they are the caller's to close. */
export interface OverviewPicture<Bitmap> {
  readonly source: OverviewSource;
  readonly width: number;
  readonly height: number;
  /** Places in px of the picture. */
  readonly pieces: readonly { readonly left: number; readonly top: number; readonly bitmap: Bitmap }[];
}

/** A level of at most so many px is read whole. */
const MOST_PIXELS = 2 ** 22;
/** Longest side that any browser can draw in one piece, px. */
const MOST_SIDE = 4096;
/** A level that is at least so long looks like the slide at a glance, px. */
const GOOD_SIDE = 512;
/** A level of one tile may be shorter where the next one is so many times as long: it is there far sooner. */
const FAIR_SIDE = 256;
const LONG_STEP = 3;
/** So many tiles are read as fast as a thumbnail. */
const FEW_TILES = 16;

/** The sources of a slide, the one to try first in front; none of a slide that has only a large level. */
export function overviewSources(info: SlideInfo): readonly OverviewSource[] {
  const whole = info.levels.filter(
    ({ width, height }) => width * height <= MOST_PIXELS && Math.max(width, height) <= MOST_SIDE,
  );
  const lengthOf = ({ width, height }: Level) => Math.max(width, height);
  const isGood = (one: Level) => lengthOf(one) >= GOOD_SIDE;
  const isFair = (one: Level, next: Level) =>
    tileCount(one) === 1 && lengthOf(one) >= FAIR_SIDE && lengthOf(next) >= LONG_STEP * lengthOf(one);
  const good = whole.findLast(isGood) ?? whole[0];
  const below = good && whole[whole.indexOf(good) + 1];
  const level = good && below && isFair(below, good) ? below : good;
  const ofLevel: readonly OverviewSource[] = level === undefined ? [] : [{ kind: 'level', level: level.index }];
  // A scanner's thumbnail has the colors that its maker gave the channels, not those that are on.
  if (!info.associated.includes('thumbnail') || info.channels !== undefined) return ofLevel;
  const isQuick =
    level !== undefined && tileCount(level) <= FEW_TILES && (lengthOf(level) >= FAIR_SIDE || level.index === 0);
  return isQuick ? ofLevel : [{ kind: 'thumbnail' }, ...ofLevel];
}

function tileCount({ width, height, tileWidth, tileHeight }: Level): number {
  return Math.ceil(width / tileWidth) * Math.ceil(height / tileHeight);
}

/** Parts of a level that several readers take at once are about so long, px. */
const PIECE_SIDE = 1024;

/** A part of a level, and where it lies in it, px of the level. */
export interface LevelPiece {
  readonly left: number;
  readonly top: number;
  readonly region: Region;
}

/** A level in pieces of whole tiles, each of which is read at once. */
export function levelPieces(info: SlideInfo, index: number): readonly LevelPiece[] {
  const level = info.levels[index];
  if (level === undefined) throw new RangeError(`no level ${index}`);
  const stepX = Math.max(1, Math.floor(PIECE_SIDE / level.tileWidth)) * level.tileWidth;
  const stepY = Math.max(1, Math.floor(PIECE_SIDE / level.tileHeight)) * level.tileHeight;
  const pieces: LevelPiece[] = [];
  for (let top = 0; top < level.height; top += stepY)
    for (let left = 0; left < level.width; left += stepX) {
      const region = {
        level: index,
        // The first level-0 px whose place on the level is not before it.
        x: Math.ceil((left * info.width) / level.width),
        y: Math.ceil((top * info.height) / level.height),
        width: Math.min(stepX, level.width - left),
        height: Math.min(stepY, level.height - top),
      };
      pieces.push({ left, top, region });
    }
  return pieces;
}

/** Smaller thumbnails show nothing, px. */
const LEAST_SIDE = 64;
/** How far the proportions of a thumbnail may be from those of its slide, beside the rounding of its size. */
const ASPECT_TOLERANCE = 0.01;

/** Whether a picture of this size can be of the whole slide. */
export function hasAspectOf(picture: { width: number; height: number }, slide: { width: number; height: number }) {
  const rounding = 0.5 / Math.min(picture.width, picture.height);
  const ratio = (picture.width * slide.height) / (picture.height * slide.width);
  return Math.abs(ratio - 1) <= ASPECT_TOLERANCE + rounding;
}

/**
 * The slide's thumbnail, if it shows the whole slide and nothing else: its proportions fit, and where tiles of the slide
 * are compared with it they look alike. Undefined where it does not, or cannot be read.
 */
export async function readThumbnail(slide: Slide, signal?: AbortSignal): Promise<Pixels | undefined> {
  let thumbnail: Pixels;
  try {
    thumbnail = await slide.readAssociated('thumbnail', signal);
  } catch (error) {
    if (isAbort(error)) throw error;
    return undefined;
  }
  const { width, height } = thumbnail;
  const isSize = Math.max(width, height) >= LEAST_SIDE && width * height <= MOST_PIXELS;
  if (!isSize || Math.max(width, height) > MOST_SIDE || !hasAspectOf(thumbnail, slide.info)) return undefined;
  return (await looksAlike(slide, thumbnail, signal)) ? thumbnail : undefined;
}

/** At least so many places are compared, in at least so many tiles. */
const LEAST_CELLS = 12;
const LEAST_TILES = 2;
/** Side of a place, px of the thumbnail: what is off by a px still agrees. */
const CELL_SIDE = 3;
/** Mean difference of colors that compression and another way of shrinking explain, 0..255. */
const MOST_DIFFERENCE = 20;
/** Spread of gray values below which there is no pattern to compare, 0..255. */
const FLAT = 5;
/** Of the gray values of all places. */
const LEAST_CORRELATION = 0.7;

/** Compares the tiles of most pattern, far apart, of the smallest level. */
async function looksAlike(slide: Slide, thumbnail: Pixels, signal: AbortSignal | undefined): Promise<boolean> {
  const level = slide.info.levels.at(-1);
  if (level === undefined) return false;
  const [scaleX, scaleY] = [thumbnail.width / level.width, thumbnail.height / level.height];
  const across = (px: number) => Math.min(12, Math.max(1, Math.floor(px / CELL_SIDE)));
  const [nx, ny] = [across(level.tileWidth * scaleX), across(level.tileHeight * scaleY)];
  const wanted = Math.max(LEAST_TILES, Math.ceil(LEAST_CELLS / (nx * ny)));
  const ours: number[] = [];
  const theirs: number[] = [];
  for (const { col, row } of tilesOfPattern(thumbnail, level, wanted)) {
    let tile: Pixels;
    try {
      tile = await slide.readTile(slide.info.levels.length - 1, col, row, signal);
    } catch (error) {
      if (isAbort(error)) throw error;
      continue;
    }
    const left = col * level.tileWidth * scaleX;
    const top = row * level.tileHeight * scaleY;
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++) {
        const cell = (w: number, h: number) => [(i * w) / nx, (j * h) / ny, w / nx, h / ny] as const;
        ours.push(...meanOf(tile, ...cell(tile.width, tile.height)));
        const [x, y, width, height] = cell(tile.width * scaleX, tile.height * scaleY);
        theirs.push(...meanOf(thumbnail, left + x, top + y, width, height));
      }
  }
  if (ours.length === 0) return false;
  const difference = ours.reduce((sum, value, k) => sum + Math.abs(value - (theirs[k] ?? 0)), 0) / ours.length;
  if (difference > MOST_DIFFERENCE) return false;
  const [one, other] = [grays(ours), grays(theirs)];
  return spread(one) < FLAT ? spread(other) < 2 * FLAT : correlation(one, other) >= LEAST_CORRELATION;
}

interface TilePlace {
  readonly col: number;
  readonly row: number;
}

/** No more places than these are looked at to choose from. */
const MOST_CANDIDATES = 2500;

/** Tiles of a level where the thumbnail has most pattern: one, then others that lie far from those before. */
function tilesOfPattern(thumbnail: Pixels, level: Level, count: number): readonly TilePlace[] {
  const [scaleX, scaleY] = [thumbnail.width / level.width, thumbnail.height / level.height];
  const cols = Math.ceil(level.width / level.tileWidth);
  const rows = Math.ceil(level.height / level.tileHeight);
  const stride = Math.max(1, Math.ceil(Math.sqrt((cols * rows) / MOST_CANDIDATES)));
  const candidates: (TilePlace & { readonly pattern: number })[] = [];
  for (let row = 0; row < rows; row += stride)
    for (let col = 0; col < cols; col += stride) {
      const width = Math.min(level.tileWidth, level.width - col * level.tileWidth) * scaleX;
      const height = Math.min(level.tileHeight, level.height - row * level.tileHeight) * scaleY;
      // What lies around a tile of few px counts as its pattern, too.
      const [x, y] = [col * level.tileWidth * scaleX - CELL_SIDE, row * level.tileHeight * scaleY - CELL_SIDE];
      candidates.push({ col, row, pattern: patternOf(thumbnail, x, y, width + 2 * CELL_SIDE, height + 2 * CELL_SIDE) });
    }
  const chosen: TilePlace[] = [];
  const far = Math.hypot(cols, rows) / 4;
  const distance = (one: TilePlace, other: TilePlace) => Math.hypot(one.col - other.col, one.row - other.row);
  while (chosen.length < count && candidates.length > 0) {
    // Of those about equally far from all others the one of most pattern.
    const worth = ({ pattern, ...place }: TilePlace & { readonly pattern: number }) =>
      pattern * Math.min(1, ...chosen.map((other) => distance(place, other) / far));
    const best = candidates.reduce((most, one) => (worth(one) > worth(most) ? one : most));
    if (chosen.length > 0 && worth(best) === 0) break;
    chosen.push({ col: best.col, row: best.row });
    candidates.splice(candidates.indexOf(best), 1);
  }
  return chosen;
}

/** Standard deviation of the gray values in a part of a picture. */
function patternOf(picture: Pixels, x: number, y: number, width: number, height: number): number {
  const [fromX, fromY] = [Math.max(0, Math.floor(x)), Math.max(0, Math.floor(y))];
  const [toX, toY] = [Math.min(picture.width, Math.ceil(x + width)), Math.min(picture.height, Math.ceil(y + height))];
  let [count, sum, squares] = [0, 0, 0];
  for (let j = fromY; j < toY; j++)
    for (let i = fromX; i < toX; i++) {
      const at = (j * picture.width + i) * 3;
      const gray = ((picture.data[at] ?? 0) + (picture.data[at + 1] ?? 0) + (picture.data[at + 2] ?? 0)) / 3;
      count++;
      sum += gray;
      squares += gray * gray;
    }
  return count === 0 ? 0 : Math.sqrt(Math.max(0, squares / count - (sum / count) ** 2));
}

/** Mean color of a part of a picture, whose edges may cut pixels. */
function meanOf(picture: Pixels, x: number, y: number, width: number, height: number): [number, number, number] {
  const sum: [number, number, number] = [0, 0, 0];
  let area = 0;
  const [endX, endY] = [Math.min(picture.width, x + width), Math.min(picture.height, y + height)];
  for (let j = Math.max(0, Math.floor(y)); j < endY; j++) {
    const high = Math.min(j + 1, endY) - Math.max(j, y);
    for (let i = Math.max(0, Math.floor(x)); i < endX; i++) {
      const weight = high * (Math.min(i + 1, endX) - Math.max(i, x));
      const at = (j * picture.width + i) * 3;
      for (let c = 0; c < 3; c++) sum[c] = (sum[c] ?? 0) + weight * (picture.data[at + c] ?? 0);
      area += weight;
    }
  }
  return area === 0 ? [0, 0, 0] : [sum[0] / area, sum[1] / area, sum[2] / area];
}

function grays(rgb: readonly number[]): number[] {
  return Array.from(
    { length: rgb.length / 3 },
    (_, k) => ((rgb[3 * k] ?? 0) + (rgb[3 * k + 1] ?? 0) + (rgb[3 * k + 2] ?? 0)) / 3,
  );
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

/** Standard deviation. */
function spread(values: readonly number[]): number {
  const middle = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - middle) ** 2)));
}

/** Pearson's; 0 where one of them is flat. */
function correlation(one: readonly number[], other: readonly number[]): number {
  const [a, b] = [mean(one), mean(other)];
  const shared = mean(one.map((value, k) => (value - a) * ((other[k] ?? 0) - b)));
  const scale = spread(one) * spread(other);
  return scale === 0 ? 0 : shared / scale;
}
