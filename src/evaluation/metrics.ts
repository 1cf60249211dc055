/**
 * Figures of a binary classifier over a cohort. Everywhere `labels` holds 1 for the positive class (malignant) and 0 for
 * the other, `scores` what the model said of the same slides (a higher score means positive), `probabilities` scores in 0..1.
 * What a definition leaves open is settled as scikit-learn settles it; `goldens/sklearn_golden.py` makes the fixture of the tests.
 */
import { assert } from '../errors.ts';
import { byScore, mean, midRanks, quantile, sampleVariance } from './order-statistics.ts';

type Numbers = ArrayLike<number>;

/** Counts at a threshold: positive is score >= threshold. */
export interface Confusion {
  readonly truePositive: number;
  readonly falsePositive: number;
  readonly trueNegative: number;
  readonly falseNegative: number;
}

/** A share with its 95 % Wilson interval; undefined where there is nothing to count. */
export interface Share {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** What a threshold does. */
export interface OperatingPoint {
  readonly threshold: number;
  readonly confusion: Confusion;
  readonly accuracy: Share | undefined;
  readonly balancedAccuracy: number | undefined;
  readonly sensitivity: Share | undefined;
  readonly specificity: Share | undefined;
  readonly positivePredictive: Share | undefined;
  readonly negativePredictive: Share | undefined;
  readonly f1: number | undefined;
}

export interface Interval {
  readonly low: number;
  readonly high: number;
}

export interface RocPoint {
  /** Positive is score >= threshold; Infinity at the first point, where nothing is. */
  readonly threshold: number;
  readonly falsePositiveRate: number;
  readonly truePositiveRate: number;
}

export interface ReliabilityBin {
  /** (low, high], the first bin with 0. */
  readonly low: number;
  readonly high: number;
  readonly count: number;
  /** Mean probability said; undefined in an empty bin. */
  readonly meanProbability: number | undefined;
  /** Share of positives found; undefined in an empty bin. */
  readonly positiveShare: number | undefined;
}

/** Standard normal quantile of 97.5 %. */
const Z975 = 1.959963984540054;
/** Nearest a probability comes to 0 or 1 in a logarithm: the spacing of float64 at 1, as scikit-learn's log_loss. */
const EPSILON = 2 ** -52;

/** Share of (positive, negative) pairs in the right order, ties a half; undefined where a class is absent. */
export function auroc(labels: Numbers, scores: Numbers): number | undefined {
  const { positives, negatives } = countClasses(labels, scores);
  if (positives === 0 || negatives === 0) return undefined;
  const ranks = midRanks(scores);
  let sum = 0;
  for (let i = 0; i < labels.length; i++) if (labels[i] === 1) sum += ranks[i] ?? 0;
  return (sum - (positives * (positives + 1)) / 2) / (positives * negatives);
}

/** The 95 % interval to print beside an AUROC, with the name of its method. */
export interface AurocInterval extends Interval {
  readonly method: 'DeLong' | 'Newcombe 2006, method 5';
}

/**
 * The 95 % interval to print beside the AUROC: DeLong's, or Newcombe's where that says nothing (all pairs in order, or one
 * slide of a class). Undefined where a class is absent.
 */
export function aurocInterval(labels: Numbers, scores: Numbers): AurocInterval | undefined {
  const deLong = aurocDeLong(labels, scores);
  if (deLong !== undefined) return { ...deLong.ci95, method: 'DeLong' };
  const newcombe = aurocNewcombe(labels, scores);
  return newcombe && { ...newcombe, method: 'Newcombe 2006, method 5' };
}

/**
 * AUROC's standard error and 95 % interval after DeLong, cut to 0..1; undefined where a class has fewer than 2 slides, and
 * where its width is 0 (all pairs in order, or all tied): then see `aurocNewcombe`.
 * @see DeLong, DeLong and Clarke-Pearson 1988; Sun and Xu 2014, eq. 5-8, for the ranks
 */
export function aurocDeLong(
  labels: Numbers,
  scores: Numbers,
): { readonly standardError: number; readonly ci95: Interval } | undefined {
  const area = auroc(labels, scores);
  const { positives, negatives } = countClasses(labels, scores);
  if (area === undefined || positives < 2 || negatives < 2) return undefined;
  const ofClass = (wanted: number) => Array.from(labels, (_, i) => i).filter((i) => labels[i] === wanted);
  const all = midRanks(scores);
  const placements = (members: readonly number[], others: number, flip: boolean) => {
    const own = midRanks(members.map((i) => scores[i] ?? 0));
    return members.map((i, k) => {
      const share = ((all[i] ?? 0) - (own[k] ?? 0)) / others;
      return flip ? 1 - share : share;
    });
  };
  const variance =
    sampleVariance(placements(ofClass(1), negatives, false)) / positives +
    sampleVariance(placements(ofClass(0), positives, true)) / negatives;
  if (variance === 0) return undefined;
  const standardError = Math.sqrt(variance);
  return {
    standardError,
    ci95: { low: Math.max(0, area - Z975 * standardError), high: Math.min(1, area + Z975 * standardError) },
  };
}

/**
 * AUROC's 95 % interval by inverting a score test, of width above 0 also where all pairs are in order (.899 to 1 for 20
 * against 20); undefined where a class is absent. It rests on the AUROC and the two counts alone.
 * @see Newcombe 2006, Statistics in Medicine 25:559-573, method 5
 */
export function aurocNewcombe(labels: Numbers, scores: Numbers): Interval | undefined {
  const area = auroc(labels, scores);
  if (area === undefined) return undefined;
  const { positives, negatives } = countClasses(labels, scores);
  const half = (positives + negatives) / 2 - 1;
  // Inside the interval the AUROC lies within 1.96 standard deviations of theta, its variance taken at theta.
  const isInside = (theta: number) =>
    (area - theta) ** 2 * positives * negatives <=
    Z975 ** 2 * theta * (1 - theta) * (1 + half * ((1 - theta) / (2 - theta) + theta / (1 + theta)));
  const bound = (inside: number, outside: number) => {
    for (let step = 0; step < 100; step++) {
      const middle = (inside + outside) / 2;
      if (isInside(middle)) inside = middle;
      else outside = middle;
    }
    return inside;
  };
  return { low: area === 0 ? 0 : bound(area, 0), high: area === 1 ? 1 : bound(area, 1) };
}

/**
 * 95 % percentile interval of the AUROC: slides drawn with replacement within each class, so that every draw has both.
 * Undefined where a class is absent, and where every draw gives the same (all pairs in order, or all tied).
 */
export function aurocBootstrap(
  labels: Numbers,
  scores: Numbers,
  options: { readonly draws?: number; readonly seed?: number } = {},
): Interval | undefined {
  const { positives, negatives } = countClasses(labels, scores);
  if (positives === 0 || negatives === 0) return undefined;
  const draws = options.draws ?? 2000;
  const random = seededRandom(options.seed ?? 1);
  // Ranks only order, so a sample is counted by how often each distinct score was drawn: no sort in a draw.
  const distinct = [...new Set(Array.from(scores))].sort((a, b) => a - b);
  const place = new Map(distinct.map((score, k) => [score, k]));
  const positions = (wanted: number) =>
    Array.from(labels, (label, i) => (label === wanted ? (place.get(scores[i] ?? 0) ?? 0) : -1)).filter((k) => k >= 0);
  const positive = positions(1);
  const negative = positions(0);
  const areas = new Float64Array(draws);
  for (let d = 0; d < draws; d++) {
    const up = new Int32Array(distinct.length);
    const down = new Int32Array(distinct.length);
    for (let i = 0; i < positives; i++) increment(up, positive[Math.floor(random() * positives)]);
    for (let i = 0; i < negatives; i++) increment(down, negative[Math.floor(random() * negatives)]);
    let below = 0;
    let ordered = 0;
    for (let k = 0; k < distinct.length; k++) {
      const here = down[k] ?? 0;
      ordered += (up[k] ?? 0) * (below + here / 2);
      below += here;
    }
    areas[d] = ordered / (positives * negatives);
  }
  areas.sort();
  if (areas[0] === areas[draws - 1]) return undefined;
  return { low: quantile(areas, 0.025), high: quantile(areas, 0.975) };
}

/** Every point of the ROC curve, from (0,0) to (1,1), one for each distinct score; empty where a class is absent. */
export function rocCurve(labels: Numbers, scores: Numbers): readonly RocPoint[] {
  const { positives, negatives } = countClasses(labels, scores);
  if (positives === 0 || negatives === 0) return [];
  const order = byScore(scores).reverse();
  const points: RocPoint[] = [{ threshold: Number.POSITIVE_INFINITY, falsePositiveRate: 0, truePositiveRate: 0 }];
  let up = 0;
  let down = 0;
  order.forEach((i, k) => {
    if (labels[i] === 1) up++;
    else down++;
    const next = order[k + 1];
    const score = scores[i] ?? 0;
    if (next !== undefined && scores[next] === score) return;
    points.push({ threshold: score, falsePositiveRate: down / negatives, truePositiveRate: up / positives });
  });
  return points;
}

/** Mean precision over the positives, as they are met from the highest score down; undefined without positives. */
export function averagePrecision(labels: Numbers, scores: Numbers): number | undefined {
  const { positives } = countClasses(labels, scores);
  if (positives === 0) return undefined;
  const order = byScore(scores).reverse();
  let up = 0;
  let reached = 0;
  let sum = 0;
  order.forEach((i, k) => {
    if (labels[i] === 1) up++;
    const next = order[k + 1];
    if (next !== undefined && scores[next] === scores[i]) return;
    sum += ((up - reached) / positives) * (up / (k + 1));
    reached = up;
  });
  return sum;
}

/** Counts and shares at a threshold: positive is score >= threshold. */
export function operatingPoint(labels: Numbers, scores: Numbers, threshold: number): OperatingPoint {
  countClasses(labels, scores);
  let truePositive = 0;
  let falsePositive = 0;
  let trueNegative = 0;
  let falseNegative = 0;
  for (let i = 0; i < labels.length; i++) {
    const called = (scores[i] ?? 0) >= threshold;
    if (labels[i] === 1) called ? truePositive++ : falseNegative++;
    else called ? falsePositive++ : trueNegative++;
  }
  const sensitivity = share(truePositive, truePositive + falseNegative);
  const specificity = share(trueNegative, trueNegative + falsePositive);
  const called = 2 * truePositive + falsePositive + falseNegative;
  return {
    threshold,
    confusion: { truePositive, falsePositive, trueNegative, falseNegative },
    accuracy: share(truePositive + trueNegative, labels.length),
    balancedAccuracy: sensitivity && specificity && (sensitivity.value + specificity.value) / 2,
    sensitivity,
    specificity,
    positivePredictive: share(truePositive, truePositive + falsePositive),
    negativePredictive: share(trueNegative, trueNegative + falseNegative),
    f1: called === 0 ? undefined : (2 * truePositive) / called,
  };
}

/**
 * The operating point of the highest threshold that reaches a sensitivity. The threshold is chosen on the very slides it
 * is judged on, so its specificity is optimistic.
 */
export function atSensitivity(labels: Numbers, scores: Numbers, sensitivity: number): OperatingPoint | undefined {
  const point = rocCurve(labels, scores).find((one) => one.truePositiveRate >= sensitivity - 1e-12);
  return point && operatingPoint(labels, scores, point.threshold);
}

/** Mean squared difference of probability and label; undefined for no slides. */
export function brier(labels: Numbers, probabilities: Numbers): number | undefined {
  countClasses(labels, probabilities);
  return mean(Array.from(labels, (label, i) => (label - (probabilities[i] ?? 0)) ** 2));
}

/** Mean negative log-likelihood, natural logarithm; probabilities are kept 2^-52 away from 0 and 1. Undefined for no slides. */
export function logLoss(labels: Numbers, probabilities: Numbers): number | undefined {
  countClasses(labels, probabilities);
  return mean(
    Array.from(labels, (label, i) => {
      const p = Math.min(1 - EPSILON, Math.max(EPSILON, probabilities[i] ?? 0));
      return -Math.log(label === 1 ? p : 1 - p);
    }),
  );
}

/** Equal-width bins of the probability of the positive class, 10 unless told. */
export function reliability(labels: Numbers, probabilities: Numbers, bins = 10): readonly ReliabilityBin[] {
  countClasses(labels, probabilities);
  const count = new Int32Array(bins);
  const positive = new Int32Array(bins);
  const sum = new Float64Array(bins);
  for (let i = 0; i < labels.length; i++) {
    const p = probabilities[i] ?? 0;
    // A probability on an edge belongs to the bin below it, as in numpy.searchsorted.
    let bin = 0;
    while (bin < bins - 1 && p > (bin + 1) / bins) bin++;
    increment(count, bin);
    if (labels[i] === 1) increment(positive, bin);
    sum[bin] = (sum[bin] ?? 0) + p;
  }
  return Array.from(count, (n, bin) => ({
    low: bin / bins,
    high: (bin + 1) / bins,
    count: n,
    meanProbability: n === 0 ? undefined : (sum[bin] ?? 0) / n,
    positiveShare: n === 0 ? undefined : (positive[bin] ?? 0) / n,
  }));
}

/**
 * Expected calibration error: mean distance of the bins from the diagonal, weighted by their counts.
 * @see Guo et al. 2017, eq. 3, for the probability of the positive class
 */
export function calibrationError(bins: readonly ReliabilityBin[]): number | undefined {
  const total = bins.reduce((sum, bin) => sum + bin.count, 0);
  if (total === 0) return undefined;
  return bins.reduce(
    (sum, { count, meanProbability: said, positiveShare: found }) =>
      said === undefined || found === undefined ? sum : sum + (count / total) * Math.abs(found - said),
    0,
  );
}

/** Smallest and largest temperature that `fitTemperature` gives: beyond them the slides are too few or too easy to tell. */
export const TEMPERATURE_RANGE = [0.05, 20] as const;

/**
 * The temperature T of p = sigmoid(logit / T) with the least log loss; to be fitted on validation slides and judged on
 * others. The end of TEMPERATURE_RANGE where the optimum lies outside (always so where a threshold parts the classes).
 * @see Guo et al. 2017, section 4.2
 */
export function fitTemperature(labels: Numbers, logits: Numbers): number {
  countClasses(labels, logits);
  assert(labels.length > 0, 'a temperature needs slides');
  // The loss is convex in s = 1/T, so its slope has one sign change.
  const slope = (s: number) => {
    let sum = 0;
    for (let i = 0; i < labels.length; i++) {
      const z = logits[i] ?? 0;
      sum += (sigmoid(s * z) - (labels[i] ?? 0)) * z;
    }
    return sum;
  };
  const [smallest, largest] = TEMPERATURE_RANGE;
  let low = 1 / largest;
  let high = 1 / smallest;
  if (slope(low) >= 0) return largest;
  if (slope(high) <= 0) return smallest;
  for (let step = 0; step < 200 && high - low > Number.EPSILON * low; step++) {
    const middle = (low + high) / 2;
    if (slope(middle) < 0) low = middle;
    else high = middle;
  }
  return 2 / (low + high);
}

/** 1 / (1 + e^-z), without overflow. */
export function sigmoid(z: number): number {
  return z >= 0 ? 1 / (1 + Math.exp(-z)) : Math.exp(z) / (1 + Math.exp(z));
}

/** A share of successes with its 95 % interval after Wilson (1927); undefined for no trials. */
export function share(successes: number, trials: number): Share | undefined {
  if (trials === 0) return undefined;
  const value = successes / trials;
  const z2 = Z975 ** 2;
  const centre = (value + z2 / (2 * trials)) / (1 + z2 / trials);
  const half = (Z975 / (1 + z2 / trials)) * Math.sqrt((value * (1 - value)) / trials + z2 / (4 * trials * trials));
  return { value, low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}

function countClasses(labels: Numbers, scores: Numbers): { readonly positives: number; readonly negatives: number } {
  assert(labels.length === scores.length, `${labels.length} labels but ${scores.length} scores`);
  let positives = 0;
  for (let i = 0; i < labels.length; i++) {
    assert(labels[i] === 0 || labels[i] === 1, `label ${labels[i]} is neither 0 nor 1`);
    assert(Number.isFinite(scores[i]), `score ${scores[i]} is not a number`);
    positives += labels[i] ?? 0;
  }
  return { positives, negatives: labels.length - positives };
}

function increment(counts: Int32Array, index: number | undefined): void {
  if (index !== undefined) counts[index] = (counts[index] ?? 0) + 1;
}

/** Uniform numbers in [0,1) that are the same on every machine (mulberry32). */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
