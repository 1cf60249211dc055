import { expect, it } from 'vitest';
import type { BagPrediction } from '../analysis/prediction.ts';
import { exampleResult } from '../testing/example-result.ts';
import { noteText } from '../words/notes.ts';
import { fromResultJson } from './read-json.ts';
import { toResultText } from './write-json.ts';

/** As milscope wrote it up to 57cbab5: raw contributions, float32 probabilities, notes with their text, always a label. */
function earlier(prediction: BagPrediction, more: object = {}) {
  const { bias: _, temperature, scope: __, ...rest } = prediction;
  const { contributions, bag, ...attention } = prediction.attention;
  const { coverage: ___, ...oldBag } = bag;
  const numbers = (values: ArrayLike<number>) => Array.from(values, Math.fround);
  const positive = (prediction.probabilities[1] ?? 0) >= (prediction.threshold ?? 0);
  return {
    ...rest,
    label: positive ? 'malignant' : 'benign',
    logits: Array.from(prediction.logits),
    probabilities: numbers(prediction.probabilities),
    notes: prediction.notes.map((note) => ({ code: note.code, text: noteText(note) })),
    attention: {
      bag: { ...oldBag, xy: Array.from(bag.xy), tissueFraction: Array.from(bag.tissueFraction) },
      ...{ scores: Array.from(attention.scores), weights: Array.from(attention.weights) },
      contributions: contributions && numbers(contributions.map((one) => one * temperature)),
      tileProbabilities: attention.tileProbabilities && Array.from(attention.tileProbabilities),
    },
    ...more,
  };
}

it.each([1, 0.6429, 2.5])('reads what was exported before, at temperature %d', async (temperature) => {
  const { prediction } = await exampleResult({ scope: 'unmeasured', decision: { temperature } });
  const { prediction: read, context } = fromResultJson(JSON.stringify(earlier(prediction, { slide: 'a.svs' })));
  expect(read.temperature).toBeCloseTo(temperature, 5);
  expect(read.bias).toBeCloseTo(prediction.bias, 4);
  expect(read.probabilities[1]).toBeCloseTo(prediction.probabilities[1] ?? 0, 6);
  expect(read).toMatchObject({ scope: { state: 'unmeasured', reasons: ['appearance'] }, label: prediction.label });
  expect(read.notes.map(noteText)).toEqual(prediction.notes.map(noteText));
  const { bag, ...attention } = read.attention;
  expect(bag).toEqual({ ...prediction.attention.bag, coverage: undefined });
  expect(attention.weights).toEqual(prediction.attention.weights);
  const contributions = prediction.attention.contributions ?? [];
  for (const [i, one] of (attention.contributions ?? []).entries()) expect(one).toBeCloseTo(contributions[i] ?? 0, 5);
  expect(context).toMatchObject({
    ...{ app: { version: 'unknown' }, date: null, slideSize: null, pixelSize: null, bagSpec: null, slide: 'a.svs' },
    model: { id: 'linear', version: '1.0.0', weightsSha256: null, tissue: null },
  });
  // It can be exported again, and then says all that is known of it.
  expect(fromResultJson(toResultText(read, context))).toEqual({ prediction: read, context });
});

it('calls no class where a note said that the slide lies outside', async () => {
  const { prediction } = await exampleResult({ scope: 'outside' });
  const read = fromResultJson(JSON.stringify(earlier(prediction))).prediction;
  expect(read).toMatchObject({ label: null, scope: { state: 'outside', reasons: ['appearance'] } });
});

it('takes the pixel size from the note that names it', async () => {
  const { prediction } = await exampleResult({ mpp: undefined, userMpp: 1 });
  const { context } = fromResultJson(JSON.stringify(earlier(prediction)));
  expect(context.pixelSize).toEqual({ x: 1, y: 1, from: 'user' });
});

it('tells an unknown pixel size from one that lies outside', async () => {
  const bag = { protocol: 'darkest', tilePx: 32, count: 4, downsample: 1 } as const;
  const { prediction } = await exampleResult({ scope: 'unmeasured', mpp: undefined, bag });
  const { scope } = fromResultJson(JSON.stringify(earlier(prediction))).prediction;
  expect(scope).toEqual({ state: 'unmeasured', reasons: ['pixel-size', 'appearance'] });
});

it('keeps probabilities near certainty, which float32 rounds to it', async () => {
  const { prediction } = await exampleResult({ scope: 'unmeasured' });
  const wide = { logits: [0, 11], probabilities: [Math.fround(1 / (1 + Math.exp(11 / 0.64))), 1], label: 'malignant' };
  const attention = { ...earlier(prediction).attention, contributions: undefined };
  const read = fromResultJson(JSON.stringify(earlier(prediction, { ...wide, attention }))).prediction;
  expect(read.temperature).toBeCloseTo(0.64, 5);
  expect(read.probabilities[0]).toBeCloseTo(wide.probabilities[0] ?? 0, 12);
});

it('refuses what contradicts itself', async () => {
  const { prediction } = await exampleResult({ scope: 'unmeasured' });
  const changed = earlier(prediction, { logits: [0, -3], probabilities: [0.1, 0.9] });
  expect(() => fromResultJson(JSON.stringify(changed))).toThrow(/probabilities are not those of its logits/);
  expect(() => fromResultJson(JSON.stringify(earlier(prediction, { label: 'x' })))).toThrow(/label must be one of/);
  expect(() => fromResultJson(JSON.stringify(earlier(prediction, { modelId: 'linear' })))).toThrow(/joined by @/);
});
