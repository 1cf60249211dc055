/** From the two numbers of each tile to the result of the bag: probabilities, class, and what each tile has to do with it. */
import { assert } from '../errors.ts';
import { poolAttention } from '../model/attention-mil.ts';
import type { ModelManifest } from '../model/manifest.ts';
import type { Attention, BagPrediction, Scope } from './prediction.ts';
import { isClassCalled } from './scope.ts';

export type Outcome = Pick<
  BagPrediction,
  'classes' | 'positiveClass' | 'logits' | 'probabilities' | 'scope' | 'label' | 'threshold' | 'bias' | 'temperature'
> & { readonly attention: Omit<Attention, 'bag'> };

/**
 * Pools scores [N] and values [N] (w·h_k), float32. `bias` is the model's own, of the raw logit. Contributions and the bias
 * of the outcome are in units of the calibrated logit: what is added up there is what the probability is made of.
 */
export function outcomeOf(
  scores: Float32Array,
  values: Float32Array,
  bias: number,
  { classes, positiveClass, decision }: Pick<ModelManifest, 'classes' | 'positiveClass' | 'decision'>,
  scope: Scope,
): Outcome {
  const { threshold, temperature } = decision;
  const positive = classes.indexOf(positiveClass);
  assert(classes.length === 2 && positive >= 0, 'a model has two classes');
  const pooled = poolAttention(scores, values, bias, temperature);
  const isPositive = threshold !== null && pooled.probability >= threshold;
  const pair = (atPositive: number, other: number) => (positive === 0 ? [atPositive, other] : [other, atPositive]);
  return {
    classes,
    positiveClass,
    // The head has one logit, of the positive class; the other is 0, so that softmax gives the probabilities.
    logits: Float32Array.from(pair(pooled.logit, 0)),
    probabilities: Float64Array.from(pair(pooled.probability, pooled.counterProbability)),
    scope,
    label: isClassCalled(scope, threshold) ? (classes[isPositive ? positive : 1 - positive] ?? null) : null,
    threshold,
    bias: bias / temperature,
    temperature,
    attention: {
      scores,
      weights: Float32Array.from(pooled.weights),
      contributions: pooled.contributions.map((one) => one / temperature),
      tileProbabilities: Float32Array.from(pooled.tileProbabilities),
    },
  };
}
