import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  atSensitivity,
  auroc,
  aurocBootstrap,
  aurocDeLong,
  aurocInterval,
  aurocNewcombe,
  averagePrecision,
  brier,
  calibrationError,
  fitTemperature,
  logLoss,
  operatingPoint,
  reliability,
  rocCurve,
  share,
  sigmoid,
} from './metrics.ts';

interface GoldenCase {
  readonly name: string;
  readonly labels: readonly number[];
  readonly logits: readonly number[];
  readonly probabilities: readonly number[];
  readonly threshold: number;
  readonly auroc: number;
  readonly delong: readonly [number, number, number];
  readonly newcombe: readonly [number, number];
  readonly averagePrecision: number;
  readonly roc: {
    readonly fpr: readonly number[];
    readonly tpr: readonly number[];
    readonly thresholds: readonly number[];
  };
  readonly confusion: readonly [number, number, number, number];
  readonly accuracy: number;
  readonly balancedAccuracy: number;
  readonly f1: number;
  readonly sensitivity: number;
  readonly specificity: number;
  readonly wilsonSensitivity: readonly [number, number];
  readonly precision: number;
  readonly brier: number;
  readonly logLoss: number;
  readonly ece: number;
  readonly reliability: {
    readonly counts: readonly number[];
    readonly said: readonly number[];
    readonly found: readonly number[];
  };
  readonly atSensitivity: Readonly<Record<string, readonly [number, number, number]>>;
  readonly temperature: number;
}

const golden = JSON.parse(readFileSync(path.join(import.meta.dirname, 'goldens/metrics.json'), 'utf8')) as {
  readonly cases: readonly GoldenCase[];
  /** Positives, negatives, and the bounds where all pairs are in order. */
  readonly inOrder: readonly (readonly [number, number, number, number])[];
};

function expectClose(actual: number | undefined, expected: number): void {
  expect(actual).toBeDefined();
  expect(Math.abs((actual ?? Number.NaN) - expected)).toBeLessThan(1e-9);
}

