/**
 * Numbers of tiles as a small picture over the slide: one pixel a tile, its legend in real units, and what lies under a
 * point. Pure; runs in the page.
 */
import type { Rect } from '../geometry.ts';
import type { TileBag } from '../tiling/bag.ts';
import { type ColorMap, divergingTable, sequentialTable } from './color-maps.ts';

/** What the numbers of a map are. */
export type MapKind =
  /** Weight times N, "times uniform", on a log2 scale. */
  | 'attention'
  /** a_k (w·h_k) / temperature, signed, log-odds of the calibrated result. */
  | 'contribution'
  /** Of the bag of that one tile, 0..1. */
  | 'probability'
  /** Given by somebody else, in a unit of their own. */
  | 'score';

/** [N] one number a tile, NaN where it is unknown. */
export type TileValues = Float32Array | Float64Array;

/** The cells that the tiles of a bag lie in. */
export interface HeatmapGrid {
  readonly columns: number;
  readonly rows: number;
  /** Level-0 px. */
  readonly rect: Rect;
  /** [columns * rows] index of the tile, -1 where there is none. */
  readonly tileOf: Int32Array;
}

/** The grid of a bag. Tiles wholly outside `slide` (white ones that fill a bag) have no cell. */
export function gridOf(bag: TileBag, slide?: Rect): HeatmapGrid {
  const { spanPx } = bag;
  const inside: number[] = [];
  for (let i = 0; i < bag.count; i++) {
    const x = bag.xy[2 * i] as number;
    const y = bag.xy[2 * i + 1] as number;
    const isOut =
      slide !== undefined &&
      (x >= slide.x + slide.width || y >= slide.y + slide.height || x + spanPx <= slide.x || y + spanPx <= slide.y);
    if (!isOut) inside.push(i);
  }
  let left = Number.POSITIVE_INFINITY;
  let top = Number.POSITIVE_INFINITY;
  for (const i of inside) {
    left = Math.min(left, bag.xy[2 * i] as number);
    top = Math.min(top, bag.xy[2 * i + 1] as number);
  }
  // Positions are whole level-0 px, the side of a 'darkest' tile need not be: the nearest cell is meant.
  const column = (i: number) => Math.round(((bag.xy[2 * i] as number) - left) / spanPx);
  const row = (i: number) => Math.round(((bag.xy[2 * i + 1] as number) - top) / spanPx);
  const columns = inside.reduce((most, i) => Math.max(most, column(i) + 1), 0);
  const rows = inside.reduce((most, i) => Math.max(most, row(i) + 1), 0);
  const tileOf = new Int32Array(columns * rows).fill(-1);
  for (const i of inside) tileOf[row(i) * columns + column(i)] = i;
  const rect = { x: columns === 0 ? 0 : left, y: rows === 0 ? 0 : top, width: columns * spanPx, height: rows * spanPx };
  return { columns, rows, rect, tileOf };
}

/** Index of the tile at a point of level 0. */
export function tileAt(grid: HeatmapGrid, x: number, y: number): number | undefined {
  const column = Math.floor(((x - grid.rect.x) / grid.rect.width) * grid.columns);
  const row = Math.floor(((y - grid.rect.y) / grid.rect.height) * grid.rows);
  if (!(column >= 0 && row >= 0 && column < grid.columns && row < grid.rows)) return undefined;
  const tile = grid.tileOf[row * grid.columns + column] ?? -1;
  return tile < 0 ? undefined : tile;
}

/** Where a tile lies, level-0 px. */
export function tileRect(bag: TileBag, index: number): Rect {
  return {
    x: bag.xy[2 * index] ?? 0,
    y: bag.xy[2 * index + 1] ?? 0,
    width: bag.spanPx,
    height: bag.spanPx,
  };
}

/** Softmax over the tiles done so far: [N], NaN where the score is NaN. */
export function runningWeights(scores: Float32Array): Float32Array<ArrayBuffer> {
  let largest = Number.NEGATIVE_INFINITY;
  for (const score of scores) if (score > largest) largest = score;
  let total = 0;
  for (const score of scores) if (!Number.isNaN(score)) total += Math.exp(score - largest);
  return Float32Array.from(scores, (score) => Math.exp(score - largest) / total);
}

