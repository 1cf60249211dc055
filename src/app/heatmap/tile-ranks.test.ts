import { expect, it } from 'vitest';
import { strengthRanks, tilesByValue } from './tile-ranks.ts';

const values = Float64Array.from([0.5, -2, Number.NaN, 0, 0.5, 1]);

it('ranks by strength, whatever the sign; unknown tiles have no rank', () => {
  expect([...strengthRanks(values)]).toEqual([3, 1, 0, 5, 4, 2]);
});

it('orders by value from either end, ties by index, unknown tiles last', () => {
  expect(tilesByValue(values, true)).toEqual([5, 0, 4, 3, 1, 2]);
  expect(tilesByValue(values, false)).toEqual([1, 3, 0, 4, 5, 2]);
  expect(tilesByValue(new Float32Array(0), true)).toEqual([]);
});
