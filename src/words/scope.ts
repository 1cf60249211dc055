/** What a result may be taken for: its condition or its warning, the class that is called, and both as one spoken line. */
import { type BagPrediction, positiveProbability, type Scope, type ScopeReason } from '../analysis/prediction.ts';
import type { ModelManifest } from '../model/manifest.ts';
import { classLabel } from './labels.ts';
import { probability } from './numbers.ts';

/** What a model was made for. */
export type MadeFor = Pick<ModelManifest['scope'], 'tissue' | 'stain'>;

type Outcome = Pick<BagPrediction, 'scope' | 'label' | 'threshold' | 'classes' | 'positiveClass' | 'probabilities'>;

const REASONS: Readonly<Record<ScopeReason, string>> = {
  'pixel-size': 'its pixel size',
  appearance: 'its color or texture',
  features: 'what the network sees in it',
  organ: 'its organ',
};

/**
 * Stands above the number: the condition of a result inside the scope, the warning of any other. `madeFor` is undefined for
 * a result from elsewhere whose model is not here.
 */
export function scopeSentence({ state, reasons }: Scope, madeFor: MadeFor | undefined): string {
  switch (state) {
    case 'inside':
      return madeFor === undefined
        ? 'If this is the tissue and stain that the model was made for:'
        : `If this is ${madeFor.tissue}, ${madeFor.stain}:`;
    case 'unmeasured':
      return reasons.length === 1 && reasons[0] === 'pixel-size'
        ? 'The pixel size of this slide is unknown, so nobody can say whether this model may read it.'
        : 'Nobody measured what this model may read.';
    case 'outside':
      return `This slide is outside what the model was made for${madeFor === undefined ? '' : ` (${madeFor.tissue}, ${madeFor.stain})`}${reasons.length === 0 ? '' : `, by ${list(reasons.map((reason) => REASONS[reason]))}`}.`;
  }
}

/** "Result: benign (threshold 0.55)", or that no class is called, and why. */
export function callSentence({ scope, label, threshold }: Pick<Outcome, 'scope' | 'label' | 'threshold'>): string {
  if (label !== null)
    return threshold === null ? `Result: ${label}` : `Result: ${label} (threshold ${threshold.toFixed(2)})`;
  return scope.state === 'outside' ? 'No class is called.' : 'No class is called: the model states no threshold.';
}

/** "malignant 0.06"; outside the scope "raw output 0.06", since there it is no probability of anything. */
export function outputWords(outcome: Omit<Outcome, 'label' | 'threshold'>): string {
  const value = probability(positiveProbability(outcome));
  return outcome.scope.state === 'outside' ? `raw output ${value}` : `${outcome.positiveClass} ${value}`;
}

/** What a screen reader says at the end of a run: scope, call, probability, in this order. */
export function spokenResult(outcome: Outcome, madeFor: MadeFor | undefined): string {
  const scope = scopeSentence(outcome.scope, madeFor);
  const value = probability(positiveProbability(outcome));
  if (outcome.scope.state === 'outside') return `${scope} No class is called. Raw output ${value}.`;
  const call = outcome.label ?? 'no class is called';
  const called = outcome.scope.state === 'inside' ? call : classLabel(call);
  return `${scope} ${called}. Probability of ${outcome.positiveClass} ${value}.`;
}

/** "a", "a and b", "a, b and c" */
function list(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
