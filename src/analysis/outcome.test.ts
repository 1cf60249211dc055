import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { outcomeOf } from './outcome.ts';
import { positiveProbability, type Scope } from './prediction.ts';

const INSIDE: Scope = { state: 'inside', reasons: [] };

interface Settings {
  readonly bias?: number;
  readonly temperature?: number;
  readonly threshold?: number | null;
  readonly classes?: readonly string[];
}

function outcome(
  tiles: readonly (readonly [number, number])[],
  { bias = 0, temperature = 1, threshold = 0.5, classes = ['benign', 'malignant'] }: Settings = {},
  scope = INSIDE,
) {
  const manifest = { classes, positiveClass: 'malignant', decision: { threshold, temperature, chosenOn: '' } };
  const scores = Float32Array.from(tiles, ([score]) => score);
  const values = Float32Array.from(tiles, ([, value]) => value);
  return outcomeOf(scores, values, bias, manifest, scope);
}

const anyTiles = fc.array(
  fc.tuple(fc.float({ min: -80, max: 80, noNaN: true }), fc.float({ min: -20, max: 20, noNaN: true })),
  { minLength: 1, maxLength: 300 },
);
const settings = fc.record({
  bias: fc.double({ min: -5, max: 5, noNaN: true }),
  temperature: fc.double({ min: 0.1, max: 20, noNaN: true }),
  classes: fc.constantFrom(['benign', 'malignant'], ['malignant', 'benign']),
});

describe('contributions', () => {
  it('add up with the bias to the log-odds of the calibrated probability', () => {
    fc.assert(
      fc.property(anyTiles, settings, (tiles, options) => {
        const one = outcome(tiles, options);
        const at = one.classes.indexOf('malignant');
        const [p = 0, q = 0] = [one.probabilities[at], one.probabilities[1 - at]];
        const contributions = [...(one.attention.contributions ?? [])];
        const sum = contributions.reduce((total, value) => total + value, one.bias);
        const scale = contributions.reduce((total, value) => total + Math.abs(value), Math.abs(one.bias));
        expect(Math.abs(sum - (Math.log(p) - Math.log(q)))).toBeLessThanOrEqual(1e-6 * Math.max(1, scale));
        // Without the other probability the same, as long as 1 - p has digits left.
        if (sum < 20) {
          expect(Math.abs(sum - Math.log(p / (1 - p)))).toBeLessThanOrEqual(1e-6 * Math.max(1, scale));
        }
      }),
    );
  });

  it('are of the calibrated logit, while logits stay raw', () => {
    const tiles = [
      [0, 3],
      [0, 1],
    ] as const;
    const one = outcome(tiles, { bias: 1, temperature: 2 });
    expect(one).toMatchObject({ bias: 0.5, temperature: 2 });
    expect([...(one.attention.contributions ?? [])]).toEqual([0.75, 0.25]);
    expect([...one.logits]).toEqual([0, 3]);
    expect(positiveProbability(one)).toBe(1 / (1 + Math.exp(-1.5)));
  });
});

describe('the class that is called', () => {
  const likely = [[0, 2]] as const;

  it('is the positive one from the threshold on, the other below', () => {
    const p = positiveProbability(outcome(likely));
    expect(outcome(likely, { threshold: p }).label).toBe('malignant');
    expect(outcome(likely, { threshold: p + 1e-12 }).label).toBe('benign');
    expect(outcome(likely, { threshold: p, classes: ['malignant', 'benign'] }).label).toBe('malignant');
  });

  it('is none outside the scope and without a threshold; the number is the same', () => {
    const outside = outcome(likely, {}, { state: 'outside', reasons: ['appearance'] });
    expect(outside).toMatchObject({ label: null, threshold: 0.5 });
    expect(outside.probabilities).toEqual(outcome(likely).probabilities);
    const unmeasured: Scope = { state: 'unmeasured', reasons: ['appearance'] };
    expect(outcome(likely, {}, unmeasured).label).toBe('malignant');
    expect(outcome(likely, { threshold: null }, unmeasured)).toMatchObject({ label: null, threshold: null });
  });
});

it('keeps the digits of a probability near 0 and of its counterpart near 1', () => {
  const one = outcome([[0, 40]]);
  expect(one.probabilities[0]).toBeCloseTo(Math.exp(-40), 25);
  expect(one.probabilities[0]).toBeGreaterThan(0);
});
