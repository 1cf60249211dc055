import { expect, it } from 'vitest';
import { deltaE2000, toLab } from '../testing/delta-e.ts';
import type { TileBag } from '../tiling/bag.ts';
import { COLOR_MAPS, divergingTable, sequentialTable } from './color-maps.ts';
import {
  gridOf,
  paintHeatmap,
  paintLegend,
  placeOnScale,
  rankTiles,
  runningWeights,
  scaleOf,
  tileAt,
  tileRect,
  valueOnScale,
} from './heatmap.ts';

function bagAt(xy: readonly number[], spanPx: number): TileBag {
  return {
    slideId: 'x',
    protocol: 'tissue-grid',
    count: xy.length / 2,
    xy: Int32Array.from(xy),
    spanPx,
    tilePx: 128,
    mpp: 1,
    level: 0,
    tissueFraction: new Float32Array(xy.length / 2).fill(1),
    candidates: 10,
    rejected: { background: 0, pen: 0, black: 0, blur: 0, unreadable: 0, cap: 0 },
    coverage: undefined,
  };
}

/** Four tiles of 100 px with a gap: (0,0) (2,0) (1,1) (2,2) from (1000, 500). */
const BAG = bagAt([1000, 500, 1200, 500, 1100, 600, 1200, 700], 100);

it('lays a bag out as one cell a tile', () => {
  const grid = gridOf(BAG);
  expect(grid).toMatchObject({ columns: 3, rows: 3, rect: { x: 1000, y: 500, width: 300, height: 300 } });
  expect([...grid.tileOf]).toEqual([0, -1, 1, -1, 2, -1, -1, -1, 3]);
});

it('finds the tile under a point of the slide', () => {
  const grid = gridOf(BAG);
  expect(tileAt(grid, 1000, 500)).toBe(0);
  expect(tileAt(grid, 1099.9, 599.9)).toBe(0);
  expect(tileAt(grid, 1100, 550)).toBeUndefined();
  expect(tileAt(grid, 1150, 650)).toBe(2);
  expect(tileAt(grid, 1299.9, 799.9)).toBe(3);
  expect(tileAt(grid, 1300, 750)).toBeUndefined();
  expect(tileAt(grid, 999, 550)).toBeUndefined();
  expect(tileAt(grid, Number.NaN, 550)).toBeUndefined();
  expect(tileRect(BAG, 2)).toEqual({ x: 1100, y: 600, width: 100, height: 100 });
});

it('places tiles of fractional size and leaves out those beyond the slide', () => {
  // 128 px of a level 15.957 times smaller; positions are rounded, the last two are white padding below.
  const span = 128 * 15.957;
  const at = (i: number) => Math.round(i * span - 300);
  const bag = bagAt([at(0), at(0), at(7), at(3), at(40), at(11), at(0), at(12), at(1), at(12)], span);
  const grid = gridOf(bag, { x: 0, y: 0, width: at(41), height: at(12) - 200 });
  expect([grid.columns, grid.rows]).toEqual([41, 12]);
  expect(grid.tileOf[0]).toBe(0);
  expect(grid.tileOf[3 * 41 + 7]).toBe(1);
  expect(grid.tileOf[11 * 41 + 40]).toBe(2);
  expect(grid.tileOf.filter((tile) => tile >= 0).length).toBe(3);
  expect(tileAt(grid, at(7) + 5, at(3) + 5)).toBe(1);
});

it('has no cells for a bag that lies beyond the slide', () => {
  const grid = gridOf(BAG, { x: 0, y: 0, width: 10, height: 10 });
  expect(grid).toMatchObject({ columns: 0, rows: 0 });
  expect(tileAt(grid, 1050, 550)).toBeUndefined();
});

it('gives weights of the tiles done so far', () => {
  const weights = runningWeights(Float32Array.of(Math.log(1), Number.NaN, Math.log(3), Number.NaN));
  expect(weights[0]).toBeCloseTo(0.25, 6);
  expect(weights[2]).toBeCloseTo(0.75, 6);
  expect(weights[1]).toBeNaN();
  expect([...runningWeights(new Float32Array(2).fill(Number.NaN))]).toEqual([Number.NaN, Number.NaN]);
  // Far apart without overflow.
  expect([...runningWeights(Float32Array.of(1000, -1000))]).toEqual([1, 0]);
});

