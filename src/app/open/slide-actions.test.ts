import { expect, it } from 'vitest';
import { AppError } from '../../errors.ts';
import type { ScreenStore } from '../state/screen.ts';
import { fluorescence, openOne, openThis, setUp, shownSlide } from '../testing/fake-services.ts';

it('counts a hole once, however often the view asks', async () => {
  const all = setUp();
  await openOne(all, 'a', 0.5);
  const tile = { level: 0, col: 1, row: 2 };
  const hole = new AppError({ code: 'slide/tile-failed', ...tile, reason: 'x' });
  all.actions.tileFailed('a', hole, tile);
  all.actions.tileFailed('a', hole, tile);
  all.actions.tileFailed('other', hole, tile);
  expect(shownSlide(all.store)?.holes).toBe(1);
  // One that ends the worker that decodes it, again when it is read anew, is one more.
  const crash = new AppError({ code: 'worker/crashed', worker: 'slide', reason: 'out of memory' });
  all.actions.tileFailed('a', crash, { level: 0, col: 2, row: 2 });
  expect(shownSlide(all.store)).toMatchObject({ holes: 2, readError: undefined });
  all.actions.tileFailed('a', new AppError({ code: 'slide/read-failed', name: 'a.svs', reason: 'gone' }), tile);
  expect(shownSlide(all.store)?.readError?.code).toBe('slide/read-failed');
});

const channelsOf = (store: ScreenStore) => shownSlide(store)?.channels;

it('channels are as models get them until one is changed, after a reset, and on the next slide', async () => {
  const all = setUp();
  await openThis(all, fluorescence('a', 0));
  expect(channelsOf(all.store)).toBeUndefined();
  all.actions.setChannel(1, { isOn: false });
  expect(channelsOf(all.store)?.map(({ isOn }) => isOn)).toEqual([true, false]);
  all.actions.resetChannels();
  expect(channelsOf(all.store)).toBeUndefined();
  all.actions.setChannel(0, { color: [255, 0, 0] });
  await openThis(all, fluorescence('b', 0));
  expect(channelsOf(all.store)).toBeUndefined();
  all.actions.setChannel(9, { isOn: false });
  expect(channelsOf(all.store)).toBeUndefined();
});
