import { expect, it } from 'vitest';
import { parseTyped } from './typed-number.ts';

it('reads what people type', () => {
  expect(['0.5', ' 0,25 ', '.5', '', 'x', '0.5 µm', '1,000.5'].map(parseTyped)).toEqual([
    0.5,
    0.25,
    0.5,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
  expect(['-1', '−0,5', '1e-7', '-', '--1', '1e', 'Infinity'].map(parseTyped)).toEqual([
    -1,
    -0.5,
    1e-7,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});
