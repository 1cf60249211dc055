import { existsSync } from 'node:fs';
import { tiffBytes } from '../src/slide/tiff/write.ts';
import {
  drop,
  expect,
  expectNoViolations,
  NO_SHARED_DATA,
  sampleSlide,
  sharedSlide,
  test,
  writeTestFile,
} from './milscope.ts';
import { marks, opening, untilSettled, watchOpening } from './opening.ts';
import { plainTiff } from './plain-tiff.ts';

const WHOLE = [
  { name: 'CMU-1-Small-Region.svs', file: sharedSlide('aperio/CMU-1-Small-Region.svs'), kind: /^thumbnail$/ },
  { name: 'tcga-cr-7395', file: sharedSlide('aperio/tcga-cr-7395-01a-01-ts1.svs'), kind: /^(thumbnail|level)$/ },
  { name: 'pdac-core-22k.tif', file: sharedSlide('tiff/pdac-core-22k.tif'), kind: /^level$/ },
  { name: 'kidney-48-5.tif, of one level', file: sharedSlide('tiff/kidney-48-5.tif'), kind: /^level$/ },
  { name: 'the sample slide', file: sampleSlide, kind: /^level$/ },
];

for (const { name, file, kind } of WHOLE)
  test(`${name}: all of it is on screen at once, before its first tile, and no tile is asked for twice`, async ({
    page,
  }) => {
    test.skip(file === undefined || !existsSync(file), NO_SHARED_DATA);
    await watchOpening(page);
    await page.goto('/');
    await drop(page, file ?? '');
    const view = page.getByTestId('slide-view');
    await expect(view).toHaveAttribute('aria-busy', 'false');
    await expect(view).toHaveAttribute('data-overview', kind);
    const { calls, covered } = await untilSettled(page);
    expect(covered, 'nothing, then the whole slide, and never less again').toEqual([0, 1]);
    expect(['thumbnail', 'region']).toContain(calls[0]?.type);
    const tiles = calls.filter(({ type }) => type === 'tile').map(({ what }) => what);
    expect(new Set(tiles).size).toBe(tiles.length);
    expect(calls.map(({ type }) => type)).not.toContain('associated');
    expect(await marks(page)).toEqual(tiles.length === 0 ? [FIRST.overview] : [FIRST.overview, FIRST.tile]);
    await expect(page.getByTestId('overview-status')).toBeEmpty();
  });

const FIRST = { overview: 'milscope overview', tile: 'milscope first tile' };

test('close up, the tiles in sight are asked for, each once, and the overview in the corner asks for none', async ({
  page,
}) => {
  const file = sharedSlide('aperio/CMU-1-Small-Region.svs');
  test.skip(file === undefined, NO_SHARED_DATA);
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await watchOpening(page);
  await page.goto('/');
  await drop(page, file ?? '');
  const view = page.getByTestId('slide-view');
  await expect(view).toHaveAttribute('aria-busy', 'false');
  await page.keyboard.press('5');
  await expect(page.getByTestId('magnification').first()).toHaveText(/^20×/);
  const { calls } = await untilSettled(page);
  const tiles = calls.filter(({ type }) => type === 'tile').map(({ what }) => what);
  expect(new Set(tiles).size).toBe(tiles.length);
  const box = await view.boundingBox();
  // Tiles of 240 px at the scan's own size; the middle of the view is the middle of the slide, 2220 x 2967 px.
  const across = (size: number, slide: number) => {
    const [from, to] = [slide / 2 - size / 2, slide / 2 + size / 2].map((px) => Math.max(0, Math.min(slide, px)));
    return Math.ceil((to ?? 0) / 240) - Math.floor((from ?? 0) / 240);
  };
  const inSight = across(box?.width ?? 0, 2220) * across(box?.height ?? 0, 2967);
  expect(inSight).toBeGreaterThan(11);
  expect(tiles.length).toBeGreaterThan(inSight * 0.8);
  expect(tiles.length).toBeLessThanOrEqual(inSight * 1.1);
});

/** One level of 12 x 12 tiles, more than 4 megapixels, no thumbnail. */
async function oneLevel(name: string): Promise<string> {
  const [side, tile] = [3072, 256];
  const read = (col: number, row: number) => {
    const data = new Uint8Array(tile * tile * 3);
    for (let i = 0; i < data.length; i += 3) data.set([200 - 7 * col, 90 + ((i >> 4) % 40), 160 - 5 * row], i);
    return { width: tile, height: tile, data };
  };
  const layout = { kind: 'tiles', width: tile, height: tile } as const;
  const image = { width: side, height: side, layout, compression: 'deflate', mpp: 0.5, read } as const;
  return writeTestFile(name, await tiffBytes({ images: [image] }));
}

test('a slide that only its tiles show grows, and view and overview in the corner read each tile once', async ({
  page,
}) => {
  const file = await oneLevel('one-level.tif');
  await watchOpening(page);
  await page.goto('/');
  await drop(page, file);
  const view = page.getByTestId('slide-view');
  await expect(view).toHaveAttribute('data-overview', 'growing');
  await expect(view).toHaveAttribute('aria-busy', 'false', { timeout: 60_000 });
  const { calls, covered } = await untilSettled(page);
  expect(covered).toEqual([...covered].sort((a, b) => a - b));
  expect(covered.at(-1)).toBe(1);
  expect(calls.every(({ type }) => type === 'tile')).toBe(true);
  expect(calls.length).toBe(144);
  expect(new Set(calls.map(({ what }) => what)).size).toBe(144);
  expect(await marks(page)).toEqual([FIRST.tile]);
});

test('a huge slide of one level says that its overview grows, also to a screen reader, until it is whole', async ({
  page,
}) => {
  test.slow();
  await watchOpening(page);
  await page.goto('/');
  await drop(page, writeTestFile('plain-50k.tiff', plainTiff(50_000)));
  const view = page.getByTestId('slide-view');
  const status = page.getByTestId('overview-status');
  await expect(status).toHaveText(/^Building the overview… \d+ %$/);
  await expect(status).toHaveAttribute('role', 'status');
  // The numbers are for the eye: they would be read out again and again.
  await expect(status.locator('[aria-hidden]')).toHaveText(/%$/);
  await expect(view).toHaveAttribute('data-overview', 'growing');
  await expect(view).toHaveAttribute('aria-busy', 'true');
  await expectNoViolations(page);
  await expect(view).toHaveAttribute('aria-busy', 'false', { timeout: 120_000 });
  await expect(status).toBeEmpty();
  const { calls } = await opening(page);
  const glance = calls.filter(({ type, what }) => type === 'reduced' && /"every":[^1]/.test(what));
  expect(glance.length).toBeGreaterThan(50);
  expect(new Set(glance.map(({ what }) => what)).size).toBe(glance.length);
});
