import { expect, it } from 'vitest';
import { AppError } from '../../errors.ts';
import { resultOnScreen, slideOnScreen } from '../state/screen.ts';
import {
  file,
  fluorescence,
  info,
  openOne,
  openThis,
  runOne,
  settle,
  setUp,
  shownId,
} from '../testing/fake-services.ts';

it('opens an address without asking for it itself, and says what is no address', async () => {
  const all = setUp();
  const done = all.actions.openAddress(' https://example.org/slides/CMU%201.svs#x ');
  await settle();
  expect(all.opens[0]?.input).toBe('CMU 1.svs');
  all.opens[0]?.resolve(info('remote', 0.5));
  await done;
  const shown = slideOnScreen(all.store.getState().slide);
  expect(shown?.file).toEqual({ url: 'https://example.org/slides/CMU%201.svs' });
  for (const bad of ['slide.svs', 'file:///etc/passwd', '']) {
    await all.actions.openAddress(bad);
    expect(all.store.getState().slide).toMatchObject({ status: 'failed', error: { code: 'usage' } });
    expect(shownId(all.store)).toBe('remote');
  }
  expect(all.opens).toHaveLength(1);
});

it('keeps the slide and its result on screen when the next file is no slide', async () => {
  const all = setUp();
  await openOne(all, 'first', 0.5);
  await runOne(all, 'first');
  const second = all.actions.openFiles([file('junk.svs')]);
  await settle();
  expect(all.store.getState().slide.status).toBe('opening');
  expect(shownId(all.store)).toBe('first');
  all.opens.at(-1)?.reject(new AppError({ code: 'slide/unrecognized', name: 'junk.svs' }));
  await second;
  const { slide, run } = all.store.getState();
  expect(slide).toMatchObject({ status: 'failed', error: { code: 'slide/unrecognized' } });
  expect(shownId(all.store)).toBe('first');
  expect(resultOnScreen(run, slideOnScreen(slide))?.slideId).toBe('first');
  expect(all.closed).toEqual([]);
  all.actions.dismissError();
  expect(all.store.getState().slide.status).toBe('open');
});

it('shows the last of two files dropped in a row, whichever opens first', async () => {
  const all = setUp();
  const slow = all.actions.openFiles([file('slow.svs')]);
  await settle();
  const fast = all.actions.openFiles([file('fast.svs')]);
  await settle();
  expect(all.opens[0]?.signal?.aborted).toBe(true);
  all.opens[1]?.resolve(info('fast', 0.5));
  await Promise.all([slow, fast]);
  expect(shownId(all.store)).toBe('fast');
  expect(all.store.getState().slide.status).toBe('open');
});

it('closes the slide it replaces and forgets its result', async () => {
  const all = setUp();
  await openOne(all, 'a', 0.5);
  await openOne(all, 'b', 0.5);
  expect(all.closed).toEqual(['a']);
  expect(all.store.getState().run).toEqual({ status: 'idle', previous: undefined });
});

it('says when more than one file was given', async () => {
  const all = setUp();
  const done = all.actions.openFiles([file('a.svs'), file('b.svs')]);
  await settle();
  all.opens[0]?.resolve(info('a', 0.5));
  await done;
  expect(all.store.getState().notice).toContain('a.svs');
});

it('another image of a file is another slide, without the result of the one before, and a run is of that image', async () => {
  const all = setUp();
  await openThis(all, fluorescence('large', 1));
  await runOne(all, 'large');
  expect(all.runs[0]?.input.series).toBe(1);
  await all.actions.chooseSeries(1);
  expect(all.opens).toHaveLength(1);
  const done = all.actions.chooseSeries(0);
  await settle();
  all.opens.at(-1)?.resolve(fluorescence('small', 0));
  await done;
  expect(all.series).toEqual([undefined, 0]);
  expect(all.closed).toEqual(['large']);
  const { slide, run } = all.store.getState();
  expect(resultOnScreen(run, slideOnScreen(slide))).toBeUndefined();
  await runOne(all, 'small');
  expect(all.runs[1]?.input.series).toBe(0);
});
