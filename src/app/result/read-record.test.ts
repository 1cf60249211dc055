import { expect, it } from 'vitest';
import type { ModelManifest } from '../../model/manifest.ts';
import { resultContext } from '../../report/result.ts';
import { toResultJson } from '../../report/write-json.ts';
import { type ExampleChoices, exampleResult } from '../../testing/example-result.ts';
import { differences } from '../state/made-with.ts';
import type { SlideRecord } from '../state/screen.ts';
import { currentSettings } from '../state/shown-run.ts';
import { type DroppedResult, readRecord, recordOn } from './read-record.ts';

const WEIGHTS = 'b'.repeat(64);

async function exported(choices: ExampleChoices = {}, change: Partial<ModelManifest> = {}) {
  const example = await exampleResult(choices);
  const manifest = {
    ...example.manifest,
    files: [{ path: 'weights.safetensors', sha256: WEIGHTS, bytes: 1 }],
    ...change,
  };
  const { prediction, slide, spec } = example;
  const given = { info: slide.info, manifest, userMpp: choices.userMpp, bagSpec: spec, withName: true };
  const json = toResultJson(prediction, resultContext({ ...given, date: new Date('2026-11-28T12:00:00Z') }));
  return { json: JSON.parse(JSON.stringify(json)), manifest, prediction, info: slide.info };
}

const read = (json: unknown, models: readonly ModelManifest[] = []): Promise<DroppedResult> =>
  readRecord(new Blob([JSON.stringify(json)]), models);
const slideOf = ({ info }: Pick<SlideRecord, 'info'>, userMpp?: number) =>
  ({ key: 'slide-1', info, userMpp }) as unknown as SlideRecord;

/** In what the record on its slide differs from what a run begun now would be made with. */
async function differs(one: Awaited<ReturnType<typeof exported>>, models: readonly ModelManifest[], json = one.json) {
  const { record } = await read(json, models);
  const { record: placed, userMpp } = recordOn(slideOf(one), record);
  const current = currentSettings(slideOf(one, userMpp), models[0], placed.madeWith.bagChoice);
  return current && differences(placed.madeWith, current);
}

const own = await exported();

it('is the current result where the model, the tiles and the pixel size are those it was made with', async () => {
  expect(await differs(own, [own.manifest])).toEqual([]);
  const typed = await exported({ mpp: undefined, userMpp: 1 });
  expect(await differs(typed, [typed.manifest])).toEqual([]);
  const darkest = await exported({
    bag: { protocol: 'darkest', tilePx: 128, count: 16, downsample: 16 },
    scope: 'unmeasured',
  });
  expect(await differs(darkest, [darkest.manifest])).toEqual([]);
});

it('keeps every number, and the file name apart from what is exported again', async () => {
  const { record, slideName } = await read(own.json, [own.manifest]);
  expect(record.prediction).toEqual(own.prediction);
  expect(slideName).toBe(own.info.name);
  expect(record.context).not.toHaveProperty('slide');
  expect(record).toMatchObject({ origin: 'file', source: 'model', context: { date: '2026-11-28T12:00:00.000Z' } });
});

it('is of another model where the weights are others, whatever the name; the user’s own are known by them alone', async () => {
  const other = { ...own.manifest, files: [{ path: 'weights.safetensors', sha256: 'c'.repeat(64), bytes: 1 }] };
  expect(await differs(own, [other])).toEqual(['model']);
  const unsaid = { ...own.json, model: { ...own.json.model, weightsSha256: null } };
  expect(await differs(own, [own.manifest], unsaid)).toEqual([]);
  const imported = { ...own.manifest, imported: { from: 'x.pth', date: '2026-01-01', golden: 'made-here' } } as const;
  expect(await differs(own, [imported])).toEqual([]);
  expect(await differs(own, [imported], unsaid)).toEqual(['model']);
});

it('names a model that is not here as the file names it', async () => {
  const { record } = await read(own.json);
  expect(record.madeWith).toMatchObject({ modelName: 'Linear test model 1.0.0', bag: own.json.bagSpec, mpp: 1 });
});

it('differs where other tiles or another pixel size were used', async () => {
  const fewer = { ...own.json, bagSpec: { ...own.json.bagSpec, maxTiles: 19 } };
  expect(await differs(own, [own.manifest], fewer)).toEqual(['tiles']);
  const typed = { ...own.json, pixelSize: { x: 0.5, y: 0.5, from: 'user' } };
  expect(await differs(own, [own.manifest], typed)).toEqual(['pixel-size']);
});

