import { expect, it } from 'vitest';
import type { TileBag } from '../../tiling/bag.ts';
import type { AnalysisProgress } from '../../worker/protocol.ts';
import { openOne, prediction, runOne, settle, setUp, shownRun } from '../testing/fake-services.ts';
import { shownMap } from './shown-run.ts';

const news = (bag: TileBag | undefined, scoresFirst: number, scores: readonly number[]): AnalysisProgress => ({
  ...{ stage: 'tiles', tilesDone: scores.length, tilesTotal: 2, tilesPerSecond: 1, secondsLeft: 1 },
  ...{ bag, scoresFirst, scores: Float32Array.from(scores) },
});

it('is wholly of the run under way, never of two', async () => {
  const all = setUp();
  await openOne(all, 'a', 0.5);
  await runOne(all, 'a', prediction('a', { contributions: [3, -1, 2], left: 5000 }));
  const before = shownRun(all);
  const second = prediction('a', { contributions: [1, 2], probability: 0.1, left: 100 });
  const done = all.actions.run();
  await settle();
  // Before its tiles are chosen there is nothing of it to draw, and nothing of the one before is left.
  expect(shownRun(all)).toMatchObject({ bag: undefined, maps: [], outcome: { kind: 'none' }, isPartial: true });
  all.runs.at(-1)?.onProgress?.(news(second.attention.bag, 0, []));
  all.runs.at(-1)?.onProgress?.(news(undefined, 0, [1]));
  const partial = shownRun(all);
  expect(partial?.runId).not.toBe(before?.runId);
  expect(partial?.bag?.xy[0]).toBe(100);
  expect(partial?.maps.map(({ kind }) => kind)).toEqual(['attention']);
  expect([...(partial?.maps[0]?.values ?? [])]).toEqual([1, Number.NaN]);
  expect(partial?.record).toBeUndefined();
  all.runs.at(-1)?.resolve(second);
  await done;
  expect(shownRun(all)).toMatchObject({
    isPartial: false,
    runId: partial?.runId,
    outcome: { kind: 'binary', probability: 0.1, called: 'benign' },
  });
});

it('is stale from the moment that model, tiles or pixel size are others, and current again when they are back', async () => {
  const all = setUp();
  await openOne(all, 'a', undefined);
  all.actions.giveMpp(0.5);
  await runOne(all, 'a');
  const stale = () => shownRun(all)?.staleIn;
  expect(stale()).toEqual([]);
  all.actions.chooseModel('other');
  expect(stale()).toEqual(['model']);
  expect(shownRun(all)).toMatchObject({ isStale: true, madeWith: { modelName: 'm 1.0.0' } });
  all.actions.chooseBag('darkest-16');
  expect(stale()).toEqual(['model', 'tiles']);
  all.actions.giveMpp(0.25);
  expect(stale()).toEqual(['model', 'tiles', 'pixel-size']);
  all.actions.chooseModel('m');
  all.actions.chooseBag('model');
  all.actions.giveMpp(0.5);
  expect(shownRun(all)).toMatchObject({ isStale: false, staleIn: [] });
});

it('shows the result of earlier settings again when they are back', async () => {
  const all = setUp();
  await openOne(all, 'a', 0.5);
  await runOne(all, 'a', prediction('a', { probability: 0.7 }));
  all.actions.chooseModel('other');
  await runOne(all, 'a', prediction('a', { probability: 0.2, modelId: 'other@1.0.0' }));
  const probability = () => {
    const outcome = shownRun(all)?.outcome;
    return outcome?.kind === 'binary' ? outcome.probability : undefined;
  };
  expect(probability()).toBe(0.2);
  all.actions.chooseModel('m');
  expect(probability()).toBe(0.7);
  expect(shownRun(all)?.isStale).toBe(false);
  // Settings that nothing was made with: the last one, and it says so.
  all.actions.chooseBag('darkest-16');
  expect(probability()).toBe(0.2);
  expect(shownRun(all)?.isStale).toBe(true);
});

it('calls no class and applies no threshold outside the scope', async () => {
  const all = setUp();
  await openOne(all, 'a', 0.5);
  await runOne(all, 'a', { ...prediction('a'), scope: { state: 'outside', reasons: ['features'] }, label: null });
  expect(shownRun(all)?.outcome).toMatchObject({ kind: 'binary', called: null, threshold: null, probability: 0.8 });
});

it('shows contributions where the head gives them, else attention, unless another map is asked for', async () => {
  const all = setUp();
  await openOne(all, 'a', 0.5);
  await runOne(all, 'a', prediction('a', { contributions: [1, -3] }));
  const run = shownRun(all);
  expect(shownMap(run, undefined)).toMatchObject({ id: 'contribution', isSigned: true, range: [-3, 1] });
  expect(shownMap(run, 'attention')).toMatchObject({ id: 'attention', isSigned: false });
  expect(shownMap(run, 'probability')?.id).toBe('contribution');
  await runOne(all, 'a');
  expect(shownMap(shownRun(all), undefined)?.id).toBe('attention');
});
