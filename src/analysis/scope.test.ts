import { describe, expect, it } from 'vitest';
import type { ModelManifest } from '../model/manifest.ts';
import { decideScope, isClassCalled, type ScopeFacts } from './scope.ts';

const figures = { mean: [0, 0, 0, 0, 0, 0, 0], precision: new Array<number>(49).fill(0), limit: 2 };
const made: ModelManifest['scope'] = {
  tissue: 'colon glands',
  stain: 'H&E',
  mppRange: [0.2, 1.46],
  appearance: figures,
};
const alike: ScopeFacts = { mpp: 0.5, tiles: 10, unlikeAppearance: 0, unlikeFeatures: undefined };
const decide = (facts: Partial<ScopeFacts>, scope = made) => decideScope(scope, { ...alike, ...facts });

describe('the scope of a result', () => {
  it('is inside where all that was measured is like training', () => {
    expect(decide({})).toEqual({ state: 'inside', reasons: [] });
    expect(decide({ unlikeFeatures: 0 })).toEqual({ state: 'inside', reasons: [] });
    for (const mpp of made.mppRange) expect(decide({ mpp }).state).toBe('inside');
  });

  it('is outside from more than half of the tiles on, never at half', () => {
    expect(decide({ unlikeAppearance: 5 }).state).toBe('inside');
    expect(decide({ unlikeAppearance: 6 })).toEqual({ state: 'outside', reasons: ['appearance'] });
    expect(decide({ unlikeFeatures: 5 }).state).toBe('inside');
    expect(decide({ unlikeFeatures: 6 })).toEqual({ state: 'outside', reasons: ['features'] });
  });

  it('is outside by its pixel size, and names everything that is', () => {
    expect(decide({ mpp: 0.19 })).toEqual({ state: 'outside', reasons: ['pixel-size'] });
    expect(decide({ mpp: 1.47, unlikeAppearance: 10, unlikeFeatures: 10 })).toEqual({
      state: 'outside',
      reasons: ['pixel-size', 'appearance', 'features'],
    });
  });

  it('is unmeasured where nobody measured it, unless something is known to lie outside', () => {
    const { appearance: _, ...bare } = made;
    const unknown = { unlikeAppearance: undefined };
    expect(decide(unknown, bare)).toEqual({ state: 'unmeasured', reasons: ['appearance'] });
    expect(decide({ ...unknown, mpp: undefined }, bare).reasons).toEqual(['pixel-size', 'appearance']);
    expect(decide({ mpp: undefined })).toEqual({ state: 'unmeasured', reasons: ['pixel-size'] });
    expect(decide({ ...unknown, mpp: 9 }, bare)).toEqual({ state: 'outside', reasons: ['pixel-size'] });
    expect(decide({ ...unknown, unlikeFeatures: 10 }, bare)).toEqual({ state: 'outside', reasons: ['features'] });
  });

  it('does not ask for a pixel size where every one is inside, as with a model of the user’s own', () => {
    expect(decide({ mpp: undefined }, { ...made, mppRange: [0.05, 10] })).toEqual({ state: 'inside', reasons: [] });
  });
});

it('calls a class inside, and where nobody measured only by a threshold; never outside', () => {
  const scope = (state: 'inside' | 'outside' | 'unmeasured') => ({ state, reasons: [] });
  expect(isClassCalled(scope('inside'), 0.5)).toBe(true);
  expect(isClassCalled(scope('unmeasured'), 0)).toBe(true);
  expect(isClassCalled(scope('outside'), 0.5)).toBe(false);
  for (const state of ['inside', 'outside', 'unmeasured'] as const)
    expect(isClassCalled(scope(state), null)).toBe(false);
});
