/**
 * A slide's levels as OpenSeadragon counts them: 0 is the smallest. Pure, so that it is tested in Node.
 * Positions are mapped with the true sizes of each axis, because scanners round the sizes of their levels.
 */
import type { Rect } from '../geometry.ts';
import type { SlideInfo } from '../slide/slide.ts';

export interface Step {
  /** Index of the level in SlideInfo.levels, where 0 is the largest. */
  readonly level: number;
  /** px of the level */
  readonly width: number;
  readonly height: number;
  readonly tileWidth: number;
  readonly tileHeight: number;
  readonly cols: number;
  readonly rows: number;
  /** px of the level for one level-0 px, along x. */
  readonly scale: number;
  /** Only of a step that no level of the file is: made of `level`, whose px are averaged. Its size is no whole number. */
  readonly reduced?: { readonly factor: number; readonly every: number };
  /** Only of the first: the whole slide in one picture that is there before any tile; `level` is its own, or 0. */
  readonly isOverview?: true;
}

/** A picture of the whole slide: its size, and of which level it is, undefined for a thumbnail. */
export interface WholePicture {
  readonly width: number;
  readonly height: number;
  readonly level: number | undefined;
}

/** Steps nearer to the overview than this show no more than it does. */
const NEAR = 1.02;

/**
 * The levels from the smallest to the largest, with an overview in place of those that show no more than it does. Without
 * one, below a smallest level that is still large, come reduced ones, and the first step grows tile by tile.
 */
export function toPyramid(info: Pick<SlideInfo, 'width' | 'levels'>, overview?: WholePicture): readonly Step[] {
  const steps = levelSteps(info);
  if (overview === undefined) return steps;
  const { width, height, level } = overview;
  const scale = width / info.width;
  const one = { tileWidth: width, tileHeight: height, cols: 1, rows: 1, scale, isOverview: true } as const;
  const finer = steps.filter((step) => step.scale > scale * NEAR || (level === undefined && step.scale === 1));
  return [{ level: level ?? 0, width, height, ...one }, ...finer];
}

function levelSteps(info: Pick<SlideInfo, 'width' | 'levels'>): readonly Step[] {
  const stored = [...info.levels]
    .sort((a, b) => a.width * a.height - b.width * b.height)
    .map((level) => ({
      level: level.index,
      width: level.width,
      height: level.height,
      tileWidth: level.tileWidth,
      tileHeight: level.tileHeight,
      cols: Math.ceil(level.width / level.tileWidth),
      rows: Math.ceil(level.height / level.tileHeight),
      scale: level.width / info.width,
    }));
  const [smallest] = stored;
  return smallest === undefined ? stored : [...reducedSteps(smallest), ...stored];
}

/** So many tiles of a level fit in the cache of the view together. */
const FEW_TILES = 256;
/** Longest side of the smallest step, px. */
const OVERVIEW_PX = 1024;
/** The first glance at a level reads about so many of its tiles, and never all of a larger one. */
const GLANCE_TILES = 2000;

/**
 * Steps below a smallest level that nobody can look at whole: each a quarter of the one above, the smallest at a glance,
 * so that something is there soon and the rest comes as it is decoded.
 */
function reducedSteps(level: Step): readonly Step[] {
  const steps: Step[] = [];
  const tiles = level.cols * level.rows;
  if (tiles <= FEW_TILES) return steps;
  const longest = Math.max(level.width, level.height);
  for (let factor = 4; longest * 4 > OVERVIEW_PX * factor; factor *= 4) {
    const isSmallest = longest <= OVERVIEW_PX * factor;
    // Square tiles of few tiles of the file each: they appear one after another.
    const side = factor > 4 ? 64 : 128;
    const width = level.width / factor;
    const height = level.height / factor;
    steps.unshift({
      level: level.level,
      width,
      height,
      tileWidth: side,
      tileHeight: side,
      cols: Math.ceil(width / side),
      rows: Math.ceil(height / side),
      scale: level.scale / factor,
      reduced: { factor, every: isSmallest ? Math.min(factor, glance(tiles)) : 1 },
    });
  }
  return steps;
}

/** Power of 2. */
function glance(tiles: number): number {
  return tiles <= GLANCE_TILES ? 1 : 2 ** Math.ceil(Math.log2(Math.sqrt(tiles / GLANCE_TILES)));
}

/** Where a tile lies, in OpenSeadragon's frame: the slide is 1 wide and height/width high. */
export function tileBounds(step: Step, col: number, row: number, slide: { width: number; height: number }): Rect {
  const px = tilePixels(step, col, row);
  const toX = 1 / step.width;
  const toY = slide.height / slide.width / step.height;
  return {
    x: col * step.tileWidth * toX,
    y: row * step.tileHeight * toY,
    width: px.width * toX,
    height: px.height * toY,
  };
}

/** Size of a tile in px of its level: less than tileWidth x tileHeight at the right and bottom edge. */
export function tilePixels(step: Step, col: number, row: number): { width: number; height: number } {
  return {
    width: Math.min(step.tileWidth, step.width - col * step.tileWidth),
    height: Math.min(step.tileHeight, step.height - row * step.tileHeight),
  };
}

/** The tile that holds a point of OpenSeadragon's frame; points outside belong to the nearest tile. */
export function tileAt(
  step: Step,
  point: { x: number; y: number },
  slide: { width: number; height: number },
): { col: number; row: number } {
  const within = (value: number, count: number) => Math.min(count - 1, Math.max(0, value));
  return {
    col: within(Math.floor((point.x * step.width) / step.tileWidth), step.cols),
    row: within(Math.floor((point.y * (slide.width / slide.height) * step.height) / step.tileHeight), step.rows),
  };
}

/** Memory that decoded tiles may take on screen, bytes. */
const CACHE_BYTES = 256 * 1024 * 1024;

/** How many tiles of the largest size fit in the cache: OpenSeadragon counts tiles, we bound bytes. */
export function tilesInCache(steps: readonly Step[]): number {
  const largest = Math.max(1, ...steps.map((step) => step.tileWidth * step.tileHeight * 4));
  return Math.max(4, Math.min(4000, Math.floor(CACHE_BYTES / largest)));
}
