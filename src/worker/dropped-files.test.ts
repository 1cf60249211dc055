import { expect, it } from 'vitest';
import { droppedFiles } from './dropped-files.ts';

it('finds what was dropped beside the slide, by its path and no other', async () => {
  const companions = [{ path: 'Slide/Data0000.dat', file: new Blob(['companion']) }];
  const files = droppedFiles(new Blob(['slide']), 'Slide.mrxs', companions);
  expect(files.list()).toEqual(['Slide.mrxs', 'Slide/Data0000.dat']);
  expect(files.main.sizeBytes).toBe(5);
  const found = files.find('Slide/Data0000.dat');
  expect(new TextDecoder().decode(await found?.read(0, 9))).toBe('companion');
  expect(files.find('Data0000.dat')).toBeUndefined();
});
