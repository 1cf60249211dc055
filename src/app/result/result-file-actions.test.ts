import { expect, it } from 'vitest';
import {
  type ByHand,
  file as emptyFile,
  fluorescence,
  info,
  openOne,
  openThis,
  prediction,
  runOne,
  settle,
  setUp,
  shownId,
  shownRun,
  shownSlide,
} from '../testing/fake-services.ts';
import { jsonText } from './export-files.ts';

const given = (name: string, text: string) => ({ path: name, file: new File([text], name) });

/** The result of a run on a slide, as the page exports it. */
async function exportOf(slideId: string, { modelId = 'm', mpp = 0.5, probability = 0.8, left = 0 } = {}) {
  const all = setUp();
  await openOne(all, slideId, mpp);
  if (modelId !== 'm') all.actions.chooseModel(modelId);
  const made = { modelId: `${modelId}@1.0.0`, contributions: [0.5, -0.25], probability, left };
  await runOne(all, slideId, prediction(slideId, made));
  const [slide, run] = [shownSlide(all.store), shownRun(all)];
  if (slide === undefined || run?.record === undefined) throw new Error('nothing was run');
  return given('result.json', jsonText({ slide, run, record: run.record, withName: false }));
}

const state = ({ store }: ByHand) => store.getState();
const shownProbability = (all: ByHand) => {
  const outcome = shownRun(all)?.outcome;
  return outcome?.kind === 'binary' ? outcome.probability : undefined;
};

it('is shown on the open slide as it was, without computing', async () => {
  const result = await exportOf('a');
  const all = setUp();
  await openOne(all, 'a', 0.5);
  await all.actions.openFiles([result]);
  expect(shownRun(all)).toMatchObject({ isStale: false, isPartial: false, record: { origin: 'file' } });
  expect(shownProbability(all)).toBe(0.8);
  expect(all.runs).toEqual([]);
  expect(state(all)).toMatchObject({ waitingResult: undefined, exportError: undefined, run: { status: 'done' } });
  expect(shownSlide(all.store)?.runs).toHaveLength(1);
});

it('waits for its slide, on the first visit and beside another slide, and is shown when that is opened', async () => {
  const result = await exportOf('b');
  for (const before of [undefined, 'a']) {
    const all = setUp();
    if (before !== undefined) {
      await openOne(all, before, 0.5);
      await runOne(all, before, prediction(before, { probability: 0.3 }));
    }
    await all.actions.openFiles([result]);
    expect(state(all).waitingResult?.record.prediction.slideId).toBe('b');
    expect(shownId(all.store)).toBe(before);
    if (before !== undefined) expect(shownProbability(all)).toBe(0.3);
    await openOne(all, 'c', 0.5);
    expect(state(all).waitingResult).toBeDefined();
    expect(shownRun(all)).toBeUndefined();
    await openOne(all, 'b', 0.5);
    expect(state(all).waitingResult).toBeUndefined();
    expect(shownProbability(all)).toBe(0.8);
  }
});

it('is no longer waited for once it is dismissed', async () => {
  const all = setUp();
  await all.actions.openFiles([await exportOf('b')]);
  all.actions.dismissWaiting();
  await openOne(all, 'b', 0.5);
  expect(shownRun(all)).toBeUndefined();
});

it('comes with its slide in one drop, also among the files of a folder, whose notes are no result', async () => {
  const result = await exportOf('a');
  for (const files of [
    [emptyFile('a.svs'), result],
    [result, emptyFile('a.svs')],
    [given('notes.json', '{"scanner": "slideId"}'), emptyFile('1.dcm'), emptyFile('2.dcm'), result],
  ]) {
    const all = setUp();
    const done = all.actions.openFiles(files);
    // Files that are looked into are read first.
    while (all.opens.length === 0) await settle();
    all.opens[0]?.resolve(info('a', 0.5));
    await done;
    expect(shownId(all.store)).toBe('a');
    expect(shownProbability(all)).toBe(0.8);
    expect(state(all)).toMatchObject({
      waitingResult: undefined,
      exportError: undefined,
      importing: { status: 'none' },
    });
  }
});

it('a folder of DICOM with a stray JSON file is still a slide', async () => {
  const all = setUp();
  const done = all.actions.openFiles([given('s/notes.json', '{}'), emptyFile('s/1.dcm'), emptyFile('s/2.dcm')]);
  while (all.opens.length === 0) await settle();
  all.opens[0]?.resolve(info('a', 0.5));
  await done;
  expect([shownId(all.store), state(all).exportError, state(all).waitingResult]).toEqual(['a', undefined, undefined]);
});

it('JSON of a model goes to the import, and a result by that name does not', async () => {
  const all = setUp();
  void all.actions.openFiles([given('model.json', '{"modelTopology": {}}'), emptyFile('group1-shard1of1.bin')]);
  await settle();
  await settle();
  expect(all.plans).toHaveLength(1);
  const { file } = await exportOf('a');
  await openOne(all, 'a', 0.5);
  await all.actions.openFiles([{ path: 'model.json', file }]);
  expect(all.plans).toHaveLength(1);
  expect(shownProbability(all)).toBe(0.8);
});

