import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from '@playwright/test';
import type { SlideInfo } from '../src/slide/slide.ts';
import {
  chooseTiles,
  drop,
  expect,
  milscope,
  NO_SHARED_DATA,
  type RgbImage,
  sampleSlide,
  sharedSlide,
  slideViewPixels,
  tap,
  test,
  toImage,
  writeTestFile,
} from './milscope.ts';
import { plainTiff } from './plain-tiff.ts';

/** What `analyze --json` prints, as far as it is compared here. */
interface Printed {
  readonly classes: readonly string[];
  readonly probabilities: readonly number[];
  readonly positiveClass: string;
  readonly label: string | null;
  readonly attention: {
    readonly bag: { readonly count: number; readonly xy: readonly number[]; readonly spanPx: number };
    readonly weights: readonly number[];
  };
}

const positive = ({ classes, positiveClass, probabilities }: Printed) =>
  probabilities[classes.indexOf(positiveClass)] ?? Number.NaN;

const analyze = (file: string, ...words: readonly string[]) =>
  milscope<Printed>('analyze', file, '--model', 'compact-glas', '--json', ...words);

/** In the masks of phantoms 0 is glass, 1 benign tissue, and all above a lesion; one px for 16 of level 0. */
const MASK_BENIGN = 1;
const MASK_STEP = 16;

async function openAndRun(page: Page, file: string, address: string, bag: 'All tissue' | '16 darkest') {
  await page.goto(address);
  await drop(page, file);
  await expect(page.getByTestId('slide-info')).toBeVisible();
  await chooseTiles(page, bag);
  await page.getByRole('button', { name: 'Run model' }).click();
  await expect(page.getByTestId('result')).toHaveAttribute('data-state', 'done', { timeout: 170_000 });
}

async function expectSameResult(page: Page, printed: Printed, backend: string) {
  const result = page.getByTestId('result');
  await expect(result).toHaveAttribute('data-backend', backend);
  await expect(result).toHaveAttribute('data-label', printed.label ?? '');
  await expect(result).toHaveAttribute('data-tiles', String(printed.attention.bag.count));
  const shown = Number(await result.getAttribute('data-probability-malignant'));
  expect(Math.abs(shown - positive(printed))).toBeLessThan(1e-4);
}

/** That no word of the legend is cut, in any mode, on any screen. */
async function expectWholeLegend(page: Page) {
  const legend = page.getByTestId('heatmap-legend');
  const size = page.viewportSize();
  for (const mode of ['Single tile', 'Contribution', 'Attention']) {
    await page.locator('.segment').filter({ hasText: mode }).click();
    await expect(legend).toContainText(mode);
    for (const width of [1600, 1280, 900, 600, 320]) {
      await page.setViewportSize({ width, height: 800 });
      await expect(legend).toBeVisible();
      const cut = await legend.evaluate((element) =>
        [element, ...element.querySelectorAll('*')]
          .filter(({ scrollWidth, clientWidth }) => clientWidth > 0 && scrollWidth > clientWidth)
          .map(({ textContent }) => textContent),
      );
      expect(cut, `${mode} at ${width} px`).toEqual([]);
    }
    if (size !== null) await page.setViewportSize(size);
  }
}

/** Mean change of colour inside a square of the screen between two pictures. */
function change(a: RgbImage, b: RgbImage, left: number, top: number, side: number): number {
  let sum = 0;
  let count = 0;
  for (let y = Math.ceil(top); y < top + side; y++) {
    for (let x = Math.ceil(left); x < left + side; x++) {
      const [one, two] = [a.at(x, y), b.at(x, y)];
      sum += Math.abs(one[0] - two[0]) + Math.abs(one[1] - two[1]) + Math.abs(one[2] - two[2]);
      count++;
    }
  }
  return count === 0 ? 0 : sum / count;
}

/** Weight of each tile in full view, and how much the heatmap colours the square that lies `shift` tiles beside it. */
interface ColouredTile {
  readonly weight: number;
  /** Centre, level-0 px. */
  readonly x: number;
  readonly y: number;
  coloured(shiftX: number, shiftY: number): number;
}

