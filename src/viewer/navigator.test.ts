import { expect, it } from 'vitest';
import { navigatorSize } from './navigator.ts';

const slide = { width: 4000, height: 2000, orientation: undefined };

it.each([
  ['a large view', { width: 1280, height: 800 }, slide, { width: 168, height: 84 }],
  ['a phone', { width: 390, height: 500 }, slide, { width: 97, height: 49 }],
  ['a flat view', { width: 900, height: 120 }, slide, { width: 60, height: 30 }],
  [
    'a slide on its side',
    { width: 400, height: 900 },
    { ...slide, orientation: 6 as const },
    { width: 100, height: 100 },
  ],
  ['a long slide', { width: 1280, height: 800 }, { ...slide, height: 100 }, { width: 168, height: 48 }],
  ['a long slide in a flat view', { width: 1280, height: 100 }, { ...slide, height: 100 }, { width: 168, height: 25 }],
  ['no room', { width: 0, height: 0 }, slide, { width: 1, height: 1 }],
])('is at most a quarter of the view: %s', (_, view, info, size) => {
  expect(navigatorSize(info, view)).toEqual(size);
});
