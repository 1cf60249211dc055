import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { outcomeOf } from '../analysis/outcome.ts';
import type { BagPrediction, Scope } from '../analysis/prediction.ts';
import { isAppError } from '../errors.ts';
import { type ExampleChoices, exampleResult } from '../testing/example-result.ts';
import { namesIn, problemsOf } from '../testing/json-schema.ts';
import { fromResultJson } from './read-json.ts';
import { type ResultContext, resultContext } from './result.ts';
import { toResultJson, toResultText } from './write-json.ts';

const SCHEMA = JSON.parse(readFileSync('docs/result.schema.json', 'utf8'));
const DATE = new Date('2026-11-28T12:00:00Z');

async function example(choices: ExampleChoices = {}, withName = false) {
  const { prediction, manifest, slide, spec } = await exampleResult(choices);
  const run = { info: slide.info, manifest, userMpp: choices.userMpp, bagSpec: spec, date: DATE, withName };
  return { prediction, context: resultContext(run) };
}

const inside = await example();
const outside = await example({ scope: 'outside', decision: { temperature: 0.6429 } }, true);
const darkest = await example({
  ...{ scope: 'unmeasured', mpp: undefined, classes: ['malignant', 'benign'], decision: { threshold: null } },
  bag: { protocol: 'darkest', tilePx: 32, count: 4, downsample: 1 },
});
const typed = await example({ mpp: undefined, userMpp: 1 });
const examples = { inside, outside, darkest, typed };

describe('the JSON of a result', () => {
  it.each(Object.entries(examples))('of a slide that is %s fits the schema and comes back with every bit', (_, one) => {
    const text = toResultText(one.prediction, one.context);
    expect(problemsOf(JSON.parse(text), SCHEMA)).toEqual([]);
    expect(fromResultJson(text)).toEqual(one);
    // As the terminal prints it.
    expect(JSON.parse(JSON.stringify(toResultJson(one.prediction, one.context)))).toEqual(JSON.parse(text));
  });

  it('names everything in the schema, and nothing that is not there', () => {
    const known = new Set(namesIn(SCHEMA));
    const seen = new Set<string>();
    const walk = (value: unknown, at: string): void => {
      if (typeof value !== 'object' || value === null) return;
      for (const [key, one] of Object.entries(value)) {
        const place = Array.isArray(value) ? at : `${at}.${key}`;
        if (!Array.isArray(value)) seen.add(place);
        if (!place.endsWith('.params')) walk(one, place);
      }
    };
    const stale = { ...inside, context: { ...inside.context, staleText: 'Made with another model.' } };
    for (const one of [...Object.values(examples), stale]) walk(toResultJson(one.prediction, one.context), '$');
    // A value that is undefined is not written.
    expect([...seen].filter((name) => !known.has(name))).toEqual([]);
    expect([...known].filter((name) => !seen.has(name))).toEqual([]);
  });

  it('says what the numbers were made with', () => {
    const json = toResultJson(inside.prediction, inside.context);
    expect(json).toMatchObject({
      ...{ schemaVersion: 1, researchUse: 'Research use only. Not for diagnosis.', date: '2026-11-28T12:00:00.000Z' },
      app: { name: 'milscope', version: JSON.parse(readFileSync('package.json', 'utf8')).version },
      model: { id: 'linear', version: '1.0.0', license: 'MIT', weightsSha256: null, tissue: 'painted tissue' },
      fingerprint: { scheme: 1, value: inside.prediction.slideId },
      slideSize: { width: 256, height: 160 },
      pixelSize: { x: 1, y: 1, from: 'file' },
      tile: { protocol: 'tissue-grid', sidePx: 32, sideUm: 32 },
      scope: { state: 'inside', reasons: [] },
      scopeText: 'If this is painted tissue, H&E:',
    });
    expect(json.app.commit).toMatch(/^([0-9a-f]{40}(-modified)?|unknown)$/);
    expect(toResultJson(typed.prediction, typed.context).pixelSize).toEqual({ x: 1, y: 1, from: 'user' });
    const codes = json.notes.map(({ code, text }) => [code, text]);
    expect(codes).toContainEqual([
      'bag-capped',
      expect.stringMatching(/^The slide has \d+ tiles of tissue; 20 of them/),
    ]);
  });

  it('calls no class outside the scope', () => {
    const json = toResultJson(outside.prediction, outside.context);
    expect(json).toMatchObject({ label: null, scope: { state: 'outside', reasons: ['appearance'] } });
    expect(json.callText).toBe('No class is called.');
  });

  it('has the file name only where it was asked for', () => {
    expect(toResultText(inside.prediction, inside.context)).not.toContain('memory.');
    expect(inside.context).not.toHaveProperty('slide');
    expect(toResultJson(outside.prediction, outside.context).slide).toBe(outside.context.slide);
    expect(outside.context.slide).toBeTruthy();
  });

  it('has each array of numbers on one line', () => {
    const lines = toResultText(inside.prediction, inside.context).split('\n');
    for (const name of ['xy', 'scores', 'weights', 'contributions', 'cells', 'probabilities']) {
      const line = lines.find((one) => one.includes(`"${name}": `)) ?? '';
      expect(line).toMatch(/\[[-\d.,e+]*\],?$/);
    }
    expect(lines.length).toBeLessThan(200);
  });
});