export interface Ranking {
  /** [N] 1 = most attention; ties by index. 0 where the weight is NaN. */
  readonly ranks: Int32Array<ArrayBuffer>;
  /** [N] mean rank from below, as a share of the tiles, 0..100. @see scipy.stats.rankdata, 'average' */
  readonly percentiles: Float32Array<ArrayBuffer>;
}

/** Ranks all tiles by weight. */
export function rankTiles(weights: Float32Array): Ranking {
  const order: number[] = [];
  weights.forEach((weight, i) => {
    if (!Number.isNaN(weight)) order.push(i);
  });
  order.sort((a, b) => (weights[b] as number) - (weights[a] as number) || a - b);
  const ranks = new Int32Array(weights.length);
  const percentiles = new Float32Array(weights.length).fill(Number.NaN);
  const n = order.length;
  for (let from = 0; from < n; ) {
    let to = from + 1;
    while (to < n && weights[order[to] as number] === weights[order[from] as number]) to++;
    // Places from .. to - 1 from above are n - from .. n - to + 1 from below.
    const percentile = ((2 * n - from - to + 1) / 2 / n) * 100;
    for (let k = from; k < to; k++) {
      ranks[order[k] as number] = k + 1;
      percentiles[order[k] as number] = percentile;
    }
    from = to;
  }
  return { ranks, percentiles };
}

/** How values become places on the legend. */
export interface HeatmapScale {
  readonly kind: MapKind;
  /** Values at the ends of the legend, in the unit of the map. */
  readonly low: number;
  readonly high: number;
  /** True where the middle of the legend is neutral and both ends are strong. */
  readonly isDiverging: boolean;
  /** Marks of the legend; `at` is 0..1 of its length. */
  readonly ticks: readonly { readonly at: number; readonly label: string }[];
}

/** The attention legend begins at half of uniform, so that uniform attention is faint, and reaches at least 8 times. */
const LEAST_LOG2 = -1;
const LEAST_TOP_LOG2 = 3;
/** Never more marks than can be read. */
const MOST_TICKS = 6;

/**
 * The scale of these values. That of attention moves in whole steps only, so that the picture does not flicker while it fills
 * in; a signed one is symmetric about zero and ends at the largest value of the slide.
 */
export function scaleOf(kind: MapKind, values: TileValues, isSigned = kind === 'contribution'): HeatmapScale {
  if (isSigned) {
    let most = 0;
    for (const value of values) if (Math.abs(value) > most) most = Math.abs(value);
    const high = Math.max(most, 1e-6);
    const ticks = [-1, 0, 1].map((part) => ({ at: (part + 1) / 2, label: signed(part * high) }));
    return { kind, low: -high, high, isDiverging: true, ticks };
  }
  switch (kind) {
    case 'attention': {
      let most = 0;
      for (const value of values) if (value > most) most = value;
      const top = Math.max(LEAST_TOP_LOG2, Math.ceil(Math.log2(Math.max(most, 1)) - 1e-9));
      const steps = top - LEAST_LOG2;
      const stride = Math.ceil(steps / (MOST_TICKS - 1));
      const ticks = [];
      for (let power = LEAST_LOG2; power <= top; power++) {
        // Uniform is always marked.
        if (power % stride === 0) ticks.push({ at: (power - LEAST_LOG2) / steps, label: timesLabel(power) });
      }
      return { kind, low: 2 ** LEAST_LOG2, high: 2 ** top, isDiverging: false, ticks };
    }
    case 'probability': {
      const ticks = [0, 0.25, 0.5, 0.75, 1].map((at) => ({ at, label: String(at) }));
      return { kind, low: 0, high: 1, isDiverging: false, ticks };
    }
    default: {
      let low = Number.POSITIVE_INFINITY;
      let high = Number.NEGATIVE_INFINITY;
      for (const value of values) {
        if (value < low) low = value;
        if (value > high) high = value;
      }
      if (!(low < high)) [low, high] = low === high ? [low - 0.5, high + 0.5] : [0, 1];
      const ticks = [0, 0.5, 1].map((at) => ({ at, label: plainNumber(low + at * (high - low)) }));
      return { kind, low, high, isDiverging: false, ticks };
    }
  }
}