/** Tiles whose surroundings on the screen are not under the navigator, the tools or the legend. */
async function colouredTiles(page: Page, info: SlideInfo, { attention: { bag, weights } }: Printed) {
  const STEP = 8;
  const isFree = await page.getByTestId('slide-view').evaluate((view, step) => {
    const box = view.getBoundingClientRect();
    const rows: boolean[][] = [];
    for (let y = step / 2; y < box.height; y += step) {
      const row: boolean[] = [];
      for (let x = step / 2; x < box.width; x += step) {
        const top = document.elementFromPoint(box.left + x, box.top + y);
        row.push(top !== null && view.contains(top) && top.closest('.navigator') === null);
      }
      rows.push(row);
    }
    return rows;
  }, STEP);
  await page.keyboard.press('0');
  await page.mouse.move(1270, 790);
  await page.waitForTimeout(1_500);
  const on = await slideViewPixels(page);
  await tap(page, 'h');
  await page.waitForTimeout(700);
  const off = await slideViewPixels(page);
  // At home the whole slide fills the view, centred.
  const scale = Math.min(on.width / info.width, on.height / info.height);
  const [left, top] = [(on.width - info.width * scale) / 2, (on.height - info.height * scale) / 2];
  const side = bag.spanPx * scale;
  const AROUND = [-0.9, -0.4, 0.1, 0.5, 0.9, 1.4, 1.9];
  return weights.flatMap((weight, index): ColouredTile[] => {
    const x = left + (bag.xy[2 * index] ?? 0) * scale;
    const y = top + (bag.xy[2 * index + 1] ?? 0) * scale;
    const isInView = AROUND.every((dy) =>
      AROUND.every((dx) => isFree[Math.floor((y + dy * side) / STEP)]?.[Math.floor((x + dx * side) / STEP)] === true),
    );
    const coloured = (dx: number, dy: number) => change(on, off, x + dx * side + 1, y + dy * side + 1, side - 2);
    const middle = { x: (bag.xy[2 * index] ?? 0) + bag.spanPx / 2, y: (bag.xy[2 * index + 1] ?? 0) + bag.spanPx / 2 };
    return isInView ? [{ weight, ...middle, coloured }] : [];
  });
}

