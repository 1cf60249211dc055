import { expect, it } from 'vitest';
import { mortonCode, mulberry32, sampleSeeded } from './sample.ts';

it('draws the published numbers of mulberry32', () => {
  // The first ones of seed 0, from the author's C code.
  const next = mulberry32(0);
  expect([next(), next(), next()]).toEqual([1144304738, 1416247, 958946056]);
});

it('draws without replacement, evenly, in the old order', () => {
  const items = Array.from({ length: 50 }, (_, i) => i * 3);
  const hits = new Map<number, number>();
  for (let seed = 0; seed < 4000; seed++) {
    const drawn = sampleSeeded(items, 10, seed);
    expect(new Set(drawn).size).toBe(10);
    if (seed < 100) expect(drawn).toEqual([...drawn].sort((a, b) => a - b));
    for (const item of drawn) hits.set(item, (hits.get(item) ?? 0) + 1);
  }
  // 4,000 draws of 10 in 50: 800 each, standard deviation 25.
  for (const item of items) expect(Math.abs((hits.get(item) ?? 0) - 800)).toBeLessThan(125);
  expect(sampleSeeded(items, 50, 7)).toEqual(items);
  expect(sampleSeeded(items, 60, 7)).toEqual(items);
});

it('interleaves the bits of column and row', () => {
  expect(mortonCode(0b1011, 0b0110)).toBe(0b01101101);
  expect(mortonCode(65535, 65535)).toBe(2 ** 32 - 1);
  expect(mortonCode(3, 0)).toBe(5);
  expect(mortonCode(0, 3)).toBe(10);
});
