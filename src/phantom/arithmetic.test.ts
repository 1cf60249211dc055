import { expect, it } from 'vitest';
import { cosine, decay, sine } from './arithmetic.ts';
import { latticeHash, seededRandom } from './random.ts';

it('follows Math.sin and Math.cos closely', () => {
  for (let angle = -20; angle < 20; angle += 0.0137) {
    expect(Math.abs(sine(angle) - Math.sin(angle))).toBeLessThan(1e-7);
    expect(Math.abs(cosine(angle) - Math.cos(angle))).toBeLessThan(1e-7);
  }
});

it('follows the exponential closely', () => {
  for (let x = 0; x < 12; x += 0.01) expect(Math.abs(decay(x) / Math.exp(-x) - 1)).toBeLessThan(1e-6);
});

it('draws the same numbers from the same seeds, and others from others', () => {
  const draw = (...seeds: number[]) => {
    const random = seededRandom(...seeds);
    return Array.from({ length: 5 }, () => random.integer(1_000_000));
  };
  expect(draw(1, 2)).toEqual(draw(1, 2));
  expect(draw(1, 2)).not.toEqual(draw(2, 1));
  expect(draw(1)).toMatchInlineSnapshot(`
    [
      965236,
      580058,
      245673,
      679376,
      749497,
    ]
  `);
});

it('is uniform', () => {
  const random = seededRandom(3);
  const counts = new Array<number>(10).fill(0);
  for (let i = 0; i < 100_000; i++) {
    const at = random.integer(10);
    counts[at] = (counts[at] ?? 0) + 1;
  }
  for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  const bits = Array.from({ length: 4096 }, (_, i) => latticeHash(i & 63, i >> 6, 5) / 2 ** 32);
  expect(Math.abs(bits.reduce((a, b) => a + b, 0) / 4096 - 0.5)).toBeLessThan(0.02);
});
