import { describe, expect, it } from 'vitest';
import { NOTE_CODES, type Note, type NoteCode } from '../analysis/prediction.ts';
import { noteText } from './notes.ts';

const MADE_FOR = { tissue: 'colon glands', stain: 'H&E' };

/** The sentences of each note: a new code does not compile until it stands here. */
const EACH: { readonly [C in NoteCode]: readonly (readonly [Note['params'], string])[] } = {
  'attention-uniform': [[{}, 'Attention is almost uniform: do not interpret the heatmap or the tile ranking.']],
  'out-of-scope': [
    [
      { ...MADE_FOR, lowMpp: 0.2, highMpp: 1.46, mpp: 2.00001 },
      'The model was made for colon glands, H&E, at 0.2 to 1.46 µm/px; this slide has 2 µm/px. Do not rely on this result.',
    ],
    [
      { ...MADE_FOR, lowMpp: 0.2, highMpp: 1.46 },
      'The model was made for colon glands, H&E, at 0.2 to 1.46 µm/px; the pixel size of this slide is unknown, so it may lie outside.',
    ],
  ],
  'unlike-training': [
    [
      { ...MADE_FOR, unlike: 40, tiles: 64 },
      'Outside what this model was made for: 62 % of the tiles look unlike its training images (colon glands, H&E) in color or texture.',
    ],
    [
      { ...MADE_FOR, unlike: 64, tiles: 64 },
      'Outside what this model was made for: all tiles look unlike its training images (colon glands, H&E) in color or texture.',
    ],
  ],
  'features-unlike-training': [
    [
      { ...MADE_FOR, unlike: 64, tiles: 64 },
      'Outside what this model was made for: its network sees in all tiles what it did not see in its training images (colon glands, H&E).',
    ],
  ],
  'bag-differs-from-training': [
    [
      {
        ...{ usedProtocol: 'darkest', usedTilePx: 128, usedCount: 16, usedDownsample: 16 },
        ...{ trainedProtocol: 'tissue-grid', trainedTilePx: 128, trainedMpp: 1.24 },
      },
      'The tiles were cut as the 16 darkest tiles of 128 px near 16x downsample, but the model was trained on all tissue in tiles of 128 px at 1.24 µm/px.',
    ],
  ],
  'level-upsampled': [
    [{ mpp: 0.5 }, 'The slide is coarser than the 0.5 µm/px the model works at; its pixels were enlarged.'],
  ],
  'mpp-assumed': [
    [{ mpp: 0.5, slideMpp: 0.25 }, 'The pixel size of 0.5 µm/px was given by hand; the slide says 0.25.'],
    [{ mpp: 0.5 }, 'The pixel size of 0.5 µm/px was given by hand; the slide does not say its own.'],
  ],
  'few-tiles': [
    [{ tiles: 1 }, 'Only 1 tile of tissue: the result rests on 1 tile.'],
    [{ tiles: 3 }, 'Only 3 tiles of tissue: the result rests on very few tiles.'],
    [{ tiles: 16, blank: 4 }, 'The slide has only 12 of the 16 tiles; 4 are white.'],
  ],
  'tiles-missing': [
    [{ tiles: 1, place: 'tissue' }, '1 tile of tissue could not be read and is not part of the result.'],
    [{ tiles: 2, place: 'slide' }, '2 tiles of the slide could not be read and are not part of the result.'],
  ],
  'bag-capped': [
    [{ tiles: 5000, used: 4096 }, 'The slide has 5000 tiles of tissue; 4096 of them, drawn at random, were used.'],
  ],
};

describe('the sentence of a note', () => {
  it.each(NOTE_CODES.flatMap((code) => EACH[code].map(([params, text]) => ({ code, params, text }))))(
    '$code: $text',
    ({ text, ...note }) => {
      expect(noteText(note)).toBe(text);
    },
  );

  it('is that of an earlier version where only that is known', () => {
    expect(noteText({ code: 'few-tiles', params: { text: 'As it was.' } })).toBe('As it was.');
  });

  it('is a sentence also where a file left out its values', () => {
    for (const code of NOTE_CODES) expect(noteText({ code, params: {} })).not.toMatch(/undefined|NaN|null/);
  });
});
