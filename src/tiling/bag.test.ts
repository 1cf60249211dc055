import { expect, it } from 'vitest';
import { memorySlide, type Rgb } from '../testing/memory-slide.ts';
import { type BagSpec, planBag } from './bag.ts';

const SPEC = { protocol: 'tissue-grid', tilePx: 64, mpp: 1, minTissue: 0.5, maxTiles: 1000, seed: 1 } as const;
const GLASS: Rgb = [240, 240, 242];

/** Nuclei on eosin, about 3 µm apart at 0.5 µm/px. */
function tissue(x: number, y: number): Rgb {
  return (Math.floor(x / 7) + Math.floor(y / 5)) % 3 === 0 ? [90, 40, 130] : [215, 140, 190];
}

/** The same stain, out of focus: waves 60 µm long. */
function blurred(x: number, y: number): Rgb {
  const wave = Math.sin(x / 20) * Math.sin(y / 20);
  return [160 + 40 * wave, 90 + 40 * wave, 160 + 30 * wave];
}

/** Eight rows of eight tiles: what stands in each row. */
const ROWS: readonly ((x: number, y: number) => Rgb)[] = [
  () => GLASS,
  (x, y) => (x % 128 < 64 ? [25, 120, 80] : tissue(x, y)),
  (x, y) => (x % 128 < 80 ? [20, 20, 22] : tissue(x, y)),
  blurred,
  tissue,
  tissue,
  tissue,
  tissue,
];

function rows(options: { readonly broken?: ReadonlySet<string> } = {}) {
  return memorySlide({
    width: 1024,
    height: 1024,
    mpp: 0.5,
    tilePx: 128,
    paint: (x, y) => (ROWS[Math.floor(y / 128)] ?? tissue)(x, y),
    ...options,
  });
}

function sumOf(bag: { readonly count: number; readonly rejected: object }): number {
  return Object.values(bag.rejected).reduce((a, b) => a + b, bag.count);
}

it('finds the tiles of a disc of tissue on grey glass', async () => {
  const slide = memorySlide({
    width: 2400,
    height: 2000,
    downsamples: [1, 4],
    mpp: 0.5,
    paint: (x, y) => (Math.hypot(x - 1200, y - 1000) > 800 ? GLASS : tissue(x, y)),
  });
  const bag = await planBag(slide, SPEC);
  expect(bag).toMatchObject({
    spanPx: 128,
    level: 0,
    mpp: 1,
    tilePx: 64,
    // The cell in the lower right corner lies by .75 x .625 on the slide.
    candidates: 19 * 16 - 1,
    protocol: 'tissue-grid',
  });
  expect(sumOf(bag)).toBe(bag.candidates);
  const area = (Math.PI * 800 ** 2) / 128 ** 2;
  expect(Math.abs(bag.count - area)).toBeLessThan(8);
  for (let i = 0; i < bag.count; i++) {
    const [x, y] = [bag.xy[2 * i] as number, bag.xy[2 * i + 1] as number];
    // The centre of a tile that is half tissue lies within the disc, or hardly outside.
    expect(Math.hypot(x + 64 - 1200, y + 64 - 1000)).toBeLessThan(810);
    expect([x % 128, y % 128]).toEqual([0, 0]);
  }
});

it('rejects glass, pen, black and blur, each counted with its reason', async () => {
  const bag = await planBag(rows(), SPEC);
  expect(bag.rejected).toEqual({ background: 8, pen: 8, black: 8, blur: 8, unreadable: 0, cap: 0 });
  expect(bag.count).toBe(32);
  expect(Math.min(...bag.xy.filter((_, i) => i % 2 === 1))).toBe(4 * 128);
});

it('does not reject tissue that is all there is', async () => {
  const slide = memorySlide({ width: 700, height: 500, mpp: 0.5, paint: tissue });
  const bag = await planBag(slide, SPEC);
  // 5 x 3 whole tiles; the sixth column has 60 of 128 px and the fourth row 116 of 128.
  expect(bag.count).toBe(5 * 4);
  expect(Math.max(...bag.tissueFraction)).toBe(1);
  expect(Math.min(...bag.tissueFraction)).toBeCloseTo(116 / 128, 2);
});

it('draws by seed when there are more tiles than allowed', async () => {
  const all = await planBag(rows(), SPEC);
  const few = await planBag(rows(), { ...SPEC, maxTiles: 10 });
  expect(few.count).toBe(10);
  expect(few.rejected.cap).toBe(22);
  expect(sumOf(few)).toBe(few.candidates);
  const places = (bag: typeof all) =>
    Array.from({ length: bag.count }, (_, i) => `${bag.xy[2 * i]},${bag.xy[2 * i + 1]}`);
  expect(places(all)).toEqual(expect.arrayContaining(places(few)));
  expect(places(await planBag(rows(), { ...SPEC, maxTiles: 10 }))).toEqual(places(few));
  expect(places(await planBag(rows(), { ...SPEC, maxTiles: 10, seed: 2 }))).not.toEqual(places(few));
});

