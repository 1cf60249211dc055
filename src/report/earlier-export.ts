/**
 * Exports from before schemaVersion 1 (milscope 0.1 up to November 2026). They say neither bias nor temperature, their
 * contributions are of the raw logit, and what lay outside the scope they say in notes. What can be told from the rest is.
 */
import { type BagPrediction, NOTE_CODES, type Note, type Scope, type ScopeReason } from '../analysis/prediction.ts';
import { isClassCalled } from '../analysis/scope.ts';
import { type Reader, refuse } from './json-reader.ts';
import {
  readAttention,
  readBackend,
  readClasses,
  readElapsed,
  readLogits,
  readProbabilities,
  splitModelId,
} from './read-parts.ts';
import { FINGERPRINT_SCHEME, type ReadResult, type ResultContext } from './result.ts';

/** What float32 probabilities can differ from those of their logits. */
const PROBABILITY_TOLERANCE = 1e-6;

/** The result with the context that is known of it. @throws result/invalid */
export function fromEarlierExport(root: Reader): ReadResult {
  const slideId = root.text('slideId');
  const modelId = root.text('modelId');
  const { classes, positiveClass } = readClasses(root);
  const logits = readLogits(root);
  const stored = readProbabilities(root, PROBABILITY_TOLERANCE);
  const at = classes.indexOf(positiveClass);
  const raw = (logits[at] ?? 0) - (logits[1 - at] ?? 0);
  const temperature = temperatureOf(raw, stored[at] ?? 0, stored[1 - at] ?? 0);
  const notes = root.objects('notes', 64).map(readNote);
  const scope = scopeOf(notes);
  const threshold = root.number('threshold', { from: 0, to: 1 });
  const label = root.oneOf('label', classes);
  const attention = readAttention(root, slideId);
  const contributions = attention.contributions?.map((one) => one / temperature);
  const odds = raw / temperature;
  const prediction: BagPrediction = {
    slideId,
    modelId,
    classes,
    logits,
    probabilities: Float64Array.from(classes, (_, i) => sigmoid(i === at ? odds : -odds)),
    positiveClass,
    scope,
    label: isClassCalled(scope, threshold) ? label : null,
    threshold,
    bias: odds - (contributions?.reduce((sum, one) => sum + one, 0) ?? 0),
    temperature,
    attention: { ...attention, contributions },
    notes,
    backend: readBackend(root),
    elapsedMs: readElapsed(root),
  };
  return { prediction, context: contextOf(root, prediction) };
}

/** 1 where that gives the probability, which is float32; else what does. */
function temperatureOf(raw: number, probability: number, counterProbability: number): number {
  if (Math.abs(sigmoid(raw) - probability) <= PROBABILITY_TOLERANCE) return 1;
  const temperature = raw / (Math.log(probability) - Math.log(counterProbability));
  return temperature > 0 && Number.isFinite(temperature)
    ? temperature
    : refuse('its probabilities are not those of its logits');
}

function sigmoid(x: number): number {
  return x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x));
}

/** Its text is kept: the values in it were not written apart. */
function readNote(note: Reader): Note {
  return { code: note.oneOf('code', NOTE_CODES), params: { text: note.text('text') } };
}

/** Nothing said that a model carried figures of its training tiles, so a result without a warning is unmeasured. */
function scopeOf(notes: readonly Note[]): Scope {
  const outside: ScopeReason[] = [];
  let isSizeUnknown = false;
  for (const { code, params } of notes) {
    if (code === 'unlike-training') outside.push('appearance');
    if (code !== 'out-of-scope') continue;
    if (/pixel size of this slide is unknown/.test(String(params.text))) isSizeUnknown = true;
    else outside.push('pixel-size');
  }
  if (outside.length > 0) return { state: 'outside', reasons: outside };
  return { state: 'unmeasured', reasons: isSizeUnknown ? ['pixel-size', 'appearance'] : ['appearance'] };
}

function contextOf(root: Reader, { slideId, modelId, notes }: BagPrediction): ResultContext {
  const typed = notes.find(({ code }) => code === 'mpp-assumed')?.params.text;
  const mpp = Number(/pixel size of ([\d.e-]+) µm/.exec(String(typed))?.[1]);
  return {
    app: { version: 'unknown', commit: 'unknown' },
    date: null,
    model: { ...splitModelId(modelId), name: null, weightsSha256: null, license: null, tissue: null, stain: null },
    fingerprint: { scheme: FINGERPRINT_SCHEME, value: slideId },
    slideSize: null,
    pixelSize: mpp > 0 ? { x: mpp, y: mpp, from: 'user' } : null,
    series: null,
    bagSpec: null,
    ...(root.has('slide') ? { slide: root.text('slide') } : {}),
  };
}
