/**
 * Attention pooling of one bag, in float64 and without any backend: two numbers a tile are all it needs, because the
 * last layer is linear over the pooled features.
 * @see Ilse, Tomczak, Welling 2018, "Attention-based Deep Multiple Instance Learning", eq. 7
 */
import { assert } from '../errors.ts';

export interface PooledBag {
  /** [N] softmax of the scores; sums to 1. */
  readonly weights: Float64Array;
  /** [N] a_k (w·h_k); with the bias they add up to the logit exactly. */
  readonly contributions: Float64Array;
  /** Before temperature and sigmoid. */
  readonly logit: number;
  /** Of the positive class: sigmoid(logit / temperature). */
  readonly probability: number;
  /** Of the negative class: sigmoid(-logit / temperature), with all its digits also where it is near 0. */
  readonly counterProbability: number;
  /** [N] probability of the bag that holds this one tile. */
  readonly tileProbabilities: Float64Array;
}

/**
 * Pools scores [N] and values [N] (w·h_k, without the bias). The logit is the plain left-to-right sum of bias and
 * contributions, so a reader who adds them up gets the same number to the last bit.
 */
export function poolAttention(
  scores: ArrayLike<number>,
  values: ArrayLike<number>,
  bias: number,
  temperature: number,
): PooledBag {
  assert(scores.length > 0 && scores.length === values.length, 'a bag needs one score and one value for each tile');
  const count = scores.length;
  // Subtracting the largest score keeps exp from overflowing; the quotient does not change.
  let largest = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < count; k++) largest = Math.max(largest, at(scores, k));
  const weights = new Float64Array(count);
  let total = 0;
  for (let k = 0; k < count; k++) {
    const weight = Math.exp(at(scores, k) - largest);
    weights[k] = weight;
    total += weight;
  }
  const contributions = new Float64Array(count);
  const tileProbabilities = new Float64Array(count);
  let logit = bias;
  for (let k = 0; k < count; k++) {
    const weight = at(weights, k) / total;
    const value = at(values, k);
    weights[k] = weight;
    contributions[k] = weight * value;
    logit += weight * value;
    tileProbabilities[k] = sigmoid((value + bias) / temperature);
  }
  return {
    weights,
    contributions,
    logit,
    probability: sigmoid(logit / temperature),
    counterProbability: sigmoid(-logit / temperature),
    tileProbabilities,
  };
}

/** 1 / (1 + e^-x), accurate at both ends. */
function sigmoid(x: number): number {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const e = Math.exp(x);
  return e / (1 + e);
}

function at(values: ArrayLike<number>, k: number): number {
  return values[k] ?? Number.NaN;
}