it('puts neighbours one after the other', async () => {
  const bag = await planBag(rows(), SPEC);
  // Four rows of eight: any 16 consecutive tiles in Morton order fill a square of 4 x 4.
  for (const first of [0, 16]) {
    const part = bag.xy.slice(2 * first, 2 * first + 32);
    const [xs, ys] = [part.filter((_, i) => i % 2 === 0), part.filter((_, i) => i % 2 === 1)];
    expect(Math.max(...xs) - Math.min(...xs)).toBe(3 * 128);
    expect(Math.max(...ys) - Math.min(...ys)).toBe(3 * 128);
  }
});

it('asks for the pixel size, and takes the one of the user', async () => {
  const slide = memorySlide({ width: 512, height: 512, paint: tissue });
  await expect(planBag(slide, SPEC)).rejects.toMatchObject({ info: { code: 'slide/no-mpp' } });
  const bag = await planBag(slide, SPEC, { mpp: 0.5 });
  expect(bag).toMatchObject({ count: 16, mpp: 1 });
});

it('says when there is no tissue', async () => {
  const slide = memorySlide({ width: 512, height: 512, mpp: 0.5, paint: () => GLASS });
  await expect(planBag(slide, SPEC)).rejects.toMatchObject({
    info: { code: 'bag/no-tissue', candidates: 16, rejected: { background: 16 }, fullest: undefined },
    message: 'No tissue was found among 16 tiles.',
  });
});

it('does not say that there is no tissue where there is', async () => {
  const thin = memorySlide({
    width: 1024,
    height: 256,
    mpp: 0.5,
    paint: (x, y) => (x % 128 < 51 ? tissue(x, y) : GLASS),
  });
  await expect(planBag(thin, SPEC)).rejects.toThrow(
    'No tile of 16 can be used: 16 with too little tissue (40 % at most, 50 % needed).',
  );
  const mixed = memorySlide({
    width: 1024,
    height: 256,
    tilePx: 256,
    mpp: 0.5,
    paint: (x, y) => (x < 256 ? blurred(x, y) : x < 512 ? [25, 120, 80] : x < 768 ? [20, 20, 22] : GLASS),
    broken: new Set(['0/3/0']),
  });
  await expect(planBag(mixed, SPEC)).rejects.toThrow(
    'No tile of 16 can be used: 4 out of focus, 4 under pen, 4 black, 4 that could not be decoded.',
  );
});

it('counts what cannot be decoded instead of calling it glass', async () => {
  const bag = await planBag(rows({ broken: new Set(['0/0/7', '0/1/7']) }), SPEC);
  expect(bag.rejected.unreadable).toBe(2);
  expect(bag.count).toBe(30);
});

it.each([
  // µm/px of level 0 and wanted; level and side of a tile, level-0 px.
  { own: 0.25, wanted: 1, level: 2, spanPx: 256 },
  { own: 0.25, wanted: 1.24, level: 2, spanPx: 317 },
  { own: 0.25, wanted: 0.99, level: 1, spanPx: 253 },
  // Within one per cent a level is used as it is.
  { own: 0.2485, wanted: 1, level: 2, spanPx: 256 },
  { own: 0.5, wanted: 0.5, level: 0, spanPx: 64 },
  { own: 1, wanted: 0.5, level: 0, spanPx: 32 },
])('reads level $level for $wanted µm/px of a slide at $own', async ({ own, wanted, level, spanPx }) => {
  const slide = memorySlide({
    width: 1024,
    height: 1024,
    downsamples: [1, 2, 4],
    mpp: own,
    paint: (x, y) => tissue(x / own, y / own),
  });
  const bag = await planBag(slide, { ...SPEC, mpp: wanted } satisfies BagSpec);
  expect(bag).toMatchObject({ level, spanPx });
  expect(bag.mpp).toBeCloseTo((own * spanPx) / 64, 10);
});

it('begins at the corner of the scanned area', async () => {
  const bounds = { x: 100, y: 300, width: 512, height: 256 };
  const bag = await planBag(memorySlide({ width: 1024, height: 1024, mpp: 0.5, paint: tissue, bounds }), SPEC);
  expect(bag).toMatchObject({ count: 8, candidates: 8 });
  expect([bag.xy[0], bag.xy[1]]).toEqual([100, 300]);
});

it('refuses a pixel size that would give millions of tiles', async () => {
  const slide = memorySlide({ width: 200_000, height: 200_000, paint: tissue });
  await expect(planBag(slide, SPEC, { mpp: 50 })).rejects.toMatchObject({ info: { code: 'usage' } });
});

it('looks at a part of a large slide without low levels, and finds its tissue all the same', async () => {
  // 2,116 tiles of 32 px: more than are read whole.
  let reads = 0;
  const slide = memorySlide({
    width: 46 * 32,
    height: 46 * 32,
    tilePx: 32,
    mpp: 0.5,
    paint: (x, y) => (x < 512 && y < 512 ? tissue(x, y) : GLASS),
    onRead: () => reads++,
  });
  const bag = await planBag(slide, SPEC);
  expect(bag.count).toBe(16);
  expect(reads).toBe(46 * 46 + 400);
});
