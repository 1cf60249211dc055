import { expect, it } from 'vitest';
import { resultContext } from '../../report/result.ts';
import { toResultText } from '../../report/write-json.ts';
import { type ExampleChoices, exampleResult } from '../../testing/example-result.ts';
import { DARKEST_16, differences } from '../state/made-with.ts';
import { readRecord } from './read-record.ts';

const DATE = new Date('2026-11-28T12:00:00Z');

/** What the page exports of a run. */
async function exported(choices: ExampleChoices = {}) {
  const { prediction, manifest, slide, spec } = await exampleResult(choices);
  const run = { info: slide.info, manifest, userMpp: choices.userMpp, bagSpec: spec, date: DATE, withName: false };
  return { prediction, manifest, text: toResultText(prediction, resultContext(run)) };
}

it('brings back the run with all that it was made with', async () => {
  const { prediction, manifest, text } = await exported({ mpp: undefined, userMpp: 1 });
  const record = await readRecord(text, [manifest]);
  expect(record.prediction).toEqual(prediction);
  expect(record).toMatchObject({ origin: 'file', context: { date: DATE.toISOString() } });
  const made = { modelKey: 'linear@1.0.0', modelName: manifest.name, license: 'MIT', series: undefined, mpp: 1 };
  expect(record.madeWith).toEqual({ ...made, bagChoice: 'model', bag: manifest.bag });
  // It is the current result of a slide with these settings, and no longer with other tiles of the same kind.
  expect(differences(record.madeWith, { ...record.madeWith })).toEqual([]);
  const other = { ...manifest, bag: { ...manifest.bag, seed: 2 } as typeof manifest.bag };
  expect((await readRecord(text, [other])).madeWith.bag).toEqual(manifest.bag);
});

it('knows the 16 darkest tiles, and a model that is not here by its name', async () => {
  const { manifest, text } = await exported({ bag: { ...DARKEST_16 } });
  expect((await readRecord(text, [manifest])).madeWith).toMatchObject({ bagChoice: 'darkest-16', bag: DARKEST_16 });
  const { madeWith } = await readRecord(text, []);
  expect(madeWith).toMatchObject({ modelKey: 'linear@1.0.0', modelName: 'Linear test model', license: 'MIT' });
});

it('refuses what is no result', async () => {
  for (const text of ['', '{}', 'hello', '[1]']) {
    await expect(readRecord(text, [])).rejects.toMatchObject({ info: { code: 'result/invalid' } });
  }
});
