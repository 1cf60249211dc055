import { expect, it } from 'vitest';
import { AppError } from '../../errors.ts';
import type { AnalysisProgress } from '../../worker/protocol.ts';
import { type ByHand, openOne, prediction, settle, setUp, shownRun } from '../testing/fake-services.ts';
import { announcement, type Moment } from './announcement.ts';

const COLON = { tissue: 'colon glands', stain: 'H&E' };

/** What is said from one look at the screen to the next. */
function listen(all: ByHand) {
  const look = (): Moment => {
    const { run: state, shownSlide: slideKey } = all.store.getState();
    return { state, slideKey, run: shownRun(all), madeFor: COLON };
  };
  let before = look();
  return () => {
    const now = look();
    const said = announcement(before, now);
    before = now;
    return said;
  };
}

const tiles = (tilesDone: number): AnalysisProgress => ({
  ...{ stage: 'tiles', tilesDone, tilesTotal: 100, tilesPerSecond: 10, secondsLeft: 1, bag: undefined },
  ...{ scoresFirst: 0, scores: new Float32Array(0) },
});

async function opened() {
  const all = setUp();
  await openOne(all, 'a', 0.5);
  return { all, said: listen(all) };
}

async function ran(given = prediction('a', { contributions: [1, 2], probability: 0.06 })) {
  const { all, said } = await opened();
  const done = all.actions.run();
  await settle();
  said();
  all.runs.at(-1)?.resolve(given);
  await done;
  return { all, said };
}

it('speaks at the beginning, once in the middle and at the end, and of no tile between', async () => {
  const { all, said } = await opened();
  const done = all.actions.run();
  await settle();
  expect(said()).toBe('Run started: m 1.0.0, all tissue, 0.5 µm/px.');
  const heard = [1, 20, 49, 50, 51, 99].map((count) => {
    all.runs[0]?.onProgress?.(tiles(count));
    return said();
  });
  expect(heard).toEqual([undefined, undefined, undefined, 'Half of the tiles are done.', undefined, undefined]);
  all.runs[0]?.resolve(prediction('a', { contributions: [1, 2], probability: 0.06 }));
  await done;
  expect(said()).toBe('Run finished. If this is colon glands, H&E: benign. Probability of malignant 0.06.');
  expect(said()).toBeUndefined();
});

it('says what else must be known, and outside the scope no class', async () => {
  const outside = {
    ...prediction('a', { contributions: [1, 2], probability: 0.94 }),
    ...{ scope: { state: 'outside', reasons: ['appearance'] } as const, label: null },
    notes: [
      { code: 'unlike-training', params: { unlike: 2, tiles: 2 } },
      { code: 'attention-uniform', params: {} },
    ] as const,
  };
  const { said } = await ran(outside);
  const heard = said();
  expect(heard).toMatch(/^Run finished\. This slide is outside .* No class is called\. Raw output 0\.94\. Attention/);
  expect(heard).not.toMatch(/malignant|benign|look unlike/);
});

it('says that settings made the result old, once, and that it is current again', async () => {
  const { all, said } = await ran();
  said();
  all.actions.chooseModel('other');
  expect(said()).toBe('The result is of other settings. The model has changed since.');
  all.actions.chooseBag('darkest-16');
  expect(said()).toBeUndefined();
  all.actions.chooseBag('model');
  all.actions.chooseModel('m');
  expect(said()).toMatch(/^The result is of the settings chosen now\. If this is .* benign\./);
});

it('says that a run was cancelled, with the result before being old or not', async () => {
  const { all, said } = await ran();
  said();
  all.actions.chooseBag('darkest-16');
  said();
  void all.actions.run();
  await settle();
  expect(said()).toBe('Run started: m 1.0.0, 16 darkest tiles, 0.5 µm/px.');
  all.actions.cancel();
  expect(said()).toBe('The run was cancelled. The result is of other settings. The choice of tiles has changed since.');
});

it('leaves a failure to its alert, and falls silent with another slide', async () => {
  const { all, said } = await ran();
  said();
  const second = all.actions.run();
  await settle();
  said();
  all.runs.at(-1)?.reject(new AppError({ code: 'gpu/lost', reason: 'reset' }));
  await second;
  expect(said()).toBeUndefined();
  await openOne(all, 'b', 0.5);
  expect(said()).toBe('');
});