it('ranks like scipy.stats.rankdata', () => {
  const { ranks, percentiles } = rankTiles(Float32Array.of(0.1, 0.4, 0.1, Number.NaN, 0.3, 0.1));
  // rankdata([.1,.4,.1,.3,.1]) = [2, 5, 2, 4, 2]; of 5.
  expect([...percentiles]).toEqual([40, 100, 40, Number.NaN, 80, 40]);
  expect([...ranks]).toEqual([3, 1, 4, 0, 2, 5]);
});

it('has a log2 scale for attention on which uniform is faint and always marked', () => {
  const scale = scaleOf('attention', Float32Array.of(1, 1, 1));
  expect(scale).toMatchObject({ low: 0.5, high: 8, isDiverging: false });
  expect(scale.ticks.map((tick) => tick.label)).toEqual(['1/2×', '1×', '2×', '4×', '8×']);
  expect(placeOnScale(scale, 1)).toBe(0.25);
  expect(placeOnScale(scale, 4)).toBe(0.75);
  expect(placeOnScale(scale, 0)).toBe(0);
  expect(placeOnScale(scale, 100)).toBe(1);
  expect(valueOnScale(scale, 0.25)).toBe(1);
  const peaked = scaleOf('attention', Float32Array.of(0.01, 700));
  expect(peaked.high).toBe(1024);
  expect(peaked.ticks.length).toBeLessThanOrEqual(6);
  expect(peaked.ticks.map((tick) => tick.label)).toContain('1×');
  for (const tick of peaked.ticks) expect(valueOnScale(peaked, tick.at)).toBeCloseTo(Number.parseFloat(tick.label), 6);
});

it('has a signed scale for contributions: symmetric, and ending at the largest of the slide', () => {
  const scale = scaleOf('contribution', Float64Array.of(-0.0031, 0.001, Number.NaN));
  expect(scale).toMatchObject({ low: -0.0031, high: 0.0031, isDiverging: true });
  expect(scale.ticks.map((tick) => tick.label)).toEqual(['−0.0031', '0', '+0.0031']);
  expect(placeOnScale(scale, 0)).toBe(0.5);
  expect(scaleOf('contribution', Float32Array.of(0, 0)).high).toBeGreaterThan(0);
});

it('has a scale for scores of any range, also of one value or none', () => {
  expect(scaleOf('score', Float32Array.of(2, 6))).toMatchObject({ low: 2, high: 6, isDiverging: false });
  expect(scaleOf('score', Float32Array.of(-2, 6), true)).toMatchObject({ low: -6, high: 6, isDiverging: true });
  for (const values of [Float32Array.of(3), new Float32Array(0), Float32Array.of(Number.NaN)]) {
    const { low, high } = scaleOf('score', values);
    expect(high).toBeGreaterThan(low);
  }
});

it.each(['attention', 'contribution', 'probability', 'score'] as const)('marks the legend of %s in order', (mode) => {
  const scale = scaleOf(mode, Float32Array.of(0.2, 0.9, 3));
  const places = scale.ticks.map((tick) => tick.at);
  expect(places).toEqual([...places].sort((a, b) => a - b));
  expect(Math.min(...places)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...places)).toBeLessThanOrEqual(1);
  for (const at of [0, 0.3, 1]) expect(placeOnScale(scale, valueOnScale(scale, at))).toBeCloseTo(at, 10);
});

