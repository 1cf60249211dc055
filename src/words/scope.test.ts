import { expect, it } from 'vitest';
import type { BagPrediction, Scope } from '../analysis/prediction.ts';
import { callSentence, outputWords, scopeSentence, spokenResult } from './scope.ts';

const COLON = { tissue: 'colon glands', stain: 'H&E' };
const INSIDE: Scope = { state: 'inside', reasons: [] };
const UNMEASURED: Scope = { state: 'unmeasured', reasons: ['appearance'] };
const OUTSIDE: Scope = { state: 'outside', reasons: ['pixel-size', 'appearance'] };

function outcome(scope: Scope, label: string | null, threshold: number | null = 0.5515) {
  const probabilities = Float64Array.of(0.94, 0.06);
  return { scope, label, threshold, classes: ['benign', 'malignant'], positiveClass: 'malignant', probabilities };
}

it('gives the condition inside, and what lies outside by name', () => {
  expect(scopeSentence(INSIDE, COLON)).toBe('If this is colon glands, H&E:');
  expect(scopeSentence(UNMEASURED, COLON)).toBe('Nobody measured what this model may read.');
  expect(scopeSentence({ state: 'unmeasured', reasons: ['pixel-size'] }, COLON)).toMatch(
    /^The pixel size .* is unknown/,
  );
  expect(scopeSentence(OUTSIDE, COLON)).toBe(
    'This slide is outside what the model was made for (colon glands, H&E), by its pixel size and its color or texture.',
  );
  expect(scopeSentence({ state: 'outside', reasons: ['pixel-size', 'features', 'organ'] }, COLON)).toMatch(
    /by its pixel size, what the network sees in it and its organ\.$/,
  );
});

it('needs no model at hand', () => {
  expect(scopeSentence(INSIDE, undefined)).toMatch(/^If this is the tissue and stain .* made for:$/);
  expect(scopeSentence({ state: 'outside', reasons: ['appearance'] }, undefined)).toBe(
    'This slide is outside what the model was made for, by its color or texture.',
  );
});

it('names the class that is called, or why none is', () => {
  expect(callSentence(outcome(INSIDE, 'benign'))).toBe('Result: benign (threshold 0.55)');
  expect(callSentence(outcome(OUTSIDE, null))).toBe('No class is called.');
  expect(callSentence(outcome(UNMEASURED, null, null))).toMatch(/states no threshold/);
});

it('never speaks of malignant and a number where a slide lies outside', () => {
  const outside = outcome(OUTSIDE, null);
  expect(outputWords(outside)).toBe('raw output 0.06');
  expect(outputWords(outcome(INSIDE, 'benign'))).toBe('malignant 0.06');
  expect(spokenResult(outside, COLON)).not.toMatch(/malignant|benign/);
  expect(spokenResult(outside, COLON)).toMatch(/^This slide is outside .* No class is called\. Raw output 0\.06\.$/);
});

it('speaks of scope, call and probability, in this order', () => {
  expect(spokenResult(outcome(INSIDE, 'benign'), COLON)).toBe(
    'If this is colon glands, H&E: benign. Probability of malignant 0.06.',
  );
  expect(spokenResult(outcome(UNMEASURED, 'benign'), COLON)).toBe(
    'Nobody measured what this model may read. Benign. Probability of malignant 0.06.',
  );
  const none: Pick<BagPrediction, 'label' | 'threshold'> = { label: null, threshold: null };
  expect(spokenResult({ ...outcome(UNMEASURED, null), ...none }, COLON)).toMatch(/No class is called\. Probability/);
});
