/** Cells that lie mostly beyond the slide, and pictures that are shorter than a tile. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAppError } from '../errors.ts';
import type { Slide } from '../slide/slide.ts';
import { memorySlide, type Rgb } from '../testing/memory-slide.ts';
import { type BagSpec, planBag, type TileBag } from './bag.ts';
import { readBatches } from './batches.ts';
import { COVERAGE_CODES, cellRect, countCells } from './coverage.ts';

/** At 0.5 µm/px a tile spans 128 px. */
const SPEC = { protocol: 'tissue-grid', tilePx: 64, mpp: 1, minTissue: 0.5, maxTiles: 1000, seed: 1 } as const;
const WHITE: Rgb = [255, 255, 255];

function tissue(x: number, y: number): Rgb {
  return (Math.floor(x / 7) + Math.floor(y / 5)) % 3 === 0 ? [90, 40, 130] : [215, 140, 190];
}

function blurred(x: number, y: number): Rgb {
  const wave = Math.sin(x / 20) * Math.sin(y / 20);
  return [160 + 40 * wave, 90 + 40 * wave, 160 + 30 * wave];
}

const KINDS = {
  tissue,
  'bare glass': () => [240, 240, 242],
  'felt pen': () => [25, 120, 80],
  black: () => [20, 20, 22],
  'tissue out of focus': blurred,
} satisfies Readonly<Record<string, (x: number, y: number) => Rgb>>;

function picture(width: number, height: number, paint: (x: number, y: number) => Rgb = tissue): Slide {
  return memorySlide({ width, height, mpp: 0.5, paint });
}

/** Tissue left of `edge`, white glass right of it. */
const leftOf =
  (edge: number) =>
  (x: number, y: number): Rgb =>
    x < edge ? tissue(x, y) : WHITE;

const placesOf = (bag: TileBag) => Array.from({ length: bag.count }, (_, i) => [bag.xy[2 * i], bag.xy[2 * i + 1]]);
const edgesOf = (bag: TileBag) => bag.coverage && countCells(bag.coverage).edge;

