import { expect, it } from 'vitest';
import type { TileBag } from '../tiling/bag.ts';
import { COLOUR_MAPS, divergingTable, sequentialTable } from './colour-maps.ts';
import {
  gridOf,
  paintHeatmap,
  paintLegend,
  placeOnScale,
  rankTiles,
  readTileNumbers,
  runningWeights,
  scaleOf,
  shadeValues,
  tileAt,
  tileRect,
  topTiles,
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

const attention = (weights: number[]) => ({
  weights: Float32Array.from(weights),
  contributions: undefined,
  tileProbabilities: undefined,
});

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

it('shades attention by times uniform, of the tiles known', () => {
  const values = shadeValues(attention([0.25, 0.75, Number.NaN]), 'attention');
  expect([...values]).toEqual([0.5, 1.5, Number.NaN]);
  expect([...shadeValues(attention([0.5, 0.5]), 'contribution')]).toEqual([Number.NaN, Number.NaN]);
});

it('ranks like scipy.stats.rankdata', () => {
  const { ranks, percentiles } = rankTiles(Float32Array.of(0.1, 0.4, 0.1, Number.NaN, 0.3, 0.1));
  // rankdata([.1,.4,.1,.3,.1]) = [2, 5, 2, 4, 2]; of 5.
  expect([...percentiles]).toEqual([40, 100, 40, Number.NaN, 80, 40]);
  expect([...ranks]).toEqual([3, 1, 4, 0, 2, 5]);
  expect(topTiles(Float32Array.of(0.1, 0.4, 0.1, Number.NaN, 0.3), 3)).toEqual([1, 4, 0]);
});

it('reads one tile out', () => {
  const numbers = {
    weights: Float32Array.of(0.5, 0.25, 0.25),
    contributions: Float64Array.of(1, -2, 0),
    tileProbabilities: Float32Array.of(0.9, 0.1, 0.5),
  };
  const ranking = rankTiles(numbers.weights);
  expect(readTileNumbers(numbers, ranking, 0)).toMatchObject({
    weight: 0.5,
    timesUniform: 1.5,
    percentile: 100,
    rank: 1,
  });
  expect(readTileNumbers(numbers, ranking, 1)).toMatchObject({ percentile: 50, rank: 2, contribution: -2 });
  expect(readTileNumbers(attention([1]), rankTiles(Float32Array.of(1)), 0).probability).toBeUndefined();
});

it('has a log2 scale for attention on which uniform is faint and always marked', () => {
  const scale = scaleOf('attention', Float32Array.of(1, 1, 1));
  expect(scale).toMatchObject({ low: 0.5, high: 8, unit: 'times uniform', isDiverging: false });
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

it('has a signed scale for contributions in steps of 1, 2 and 5', () => {
  const scale = scaleOf('contribution', Float32Array.of(-0.0031, 0.001, Number.NaN));
  expect(scale).toMatchObject({ low: -0.005, high: 0.005, isDiverging: true, unit: 'log-odds' });
  expect(scale.ticks.map((tick) => tick.label)).toEqual(['−0.005', '−0.0025', '0', '+0.0025', '+0.005']);
  expect(scaleOf('contribution', Float32Array.of(0.2)).high).toBe(0.2);
  expect(scaleOf('contribution', Float32Array.of(0, 0)).high).toBeGreaterThan(0);
});

it.each(['attention', 'contribution', 'probability', 'percentile'] as const)(
  'marks the legend of %s in order',
  (mode) => {
    const scale = scaleOf(mode, Float32Array.of(0.2, 0.9, 3));
    const places = scale.ticks.map((tick) => tick.at);
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(Math.min(...places)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...places)).toBeLessThanOrEqual(1);
    for (const at of [0, 0.3, 1]) expect(placeOnScale(scale, valueOnScale(scale, at))).toBeCloseTo(at, 10);
  },
);

it('paints one pixel a tile, clear where there is none', () => {
  const grid = gridOf(BAG);
  const values = Float32Array.of(8, 0.25, Number.NaN, 2);
  const picture = paintHeatmap(grid, values, scaleOf('attention', values), { colours: 'viridis' });
  expect(picture).toMatchObject({ width: 3, height: 3, rect: grid.rect });
  const pixel = (cell: number) => [...picture.rgba.subarray(cell * 4, cell * 4 + 4)];
  const viridis = sequentialTable('viridis');
  expect(pixel(0)).toEqual([...viridis.subarray(255 * 3), 255]);
  expect(pixel(8)).toEqual([...viridis.subarray(128 * 3, 129 * 3), 128]);
  // No weight, not done, no tile: clear.
  for (const cell of [2, 4, 1, 3, 5, 6, 7]) expect(pixel(cell)[3]).toBe(0);
});

it('hides what lies below the threshold and dims by opacity', () => {
  const grid = gridOf(BAG);
  const values = Float32Array.of(8, 2, 1, 4);
  const style = { colours: 'magma', opacity: 0.5, threshold: 0.6 } as const;
  const { rgba } = paintHeatmap(grid, values, scaleOf('attention', values), style);
  const alpha = (cell: number) => rgba[cell * 4 + 3];
  expect([alpha(0), alpha(2), alpha(4), alpha(8)]).toEqual([128, 0, 0, 96]);
});

it('paints for and against in opposite colours, equally strong', () => {
  const grid = gridOf(BAG);
  const values = Float32Array.of(-0.1, 0.1, 0, 0.05);
  const { rgba } = paintHeatmap(grid, values, scaleOf('contribution', values), { colours: 'viridis' });
  const table = divergingTable();
  expect([...rgba.subarray(0, 4)]).toEqual([...table.subarray(0, 3), 255]);
  expect([...rgba.subarray(8, 12)]).toEqual([...table.subarray(255 * 3), 255]);
  expect(rgba[4 * 4 + 3]).toBe(0);
  // Against is teal (more green than red), for is brown.
  expect(table[1]).toBeGreaterThan(table[0] as number);
  expect(table[255 * 3]).toBeGreaterThan(table[255 * 3 + 2] as number);
});

it('paints the legend as it paints tiles', () => {
  const scale = scaleOf('attention', Float32Array.of(1));
  const legend = paintLegend(scale, { colours: 'cividis' }, 101);
  expect([legend.width, legend.height]).toEqual([101, 1]);
  const grid = gridOf(bagAt([0, 0], 10));
  const tile = paintHeatmap(grid, Float32Array.of(2), scale, { colours: 'cividis' });
  expect([...legend.rgba.subarray(50 * 4, 51 * 4)]).toEqual([...tile.rgba]);
});

it('has whole colour maps', () => {
  for (const map of COLOUR_MAPS) {
    const table = sequentialTable(map);
    expect(table.length).toBe(768);
    const lightness = Array.from(
      { length: 256 },
      (_, i) => 0.3 * (table[i * 3] ?? 0) + 0.6 * (table[i * 3 + 1] ?? 0) + 0.1 * (table[i * 3 + 2] ?? 0),
    );
    if (map === 'turbo') continue;
    // Perceptual maps only grow lighter.
    lightness.forEach((value, i) => {
      if (i > 0) expect(value).toBeGreaterThan((lightness[i - 1] as number) - 1);
    });
  }
  expect([...sequentialTable('viridis').subarray(0, 3)]).toEqual([68, 1, 84]);
  expect([...sequentialTable('viridis').subarray(765)]).toEqual([253, 231, 37]);
});