const APPEARANCE: Scope['reasons'] = ['appearance'];

/** A whole result over tiles of any scores and values. */
const anyResult = fc
  .record({
    tiles: fc.array(
      fc.tuple(fc.float({ min: -60, max: 60, noNaN: true }), fc.float({ min: -30, max: 30, noNaN: true })),
      { minLength: 1, maxLength: 40 },
    ),
    bias: fc.double({ min: -10, max: 10, noNaN: true }),
    temperature: fc.double({ min: 0.05, max: 20, noNaN: true }),
    threshold: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
    state: fc.constantFrom('inside', 'outside', 'unmeasured'),
    isPositiveFirst: fc.boolean(),
  })
  .map(({ tiles, bias, temperature, threshold, state, isPositiveFirst }) => {
    const classes = isPositiveFirst ? ['malignant', 'benign'] : ['benign', 'malignant'];
    const manifest = { classes, positiveClass: 'malignant', decision: { threshold, temperature, chosenOn: '' } };
    const { attention, ...outcome } = outcomeOf(
      Float32Array.from(tiles, ([score]) => score),
      Float32Array.from(tiles, ([, value]) => value),
      ...([bias, manifest, { state, reasons: state === 'inside' ? [] : APPEARANCE }] as const),
    );
    const count = tiles.length;
    const { bag } = inside.prediction.attention;
    const xy = Int32Array.from({ length: 2 * count }, (_, i) => (i % 7) * 2 ** 27 - 5);
    const tissueFraction = new Float32Array(count).fill(0.7);
    const prediction: BagPrediction = {
      ...inside.prediction,
      ...outcome,
      attention: { ...attention, bag: { ...bag, count, xy, tissueFraction, candidates: count + 3 } },
    };
    return { prediction, context: inside.context };
  });

it('keeps any result to the last bit', () => {
  fc.assert(
    fc.property(anyResult, (one) => {
      const text = toResultText(one.prediction, one.context);
      expect(problemsOf(JSON.parse(text), SCHEMA)).toEqual([]);
      const back = fromResultJson(text);
      // By its text: JSON has no -0.
      expect(JSON.parse(toResultText(back.prediction, back.context))).toEqual(JSON.parse(text));
    }),
    { numRuns: 100 },
  );
});

type Json = ReturnType<typeof toResultJson>;
type Change = (json: Json) => unknown;
const text = (change: Change, { prediction, context }: typeof inside = inside) =>
  JSON.stringify(change(JSON.parse(JSON.stringify(toResultJson(prediction, context)))));

