import { expect, it } from 'vitest';
import type { ModelManifest } from '../../model/manifest.ts';
import { slideOnScreen } from '../state/screen.ts';
import { type ByHand, MODELS, openOne, prediction, runOne, settle, setUp, shownRun } from '../testing/fake-services.ts';
import { sheetSummary } from './sheet-summary.ts';

const models = MODELS.map(
  (model): ModelManifest => ({
    ...model,
    scope: { tissue: 'colon glands', stain: 'H&E', mppRange: [0.4, 0.6] },
  }),
);

function summary({ store }: ByHand, run = shownRun({ store })) {
  const screen = store.getState();
  const slide = slideOnScreen(screen);
  if (slide === undefined) throw new Error('no slide is open');
  const chosen = models.find(({ id }) => id === screen.modelId);
  return sheetSummary(slide.key, screen.run, run, chosen, chosen);
}

it('names the model before a run, its progress during it, and the call under its condition after it', async () => {
  const all = setUp();
  await openOne(all, 'a', 0.5);
  expect(summary(all)).toMatchObject({ over: 'm 1.0.0', main: 'For colon glands, H&E', tone: 'aside' });
  const done = all.actions.run();
  await settle();
  expect(summary(all)).toMatchObject({ over: 'm 1.0.0', main: 'Loading the model…', progress: 0 });
  all.runs[0]?.onProgress?.({
    ...{ stage: 'tiles', tilesDone: 1000, tilesTotal: 4000, tilesPerSecond: 9, secondsLeft: 1 },
    ...{ bag: undefined, scoresFirst: 0, scores: new Float32Array() },
  });
  expect(summary(all)).toMatchObject({ main: '1,000 of 4,000 tiles', progress: 0.25 });
  all.runs[0]?.resolve(prediction('a', { probability: 0.06 }));
  await done;
  expect(summary(all)).toEqual({
    over: 'If this is colon glands, H&E:',
    main: 'Benign · malignant 0.06',
    tone: 'call',
  });
});

it('calls no class outside the scope, nor of a result that is not of what is chosen', async () => {
  const all = setUp();
  await openOne(all, 'a', 0.5);
  const outside = prediction('a', { probability: 0.94 });
  await runOne(all, 'a', { ...outside, label: null, scope: { state: 'outside', reasons: ['appearance'] } });
  const words = summary(all);
  expect(words).toEqual({ over: 'Outside what this model was made for', main: 'raw output 0.94', tone: 'aside' });
  all.actions.chooseModel('other');
  expect(summary(all)).toEqual({ over: 'Result of m 1.0.0', main: 'Not of what is chosen now', tone: 'aside' });
});

it('says why a run failed', async () => {
  const all = setUp();
  await openOne(all, 'a', 0.5);
  const done = all.actions.run();
  await settle();
  all.runs[0]?.reject(new Error('out of paper'));
  await done;
  expect(summary(all)).toMatchObject({ over: 'The run did not succeed', tone: 'aside' });
  expect(summary(all).main).toContain('out of paper');
});
