import { expect, it } from 'vitest';
import type { Outcome } from '../state/shown-run.ts';
import { fieldGroups, fieldOf, fieldOrder, isOnlyWeak } from './fields.ts';

const groups = (values: readonly number[], isSigned: boolean) =>
  fieldGroups({ values: Float64Array.from(values), isSigned });

it('sets fields for and against apart, the strongest first, and leaves out what weighs nothing', () => {
  const found = groups([0.5, -2, 0.019, 0, 1, -0.03, Number.NaN, -0.021], true);
  expect(found.map(({ id, fields }) => [id, fields.map(({ tile, rank }) => [tile, rank])])).toEqual([
    [
      'towards',
      [
        [4, 1],
        [0, 2],
      ],
    ],
    [
      'against',
      [
        [1, 3],
        [5, 4],
        [7, 5],
      ],
    ],
  ]);
  expect(fieldOrder(found)).toEqual([4, 0, 1, 5, 7]);
});

it('is one group where the map has no signs, and none where there is nothing', () => {
  expect(groups([0.1, 3, 0.02], false)).toEqual([
    {
      id: 'highest',
      of: 2,
      fields: [
        { tile: 1, rank: 1, value: 3 },
        { tile: 0, rank: 2, value: 0.1 },
      ],
    },
  ]);
  expect(groups([], true)).toEqual([]);
  expect(groups([0, Number.NaN], false)).toEqual([]);
  expect(groups([-1, -2], true).map(({ id }) => id)).toEqual(['against']);
});

it('lists ten a group, ties in the order of the tiles', () => {
  const [group] = groups(new Array(25).fill(1), false);
  expect(group?.fields.map(({ tile }) => tile)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(group?.of).toBe(25);
});

it('finds a field of the strip, and none for a tile that is not listed', () => {
  const found = groups([0.5, -2, 0.001], true);
  expect(fieldOf(found, 1)).toEqual({ tile: 1, rank: 2, value: -2, group: 'against' });
  expect(fieldOf(found, 2)).toBeUndefined();
  expect(fieldOf(found, undefined)).toBeUndefined();
});

it('says that evidence is weak where the negative class is called and no field moves the probability visibly', () => {
  const outcome = (probability: number, called: string | null): Outcome => ({
    ...{ kind: 'binary', positive: 'malignant', negative: 'benign', threshold: 0.5, probability, called },
  });
  const weak = (probability: number, called: string | null, values: readonly number[]) =>
    isOnlyWeak(outcome(probability, called), { kind: 'contribution' }, groups(values, true));
  expect(weak(0.02, 'benign', [-3, -1])).toBe(true);
  // From 0.0148 to 0.02, and from 0.0074 to 0.02.
  expect(weak(0.02, 'benign', [-3, 0.3])).toBe(true);
  expect(weak(0.02, 'benign', [-3, 1])).toBe(false);
  expect(weak(0.98, 'malignant', [-3, -1])).toBe(false);
  expect(weak(0.02, null, [-3, -1])).toBe(false);
  expect(isOnlyWeak(outcome(0.02, 'benign'), { kind: 'attention' }, groups([1, 1], false))).toBe(false);
});
