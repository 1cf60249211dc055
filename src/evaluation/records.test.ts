import { expect, it } from 'vitest';
import type { BagPrediction } from '../analysis/prediction.ts';
import { AppError } from '../errors.ts';
import { noteText } from '../words/notes.ts';
import { differences, parseRecords, type RunHeader, scopeOf, toFailureRecord, toSlideRecord } from './records.ts';

const header: RunHeader = {
  type: 'run',
  formatVersion: 1,
  modelId: 'm@1.0.0',
  modelHash: 'ab',
  mpp: null,
  bag: null,
  masks: false,
};

const prediction: BagPrediction = {
  slideId: 'f00d',
  modelId: 'm@1.0.0',
  classes: ['benign', 'malignant'],
  logits: Float32Array.of(-0.75, 0.75),
  probabilities: Float64Array.of(0.25, 0.75),
  positiveClass: 'malignant',
  scope: { state: 'inside', reasons: [] },
  bias: 0,
  temperature: 1,
  label: 'malignant',
  threshold: 0.5,
  attention: {
    bag: {
      slideId: 'f00d',
      protocol: 'tissue-grid',
      count: 2,
      xy: Int32Array.of(0, 0, 128, 0),
      spanPx: 128,
      tilePx: 128,
      mpp: undefined,
      level: 0,
      tissueFraction: Float32Array.of(1, 0.6),
      candidates: 5,
      rejected: { background: 3, pen: 0, black: 0, blur: 0, unreadable: 0, cap: 0 },
      coverage: undefined,
    },
    scores: Float32Array.of(0, 0),
    weights: Float32Array.of(0.5, 0.5),
    contributions: undefined,
    tileProbabilities: undefined,
  },
  notes: [{ code: 'few-tiles', params: { tiles: 2 } }],
  backend: { name: 'wasm', device: 'SIMD', software: false, selfTest: { probability: 0, attention: 0 }, reasons: [] },
  elapsedMs: { tissue: 1, tiles: 2, encode: 3, head: 4, total: 10 },
};

const line = (value: unknown) => `${JSON.stringify(value)}\n`;

it('makes a row of a prediction, also of one that was JSON on the way', () => {
  const record = toSlideRecord('a.svs', prediction);
  expect(record).toMatchObject({ id: 'a.svs', logit: 0.75, probability: 0.75, tiles: 2, candidates: 5, mpp: null });
  const fromJson = JSON.parse(
    JSON.stringify(prediction, (_, value) => (ArrayBuffer.isView(value) ? Array.from(value as Uint8Array) : value)),
  ) as BagPrediction;
  expect(toSlideRecord('a.svs', fromJson)).toEqual(record);
});

it('takes the one logit of a model that has one as that of the positive class', () => {
  expect(toSlideRecord('a', { ...prediction, logits: Float32Array.of(-2) }).logit).toBe(-2);
});

it('names failures by their code', () => {
  expect(toFailureRecord('a', new AppError({ code: 'slide/no-mpp' }))).toMatchObject({ id: 'a', code: 'slide/no-mpp' });
  expect(toFailureRecord('a', new Error('odd'))).toEqual({
    type: 'failure',
    id: 'a',
    code: 'internal',
    message: 'Internal error: odd.',
  });
});

it('goes on after a kill: the torn last line is ignored, the last line of a slide counts', () => {
  const failure = toFailureRecord('b', new AppError({ code: 'slide/no-mpp' }));
  const text = [line(header), line(failure), line(toSlideRecord('b', prediction)), '{"type":"slide","id":"c"'].join('');
  const read = parseRecords(text, 'records.jsonl');
  expect(read?.header).toEqual(header);
  expect(read?.records).toEqual([toSlideRecord('b', prediction)]);
  expect(parseRecords('', 'records.jsonl')).toBeUndefined();
  expect(parseRecords('{"type":"run"', 'records.jsonl')).toBeUndefined();
});

it('refuses what is no file of records', () => {
  expect(() => parseRecords('hello\n', 'x.jsonl')).toThrow('x.jsonl: line 1 is not JSON.');
  expect(() => parseRecords(line({ type: 'slide', id: 'a' }), 'x.jsonl')).toThrow('which run it is of');
  expect(() => parseRecords(line(header) + line({ type: 'slide', id: 'a' }), 'x.jsonl')).toThrow('line 2');
});

it('tells two runs apart', () => {
  expect(differences(header, header)).toEqual([]);
  expect(differences(header, { ...header, modelHash: 'cd', mpp: 0.5 })).toEqual(['modelHash', 'mpp']);
});

it('carries the scope of its slide', () => {
  const outside: BagPrediction = { ...prediction, scope: { state: 'outside', reasons: ['features'] }, label: null };
  const text = line(header) + line(toSlideRecord('a', outside));
  const [record] = parseRecords(text, 'x')?.records ?? [];
  expect(record).toMatchObject({ scope: outside.scope, probability: 0.75 });
  expect(record?.type === 'slide' && scopeOf(record)).toEqual(outside.scope);
});

it('reads lines of versions that knew no scope, with the text of their notes', () => {
  const { scope: _, ...old } = toSlideRecord('a', prediction);
  const notes = [{ code: 'few-tiles', text: 'Only 2 tiles of tissue: the result hangs on each of them.' }];
  const [record] = parseRecords(line(header) + line({ ...old, notes }), 'x')?.records ?? [];
  if (record?.type !== 'slide') throw new Error('it is a slide');
  expect(scopeOf(record)).toEqual({ state: 'unmeasured', reasons: ['appearance'] });
  expect(record.notes.map(noteText)).toEqual([notes[0]?.text]);
});

it.each([{}, { state: 'fine', reasons: [] }, { state: 'inside' }, 'inside', null])(
  'refuses a line whose scope is %j',
  (scope) => {
    const text = line(header) + line({ ...toSlideRecord('a', prediction), scope });
    expect(() => parseRecords(text, 'x.jsonl')).toThrow('line 2 is not the result of a slide');
  },
);

it('does not go on with records that were judged by another scope', () => {
  const one = { ...header, scopeHash: 'a' };
  expect(differences(one, { ...header, scopeHash: 'b' })).toEqual(['scope']);
  expect(differences(one, one)).toEqual([]);
  expect(differences(header, one)).toEqual([]);
});
