import type { Page } from '@playwright/test';
import { tiffBytes } from '../src/slide/tiff/write.ts';
import { drop, expect, type RgbImage, slideViewPixels, test, writeTestFile } from './milscope.ts';

const TILE = 256;

/** 4096 x 3072 px, a chess board of 256 px: where its lines are seen says where the slide is, to a part of a px. */
async function chessBoard(name: string): Promise<string> {
  const read = (col: number, row: number) => {
    const data = new Uint8Array(TILE * TILE * 3).fill((col + row) % 2 === 0 ? 60 : 220);
    return { width: TILE, height: TILE, data };
  };
  const layout = { kind: 'tiles', width: TILE, height: TILE } as const;
  const image = { width: 4096, height: 3072, layout, compression: 'deflate', mpp: 0.5, read } as const;
  return writeTestFile(name, await tiffBytes({ images: [image] }));
}

/** Where a row of gray values crosses the middle of black and white, px from the middle of the row. */
function crossings(values: readonly number[]): number[] {
  const found: number[] = [];
  // The outermost px are the stage's own.
  for (let i = 4; i < values.length - 4; i++) {
    const [one, other] = [(values[i - 1] ?? 0) - 140, (values[i] ?? 0) - 140];
    if (one * other < 0) found.push(i - 1 + one / (one - other) - (values.length - 1) / 2);
  }
  return found;
}

interface Lines {
  /** Upright and level lines, px from the middle of the view. */
  readonly xs: readonly number[];
  readonly ys: readonly number[];
}

const gray = (picture: RgbImage, x: number, y: number) => picture.at(x, y)[1];

/** The lines of the board as they are seen in the view's free part, between what floats over it. */
async function lines(page: Page): Promise<Lines> {
  await page.evaluate(() => {
    const over = '.stage > :not(.slide-view), .slide-view .navigator';
    for (const one of document.querySelectorAll<HTMLElement>(over)) one.style.visibility = 'hidden';
  });
  const picture = await slideViewPixels(page);
  const { width, height } = picture;
  // Not along a line of the board: there is nothing to cross.
  const most = (all: readonly (readonly number[])[]) =>
    all.map(crossings).reduce((best, one) => (one.length > best.length ? one : best), []);
  const near = [-37, -23, -11, 13, 29, 41];
  const alongRow = (y: number) => Array.from({ length: width }, (_, x) => gray(picture, x, Math.round(height / 2 + y)));
  const alongColumn = (x: number) =>
    Array.from({ length: height }, (_, y) => gray(picture, Math.round(width / 2 + x), y));
  return { xs: most(near.map(alongRow)), ys: most(near.map(alongColumn)) };
}

/** Of the lines that are in both pictures, how far the furthest has moved, px; and by how much the scale has changed. */
function moved(before: Lines, after: Lines): { readonly px: number; readonly scale: number } {
  const common = (one: readonly number[], other: readonly number[]) => {
    const within = Math.min(...[one, other].map((all) => Math.max(...all.map(Math.abs)))) + 1;
    return [one, other].map((all) => all.filter((at) => Math.abs(at) <= within));
  };
  let [px, scale] = [0, 0];
  for (const axis of ['xs', 'ys'] as const) {
    const [one = [], other = []] = common(before[axis], after[axis]);
    if (one.length === 0 || one.length !== other.length) return { px: Number.NaN, scale: Number.NaN };
    px = Math.max(px, ...one.map((at, i) => Math.abs(at - (other[i] ?? Number.NaN))));
    const span = (all: readonly number[]) => (all.at(-1) ?? 0) - (all[0] ?? 0);
    if (one.length > 1) scale = Math.max(scale, Math.abs(span(other) / span(one) - 1));
  }
  return { px, scale };
}

/** What appears below the stage takes its room. */
const setStrip = (page: Page, px: number) =>
  page.getByTestId('slide-view').evaluate((view, px) => {
    if (view.parentElement) view.parentElement.style.marginBottom = `${px}px`;
  }, px);

async function stays(page: Page, before: Lines): Promise<void> {
  await expect.poll(async () => moved(before, await lines(page)).px, { message: 'px' }).toBeLessThan(1);
  const { px, scale } = moved(before, await lines(page));
  expect(px).toBeLessThan(1);
  expect(scale).toBeLessThan(0.001);
}

/** Until nothing moves any more. */
async function settled(page: Page): Promise<Lines> {
  let last = await lines(page);
  await expect
    .poll(async () => {
      const before = last;
      last = await lines(page);
      return moved(before, last).px;
    })
    .toBeLessThan(0.01);
  return last;
}

const heightOf = async (page: Page) => (await page.getByTestId('slide-view').boundingBox())?.height ?? 0;

async function openBoard(page: Page) {
  await page.goto('/');
  await drop(page, await chessBoard('chess-board.tif'));
  await expect(page.getByTestId('slide-view')).toHaveAttribute('aria-busy', 'false', { timeout: 60_000 });
}

const PLACES: readonly (readonly [string, readonly string[]])[] = [
  ['home', []],
  ['10x, away from the middle', ['4', 'ArrowRight', 'ArrowUp']],
  ['40x', ['6', 'ArrowDown']],
  ['far out', ['-', '-']],
];

for (const [name, keys] of PLACES)
  test(`a strip that appears below the stage moves nothing: ${name}`, async ({ page }) => {
    await openBoard(page);
    for (const key of keys) {
      await page.keyboard.press(key);
      await settled(page);
    }
    const before = await settled(page);
    const height = await heightOf(page);
    await setStrip(page, 170);
    await expect.poll(() => heightOf(page)).toBe(height - 170);
    await stays(page, before);
    await setStrip(page, 0);
    await expect.poll(() => heightOf(page)).toBe(height);
    await stays(page, before);
  });

test('a window that is resized fits the whole slide anew, and leaves alone what a person moved to', async ({
  page,
}) => {
  await openBoard(page);
  const width = async () => {
    const { xs } = await lines(page);
    return (xs.at(-1) ?? 0) - (xs[0] ?? 0);
  };
  /** All lines between 16 x 12 squares; the edges are seen or not, since the stage is as pale as a square. */
  const expectWhole = ({ xs, ys }: Lines) => {
    expect(xs.length).toBeGreaterThanOrEqual(15);
    expect(ys.length).toBeGreaterThanOrEqual(11);
  };
  expectWhole(await settled(page));
  const atHome = await width();
  await page.setViewportSize({ width: 900, height: 620 });
  await expect.poll(width).toBeLessThan(atHome * 0.85);
  expectWhole(await settled(page));
  await page.setViewportSize({ width: 1280, height: 800 });
  await expect.poll(async () => Math.abs((await width()) / atHome - 1)).toBeLessThan(0.001);

  await page.keyboard.press('4');
  const before = await settled(page);
  const height = await heightOf(page);
  await page.setViewportSize({ width: 1100, height: 700 });
  await expect.poll(() => heightOf(page)).toBe(height - 100);
  await stays(page, before);
});

test('after a strip has appeared, the whole slide is fitted to what is left when it is asked for', async ({ page }) => {
  await openBoard(page);
  const before = await settled(page);
  await setStrip(page, 300);
  await stays(page, before);
  await page.keyboard.press('0');
  await expect
    .poll(async () => {
      const { xs } = await lines(page);
      return (xs.at(-1) ?? 0) - (xs[0] ?? 0);
    })
    .toBeLessThan(((before.xs.at(-1) ?? 0) - (before.xs[0] ?? 0)) * 0.8);
});
