import { expect, it } from 'vitest';
import { AppError } from '../../errors.ts';
import {
  file,
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

it('opens an address without asking for it itself, and says what is no address', async () => {
  const all = setUp();
  const done = all.actions.openAddress(' https://example.org/slides/CMU%201.svs#x ');
  await settle();
  expect(all.opens[0]?.input).toBe('CMU 1.svs');
  all.opens[0]?.resolve(info('remote', 0.5));
  await done;
  const shown = shownSlide(all.store);
  expect(shown?.file).toEqual({ url: 'https://example.org/slides/CMU%201.svs' });
  for (const bad of ['slide.svs', 'file:///etc/passwd', '']) {
    await all.actions.openAddress(bad);
    expect(all.store.getState().opening).toMatchObject({ status: 'failed', error: { code: 'usage' } });
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
  expect(all.store.getState().opening.status).toBe('opening');
  expect(shownId(all.store)).toBe('first');
  all.opens.at(-1)?.reject(new AppError({ code: 'slide/unrecognized', name: 'junk.svs' }));
  await second;
  expect(all.store.getState().opening).toMatchObject({ status: 'failed', error: { code: 'slide/unrecognized' } });
  expect(shownId(all.store)).toBe('first');
  expect(shownRun(all)?.record?.prediction.slideId).toBe('first');
  expect(all.closed).toEqual([]);
  all.actions.dismissError();
  expect(all.store.getState().opening.status).toBe('none');
});

it('keeps what is set while another slide opens, also when that fails', async () => {
  const all = setUp();
  await openThis(all, { ...fluorescence('first', 0), mpp: undefined });
  const second = all.actions.openFiles([file('junk.svs')]);
  await settle();
  all.actions.giveMpp(0.25);
  all.actions.setChannel(1, { isOn: false });
  const tile = { level: 0, col: 1, row: 2 };
  all.actions.tileFailed('first', new AppError({ code: 'slide/tile-failed', ...tile, reason: 'x' }), tile);
  all.opens.at(-1)?.reject(new AppError({ code: 'slide/unrecognized', name: 'junk.svs' }));
  await second;
  all.actions.dismissError();
  expect(shownSlide(all.store)).toMatchObject({ userMpp: 0.25, holes: 1 });
  expect(shownSlide(all.store)?.channels?.map(({ isOn }) => isOn)).toEqual([true, false]);
});

it('ends a run for a slide, not for a file that is none', async () => {
  const all = setUp();
  await openOne(all, 'first', 0.5);
  void all.actions.run();
  await settle();
  const junk = all.actions.openFiles([file('junk.svs')]);
  await settle();
  all.opens.at(-1)?.reject(new AppError({ code: 'slide/unrecognized', name: 'junk.svs' }));
  await junk;
  expect(all.runs[0]?.signal?.aborted).toBe(false);
  all.runs[0]?.resolve(prediction('first'));
  await settle();
  expect(shownRun(all)?.record?.prediction.slideId).toBe('first');
  void all.actions.run();
  await settle();
  await openOne(all, 'second', 0.5);
  expect(all.runs[1]?.signal?.aborted).toBe(true);
  expect(shownRun(all)).toBeUndefined();
});

it('a drop that is still being listed gives way to a later one', async () => {
  const all = setUp();
  let list: (files: readonly ReturnType<typeof file>[]) => void = () => undefined;
  const slow = all.actions.openDropped(
    new Promise((resolve) => {
      list = resolve;
    }),
  );
  expect(all.store.getState().opening.status).toBe('listing');
  await openOne(all, 'later', 0.5);
  list([file('earlier.svs')]);
  await slow;
  await settle();
  expect(all.opens.map(({ input }) => input)).toEqual(['later.svs']);
  expect(shownId(all.store)).toBe('later');
  expect(all.store.getState().opening.status).toBe('none');
});

it('says when a dropped folder cannot be listed, and leaves the slide', async () => {
  const all = setUp();
  await openOne(all, 'first', 0.5);
  await all.actions.openDropped(Promise.reject(new Error('not allowed')));
  expect(all.store.getState().opening).toMatchObject({ status: 'failed', name: 'The folder' });
  expect(shownId(all.store)).toBe('first');
});

it('the sample brings its own model, and the next slide the one that was there before', async () => {
  const all = setUp();
  const modelId = () => all.store.getState().modelId;
  const openSample = async () => {
    const done = all.actions.openSample();
    await settle();
    all.opens.at(-1)?.resolve(info('sample', 0.5));
    await done;
  };
  await openSample();
  expect(modelId()).toBe('drawings');
  await openOne(all, 'tissue', 0.5);
  expect(modelId()).toBe('m');
  // What a person chose stays.
  await openSample();
  all.actions.chooseModel('other');
  await openOne(all, 'tissue-2', 0.5);
  expect(modelId()).toBe('other');
  // A sample that cannot be opened changes nothing.
  const failing = all.actions.openSample();
  await settle();
  all.opens.at(-1)?.reject(new AppError({ code: 'slide/unrecognized', name: 'sample' }));
  await failing;
  expect(modelId()).toBe('other');
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
  expect(all.store.getState().opening.status).toBe('none');
});

it('closes the slide it replaces and forgets its result', async () => {
  const all = setUp();
  await openOne(all, 'a', 0.5);
  await openOne(all, 'b', 0.5);
  expect(all.closed).toEqual(['a']);
  expect(all.store.getState().run).toEqual({ status: 'idle' });
  expect(all.store.getState().slides.size).toBe(1);
});

it('says when more than one file was given', async () => {
  const all = setUp();
  const done = all.actions.openFiles([file('a.svs'), file('b.svs')]);
  await settle();
  all.opens[0]?.resolve(info('a', 0.5));
  await done;
  expect(all.store.getState().notice).toContain('a.svs');
});

it('another image of a file keeps the results, each known to be of its own image', async () => {
  const all = setUp();
  await openThis(all, fluorescence('large', 1));
  await runOne(all, 'large', prediction('large', { contributions: [1, -1] }));
  expect(all.runs[0]?.input.series).toBe(1);
  await all.actions.chooseSeries(1);
  expect(all.opens).toHaveLength(1);
  const choose = async (image: number, id: string) => {
    const done = all.actions.chooseSeries(image);
    await settle();
    all.opens.at(-1)?.resolve(fluorescence(id, image));
    await done;
  };
  const { key = '' } = shownSlide(all.store) ?? {};
  const place = { x: 10, y: 20, scale: 2, degrees: 0 };
  all.actions.keepView(key, 'large', place);
  await choose(0, 'small');
  // Where the view stood is kept by image, too.
  expect(shownSlide(all.store)?.key).toBe(key);
  expect(shownSlide(all.store)?.views.get('small')).toBeUndefined();
  expect(shownSlide(all.store)?.views.get('large')).toEqual(place);
  all.actions.keepView('slide-of-before', 'large', undefined);
  expect(all.series).toEqual([undefined, 0]);
  expect(all.closed).toEqual(['large']);
  expect(shownRun(all)).toMatchObject({ isStale: true, staleIn: ['image'], isOfShownImage: false });
  await runOne(all, 'small');
  expect(all.runs[1]?.input.series).toBe(0);
  expect(shownRun(all)).toMatchObject({ isStale: false, isOfShownImage: true });
  await choose(1, 'large');
  expect(shownRun(all)).toMatchObject({ isStale: false, isOfShownImage: true });
  expect(shownRun(all)?.record?.prediction.slideId).toBe('large');
});