/** The sentence with which it is refused. */
function refusal(given: string): string {
  try {
    fromResultJson(given);
  } catch (error) {
    if (isAppError(error, 'result/invalid')) return error.message;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('a result from anywhere', () => {
  const inAttention =
    (changed: object): Change =>
    (json) => ({ ...json, attention: { ...json.attention, ...changed } });
  const inBag =
    (changed: object): Change =>
    (json) =>
      inAttention({ bag: { ...json.attention.bag, ...changed } })(json);

  it.each<[string, Change, RegExp]>([
    ['nothing', () => ({}), /it is not the result of a run/],
    ['a list', () => [], /it is not a JSON object/],
    ['null', () => null, /it is not a JSON object/],
    ['another schema', (json) => ({ ...json, schemaVersion: 2 }), /schema version 2 .* a newer milscope/],
    ['a schema version in words', (json) => ({ ...json, schemaVersion: 'one' }), /schemaVersion must be a number/],
    ['a missing array', inAttention({ scores: undefined }), /attention\.scores is missing/],
    ['an array of another length', inAttention({ scores: [1] }), /attention\.scores must hold 20 numbers/],
    ['texts for numbers', (json) => ({ ...json, logits: ['0', '1'] }), /logits\[0\] must be a number/],
    ['an object for numbers', inAttention({ weights: { length: 20 } }), /attention\.weights must be a list/],
    ['null in an array', inAttention({ scores: new Array(20).fill(null) }), /attention\.scores\[0\] must be a number/],
    ['a score past float32', inAttention({ scores: new Array(20).fill(1e39) }), /scores\[0\] must be at most/],
    ['weights that do not add up', inAttention({ weights: new Array(20).fill(0.5) }), /weights must add up to 1/],
    ['a negative weight', inAttention({ weights: new Array(20).fill(-1) }), /weights\[0\] must be at least 0/],
    ['positions that are not whole', inBag({ xy: new Array(40).fill(0.5) }), /bag\.xy must hold whole numbers/],
    ['positions past int32', inBag({ xy: new Array(40).fill(2 ** 31) }), /bag\.xy\[0\] must be at most/],
    ['more tiles than there can be', inBag({ count: 2 ** 40 }), /bag\.count must be at most 1000000/],
    ['no tiles', inBag({ count: 0 }), /bag\.count must be at least 1/],
    ['the bag of another slide', inBag({ slideId: 'other' }), /bag\.slideId must be that of the result/],
    [
      'a grid too large',
      inBag({ coverage: { columns: 2 ** 20, rows: 2 ** 20, x: 0, y: 0, spanPx: 1, cells: [] } }),
      /cells must be runs/,
    ],
    [
      'an endless run of cells',
      inBag({ coverage: { columns: 2, rows: 2, x: 0, y: 0, spanPx: 1, cells: [0, 2 ** 50] } }),
      /cells must be runs/,
    ],
    ['one class', (json) => ({ ...json, classes: ['malignant'] }), /classes must be two different names/],
    [
      'a positive class of its own',
      (json) => ({ ...json, positiveClass: 'x' }),
      /positiveClass must be one of classes/,
    ],
    ['probabilities of 2', (json) => ({ ...json, probabilities: [1, 1] }), /probabilities must add up to 1/],
    ['another model beside modelId', (json) => ({ ...json, modelId: 'linear@2.0.0' }), /model\.id and version/],
    [
      'a hash that is none',
      (json) => ({ ...json, model: { ...json.model, weightsSha256: 'abc' } }),
      /weightsSha256 is not written/,
    ],
    ['an unknown scope', (json) => ({ ...json, scope: { state: 'fine', reasons: [] } }), /scope\.state must be one of/],
    [
      'a reason inside',
      (json) => ({ ...json, scope: { state: 'inside', reasons: ['organ'] } }),
      /reasons do not fit the state/,
    ],
    [
      'a class outside the scope',
      (json) => ({ ...json, scope: { state: 'outside', reasons: ['organ'] } }),
      /label is not the one/,
    ],
    [
      'the other class',
      (json) => ({ ...json, label: json.label === 'benign' ? 'malignant' : 'benign' }),
      /label is not the one/,
    ],
    ['a missing label', (json) => ({ ...json, label: undefined }), /label is missing/],
    [
      'an unknown note',
      (json) => ({ ...json, notes: [{ code: 'all-is-well', params: {} }] }),
      /notes\[0\]\.code must be one of/,
    ],
    [
      'a note with values in values',
      (json) => ({ ...json, notes: [{ code: 'few-tiles', params: { a: {} } }] }),
      /notes\[0\]\.params\.a must be a text/,
    ],
    ['a date that is none', (json) => ({ ...json, date: '2026-99-99T00:00:00Z' }), /date is no date/],
    [
      'another fingerprint',
      (json) => ({ ...json, fingerprint: { scheme: 1, value: 'x' } }),
      /fingerprint\.value must be slideId/,
    ],
    ['another bias', (json) => ({ ...json, bias: json.bias + 1e-3 }), /contributions and bias do not add up/],
    ['another temperature', (json) => ({ ...json, temperature: 2 }), /not those of its logits and temperature/],
    ['a temperature of 0', (json) => ({ ...json, temperature: 0 }), /temperature must be at least/],
    [
      'a name without end',
      (json) => ({ ...json, slide: 'x'.repeat(20_000) }),
      /slide must have at most 10000 characters/,
    ],
  ])('is refused with %s', (_, change, sentence) => {
    expect(refusal(text(change))).toMatch(sentence);
  });

  it('is refused where it is no JSON, too deep, too wide or too long, without filling the memory', () => {
    expect(refusal('{')).toMatch(/it is not JSON/);
    expect(refusal('')).toMatch(/it is not JSON/);
    expect(refusal('['.repeat(5_000_000))).toMatch(/more values than any result/);
    expect(refusal('{"a":'.repeat(100_000))).toMatch(/more values than any result/);
    expect(refusal(`[${'0,'.repeat(17_000_000)}0]`)).toMatch(/more values than any result/);
    expect(refusal(`"${'['.repeat(100)}"`)).toMatch(/it is not a JSON object/);
    expect(refusal(' '.repeat(2 ** 27 + 1))).toMatch(/more than 128 million characters/);
  });

  it('survives any change of any value', () => {
    const json = JSON.parse(toResultText(inside.prediction, inside.context));
    const places: (readonly (string | number)[])[] = [];
    const walk = (value: unknown, at: readonly (string | number)[]): void => {
      places.push(at);
      if (typeof value !== 'object' || value === null) return;
      for (const [key, one] of Object.entries(value).slice(0, 12)) walk(one, [...at, key]);
    };
    walk(json, []);
    const put = (value: unknown, [key, ...rest]: readonly (string | number)[], given: unknown): unknown => {
      if (key === undefined) return given;
      if (Array.isArray(value)) return value.map((one, i) => (String(i) === key ? put(one, rest, given) : one));
      const fields = value as Record<string, unknown>;
      return { ...fields, [key]: put(fields[key], rest, given) };
    };
    const anything = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constant(undefined), fc.double(), fc.maxSafeInteger());
    fc.assert(
      fc.property(fc.constantFrom(...places), anything, (place, given) => {
        const changed = JSON.stringify(put(json, place, given)) ?? '';
        try {
          const { prediction } = fromResultJson(changed);
          expect(prediction.attention.bag.count).toBe(20);
        } catch (error) {
          expect(isAppError(error, 'result/invalid')).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('may say more than is known here', () => {
    const more = text((json) => ({ ...json, added: { later: [1] }, attention: { ...json.attention, added: 1 } }));
    expect(fromResultJson(more)).toEqual(inside);
    expect(fromResultJson(`\uFEFF${more}`)).toEqual(inside);
  });
});

it('knows an unknown model as unknown', () => {
  const context: ResultContext = { ...inside.context, model: { ...inside.context.model, tissue: null, stain: null } };
  expect(toResultJson(inside.prediction, context).scopeText).toBeNull();
});
