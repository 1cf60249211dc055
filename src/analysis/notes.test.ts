import { expect, it } from 'vitest';
import { linearModel } from '../testing/linear-model.ts';
import { memorySlide, type Rgb } from '../testing/memory-slide.ts';
import type { BagSpec } from '../tiling/bag.ts';
import { noteText } from '../words/notes.ts';
import { type AnalyzeOptions, analyze } from './analyze.ts';
import { isUniform } from './notes.ts';

const SPEC = { protocol: 'tissue-grid', tilePx: 64, mpp: 1, minTissue: 0.5, maxTiles: 100, seed: 1 } as const;
const DARKEST: BagSpec = { protocol: 'darkest', tilePx: 128, count: 16, downsample: 16 };

/** Tissue whose columns differ in depth, so that attention is not uniform. */
function paint(x: number, y: number): Rgb {
  if (x < 64) return (Math.floor(x / 7) + y) % 3 < 1 ? [40, 20, 90] : [70, 30, 110];
  return (Math.floor(x / 7) + Math.floor(y / 5)) % 3 === 0 ? [90, 40, 130] : [215, 140, 190];
}

interface Case {
  readonly width?: number;
  readonly height?: number;
  readonly mpp?: number | undefined;
  readonly bag?: BagSpec;
  readonly score?: readonly [number, number, number];
  readonly options?: AnalyzeOptions;
}

async function notesOf({ width = 512, height = 512, bag = SPEC, score = [0, -20, 0], options, ...rest }: Case) {
  const mpp = 'mpp' in rest ? rest.mpp : 1;
  const { notes } = await analyze(memorySlide({ width, height, mpp, paint }), linearModel({ bag, score }), options);
  return Object.fromEntries(notes.map((note) => [note.code, noteText(note)]));
}

it('has nothing to say of a plain run', async () => {
  expect(await notesOf({})).toEqual({});
});

it('says that attention is uniform', async () => {
  expect(Object.keys(await notesOf({ score: [0, 0, 0] }))).toEqual(['attention-uniform']);
});

it('says that the pixel size was given by hand', async () => {
  const text = 'The pixel size of 0.9 µm/px was given by hand; the slide does not say its own.';
  expect(await notesOf({ mpp: undefined, options: { mpp: 0.9 } })).toEqual({ 'mpp-assumed': text });
  expect((await notesOf({ options: { mpp: 0.9 } }))['mpp-assumed']).toMatch(/the slide says 1\.$/);
});

it('says that the slide is outside what the model was made for', async () => {
  const notes = await notesOf({ mpp: 0.1, width: 2048, height: 2048 });
  expect(notes['out-of-scope']).toMatch(/painted tissue, H&E, at 0.2 to 1.2 µm\/px; this slide has 0.1 µm\/px/);
});

it('says that most tiles look unlike those of training', async () => {
  // Only red counts: 173 on average as painted; the other side has 26 less.
  const mean = [173, 0, 0, 0, 0, 0, 0];
  const precision = Array.from({ length: 49 }, (_, i) => (i === 0 ? 7 / 10 ** 2 : 0));
  const textWhere = async (pxLikeTraining: number) => {
    const model = linearModel({ bag: SPEC });
    const scope = { ...model.manifest.scope, appearance: { mean, precision, limit: 2 } };
    const paintTwo = (x: number, y: number): Rgb => {
      const [r, g, b] = paint(x + 64, y);
      return [x < pxLikeTraining ? r : r * 0.85, g, b];
    };
    const slide = memorySlide({ width: 512, height: 512, mpp: 1, paint: paintTwo });
    const { notes } = await analyze(slide, { ...model, manifest: { ...model.manifest, scope } });
    const note = notes.find(({ code }) => code === 'unlike-training');
    return note && noteText(note);
  };
  expect(await textWhere(512)).toBeUndefined();
  expect(await textWhere(256)).toBeUndefined();
  const textOf = (share: string) =>
    `Outside what this model was made for: ${share} tiles look unlike its training images (painted tissue, H&E) in color or texture.`;
  expect(await textWhere(192)).toBe(textOf('62 % of the'));
  expect(await textWhere(0)).toBe(textOf('all'));
});

it('says that pixels were enlarged', async () => {
  const notes = await notesOf({ mpp: 1.2 });
  expect(Object.keys(notes)).toEqual(['level-upsampled']);
  expect(notes['level-upsampled']).toMatch(/coarser than the 1 µm\/px/);
});

it('says that the bag is not the one of training', async () => {
  const notes = await notesOf({ options: { bag: { ...SPEC, mpp: 2 } } });
  expect(notes).toEqual({
    'bag-differs-from-training':
      'The tiles were cut as all tissue in tiles of 64 px at 2 µm/px, but the model was trained on all tissue in tiles of 64 px at 1 µm/px.',
  });
  expect(await notesOf({ options: { bag: { ...SPEC } } })).toEqual({});
});

it('says that tiles are few, white or drawn at random', async () => {
  expect((await notesOf({ width: 128, height: 64 }))['few-tiles']).toMatch(/^Only 2 tiles of tissue/);
  expect((await notesOf({ bag: DARKEST }))['few-tiles']).toBeUndefined();
  expect((await notesOf({ bag: DARKEST, width: 300 }))['few-tiles']).toMatch(/only 12 of the 16 tiles; 4 are white/);
  expect((await notesOf({ bag: { ...SPEC, maxTiles: 20 } }))['bag-capped']).toMatch(/64 tiles of tissue; 20 of them/);
});

it('says that the scope cannot be checked without a pixel size', async () => {
  expect((await notesOf({ bag: DARKEST, mpp: undefined }))['out-of-scope']).toMatch(/unknown/);
});

it('calls attention uniform by its effective number of tiles and its largest', () => {
  expect(isUniform(new Float32Array(16).fill(1 / 16))).toBe(true);
  expect(isUniform(Float32Array.from({ length: 16 }, (_, i) => (i % 2 ? 0.07 : 0.055)))).toBe(true);
  // One tile of 10,000 at 20 times uniform is found by its weight, not by the effective number.
  const one = new Float64Array(10_000).fill((1 - 0.002) / 9999);
  one[5] = 0.002;
  expect(isUniform(one)).toBe(false);
  expect(isUniform(Float32Array.from({ length: 16 }, (_, i) => (i < 8 ? 0.09 : 0.035)))).toBe(false);
  expect(isUniform([1])).toBe(false);
});
