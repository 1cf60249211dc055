import fc from 'fast-check';
import { expect, it } from 'vitest';
import { wrap } from './wrap.ts';

const letters = (text: string) => [...text].length;

it('breaks at spaces, and a word only where it is longer than a line', () => {
  expect(wrap('Research use only. Not for diagnosis.', 100, letters)).toEqual([
    'Research use only. Not for diagnosis.',
  ]);
  expect(wrap('Research use only. Not for diagnosis.', 18, letters)).toEqual([
    'Research use only.',
    'Not for diagnosis.',
  ]);
  expect(wrap('a sha256:0123456789 b', 6, letters)).toEqual(['a', 'sha256', ':01234', '56789', 'b']);
  expect(wrap('  ', 10, letters)).toEqual([]);
});

it('loses no character and makes no line that is too long', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), fc.integer({ min: 2, max: 40 }), (text, width) => {
      const lines = wrap(text, width, letters);
      expect(lines.every((line) => letters(line) <= width && line !== '')).toBe(true);
      expect(lines.join('').replace(/\s/g, '')).toBe(text.replace(/\s/g, ''));
    }),
  );
});

it('gives a character to each line where not even one fits', () => {
  expect(wrap('abc', 0, letters)).toEqual(['a', 'b', 'c']);
});
