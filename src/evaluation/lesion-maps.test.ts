import { expect, it } from 'vitest';
import type { Attention } from '../analysis/prediction.ts';
import { scoreMaps, summarizeMaps } from './lesion-maps.ts';

const attention = {
  bag: {} as Attention['bag'],
  scores: Float32Array.of(0, 0, 0, 0),
  weights: Float32Array.of(0.4, 0.3, 0.2, 0.1),
  contributions: Float64Array.of(-1, 2, 1, -3),
  tileProbabilities: undefined,
};

it('judges each map among the tiles of the slide; half lesion is lesion', () => {
  const figures = scoreMaps(attention, [0.5, 1, 0.49, 0]);
  expect(figures).toEqual({ lesionTiles: 2, auroc: { attention: 1, contribution: 0.75, tileProbability: null } });
});

it('has nothing to say where all tiles are lesion, or none', () => {
  expect(scoreMaps(attention, [0, 0.2, 0, 0])).toBeUndefined();
  expect(scoreMaps(attention, [1, 1, 1, 1])).toBeUndefined();
  expect(summarizeMaps([])).toBeUndefined();
});

it('gives mean and standard error over slides, and leaves out a map the model does not have', () => {
  const slides = [0.6, 0.8].map((value) => ({
    lesionTiles: 3,
    auroc: { attention: value, contribution: 1, tileProbability: null },
  }));
  const summary = summarizeMaps(slides);
  expect(summary?.slides).toBe(2);
  expect(summary?.maps.map((map) => map.name)).toEqual(['attention', 'contribution']);
  expect(summary?.maps[0]?.mean).toBeCloseTo(0.7, 12);
  expect(summary?.maps[0]?.standardError).toBeCloseTo(0.1, 12);
});
