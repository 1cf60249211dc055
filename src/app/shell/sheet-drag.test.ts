import { expect, it } from 'vitest';
import { isOpenAfter } from './sheet-drag.ts';

it('turns over at a press, and at a trembling one', () => {
  expect([isOpenAfter(false, 0), isOpenAfter(true, -4), isOpenAfter(true, 4)]).toEqual([true, false, false]);
});

it('goes where it was drawn far enough to, and back where it was not', () => {
  expect([isOpenAfter(false, 200), isOpenAfter(true, -200)]).toEqual([true, false]);
  expect([isOpenAfter(false, 20), isOpenAfter(true, -20)]).toEqual([false, true]);
  expect([isOpenAfter(true, 200), isOpenAfter(false, -200)]).toEqual([true, false]);
});