function expectAllClose(actual: readonly (number | undefined)[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  expected.forEach((value, i) => {
    expectClose(actual[i], value);
  });
}

describe.each(golden.cases)('equals scikit-learn to 1e-9: $name', (one) => {
  const { labels, probabilities } = one;

  it('AUROC, its DeLong and Newcombe intervals, ROC curve and average precision', () => {
    expectClose(auroc(labels, probabilities), one.auroc);
    const interval = aurocDeLong(labels, probabilities);
    expectAllClose([interval?.standardError, interval?.ci95.low, interval?.ci95.high], one.delong);
    const newcombe = aurocNewcombe(labels, probabilities);
    expectAllClose([newcombe?.low, newcombe?.high], one.newcombe);
    expect(aurocInterval(labels, probabilities)).toEqual({ ...interval?.ci95, method: 'DeLong' });
    const curve = rocCurve(labels, probabilities);
    expectAllClose(
      curve.map((point) => point.falsePositiveRate),
      one.roc.fpr,
    );
    expectAllClose(
      curve.map((point) => point.truePositiveRate),
      one.roc.tpr,
    );
    expectAllClose(
      curve.slice(1).map((point) => point.threshold),
      one.roc.thresholds,
    );
    expectClose(averagePrecision(labels, probabilities), one.averagePrecision);
  });

  it('figures at the threshold', () => {
    const point = operatingPoint(labels, probabilities, one.threshold);
    const { truePositive, falsePositive, trueNegative, falseNegative } = point.confusion;
    expect([truePositive, falsePositive, trueNegative, falseNegative]).toEqual(one.confusion);
    expectClose(point.accuracy?.value, one.accuracy);
    expectClose(point.balancedAccuracy, one.balancedAccuracy);
    expectClose(point.f1, one.f1);
    expectClose(point.sensitivity?.value, one.sensitivity);
    expectClose(point.specificity?.value, one.specificity);
    expectClose(point.positivePredictive?.value, one.precision);
    expectAllClose([point.sensitivity?.low, point.sensitivity?.high], one.wilsonSensitivity);
  });

  it('figures at 95 % and 99 % sensitivity', () => {
    for (const [target, [threshold, sensitivity, specificity]] of Object.entries(one.atSensitivity)) {
      const point = atSensitivity(labels, probabilities, Number(target));
      expectClose(point?.threshold, threshold);
      expectClose(point?.sensitivity?.value, sensitivity);
      expectClose(point?.specificity?.value, specificity);
    }
  });

  it('Brier, log loss, reliability curve and ECE', () => {
    expectClose(brier(labels, probabilities), one.brier);
    expectClose(logLoss(labels, probabilities), one.logLoss);
    const bins = reliability(labels, probabilities);
    expect(bins.map((bin) => bin.count)).toEqual(one.reliability.counts);
    const filled = bins.filter((bin) => bin.count > 0);
    expectAllClose(
      filled.map((bin) => bin.meanProbability),
      one.reliability.said,
    );
    expectAllClose(
      filled.map((bin) => bin.positiveShare),
      one.reliability.found,
    );
    expectClose(calibrationError(bins), one.ece);
  });

  it('the temperature of least log loss', () => {
    expectClose(fitTemperature(labels, one.logits), one.temperature);
  });
});

const cohort = fc
  .array(fc.record({ label: fc.constantFrom(0, 1), logit: fc.double({ min: -8, max: 8, noNaN: true }) }), {
    minLength: 2,
    maxLength: 40,
  })
  .filter((rows) => new Set(rows.map((row) => row.label)).size === 2)
  .map((rows) => ({ labels: rows.map((row) => row.label), logits: rows.map((row) => row.logit) }));

describe('intervals', () => {
  const [first] = golden.cases;
  if (first === undefined) throw new Error('the fixture has no cases');

  it('of the bootstrap hold the AUROC, repeat with the seed, and are near those of DeLong', () => {
    const interval = aurocBootstrap(first.labels, first.probabilities, { seed: 3 });
    expect(aurocBootstrap(first.labels, first.probabilities, { seed: 3 })).toEqual(interval);
    expect(aurocBootstrap(first.labels, first.probabilities, { seed: 4 })).not.toEqual(interval);
    expect(Math.abs((interval?.low ?? 0) - first.delong[1])).toBeLessThan(0.015);
    expect(Math.abs((interval?.high ?? 0) - first.delong[2])).toBeLessThan(0.015);
  });

  it.each(golden.inOrder)(
    'of %i against %i with all pairs in order are Newcombe’s',
    (positives, negatives, low, high) => {
      const labels = [...new Array<number>(positives).fill(1), ...new Array<number>(negatives).fill(0)];
      const scores = labels.map((label, i) => label + i / 1000);
      const interval = aurocInterval(labels, scores);
      expect(interval?.method).toBe('Newcombe 2006, method 5');
      expectAllClose([interval?.low, interval?.high], [low, high]);
      const reversed = aurocInterval(
        labels,
        scores.map((score) => -score),
      );
      expectAllClose([reversed?.low, reversed?.high], [0, 1 - low]);
      // The others would have width 0, as if the figure were sure.
      expect(aurocDeLong(labels, scores)).toBeUndefined();
      expect(aurocBootstrap(labels, scores)).toBeUndefined();
    },
  );

  it('of 20 against 20 with all pairs in order begin at the published .899', () => {
    const labels = Array.from({ length: 40 }, (_, i) => (i < 20 ? 0 : 1));
    expect(aurocInterval(labels, labels)?.low.toFixed(3)).toBe('0.899');
  });

  it('never have width 0, all scores alike included', () => {
    fc.assert(
      fc.property(cohort, fc.boolean(), ({ labels, logits }, isFlat) => {
        const scores = isFlat ? labels.map(() => 0.5) : logits;
        const area = auroc(labels, scores) ?? Number.NaN;
        for (const one of [
          aurocInterval(labels, scores),
          aurocNewcombe(labels, scores),
          aurocDeLong(labels, scores)?.ci95,
          aurocBootstrap(labels, scores, { draws: 200 }),
        ]) {
          if (one === undefined) continue;
          expect(one.low).toBeLessThan(one.high);
          expect(one.low).toBeGreaterThanOrEqual(0);
          expect(one.high).toBeLessThanOrEqual(1);
        }
        const interval = aurocInterval(labels, scores);
        expect(interval?.low).toBeLessThanOrEqual(area);
        expect(interval?.high).toBeGreaterThanOrEqual(area);
      }),
    );
  });

  it('of a share stay within 0..1 and never have width 0', () => {
    expect(share(0, 0)).toBeUndefined();
    expect(share(40, 40)?.low).toBeCloseTo(0.9124, 4);
    expect(share(40, 40)?.high).toBe(1);
    expect(share(0, 5)?.low).toBe(0);
  });
});

describe('what cannot be said', () => {
  it('is undefined with one class only', () => {
    expect(auroc([1, 1], [0.2, 0.3])).toBeUndefined();
    expect(aurocDeLong([1, 0], [0.2, 0.3])).toBeUndefined();
    expect(aurocNewcombe([1, 1], [0.2, 0.3])).toBeUndefined();
    expect(aurocInterval([0, 0], [0.2, 0.3])).toBeUndefined();
    expect(aurocBootstrap([0, 0], [0.2, 0.3])).toBeUndefined();
    expect(rocCurve([0, 0], [0.2, 0.3])).toEqual([]);
    expect(atSensitivity([0, 0], [0.2, 0.3], 0.95)).toBeUndefined();
    expect(operatingPoint([0, 0], [0.2, 0.3], 0.5).sensitivity).toBeUndefined();
    expect(operatingPoint([0, 0], [0.2, 0.3], 0.5).balancedAccuracy).toBeUndefined();
  });

  it('is undefined for an empty cohort', () => {
    expect(brier([], [])).toBeUndefined();
    expect(logLoss([], [])).toBeUndefined();
    expect(calibrationError(reliability([], []))).toBeUndefined();
    expect(operatingPoint([], [], 0.5).accuracy).toBeUndefined();
  });

  it('is refused where the numbers are none', () => {
    expect(() => auroc([1, 0], [Number.NaN, 0.3])).toThrow('not a number');
    expect(() => auroc([1, 2], [0.1, 0.3])).toThrow('neither 0 nor 1');
    expect(() => auroc([1], [0.1, 0.3])).toThrow('1 labels but 2 scores');
  });

  it('gives the end of the range for classes that a threshold parts', () => {
    expect(fitTemperature([0, 1], [-1, 1])).toBe(0.05);
    expect(fitTemperature([1, 0], [-1, 1])).toBe(20);
  });
});

describe('laws', () => {
  it('AUROC is the area under the ROC curve, and its mirror for the other class', () => {
    fc.assert(
      fc.property(cohort, ({ labels, logits }) => {
        const curve = rocCurve(labels, logits);
        const area = curve.slice(1).reduce((sum, point, k) => {
          const before = curve[k] ?? point;
          const width = point.falsePositiveRate - before.falsePositiveRate;
          return sum + (width * (point.truePositiveRate + before.truePositiveRate)) / 2;
        }, 0);
        const value = auroc(labels, logits) ?? Number.NaN;
        expect(area).toBeCloseTo(value, 9);
        expect(
          auroc(
            labels.map((label) => 1 - label),
            logits.map((z) => -z),
          ),
        ).toBeCloseTo(value, 9);
      }),
    );
  });

  it('no temperature has a lower log loss than the fitted one', () => {
    const loss = (labels: readonly number[], logits: readonly number[], t: number) =>
      logLoss(
        labels,
        logits.map((z) => sigmoid(z / t)),
      ) ?? Number.NaN;
    fc.assert(
      fc.property(cohort, fc.double({ min: 0.05, max: 20, noNaN: true }), ({ labels, logits }, other) => {
        const fitted = fitTemperature(labels, logits);
        expect(loss(labels, logits, fitted)).toBeLessThanOrEqual(loss(labels, logits, other) + 1e-9);
      }),
    );
  });
});