describe('cells at the edge of the slide', () => {
  it('are no candidates where they could never be a tile', async () => {
    // The size of GlaS images, and the bag of the models trained on them.
    const glas = memorySlide({ width: 775, height: 522, mpp: 0.62, paint: tissue });
    const bag = await planBag(glas, { ...SPEC, tilePx: 128, mpp: 1.24 });
    expect(bag).toMatchObject({ count: 6, candidates: 6, rejected: { background: 0 } });
    expect(bag.coverage).toMatchObject({ columns: 4, rows: 3 });
    expect(edgesOf(bag)).toBe(6);
  });

  it('are candidates from the share of tissue that a tile needs', async () => {
    for (const [minTissue, edge, count] of [
      [0.5, 0, 6],
      [0.51, 2, 4],
      [0.1, 0, 6],
    ] as const) {
      const bag = await planBag(picture(320, 256), { ...SPEC, minTissue });
      expect([edgesOf(bag), bag.count, bag.candidates]).toEqual([edge, count, count]);
    }
  });

  it('are not what made a slide unreadable', async () => {
    const slide = memorySlide({
      width: 290,
      height: 256,
      mpp: 0.5,
      tilePx: 128,
      paint: tissue,
      broken: new Set(['0/2/0']),
    });
    const bag = await planBag(slide, SPEC);
    expect(bag).toMatchObject({ count: 4, candidates: 4, rejected: { unreadable: 0 } });
  });

  /** Squares of 30 px: tissue, glass, pen or black. */
  const painter = (seed: number) => (x: number, y: number) => {
    const square = (Math.floor(x / 30) * 73856093) ^ (Math.floor(y / 30) * 19349663) ^ (seed * 83492791);
    const kind = Math.abs(square >> 3) % 16;
    if (kind < 9) return tissue(x, y);
    return kind < 14 ? WHITE : kind < 15 ? KINDS['felt pen']() : KINDS.black();
  };

  const planned = (slide: Slide, spec: BagSpec) =>
    planBag(slide, spec).catch((error: unknown) => {
      if (!isAppError(error, 'bag/no-tissue')) throw error;
      return error.info;
    });

  it('change no tile of any slide: the old rule, for which beyond the slide is glass, chooses the same', async () => {
    const cases = fc.record({
      // 32 px, at twice their size where the slide is finer than the model.
      factor: fc.constantFrom(1, 2),
      columns: fc.integer({ min: 64, max: 200 }),
      rows: fc.integer({ min: 32, max: 200 }),
      minTissue: fc.constantFrom(0.2, 0.3, 0.5, 0.7, 0.9),
      maxTiles: fc.constantFrom(3, 1000),
      seed: fc.nat(1000),
    });
    const property = fc.asyncProperty(cases, async ({ factor, columns, rows, minTissue, maxTiles, seed }) => {
      const spec = { ...SPEC, tilePx: 32, minTissue, maxTiles, seed };
      const span = 32 * factor;
      const [width, height] = [columns * factor, rows * factor];
      const paint = painter(seed);
      const options = { mpp: 1 / factor, tilePx: 64 };
      const slide = memorySlide({ ...options, width, height, paint });
      // The same slide on a white sheet that the grid fills: every cell lies wholly on it.
      const sheet = memorySlide({
        ...options,
        width: Math.ceil(width / span) * span,
        height: Math.ceil(height / span) * span,
        paint: (x, y) => (x < width && y < height ? paint(x, y) : WHITE),
      });
      const [ours, old] = [await planned(slide, spec), await planned(sheet, spec)];
      if ('code' in ours || 'code' in old) {
        expect([ours, old]).toMatchObject([{ code: 'bag/no-tissue' }, { code: 'bag/no-tissue' }]);
        return;
      }
      expect([...ours.xy]).toEqual([...old.xy]);
      expect([...ours.tissueFraction]).toEqual([...old.tissueFraction]);
      const edge = edgesOf(ours) ?? Number.NaN;
      expect(ours.candidates + edge).toBe(old.candidates);
      expect({ ...ours.rejected, background: ours.rejected.background + edge }).toEqual(old.rejected);
      ours.coverage?.cells.forEach((code, cell) => {
        const { x, y } = cellRect(ours.coverage ?? fail(), cell);
        const onSlide = (Math.min(span, width - x) * Math.min(span, height - y)) / span ** 2;
        expect(code === COVERAGE_CODES.edge).toBe(Math.fround(onSlide) < minTissue);
      });
    });
    await fc.assert(property, { numRuns: 60 });
  });
});

function fail(): never {
  throw new Error('the bag has no coverage');
}

