import { expect, it } from 'vitest';
import { AppError } from '../../errors.ts';
import { mppOf, resultOnScreen, type ScreenStore, slideOnScreen } from '../state/screen.ts';
import { file, openOne, prediction, runOne, settle, setUp } from '../testing/fake-services.ts';
import { mergeProgress } from './run-actions.ts';

const runStatus = (store: ScreenStore) => store.getState().run.status;

it('a run waits for the pixel size, starts when it is given, and remembers it for this slide only', async () => {
  const all = setUp();
  await openOne(all, 'a', undefined);
  await all.actions.run();
  expect(runStatus(all.store)).toBe('needs-mpp');
  expect(all.runs).toHaveLength(0);
  all.actions.giveMpp(0.5);
  await settle();
  expect(runStatus(all.store)).toBe('running');
  expect(all.runs[0]?.input.mpp).toBe(0.5);
  await openOne(all, 'b', undefined);
  const other = slideOnScreen(all.store.getState().slide);
  expect(other && mppOf(other)).toBeUndefined();
  await openOne(all, 'a', undefined);
  const again = slideOnScreen(all.store.getState().slide);
  expect(again && mppOf(again)).toBe(0.5);
});

it('asks for no pixel size where the bag needs none', async () => {
  const all = setUp('darkest');
  await openOne(all, 'a', undefined);
  void all.actions.run();
  await settle();
  expect(runStatus(all.store)).toBe('running');
});

it('a run is aborted by the next slide, and its late answer is not shown', async () => {
  const all = setUp();
  await openOne(all, 'a', 0.5);
  const done = all.actions.run();
  await settle();
  void all.actions.openFiles([file('b.svs')]);
  expect(all.runs[0]?.signal?.aborted).toBe(true);
  all.runs[0]?.resolve(prediction('a'));
  await done;
  expect(runStatus(all.store)).toBe('cancelled');
});

it('a run is cancelled at once and keeps the result before', async () => {
  const all = setUp();
  await openOne(all, 'a', 0.5);
  await runOne(all, 'a');
  void all.actions.run();
  await settle();
  all.actions.cancel();
  const { run, slide } = all.store.getState();
  expect(run.status).toBe('cancelled');
  expect(resultOnScreen(run, slideOnScreen(slide))).toBeDefined();
});

it('shows a failure beside the result before', async () => {
  const all = setUp();
  await openOne(all, 'a', 0.5);
  await runOne(all, 'a');
  const second = all.actions.run();
  await settle();
  all.runs[1]?.reject(new AppError({ code: 'gpu/lost', reason: 'reset' }));
  await second;
  const { run, slide } = all.store.getState();
  expect(run).toMatchObject({ status: 'failed', error: { code: 'gpu/lost' } });
  expect(resultOnScreen(run, slideOnScreen(slide))?.slideId).toBe('a');
});

it('fills the scores in as they come', () => {
  const bag = { ...prediction('a').attention.bag, count: 4 };
  const news = { stage: 'tiles', tilesDone: 0, tilesTotal: 4, tilesPerSecond: 0, secondsLeft: undefined } as const;
  const none = new Float32Array(0);
  const empty = { ...news, bag: undefined, scores: none };
  const planned = mergeProgress(empty, { ...news, bag, scoresFirst: 0, scores: none });
  expect([...planned.scores]).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.NaN]);
  const some = mergeProgress(planned, { ...news, bag: undefined, scoresFirst: 1, scores: new Float32Array([3, 4]) });
  expect([...some.scores]).toEqual([Number.NaN, 3, 4, Number.NaN]);
  expect(some.bag).toBe(bag);
  expect(some.scores).not.toBe(planned.scores);
});
