import { expect, it } from 'vitest';
import { fieldGroups, fieldOrder } from './fields.ts';

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
});
