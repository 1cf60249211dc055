import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { decode } from 'fast-png';
import { afterAll, beforeAll, expect } from 'vitest';
import { itWithShared, sharedPath } from '../testing/shared-data.ts';
import { runInProcess as run } from './in-process.ts';

const ANY = 'slides/aperio/CMU-1-Small-Region.svs';
const LARGE = 'slides/tiff/pdac-core-22k.tif';
const WITHOUT_MPP = 'labelled/glas/images/testA_2.jpg';
const DICOM = 'slides/dicom/jcupitt-cmu-1-small-region';
const SMALL = 'bug-reports/smaller-than-a-tile';
const SLIVERS = 'labelled/glas/images/testA_41.jpg';
const NEARLY_EMPTY = 'slides/tiff/kidney-48-5.tif';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'milscope-real-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** sha256 of the RGB bytes that `region` wrote. */
async function hashRegion(file: string, level: number, x: number, y: number, width: number, height: number) {
  const out = path.join(folder, 'region.png');
  const numbers = { level, x, y, width, height };
  const options = Object.entries(numbers).flatMap(([name, value]) => [`--${name}`, String(value)]);
  expect((await run('region', file, ...options, '--out', out)).code).toBe(0);
  return createHash('sha256')
    .update(decode(await readFile(out)).data)
    .digest('hex');
}

const pathOf = (relative: string) => sharedPath(relative) ?? '';

// Hashes: openslide-python, read_region(...).convert('RGB').tobytes().
itWithShared(ANY, 'region of an Aperio slide equals OpenSlide', async () => {
  expect(await hashRegion(pathOf(ANY), 0, 300, 400, 700, 500)).toBe(
    '82cd57caefb9f14d53146c0969b654c4a6ec9b5c2aed76e02abfcb024eafde92',
  );
});

itWithShared(LARGE, 'region of a lower level of a large slide equals OpenSlide', async () => {
  expect(await hashRegion(pathOf(LARGE), 2, 8000, 9600, 600, 400)).toBe(
    'e0657d96483b3882f4398fa0d0908c0ab83cf795069de078af30b7446d13b34b',
  );
});

itWithShared(ANY, 'analyze gives the same result each time', async () => {
  const first = await run('analyze', pathOf(ANY), '--model', 'compact-glas');
  const again = await run('analyze', pathOf(ANY), '--model', 'compact-glas');
  expect(first.code).toBe(0);
  expect(first.json.attention).toEqual(again.json.attention);
  expect(first.json.probabilities).toEqual(again.json.probabilities);
  expect(first.json.attention.bag.count).toBeGreaterThan(10);
});

itWithShared(WITHOUT_MPP, 'an image without pixel size is asked for it, and nothing is guessed', async () => {
  const file = pathOf(WITHOUT_MPP);
  const refused = await run('analyze', file, '--model', 'compact-glas');
  expect([refused.code, refused.json.error.code]).toEqual([1, 'slide/no-mpp']);
  const given = await run('analyze', file, '--model', 'compact-glas', '--mpp', '0.62');
  expect(given.code).toBe(0);
  expect(given.json.attention.bag.mpp).toBeCloseTo(1.24, 6);
  expect(given.json.probabilities[1]).toBeGreaterThanOrEqual(0);
});

itWithShared(NEARLY_EMPTY, 'a picture of almost nothing but glass has no tissue', async () => {
  const { code, json } = await run('analyze', pathOf(NEARLY_EMPTY), '--model', 'compact-glas', '--mpp', '0.5');
  expect([code, json.error.code]).toEqual([1, 'bag/no-tissue']);
  expect(json.error.message).toMatch(/^No tissue was found among 15 tiles\./);
});

itWithShared(SMALL, 'pictures smaller than a tile, or hardly larger, are analyzed as one tile', async () => {
  for (const [size, candidates] of [
    ['310x310', 1],
    ['400x400', 1],
    ['330x620', 2],
  ] as const) {
    const file = pathOf(`${SMALL}/tissue-${size}.tif`);
    const { code, json } = await run('analyze', file, '--model', 'compact-glas', '--mpp', '0.5');
    expect([size, code]).toEqual([size, 0]);
    expect(json.attention.bag).toMatchObject({ count: 1, candidates, coverage: { spanPx: 317 } });
    expect(json.notes.map((note: { readonly code: string }) => note.code)).toContain('few-tiles');
  }
});

itWithShared(SLIVERS, 'slivers at the edge of a GlaS image are no candidates', async () => {
  const { json } = await run('analyze', pathOf(SLIVERS), '--model', 'compact-glas', '--mpp', '0.62');
  expect(json.attention.bag).toMatchObject({ count: 6, candidates: 6 });
  // Codes and lengths: three tiles and a sliver, twice, then slivers.
  expect(json.attention.bag.coverage.cells).toEqual([0, 3, 5, 1, 0, 3, 5, 5]);
});

itWithShared(DICOM, 'a folder of DICOM files is one slide', async () => {
  const { json } = await run('inspect', pathOf(DICOM));
  expect(json).toMatchObject({ format: 'dicom-wsi', width: 2220, height: 2967 });
  expect(json.levels.length).toBeGreaterThan(8);
});

itWithShared('slides/broken/broken.svs', 'broken files end in their own error', async () => {
  for (const [name, code] of [
    ['broken.svs', 'slide/unrecognized'],
    ['unopenable.tiff', 'slide/unsupported'],
  ]) {
    const { json } = await run('inspect', pathOf(`slides/broken/${name}`));
    expect(json.error.code).toBe(code);
  }
});
