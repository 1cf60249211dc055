import { expect, it } from 'vitest';
import { AppError } from '../../errors.ts';
import { mppOf } from '../state/made-with.ts';
import type { ScreenStore } from '../state/screen.ts';
import {
  file,
  info,
  openOne,
  prediction,
  runOne,
  settle,
  setUp,
  shownRun,
  shownSlide,
} from '../testing/fake-services.ts';
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
  const other = shownSlide(all.store);
  expect(other && mppOf(other)).toBeUndefined();
  await openOne(all, 'a', undefined);
  const again = shownSlide(all.store);
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
  const opening = all.actions.openFiles([file('b.svs')]);
  await settle();
  all.opens.at(-1)?.resolve(info('b', 0.5));
  await opening;
  expect(all.runs[0]?.signal?.aborted).toBe(true);
  all.runs[0]?.resolve(prediction('a'));
  await done;
  expect(runStatus(all.store)).toBe('idle');
  expect(shownRun(all)).toBeUndefined();
});

it('a run is cancelled at once and keeps the result before', async () => {
  const all = setUp();
  await openOne(all, 'a', 0.5);
  await runOne(all, 'a');
  void all.actions.run();
  await settle();
  expect(shownRun(all)).toMatchObject({ isPartial: true, record: undefined });
  all.actions.cancel();
  expect(runStatus(all.store)).toBe('cancelled');
  expect(shownRun(all)).toMatchObject({ isPartial: false, isStale: false });
  expect(shownRun(all)?.record).toBeDefined();
});

it('shows a failure beside the result before', async () => {
  const all = setUp();
  await openOne(all, 'a', 0.5);
  await runOne(all, 'a');
  const second = all.actions.run();
  await settle();
  all.runs[1]?.reject(new AppError({ code: 'gpu/lost', reason: 'reset' }));
  await second;
  expect(all.store.getState().run).toMatchObject({ status: 'failed', error: { code: 'gpu/lost' } });
  expect(shownRun(all)?.record?.prediction.slideId).toBe('a');
});

it('a chosen tile is of its run: a second run forgets it at once', async () => {
  const all = setUp();
  await openOne(all, 'a', 0.5);
  await runOne(all, 'a', prediction('a', { contributions: [1, 2] }));
  all.actions.chooseTile({ runId: shownRun(all)?.runId ?? '', index: 1 });
  void all.actions.run();
  await settle();
  expect(all.store.getState().chosenTile).toBeUndefined();
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
