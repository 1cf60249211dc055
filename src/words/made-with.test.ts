import { expect, it } from 'vitest';
import { staleHeading } from './made-with.ts';

const OWN = { protocol: 'tissue-grid', tilePx: 128, mpp: 1, minTissue: 0.5, maxTiles: 100, seed: 1 } as const;
const DARKEST = { protocol: 'darkest', tilePx: 128, count: 16, downsample: 16 } as const;

it.each([
  [{ bag: OWN, mpp: 0.5 }, 'Made with Compact gland MIL 1.2.0, all tissue, 0.5 µm/px; not of what is chosen now.'],
  [{ bag: DARKEST, mpp: undefined }, 'Made with Compact gland MIL 1.2.0, 16 darkest tiles; not of what is chosen now.'],
  [
    { bag: undefined, mpp: 0.24931 },
    'Made with Compact gland MIL 1.2.0, other tiles, 0.249 µm/px; not of what is chosen now.',
  ],
])('names model, tiles and pixel size as far as they are known: %o', (values, sentence) => {
  expect(staleHeading({ modelName: 'Compact gland MIL 1.2.0', ...values })).toBe(sentence);
});
