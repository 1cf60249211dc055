import { expect, it } from 'vitest';
import { waitingSentence } from './waiting-result.ts';

it('asks for the slide by what is known of it', () => {
  const size = { width: 46_000, height: 32_914 };
  expect(waitingSentence({ name: undefined, size, series: null })).toBe(
    'This result is of a slide that is not open: 46,000 × 32,914 px. Open that slide to see it.',
  );
  expect(waitingSentence({ name: undefined, size: null, series: null })).toBe(
    'This result is of a slide that is not open. Open that slide to see it.',
  );
  expect(waitingSentence({ name: 'CMU-1.svs', size, series: 1 })).toContain(
    'not open: CMU-1.svs, 46,000 × 32,914 px, image 2 of its file.',
  );
});