it('paints one pixel a tile, clear where there is none', () => {
  const grid = gridOf(BAG);
  const values = Float32Array.of(8, 0.25, Number.NaN, 2);
  const picture = paintHeatmap(grid, values, scaleOf('attention', values), { colors: 'greens' });
  expect(picture).toMatchObject({ width: 3, height: 3, rect: grid.rect });
  const pixel = (cell: number) => [...picture.rgba.subarray(cell * 4, cell * 4 + 4)];
  const greens = sequentialTable('greens');
  expect(pixel(0)).toEqual([...greens.subarray(255 * 3), 255]);
  expect(pixel(8)).toEqual([...greens.subarray(128 * 3, 129 * 3), 128]);
  // No weight, not done, no tile: clear.
  for (const cell of [2, 4, 1, 3, 5, 6, 7]) expect(pixel(cell)[3]).toBe(0);
});

it('hides what lies below the threshold and dims by opacity', () => {
  const grid = gridOf(BAG);
  const values = Float32Array.of(8, 2, 1, 4);
  const style = { colors: 'oranges', opacity: 0.5, threshold: 0.6 } as const;
  const { rgba } = paintHeatmap(grid, values, scaleOf('attention', values), style);
  const alpha = (cell: number) => rgba[cell * 4 + 3];
  expect([alpha(0), alpha(2), alpha(4), alpha(8)]).toEqual([128, 0, 0, 96]);
});

it('paints for and against in opposite colors, equally strong', () => {
  const grid = gridOf(BAG);
  const values = Float32Array.of(-0.1, 0.1, 0, 0.05);
  const { rgba } = paintHeatmap(grid, values, scaleOf('contribution', values), { colors: 'greens' });
  const table = divergingTable();
  expect([...rgba.subarray(0, 4)]).toEqual([...table.subarray(0, 3), 255]);
  expect([...rgba.subarray(8, 12)]).toEqual([...table.subarray(255 * 3), 255]);
  expect(rgba[4 * 4 + 3]).toBe(0);
  // Against is blue-green, for is orange.
  expect(table[1]).toBeGreaterThan(table[0] as number);
  expect(table[255 * 3]).toBeGreaterThan(table[255 * 3 + 2] as number);
});

it('paints the legend as it paints tiles', () => {
  const scale = scaleOf('attention', Float32Array.of(1));
  const legend = paintLegend(scale, { colors: 'grays' }, 101);
  expect([legend.width, legend.height]).toEqual([101, 1]);
  const grid = gridOf(bagAt([0, 0], 10));
  const tile = paintHeatmap(grid, Float32Array.of(2), scale, { colors: 'grays' });
  expect([...legend.rgba.subarray(50 * 4, 51 * 4)]).toEqual([...tile.rgba]);
});

/** H&E as it is seen: glass, stroma, eosin light and deep, nuclei light and dark. */
const STAIN = [
  [243, 241, 243],
  [232, 190, 214],
  [222, 160, 196],
  [196, 110, 160],
  [110, 75, 150],
  [80, 50, 115],
] as const;

const lightness = (table: Uint8Array, i: number) =>
  0.3 * (table[i * 3] ?? 0) + 0.6 * (table[i * 3 + 1] ?? 0) + 0.1 * (table[i * 3 + 2] ?? 0);

it.each(COLOR_MAPS)('%s darkens steadily, and its strongest end stands out on stained tissue', (map) => {
  const table = sequentialTable(map);
  expect(table.length).toBe(768);
  for (let i = 1; i < 256; i++) expect(lightness(table, i)).toBeLessThan(lightness(table, i - 1) + 1);
  const end = [...table.subarray(765)];
  for (const stain of STAIN) expect(deltaE2000(toLab(end, 'srgb'), toLab(stain, 'srgb'))).toBeGreaterThan(20);
});

it('both ends of the signed map stand out on stained tissue and from each other', () => {
  const table = divergingTable();
  const [low, high] = [0, 765].map((at) => [...table.subarray(at, at + 3)]);
  if (low === undefined || high === undefined) throw new Error('a table has two ends');
  for (const stain of STAIN)
    for (const end of [low, high]) expect(deltaE2000(toLab(end, 'srgb'), toLab(stain, 'srgb'))).toBeGreaterThan(20);
  expect(deltaE2000(toLab(low, 'srgb'), toLab(high, 'srgb'))).toBeGreaterThan(40);
});
