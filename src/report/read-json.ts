/** A result read back from its JSON, as the next visit, a colleague or `evaluate` has it. Nothing in it is believed unchecked. */
import {
  type BagPrediction,
  NOTE_CODES,
  type Note,
  positiveProbability,
  SCOPE_REASONS,
  SCOPE_STATES,
  type Scope,
} from '../analysis/prediction.ts';
import { isClassCalled } from '../analysis/scope.ts';
import { fromEarlierExport } from './earlier-export.ts';
import { parseBounded, type Reader, readerOf, refuse } from './json-reader.ts';
import {
  readAttention,
  readBackend,
  readBagSpec,
  readClasses,
  readElapsed,
  readLogits,
  readProbabilities,
} from './read-parts.ts';
import { type ReadResult, type ResultContext, type ResultModel, SCHEMA_VERSION } from './result.ts';

/** In parts of the log-odds: what is promised of contributions and bias, see analysis/prediction.ts. */
const SUM_TOLERANCE = 1e-6;
/** Logits are float32. */
const LOGIT_TOLERANCE = 1e-5;

/**
 * The result that `toResultText` was given, or that `analyze` printed; also of versions before schemaVersion 1, whose
 * context is known in part. Numbers that contradict each other are refused. @throws result/invalid
 */
export function fromResultJson(text: string): ReadResult {
  return readResult(parseBounded(text));
}

/** As fromResultJson, of JSON that `parseBounded` gave. @throws result/invalid */
export function readResult(json: unknown): ReadResult {
  const root = readerOf(json);
  if (!root.has('schemaVersion')) {
    if (!root.has('attention')) refuse('it is not the result of a run');
    return fromEarlierExport(root);
  }
  const version = root.integer('schemaVersion', { from: 1, to: 1e6 });
  if (version !== SCHEMA_VERSION) {
    refuse(`it has schema version ${version} and this milscope reads ${SCHEMA_VERSION}; a newer milscope wrote it`);
  }
  const slideId = root.text('slideId');
  const modelId = root.text('modelId');
  const prediction: BagPrediction = {
    slideId,
    modelId,
    ...readClasses(root),
    logits: readLogits(root),
    probabilities: readProbabilities(root, 1e-9),
    scope: readScope(root.object('scope')),
    label: root.has('label') ? root.text('label') : nullOf(root, 'label'),
    threshold: root.has('threshold') ? root.number('threshold', { from: 0, to: 1 }) : nullOf(root, 'threshold'),
    bias: root.number('bias'),
    temperature: root.number('temperature', { from: 1e-6, to: 1e6 }),
    attention: readAttention(root, slideId),
    notes: root.objects('notes', 64).map(readNote),
    backend: readBackend(root),
    elapsedMs: readElapsed(root),
  };
  checkLabel(prediction);
  checkSums(prediction);
  return { prediction, context: readContext(root, prediction) };
}

/** A field that may be null must be there. */
function nullOf(root: Reader, field: string): null {
  return root.keys().includes(field) ? null : root.fail(field, 'is missing');
}

function readScope(scope: Reader): Scope {
  const state = scope.oneOf('state', SCOPE_STATES);
  const reasons = scope
    .texts('reasons', SCOPE_REASONS.length)
    .map(
      (text) => SCOPE_REASONS.find((one) => one === text) ?? scope.fail('reasons', 'must hold reasons that are known'),
    );
  if ((state === 'inside') !== (reasons.length === 0)) scope.fail('reasons', 'do not fit the state');
  return { state, reasons };
}

function readNote(note: Reader): Note {
  const params = note.object('params');
  const keys = params.keys();
  if (keys.length > 32) note.fail('params', 'must hold at most 32 values');
  return {
    code: note.oneOf('code', NOTE_CODES),
    params: Object.fromEntries(keys.map((key) => [key, params.textOrNumber(key)])),
  };
}

function readContext(root: Reader, { slideId, modelId }: BagPrediction): ResultContext {
  const app = root.object('app');
  const fingerprint = root.object('fingerprint');
  const value = fingerprint.text('value');
  if (value !== slideId) fingerprint.fail('value', 'must be slideId');
  const size = root.has('slideSize') ? root.object('slideSize') : undefined;
  const pixel = root.has('pixelSize') ? root.object('pixelSize') : undefined;
  const side = { from: 1, to: 2 ** 31 };
  const mpp = { from: 1e-4, to: 1e4 };
  const date = root.has('date') ? root.text('date', { pattern: ISO_DATE }) : null;
  return {
    app: { version: app.text('version'), commit: app.text('commit') },
    date: date === null || !Number.isNaN(Date.parse(date)) ? date : root.fail('date', 'is no date'),
    model: readModel(root.object('model'), modelId),
    fingerprint: { scheme: fingerprint.integer('scheme', { from: 1, to: 1e6 }), value },
    slideSize: size ? { width: size.integer('width', side), height: size.integer('height', side) } : null,
    pixelSize: pixel
      ? { x: pixel.number('x', mpp), y: pixel.number('y', mpp), from: pixel.oneOf('from', ['file', 'user']) }
      : null,
    series: root.has('series') ? root.integer('series', { from: 0, to: 1e6 }) : null,
    bagSpec: root.has('bagSpec') ? readBagSpec(root.object('bagSpec')) : null,
    ...(root.has('slide') ? { slide: root.text('slide') } : {}),
  };
}

const ISO_DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/;

function readModel(model: Reader, modelId: string): ResultModel {
  const id = model.text('id');
  const version = model.text('version');
  if (`${id}@${version}` !== modelId) model.fail('id', 'and version must be those of modelId');
  const text = (field: string) => (model.has(field) ? model.text(field, { mayBeEmpty: true }) : null);
  return {
    id,
    version,
    name: text('name'),
    weightsSha256: model.has('weightsSha256') ? model.text('weightsSha256', { pattern: /^[0-9a-f]{64}$/ }) : null,
    license: text('license'),
    tissue: text('tissue'),
    stain: text('stain'),
  };
}

/** A class is called by the rule of analysis/scope.ts, and it is the one that threshold and probability call. */
function checkLabel(prediction: BagPrediction): void {
  const { scope, label, threshold, classes, positiveClass } = prediction;
  const isPositive = threshold !== null && positiveProbability(prediction) >= threshold;
  const called = isClassCalled(scope, threshold)
    ? classes.find((name) => (name === positiveClass) === isPositive)
    : null;
  if (label !== called) refuse('its label is not the one that scope, threshold and probability give');
}

function checkSums({
  classes,
  positiveClass,
  probabilities,
  logits,
  bias,
  temperature,
  attention,
}: BagPrediction): void {
  const at = classes.indexOf(positiveClass);
  const [p = 0, q = 0] = at === 0 ? probabilities : [...probabilities].reverse();
  const odds = Math.log(p) - Math.log(q);
  const raw = (logits[at] ?? 0) - (logits[1 - at] ?? 0);
  if (Number.isFinite(odds) && Math.abs(raw / temperature - odds) > LOGIT_TOLERANCE * Math.max(1, Math.abs(odds))) {
    refuse('its probabilities are not those of its logits and temperature');
  }
  const { contributions } = attention;
  if (contributions === undefined || !Number.isFinite(odds)) return;
  let sum = bias;
  let scale = Math.abs(bias);
  for (const one of contributions) {
    sum += one;
    scale += Math.abs(one);
  }
  if (Math.abs(sum - odds) > SUM_TOLERANCE * Math.max(1, scale)) {
    refuse('its contributions and bias do not add up to its result');
  }
}