/** Place of a value on the legend, 0..1; values beyond its ends lie at them. NaN stays NaN. */
export function placeOnScale(scale: HeatmapScale, value: number): number {
  const t =
    scale.kind === 'attention'
      ? Math.log2(Math.max(value, Number.MIN_VALUE) / scale.low) / Math.log2(scale.high / scale.low)
      : (value - scale.low) / (scale.high - scale.low);
  return Math.min(1, Math.max(0, t));
}

/** The value at a place 0..1 of the legend. */
export function valueOnScale(scale: HeatmapScale, at: number): number {
  return scale.kind === 'attention'
    ? scale.low * (scale.high / scale.low) ** at
    : scale.low + (scale.high - scale.low) * at;
}

function timesLabel(power: number): string {
  return power < 0 ? `1/${2 ** -power}×` : `${2 ** power}×`;
}

function signed(value: number): string {
  return value === 0 ? '0' : `${value > 0 ? '+' : '−'}${plainNumber(Math.abs(value))}`;
}

function plainNumber(value: number): string {
  return String(Number(value.toPrecision(2)));
}

export interface HeatmapStyle {
  readonly colors: ColorMap;
  /** 0..1, of the strongest tiles. */
  readonly opacity?: number;
  /** 0..1 of the legend (of its strength, where it is diverging): below it a tile is clear. */
  readonly threshold?: number;
}

/** A picture with its place: RGBA, row-major, not premultiplied; `rect` in level-0 px. */
export interface HeatmapPicture {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8ClampedArray<ArrayBuffer>;
  readonly rect: Rect;
}

/**
 * One pixel a cell. Opacity follows the value: a tile of no weight is clear glass, so that the tissue stays readable and
 * only what the model looked at is covered. Cells without a tile or with an unknown value are clear.
 */
export function paintHeatmap(
  grid: HeatmapGrid,
  values: TileValues,
  scale: HeatmapScale,
  style: HeatmapStyle,
): HeatmapPicture {
  const { opacity = 1, threshold = 0 } = style;
  const table = scale.isDiverging ? divergingTable() : sequentialTable(style.colors);
  const rgba = new Uint8ClampedArray(grid.columns * grid.rows * 4);
  grid.tileOf.forEach((tile, cell) => {
    const t = tile < 0 ? Number.NaN : placeOnScale(scale, values[tile] ?? Number.NaN);
    if (Number.isNaN(t)) return;
    const strength = strengthAt(scale, t);
    if (strength < threshold) return;
    const color = Math.round(t * 255) * 3;
    rgba[cell * 4] = table[color] ?? 0;
    rgba[cell * 4 + 1] = table[color + 1] ?? 0;
    rgba[cell * 4 + 2] = table[color + 2] ?? 0;
    rgba[cell * 4 + 3] = Math.round(255 * opacity * strength);
  });
  return { width: grid.columns, height: grid.rows, rgba, rect: grid.rect };
}

/** The legend's own colors, `width` px long and one high, as the heatmap paints them. */
export function paintLegend(scale: HeatmapScale, style: HeatmapStyle, width: number): HeatmapPicture {
  const grid: HeatmapGrid = {
    columns: width,
    rows: 1,
    rect: { x: 0, y: 0, width, height: 1 },
    tileOf: Int32Array.from({ length: width }, (_, i) => i),
  };
  const values = Float32Array.from(grid.tileOf, (i) => valueOnScale(scale, width < 2 ? 1 : i / (width - 1)));
  return paintHeatmap(grid, values, scale, style);
}

/** How strong a place on the legend is, 0..1. */
function strengthAt(scale: HeatmapScale, t: number): number {
  return scale.isDiverging ? Math.abs(2 * t - 1) : t;
}