it('takes no pixel size that a slide cannot have, and none where the person gave one', async () => {
  const nobody = await exported({ mpp: undefined, userMpp: 1 });
  const { record } = await read({ ...nobody.json, pixelSize: { x: 0.001, y: 0.001, from: 'user' } });
  expect(recordOn(slideOf(nobody), record).userMpp).toBeUndefined();
  const { record: fine } = await read(nobody.json);
  expect(recordOn(slideOf(nobody), fine).userMpp).toBe(1);
  expect(recordOn(slideOf(nobody, 0.25), fine).userMpp).toBe(0.25);
});

it('reads what was exported before, as far as it says', async () => {
  const { scope: _, bias: __, temperature: ___, notes, ...prediction } = own.json;
  const kept = ['slideId', 'modelId', 'classes', 'logits', 'probabilities', 'positiveClass', 'label', 'threshold'];
  const earlier = {
    ...Object.fromEntries(kept.map((key) => [key, prediction[key]])),
    ...{ attention: prediction.attention, backend: prediction.backend, elapsedMs: prediction.elapsedMs },
    notes: notes.map(({ code, text }: { code: string; text: string }) => ({ code, text })),
  };
  expect(await differs(own, [own.manifest], earlier)).toEqual([]);
});

type Json = typeof own.json;
const inBag = (change: object) => (json: Json) => ({
  ...json,
  attention: { ...json.attention, bag: { ...json.attention.bag, ...change } },
});
const deep = `{"slideId":1,"modelId":${'['.repeat(200_000)}`;

it.each<readonly [string, (json: Json) => unknown]>([
  ['a number', () => 5],
  ['an empty object', () => ({})],
  ['a list', () => [own.json]],
  ['a prototype', (json) => JSON.parse(JSON.stringify(json).replace('"scope"', '"__proto__"'))],
  ['NaN', (json) => ({ ...json, probabilities: ['NaN', 1] })],
  ['nothing for a number', (json) => ({ ...json, bias: null })],
  ['too few positions', inBag({ xy: [0, 0] })],
  ['a count without tiles', inBag({ count: 2 ** 31 })],
  ['tiles of no size', inBag({ spanPx: 0 })],
  [
    'a coverage of 10^14 cells',
    inBag({ coverage: { columns: 1e7, rows: 1e7, x: 0, y: 0, spanPx: 32, cells: [0, 1e14] } }),
  ],
  [
    'a label that the numbers do not give',
    (json) => ({ ...json, label: 'benign' === json.label ? 'malignant' : 'benign' }),
  ],
  ['a later version', (json) => ({ ...json, schemaVersion: 2 })],
])('a file with %s is refused with a sentence', async (_, change) => {
  await expect(read(change(own.json))).rejects.toMatchObject({ info: { code: 'result/invalid' } });
});

it('text that is no JSON, or that is made to fill the memory, is refused with a sentence', async () => {
  for (const text of ['', 'slideId modelId', deep, `{"slideId":"${'x'.repeat(20_000)}","attention":{}}`, '\u0000'])
    await expect(readRecord(new Blob([text]), [])).rejects.toMatchObject({ info: { code: 'result/invalid' } });
  const huge = { size: 2 ** 28, text: () => Promise.reject(new Error('was read')) } as unknown as Blob;
  await expect(readRecord(huge, [])).rejects.toMatchObject({ info: { code: 'result/invalid' } });
});

const moved = (by: number) => own.json.attention.bag.xy.map((one: number, i: number) => (i % 2 === 0 ? one + by : one));

it.each<readonly [string, (json: Json) => unknown]>([
  ['a slide of another size', (json) => ({ ...json, slideSize: { width: 256, height: 161 } })],
  ['tiles beside the slide', inBag({ xy: moved(256) })],
  ['one tile beside the slide', inBag({ xy: [...own.json.attention.bag.xy.slice(2), 5000, 0] })],
  ['tiles without end', inBag({ spanPx: 0.002, coverage: undefined })],
  ['a coverage of other tiles', inBag({ coverage: { ...own.json.attention.bag.coverage, spanPx: 16 } })],
  ['a coverage beside the slide', inBag({ coverage: { ...own.json.attention.bag.coverage, x: 300 } })],
])('a result of %s is not shown on it', async (_, change) => {
  const { record } = await read(change(own.json));
  expect(() => recordOn(slideOf(own), record)).toThrow(/not a result/);
  // Of what was shown nothing is lost: the one that fits is still shown.
  expect(recordOn(slideOf(own), (await read(own.json)).record).record.prediction.slideId).toBe(own.info.id);
});
