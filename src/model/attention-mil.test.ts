import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { poolAttention } from './attention-mil.ts';

const finite = fc.float({ min: -50, max: 50, noNaN: true });
const bag = fc.array(fc.tuple(finite, finite), { minLength: 1, maxLength: 200 });

describe('poolAttention', () => {
  it('is softmax and a weighted sum', () => {
    const { weights, contributions, logit, probability, tileProbabilities } = poolAttention(
      [0, Math.log(3)],
      [2, -1],
      0.5,
      2,
    );
    expect([...weights].map((one) => one.toFixed(14))).toEqual(['0.25000000000000', '0.75000000000000']);
    expect([...contributions].map((one) => one.toFixed(14))).toEqual(['0.50000000000000', '-0.75000000000000']);
    expect(logit).toBeCloseTo(0.25, 14);
    expect(probability).toBeCloseTo(1 / (1 + Math.exp(-0.125)), 15);
    expect([...tileProbabilities].map((p) => p.toFixed(12))).toEqual(
      [1.25, -0.25].map((x) => (1 / (1 + Math.exp(-x))).toFixed(12)),
    );
  });

  it('survives scores and values of any size', () => {
    const { weights, probability } = poolAttention([1e30, 1e30, -1e30], [1e4, 1e4, 0], 0, 1);
    expect([...weights]).toEqual([0.5, 0.5, 0]);
    expect(probability).toBe(1);
    expect(poolAttention([0], [-1e4], 0, 1).probability).toBe(0);
  });

  it('has weights that sum to 1, and contributions that add up to the logit exactly', () => {
    fc.assert(
      fc.property(bag, finite, (tiles, bias) => {
        const pooled = poolAttention(
          tiles.map(([s]) => s),
          tiles.map(([, v]) => v),
          bias,
          1,
        );
        expect(Math.abs(pooled.weights.reduce((a, b) => a + b, 0) - 1)).toBeLessThan(1e-12);
        expect(pooled.contributions.reduce((a, b) => a + b, bias)).toBe(pooled.logit);
      }),
    );
  });

  it('does not depend on a constant added to all scores, nor on the order of the tiles', () => {
    fc.assert(
      fc.property(bag, (tiles) => {
        const scores = tiles.map(([s]) => s);
        const values = tiles.map(([, v]) => v);
        const { logit } = poolAttention(scores, values, 0, 1);
        expect(
          poolAttention(
            scores.map((s) => s + 7),
            values,
            0,
            1,
          ).logit,
        ).toBeCloseTo(logit, 8);
        expect(poolAttention([...scores].reverse(), [...values].reverse(), 0, 1).logit).toBeCloseTo(logit, 8);
      }),
    );
  });

  it('gives a bag of one tile that tile’s own probability', () => {
    const { weights, probability, tileProbabilities } = poolAttention([3], [0.7], -0.2, 1.3);
    expect([...weights]).toEqual([1]);
    expect(tileProbabilities[0]).toBe(probability);
  });

  it('refuses an empty bag', () => {
    expect(() => poolAttention([], [], 0, 1)).toThrow(/a bag needs/);
  });
});