it('is stale where its model is not here, and names what it was made with', async () => {
  const { file } = await exportOf('a');
  const text = (await file.text()).replaceAll('m@1.0.0', 'lab@2.0').replace('"id": "m"', '"id": "lab"');
  const all = setUp();
  await openOne(all, 'a', 0.5);
  const foreign = text.replace('"version": "1.0.0"', '"version": "2.0"').replace('"name": "m"', '"name": "Lab MIL"');
  await all.actions.openFiles([given('r.json', foreign)]);
  expect(state(all).exportError).toBeUndefined();
  expect(shownRun(all)).toMatchObject({ isStale: true, staleIn: ['model'], madeWith: { modelName: 'Lab MIL 2.0' } });
  expect(state(all).modelId).toBe('m');
});

it('brings its model along, and the next slide brings back the one before', async () => {
  const all = setUp();
  await openOne(all, 'a', 0.5);
  await all.actions.openFiles([await exportOf('a', { modelId: 'other' })]);
  expect([state(all).modelId, shownRun(all)?.isStale]).toEqual(['other', false]);
  await openOne(all, 'b', 0.5);
  expect(state(all).modelId).toBe('m');
});

it('stands beside a run of other settings, which comes back with them', async () => {
  const all = setUp();
  await openOne(all, 'a', 0.5);
  await runOne(all, 'a', prediction('a', { probability: 0.3 }));
  await all.actions.openFiles([await exportOf('a', { modelId: 'other' })]);
  expect(shownProbability(all)).toBe(0.8);
  all.actions.chooseModel('m');
  expect(shownProbability(all)).toBe(0.3);
});

it('leaves a run alone, and is shown when that has ended', async () => {
  const result = await exportOf('a');
  const all = setUp();
  await openOne(all, 'a', 0.5);
  const running = all.actions.run();
  await settle();
  await all.actions.openFiles([result]);
  expect(state(all).run.status).toBe('running');
  expect(state(all).waitingResult).toBeDefined();
  all.runs[0]?.resolve(prediction('a', { probability: 0.3 }));
  await running;
  expect(state(all).waitingResult).toBeUndefined();
  expect(shownProbability(all)).toBe(0.8);
});

it('neither ends an opening nor is lost by one', async () => {
  const result = await exportOf('b');
  const all = setUp();
  const opening = all.actions.openFiles([emptyFile('b.svs')]);
  await settle();
  await all.actions.openDropped(Promise.resolve([result]));
  expect(state(all).opening.status).toBe('opening');
  all.opens[0]?.resolve(info('b', 0.5));
  await opening;
  expect(shownProbability(all)).toBe(0.8);
});

it.each([
  ['no JSON', 'not json'],
  ['other JSON', '{"a": 1}'],
  ['a list', '[]'],
  ['numbers that contradict each other', ''],
])('%s costs a sentence, and nothing on screen is lost', async (_, text) => {
  const all = setUp();
  await openOne(all, 'a', 0.5);
  await runOne(all, 'a', prediction('a', { probability: 0.3, contributions: [1] }));
  const broken = text === '' ? (await (await exportOf('a')).file.text()).replace('"bias": ', '"bias": 1') : text;
  const before = state(all);
  await all.actions.openFiles([given('junk.json', broken)]);
  const { exportError, ...after } = state(all);
  expect(exportError?.code).toBe('result/invalid');
  expect(after).toEqual({ ...before, exportError: undefined, opening: { status: 'none' } } as typeof after);
  expect(shownProbability(all)).toBe(0.3);
});

it('whose tiles lie beside the slide costs a sentence when the slide is opened', async () => {
  const all = setUp();
  await all.actions.openFiles([await exportOf('a', { left: 900 })]);
  expect(state(all).exportError).toBeUndefined();
  await openOne(all, 'a', 0.5);
  expect(state(all)).toMatchObject({ exportError: { code: 'result/invalid' }, waitingResult: undefined });
  expect(shownRun(all)).toBeUndefined();
});

it('of one image of a file waits until that image is chosen', async () => {
  const first = setUp();
  await openThis(first, fluorescence('image-1', 1));
  await runOne(first, 'image-1', prediction('image-1', { contributions: [0.5] }));
  const [slide, run] = [shownSlide(first.store), shownRun(first)];
  if (slide === undefined || run?.record === undefined) throw new Error('nothing was run');
  const result = given('r.json', jsonText({ slide, run, record: run.record, withName: false }));
  const all = setUp();
  await openThis(all, fluorescence('image-0', 0));
  await all.actions.openFiles([result]);
  expect(state(all).waitingResult?.record.context.series).toBe(1);
  const choosing = all.actions.chooseSeries(1);
  await settle();
  all.opens.at(-1)?.resolve(fluorescence('image-1', 1));
  await choosing;
  expect(shownRun(all)).toMatchObject({ isStale: false, isOfShownImage: true });
});

it('several at once: one is shown, and the others are named', async () => {
  const all = setUp();
  await openOne(all, 'a', 0.5);
  await all.actions.openFiles([await exportOf('a'), await exportOf('b')]);
  expect(shownProbability(all)).toBe(0.8);
  expect(state(all).notice).toContain('2 results were given');
});