describe('a picture smaller than a tile', () => {
  it.each(Object.entries(KINDS))('is one padded tile, also of %s', async (kind, paint) => {
    const slide = picture(100, 120, paint);
    const bag = await planBag(slide, SPEC);
    expect(bag).toMatchObject({ count: 1, candidates: 1, spanPx: 128 });
    expect(Object.values(bag.rejected)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(placesOf(bag)).toEqual([[0, 0]]);
    expect(bag.coverage).toEqual({ columns: 1, rows: 1, x: 0, y: 0, spanPx: 128, cells: Uint8Array.of(0) });
    expect(bag.tissueFraction[0]).toBe(kind.startsWith('tissue') ? 1 : 0);
    for await (const { rgb } of readBatches(slide, bag, { batchTiles: 1 })) {
      const at = (x: number, y: number) => [...rgb.subarray((y * 64 + x) * 3, (y * 64 + x) * 3 + 3)];
      // The model's px are 2 x 2 of the picture, which ends at 50, 60.
      expect(at(49, 59)).not.toEqual(WHITE);
      expect([at(51, 10), at(10, 61), at(63, 63)]).toEqual([WHITE, WHITE, WHITE]);
    }
  });

  it.each([
    [1, 1],
    [127, 127],
    [3, 120],
  ])('of %i x %i px is one tile', async (width, height) => {
    expect(placesOf(await planBag(picture(width, height), SPEC))).toEqual([[0, 0]]);
  });

  it('is a tile that could not be read, not one without tissue, where it is damaged', async () => {
    const slide = memorySlide({ width: 100, height: 100, mpp: 0.5, paint: tissue, broken: new Set(['0/0/0']) });
    const bag = await planBag(slide, SPEC);
    expect(bag.count).toBe(1);
    for await (const { failed } of readBatches(slide, bag, { batchTiles: 1 })) expect(failed).toEqual([0]);
  });

  it('is judged as ever from the size of a tile on', async () => {
    const slide = picture(128, 128, KINDS['bare glass']);
    await expect(planBag(slide, SPEC)).rejects.toMatchObject({ info: { code: 'bag/no-tissue', candidates: 1 } });
  });

  it('changes nothing for the darkest tiles', async () => {
    const spec = { protocol: 'darkest', tilePx: 128, count: 16, downsample: 16 } as const;
    const bag = await planBag(picture(100, 120), spec);
    expect(bag).toMatchObject({ count: 16, candidates: 16 });
  });
});

describe('a picture shorter than a tile along one axis', () => {
  it('has tiles padded along it', async () => {
    const bag = await planBag(picture(60, 640), SPEC);
    expect(placesOf(bag)).toEqual([0, 128, 256, 384, 512].map((y) => [0, y]));
    expect([...bag.tissueFraction]).toEqual([1, 1, 1, 1, 1]);
    expect(placesOf(await planBag(picture(640, 60), SPEC))).toEqual([0, 128, 256, 384, 512].map((x) => [x, 0]));
  });

  it('is measured on what lies on the picture', async () => {
    // 60 and 40 % of it; 28 and 19 % of whole tiles.
    const bag = await planBag(picture(60, 640, leftOf(36)), SPEC);
    expect(bag.count).toBe(5);
    for (const fraction of bag.tissueFraction) expect(fraction).toBeCloseTo(0.6, 6);
    await expect(planBag(picture(60, 640, leftOf(24)), SPEC)).rejects.toThrow(
      'No tile of 5 can be used: 5 with too little tissue (40 % at most, 50 % needed).',
    );
  });

  it('has slivers along the other axis only', async () => {
    const sliver = await planBag(picture(60, 690), SPEC);
    expect([sliver.count, sliver.candidates, edgesOf(sliver)]).toEqual([5, 5, 1]);
    const half = await planBag(picture(60, 710), SPEC);
    expect([half.count, half.candidates, edgesOf(half)]).toEqual([6, 6, 0]);
    expect(half.tissueFraction[5]).toBeCloseTo(70 / 128, 2);
  });

  it('may be the scanned area of a wider slide, at its edge', async () => {
    const bounds = { x: 940, y: 0, width: 60, height: 640 };
    const bag = await planBag(memorySlide({ width: 1000, height: 640, mpp: 0.5, paint: tissue, bounds }), SPEC);
    expect(placesOf(bag)).toEqual([0, 128, 256, 384, 512].map((y) => [940, y]));
  });
});

describe('a picture of less than two tiles each way', () => {
  it('is the tile with most tissue where none has enough', async () => {
    const bag = await planBag(picture(200, 250, leftOf(50)), SPEC);
    expect(placesOf(bag)).toEqual([[0, 0]]);
    expect(bag.tissueFraction[0]).toBeCloseTo(50 / 128, 2);
    expect(bag).toMatchObject({ candidates: 4, rejected: { background: 3 } });
    expect([...(bag.coverage?.cells ?? [])]).toEqual([0, 1, 1, 1]);
  });

  it('keeps to the rule where a tile has enough', async () => {
    const bag = await planBag(picture(200, 250, leftOf(70)), SPEC);
    expect(placesOf(bag)).toEqual([
      [0, 0],
      [0, 128],
    ]);
  });

  it.each([
    ['glass', picture(200, 250, KINDS['bare glass']), 'No tissue was found among 4 tiles.'],
    ['specks', picture(200, 250, leftOf(6)), 'No tissue was found among 4 tiles.'],
    ['blur', picture(200, 200, blurred), 'No tile of 3 can be used: 3 out of focus.'],
    ['pen', picture(140, 140, KINDS['felt pen']), 'No tile of 1 can be used: 1 under pen.'],
  ])('is refused where it shows %s', async (_, slide, message) => {
    await expect(planBag(slide, SPEC)).rejects.toThrow(message);
  });

  it('is not one of two tiles', async () => {
    await expect(planBag(picture(256, 200, leftOf(50)), SPEC)).rejects.toThrow(
      'No tile of 4 can be used: 4 with too little tissue (39 % at most, 50 % needed).',
    );
  });
});
