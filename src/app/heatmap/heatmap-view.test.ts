import { describe, expect, it } from 'vitest';
import type { BagPrediction } from '../../analysis/prediction.ts';
import type { SlideInfo } from '../../slide/slide.ts';
import type { TileBag } from '../../tiling/bag.ts';
import type { RunState } from '../state/screen.ts';
import { flatAttention, modesOf, seenAttention, toGrid, toHeatmapView } from './heatmap-view.ts';

const info = { id: 's', width: 400, height: 200 } as SlideInfo;

/** Two rows of two tiles, the last outside the slide. */
const bag: TileBag = {
  slideId: 's',
  protocol: 'tissue-grid',
  count: 4,
  xy: Int32Array.from([0, 0, 100, 0, 0, 100, 500, 100]),
  spanPx: 100,
  tilePx: 50,
  mpp: 1,
  level: 0,
  tissueFraction: new Float32Array(4),
  candidates: 8,
  rejected: { background: 4, pen: 0, black: 0, blur: 0, cap: 0, unreadable: 0 },
  coverage: undefined,
};

const running = (scores: number[], of = bag): RunState => ({
  status: 'running',
  modelId: 'm',
  progress: {
    stage: 'tiles',
    tilesDone: 2,
    tilesTotal: 4,
    tilesPerSecond: 1,
    secondsLeft: 2,
    bag: of,
    scores: Float32Array.from(scores),
  },
  previous: undefined,
});

const settings = { mode: 'contribution', colours: 'viridis', threshold: 0 } as const;

it('shows the tiles done so far, and attention only', () => {
  const seen = seenAttention(running([1, 3, Number.NaN, Number.NaN]), undefined, info);
  if (seen === undefined) throw new Error('a run with a plan can be seen');
  expect(modesOf(seen)).toEqual(['attention']);
  expect((seen.weights[0] ?? 0) + (seen.weights[1] ?? 0)).toBeCloseTo(1, 6);
  const { mode, picture } = toHeatmapView(seen, toGrid(seen, info), settings);
  expect(mode).toBe('attention');
  expect([picture.width, picture.height]).toEqual([2, 2]);
  expect(picture.rect).toEqual({ x: 0, y: 0, width: 200, height: 200 });
  const alpha = [3, 7, 11, 15].map((at) => picture.rgba[at] ?? -1);
  expect(alpha[1]).toBeGreaterThan(0);
  expect(alpha[1]).toBeGreaterThan(alpha[0] ?? 255);
  expect(alpha.slice(2)).toEqual([0, 0]);
});

it('shows nothing of a run on another slide, nor before the tiles are chosen', () => {
  expect(seenAttention(running([1, 2, 3, 4], { ...bag, slideId: 'other' }), undefined, info)).toBeUndefined();
  const planned = running([]);
  if (planned.status !== 'running') throw new Error('running');
  const before: RunState = { ...planned, progress: { ...planned.progress, bag: undefined } };
  expect(seenAttention(before, undefined, info)).toBeUndefined();
});

it('offers the maps that the model has numbers for', () => {
  const attention = {
    bag,
    scores: new Float32Array(4),
    weights: Float32Array.from([0.1, 0.2, 0.3, 0.4]),
    contributions: Float32Array.from([-1, 0, 1, 2]),
    tileProbabilities: undefined,
  };
  const result = { attention } as unknown as BagPrediction;
  const seen = seenAttention({ status: 'done', prediction: result }, result, info);
  expect(modesOf(seen)).toEqual(['attention', 'contribution']);
  if (seen === undefined) throw new Error('a result can be seen');
  const grid = toGrid(seen, info);
  expect(toHeatmapView(seen, grid, settings)).toMatchObject({ mode: 'contribution', scale: { isDiverging: true } });
  expect(toHeatmapView(seen, grid, { ...settings, mode: 'probability' }).mode).toBe('attention');
});

describe('flatAttention', () => {
  it('names the largest weight where no tile has twice its share', () => {
    expect(flatAttention({ weights: Float32Array.of(0.25, 0.25, 0.3, 0.2) })).toBeCloseTo(1.2, 6);
    expect(flatAttention({ weights: Float32Array.of(0.1, 0.2, 0.6, 0.1) })).toBeUndefined();
    // A single tile has all of it, which says nothing about tiles.
    expect(flatAttention({ weights: Float32Array.of(1) })).toBeUndefined();
    expect(flatAttention({ weights: new Float32Array(0) })).toBeUndefined();
  });
});