/** Pearson's r. */
function correlation(a: readonly number[], b: readonly number[]): number {
  const [meanA, meanB] = [mean(a), mean(b)];
  const sum = (of: (x: number, y: number) => number) =>
    a.reduce((total, x, i) => total + of(x - meanA, (b[i] ?? Number.NaN) - meanB), 0);
  return sum((x, y) => x * y) / Math.sqrt(sum((x) => x * x) * sum((_, y) => y * y));
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

test('on WebGPU: the probability of the command line, and Cancel at once', async ({ page }) => {
  test.slow();
  const printed = await analyze(sampleSlide, '--bag', 'darkest-16');
  await openAndRun(page, sampleSlide, '/?backend=webgpu', '16 darkest');
  await expectSameResult(page, printed, 'webgpu');

  // All tissue takes a minute here, so the cancel falls into the middle of an inference call.
  await chooseTiles(page, 'All tissue');
  await page.getByRole('button', { name: 'Run again' }).click();
  await expect(page.getByTestId('result')).toHaveAttribute('data-state', 'running');
  await page.waitForTimeout(4_000);
  const answered = await page.evaluate(async () => {
    const [cancel] = [...document.querySelectorAll('button')].filter(
      ({ textContent }) => textContent?.trim() === 'Cancel',
    );
    const started = performance.now();
    cancel?.click();
    while (document.querySelector('[data-testid="result"]')?.getAttribute('data-state') === 'running') {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return performance.now() - started;
  });
  expect(answered).toBeLessThan(500);
  await expect(page.getByRole('button', { name: 'Run again' })).toBeVisible();
});

test('a real slide on WebGPU: probability and hottest tiles are those of the command line', async ({ page }) => {
  test.slow();
  const file = sharedSlide('aperio/CMU-1-Small-Region.svs');
  test.skip(file === undefined || !existsSync(file), NO_SHARED_DATA);
  if (file === undefined) return;
  const printed = await analyze(file);
  await openAndRun(page, file, '/?backend=webgpu', 'All tissue');
  await expectSameResult(page, printed, 'webgpu');
});

test('the heatmap is hottest where the command line says', async ({ page }) => {
  const [printed, info] = await Promise.all([
    analyze(sampleSlide),
    milscope<SlideInfo>('inspect', sampleSlide, '--json'),
  ]);
  await openAndRun(page, sampleSlide, '/?backend=wasm', 'All tissue');
  await expectSameResult(page, printed, 'wasm');
  await expectWholeLegend(page);
  const tiles = await colouredTiles(page, info, printed);
  expect(tiles.length).toBeGreaterThan(30);
  const weights = tiles.map(({ weight }) => weight);
  const follows = (dx: number, dy: number) =>
    correlation(
      weights,
      tiles.map((tile) => tile.coloured(dx, dy)),
    );
  // The colour of a square follows the weight of its tile, and not that of a neighbour.
  expect(follows(0, 0)).toBeGreaterThan(0.5);
  for (const [dx, dy] of [
    [1, 0],
    [-1, 0],
    [0, 1],
    [0, -1],
    [0.5, 0.5],
  ] as const) {
    expect(follows(dx, dy), `${dx}, ${dy} tiles beside`).toBeLessThan(follows(0, 0));
  }
  const byColour = [...tiles].sort((a, b) => b.coloured(0, 0) - a.coloured(0, 0));
  const hottest = tiles.reduce((best, tile) => (tile.weight > best.weight ? tile : best));
  expect(byColour.slice(0, Math.ceil(tiles.length / 5))).toContain(hottest);
});

test('on the sample slide with its own model, the heatmap stands over the planted lesion', async ({ page }) => {
  const folder = path.dirname(writeTestFile('lesion', ''));
  const maskFile = path.join(folder, 'lesion.png');
  await milscope('phantom', 'sample', '--out', path.join(folder, 'sample.tiff'), '--mask', maskFile);
  const mask = toImage(readFileSync(maskFile));
  const [printed, info] = await Promise.all([
    milscope<Printed>('analyze', sampleSlide, '--model', 'compact-phantom', '--json'),
    milscope<SlideInfo>('inspect', sampleSlide, '--json'),
  ]);
  await page.goto('/?backend=wasm');
  await page
    .getByRole('button', { name: /sample slide/i })
    .first()
    .click();
  await expect(page.getByTestId('slide-info')).toBeVisible();
  await page.getByRole('button', { name: 'Run model' }).click();
  await expect(page.getByTestId('result')).toHaveAttribute('data-state', 'done', { timeout: 120_000 });
  await expectSameResult(page, printed, 'wasm');
  await expect(page.getByTestId('result')).toHaveAttribute('data-label', 'malignant');
  await page.locator('.segment').filter({ hasText: 'Attention' }).click();
  const tiles = await colouredTiles(page, info, printed);
  const isLesion = ({ x, y }: ColouredTile) =>
    mask.at(Math.floor(x / MASK_STEP), Math.floor(y / MASK_STEP))[0] > MASK_BENIGN;
  const lesion = tiles.filter(isLesion);
  const rest = tiles.filter((tile) => !isLesion(tile));
  expect(lesion.length).toBeGreaterThan(2);
  expect(rest.length).toBeGreaterThan(10);
  const colour = (of: readonly ColouredTile[]) => mean(of.map((tile) => tile.coloured(0, 0)));
  expect(colour(lesion)).toBeGreaterThan(5 * colour(rest));
});

test('another slide dropped during a run ends the run and is shown, with nothing of the one before', async ({
  page,
}) => {
  const other = writeTestFile('other.tif', plainTiff(1024));
  await page.goto('/?backend=webgpu');
  await drop(page, sampleSlide);
  const facts = page.getByTestId('slide-info');
  await expect(facts).toHaveAttribute('data-levels', '3');
  await page.getByRole('button', { name: 'Run model' }).click();
  const result = page.getByTestId('result');
  await expect(result).toHaveAttribute('data-state', 'running');
  // A file that is no slide leaves the run as it is.
  await drop(page, writeTestFile('words.svs', 'words'));
  await expect(page.getByTestId('error')).toHaveAttribute('data-code', 'slide/unrecognized');
  await expect(result).toHaveAttribute('data-state', 'running');
  await drop(page, other);
  await expect(facts).toHaveAttribute('data-width', '1024');
  await expect(facts).toHaveAttribute('data-levels', '1');
  await expect(result).toHaveAttribute('data-state', 'idle');
  await expect(result).not.toHaveAttribute('data-model');
  await expect(page.getByTestId('error')).toHaveCount(0);
  await expect(page.getByTestId('heatmap-legend')).toHaveCount(0);
  await expect(page.getByTestId('fields')).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'Run model' })).toBeVisible();
});

test('fluorescence gets no verdict from a model of H&E: a sentence says why', async ({ page }) => {
  const folder = sharedSlide('dicom/BPAEC/5_0');
  test.skip(folder === undefined, NO_SHARED_DATA);
  if (folder === undefined) return;
  await page.goto('/?backend=wasm');
  await drop(page, path.dirname(folder));
  await expect(page.getByTestId('slide-info')).toBeVisible();
  await page.getByRole('button', { name: 'Run model' }).click();
  const result = page.getByTestId('result');
  await expect(result).toHaveAttribute('data-state', 'failed', { timeout: 120_000 });
  await expect(page.getByTestId('error').first()).toHaveAttribute('data-code', 'bag/no-tissue');
  await expect(page.getByTestId('error').first()).toContainText('black');
  await expect(result).not.toHaveAttribute('data-label');
});

test('a whole slide of 22,792 x 22,816 px runs in bounded time and memory', async ({ page }) => {
  const file = sharedSlide('tiff/pdac-core-22k.tif');
  test.skip(file === undefined || !existsSync(file), NO_SHARED_DATA);
  if (file === undefined) return;
  const printed = await analyze(file);
  await openAndRun(page, file, '/?backend=wasm', 'All tissue');
  await expectSameResult(page, printed, 'wasm');
});
