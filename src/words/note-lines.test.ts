import { expect, it } from 'vitest';
import type { Note } from '../analysis/prediction.ts';
import { noteLine, noteText } from './notes.ts';

const MADE = { tissue: 'colon glands', stain: 'H&E', lowMpp: 0.2, highMpp: 1.46 };
const used = { usedProtocol: 'darkest', usedTilePx: 128, usedCount: 16, usedDownsample: 16 };
const trained = { trainedProtocol: 'tissue-grid', trainedTilePx: 128, trainedMpp: 1.24 };
const NOTES: readonly Note[] = [
  { code: 'mpp-assumed', params: { mpp: 0.62 } },
  { code: 'bag-capped', params: { tiles: 5000, used: 4096 } },
  { code: 'bag-differs-from-training', params: { ...used, ...trained } },
  { code: 'few-tiles', params: { tiles: 2 } },
  { code: 'level-upsampled', params: { mpp: 1.24 } },
  { code: 'tiles-missing', params: { tiles: 3, place: 'tissue' } },
  { code: 'out-of-scope', params: { ...MADE, mpp: 2 } },
  { code: 'out-of-scope', params: MADE },
  { code: 'unlike-training', params: { ...MADE, unlike: 7, tiles: 9 } },
  { code: 'features-unlike-training', params: { ...MADE, unlike: 9, tiles: 9 } },
  { code: 'attention-uniform', params: {} },
];

it('says every note in a line or two', () => {
  for (const note of NOTES) {
    const line = noteLine(note);
    expect(line, note.code).toMatch(/^[A-Z0-9].*\.$/);
    expect(line.length, line).toBeLessThan(90);
    expect(line, note.code).not.toMatch(/undefined|NaN|–/);
    expect(noteText(note).length).toBeGreaterThanOrEqual(line.length);
  }
});

it('keeps the share of tiles, and the text of a note that an earlier version wrote', () => {
  const unlike = (of: number) => noteLine({ code: 'unlike-training', params: { ...MADE, unlike: of, tiles: 9 } });
  expect(unlike(7)).toBe('77 % of the tiles look unlike its training images.');
  expect(unlike(9)).toBe('All tiles look unlike its training images.');
  expect(noteLine({ code: 'few-tiles', params: { text: 'As it was.' } })).toBe('As it was.');
});
