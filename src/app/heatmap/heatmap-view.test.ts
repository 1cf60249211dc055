import { expect, it } from 'vitest';
import type { SlideInfo } from '../../slide/slide.ts';
import type { ShownMap, ShownRun } from '../state/shown-run.ts';
import { prediction } from '../testing/fake-services.ts';
import { flatAttention, toGrid, toHeatmapView, withoutTile } from './heatmap-view.ts';

const info = { id: 's', width: 512, height: 256 } as SlideInfo;
const settings = { mapId: undefined, colors: 'greens', threshold: 0 } as const;

const mapOf = (kind: ShownMap['kind'], values: readonly number[], isSigned = false): ShownMap => ({
  ...{ id: kind, kind, isSigned, unit: 'score', values: Float32Array.from(values) },
  range: [Math.min(...values), Math.max(...values)],
});

/** Of three tiles in a row, the last one outside the slide. */
const run = (maps: readonly ShownMap[], isOfShownImage = true) =>
  ({ bag: prediction('s', { contributions: [1, 2, 3] }).attention.bag, maps, isOfShownImage }) as unknown as ShownRun;

it('paints the map that is asked for on the cells that lie on the slide', () => {
  const both = run([mapOf('contribution', [1, -2, 5], true), mapOf('attention', [1, 2, 3])]);
  const grid = toGrid(both, info);
  expect(grid).toMatchObject({ columns: 2, rows: 1, rect: { x: 0, y: 0, width: 512, height: 256 } });
  expect(toHeatmapView(both, grid, settings)).toMatchObject({
    map: { id: 'contribution' },
    scale: { isDiverging: true },
  });
  const attention = toHeatmapView(both, grid, { ...settings, mapId: 'attention' });
  expect(attention).toMatchObject({ map: { id: 'attention' }, picture: { width: 2, height: 1 } });
  const [first = 255, second = 0] = [3, 7].map((at) => attention?.picture.rgba[at]);
  expect(second).toBeGreaterThan(first);
});

it('draws nothing of another image of the file, nor before the tiles are chosen', () => {
  expect(toGrid(run([], false), info)).toBeUndefined();
  expect(toGrid({ ...run([]), bag: undefined }, info)).toBeUndefined();
  expect(toHeatmapView(run([]), toGrid(run([]), info), settings)).toBeUndefined();
});

it('a signed map reaches the largest value of the slide on both sides', () => {
  const signed = run([mapOf('contribution', [0.3, -0.7, 0.1], true)]);
  const view = toHeatmapView(signed, toGrid(signed, info), settings);
  expect(view?.scale.low).toBeCloseTo(-0.7, 6);
  expect(view?.scale.high).toBeCloseTo(0.7, 6);
});

it('names the largest weight where no tile has twice its share', () => {
  expect(flatAttention(mapOf('attention', [1, 1, 1.2, 0.8]))).toBeCloseTo(1.2, 6);
  expect(flatAttention(mapOf('attention', [0.4, 0.8, 2.4, 0.4]))).toBeUndefined();
  // A single tile has all of it, which says nothing about tiles.
  expect(flatAttention(mapOf('attention', [1]))).toBeUndefined();
  expect(flatAttention(mapOf('contribution', [1, 1]))).toBeUndefined();
});

it('leaves the tile that is read uncovered, and all others as they are', () => {
  const both = run([mapOf('contribution', [1, -2, 5], true)]);
  const grid = toGrid(both, info);
  const picture = toHeatmapView(both, grid, settings)?.picture;
  if (grid === undefined || picture === undefined) throw new Error('nothing is drawn');
  const alphas = (tile: number) => [3, 7].map((at) => withoutTile(picture, grid, tile).rgba[at]);
  expect(alphas(1)).toEqual([picture.rgba[3], 0]);
  expect(picture.rgba[7]).toBeGreaterThan(0);
  // The third tile lies outside the slide.
  expect(withoutTile(picture, grid, 2)).toBe(picture);
});
