import { expect, it } from 'vitest';
import { info } from '../testing/fake-services.ts';
import { tabTitle } from './tab-title.ts';

it('names the slide by its number, and by its file only where file names are shown', () => {
  const slide = { number: 2, info: info('S26-01234', 0.5) };
  expect(tabTitle(undefined, true)).toBe('milscope');
  expect(tabTitle(slide, false)).toBe('Slide 2 – milscope');
  expect(tabTitle(slide, true)).toBe('S26-01234.svs – milscope');
});
