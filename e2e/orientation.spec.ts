import type { Page } from '@playwright/test';
import { tiffBytes } from '../src/slide/tiff/write.ts';
import { chooseTiles, drop, expect, type RgbImage, slideViewPixels, tap, test, writeTestFile } from './milscope.ts';

type Corner = 'top left' | 'top right' | 'bottom left' | 'bottom right';
const CORNERS: readonly Corner[] = ['top left', 'top right', 'bottom left', 'bottom right'];

/** Where the stored top left corner is seen, and the stored top right one after it along the first row. TIFF 6.0. */
const SEEN: readonly (readonly [orientation: number, words: string, topLeft: Corner, topRight: Corner])[] = [
  [2, 'mirrored', 'top right', 'top left'],
  [3, 'rotated 180°', 'bottom right', 'bottom left'],
  [4, 'rotated 180° and mirrored', 'bottom left', 'bottom right'],
  [5, 'rotated 90° and mirrored', 'top left', 'bottom left'],
  [6, 'rotated 90°', 'top right', 'bottom right'],
  [7, 'rotated 270° and mirrored', 'bottom right', 'top right'],
  [8, 'rotated 270°', 'bottom left', 'top left'],
];

const TILE = 256;
/** Red and green above, blue and grey below, as stored. */
const COLOURS = [
  [200, 60, 60],
  [60, 160, 60],
  [60, 60, 200],
  [120, 120, 120],
] as const;
type Colour = (typeof COLOURS)[number];

/** 1536 x 512 px as stored, in four colours; or stained tissue in the top right of it and glass everywhere else. */
function turnedSlide(name: string, orientation: number, kind: 'colours' | 'tissue'): Promise<string> {
  const [width, height] = [6 * TILE, 2 * TILE];
  const read = (col: number, row: number) => {
    const data = new Uint8Array(TILE * TILE * 3);
    const colour = COLOURS[(row < 1 ? 0 : 2) + (col < 3 ? 0 : 1)] ?? COLOURS[0];
    const isTissue = row === 0 && col >= 3;
    let seed = 1 + col * 31 + row;
    for (let i = 0; i < data.length; i += 3) {
      seed = (seed * 1103515245 + 12345) % 2 ** 31;
      const grain = (seed >> 16) % 60;
      if (kind === 'colours') data.set(colour, i);
      else data.set(isTissue ? [170 - grain, 80 - grain, 150 - grain] : [244, 244, 244], i);
    }
    return { width: TILE, height: TILE, data };
  };
  const layout = { kind: 'tiles', width: TILE, height: TILE } as const;
  const image = { width, height, layout, compression: 'deflate', mpp: 0.5, orientation, read } as const;
  return tiffBytes({ images: [image] }).then((bytes) => writeTestFile(name, bytes));
}

const isNear = (rgb: readonly number[], colour: Colour) => rgb.every((v, i) => Math.abs(v - (colour[i] ?? 0)) < 12);

/** In the middle of a quarter of a box. */
function at(corner: Corner, box: { x: number; y: number; width: number; height: number }) {
  return {
    x: Math.round(box.x + box.width * (corner.endsWith('left') ? 0.3 : 0.7)),
    y: Math.round(box.y + box.height * (corner.startsWith('top') ? 0.3 : 0.7)),
  };
}

/** The box of the slide at home: the whole of it, in the middle. */
function homeBox(view: { width: number; height: number }, isOnItsSide: boolean) {
  const [width, height] = isOnItsSide ? [512, 1536] : [1536, 512];
  const scale = Math.min(view.width / width, view.height / height);
  const [w, h] = [width * scale, height * scale];
  return { x: (view.width - w) / 2, y: (view.height - h) / 2, width: w, height: h };
}

async function navigatorBox(page: Page, isOnItsSide: boolean) {
  const [view, box] = await Promise.all(
    [page.getByTestId('slide-view'), page.locator('.navigator')].map((one) => one.boundingBox()),
  );
  if (!view || !box) throw new Error('no navigator');
  const inside = homeBox(box, isOnItsSide);
  return { ...inside, x: box.x - view.x + inside.x, y: box.y - view.y + inside.y };
}

const opposite: Readonly<Record<Corner, Corner>> = {
  'top left': 'bottom right',
  'top right': 'bottom left',
  'bottom left': 'top right',
  'bottom right': 'top left',
};

/** Which colour each corner must have. */
function expected(topLeft: Corner, topRight: Corner): Readonly<Record<Corner, Colour>> {
  const places: readonly Corner[] = [topLeft, topRight, opposite[topRight], opposite[topLeft]];
  return Object.fromEntries(places.map((place, i) => [place, COLOURS[i]])) as Record<Corner, Colour>;
}

const right = (picture: RgbImage, box: Parameters<typeof at>[1], colours: Readonly<Record<Corner, Colour>>) =>
  CORNERS.filter((corner) => {
    const { x, y } = at(corner, box);
    return isNear(picture.at(x, y), colours[corner]);
  });

test('a slide stands as the orientation tag of its file asks, and says so', async ({ page }) => {
  test.slow();
  await page.goto('/');
  for (const [orientation, words, topLeft, topRight] of SEEN) {
    await drop(page, await turnedSlide(`orientation-${orientation}.tif`, orientation, 'colours'));
    await expect(page.getByTestId('orientation')).toHaveText(`${words} (orientation tag)`);
    await expect(page.getByTestId('slide-info')).toHaveAttribute('data-width', '1536');
    const colours = expected(topLeft, topRight);
    const isOnItsSide = orientation >= 5;
    const corners = async () => {
      const picture = await slideViewPixels(page);
      return right(picture, homeBox(picture, isOnItsSide), colours);
    };
    await expect.poll(corners, { message: `orientation ${orientation}` }).toEqual(CORNERS);
    const overview = await navigatorBox(page, isOnItsSide);
    await expect
      .poll(async () => right(await slideViewPixels(page), overview, colours), {
        message: `overview of ${orientation}`,
      })
      .toEqual(CORNERS);

    // Turned by hand, clockwise on the screen; the way back is to the right way up.
    await page.keyboard.press('r');
    await expect(page.getByRole('button', { name: '15°' })).toBeVisible();
    await page.keyboard.press('0');
    await expect(page.getByRole('button', { name: '15°' })).toHaveCount(0);
    await expect.poll(corners).toEqual(CORNERS);
  }
});

test('on a mirrored slide hand, keys and overview move it as on any other', async ({ page }) => {
  await page.goto('/');
  await drop(page, await turnedSlide('mirrored.tif', 2, 'colours'));
  await expect(page.getByTestId('orientation')).toBeVisible();
  const view = await page.getByTestId('slide-view').boundingBox();
  if (!view) throw new Error('no view');
  const [middleX, middleY] = [view.x + view.width / 2, view.y + view.height / 2];
  /** px of the screen where green (left, once mirrored) becomes red. */
  const seam = async () => {
    const picture = await slideViewPixels(page);
    const y = Math.round(picture.height / 2 - 40);
    for (let x = 1; x < picture.width; x++)
      if (isNear(picture.at(x - 1, y), COLOURS[1]) && !isNear(picture.at(x, y), COLOURS[1])) return x;
    return Number.NaN;
  };
  await expect.poll(async () => Math.abs((await seam()) - view.width / 2)).toBeLessThan(4);
  // Where the wheel turns, the slide stays: here 100 px right of the seam.
  await page.mouse.move(middleX + 100, middleY - 60);
  await page.mouse.wheel(0, -300);
  await expect.poll(async () => view.width / 2 + 100 - (await seam())).toBeGreaterThan(110);
  const zoomed = await seam();
  // What the hand drags follows it.
  await page.mouse.move(middleX + 50, middleY + 60);
  await page.mouse.down();
  await page.mouse.move(middleX + 150, middleY + 60, { steps: 8 });
  await page.waitForTimeout(300);
  await page.mouse.up();
  await expect.poll(async () => Math.abs((await seam()) - zoomed - 100)).toBeLessThan(12);
  await page.keyboard.press('0');
  await expect.poll(async () => Math.abs((await seam()) - view.width / 2)).toBeLessThan(4);
  await page.keyboard.press('+');
  await page.keyboard.press('+');
  await page.keyboard.press('ArrowRight');
  await expect.poll(async () => (await seam()) - view.width / 2).toBeLessThan(-60);
});

test('heatmap, read-out and fields lie where the tissue is seen', async ({ page }) => {
  await page.goto('/?backend=wasm');
  // Stored at the top right; first row at the right, first column at the bottom: the tissue is seen at the top right.
  const [orientation, tissue] = [7, 'top right'] as const;
  await drop(page, await turnedSlide('turned-tissue.tif', orientation, 'tissue'));
  await expect(page.getByTestId('orientation')).toHaveText('rotated 270° and mirrored (orientation tag)');
  await chooseTiles(page, 'All tissue');
  await page.getByRole('button', { name: 'Run model' }).click();
  await expect(page.getByTestId('result')).toHaveAttribute('data-state', 'done', { timeout: 170_000 });
  await page.keyboard.press('0');
  await page.waitForTimeout(1_000);
  const on = await slideViewPixels(page);
  await tap(page, 'h');
  await page.waitForTimeout(700);
  const off = await slideViewPixels(page);
  await tap(page, 'h');
  const box = homeBox(on, true);
  for (const corner of CORNERS) {
    const { x, y } = at(corner, box);
    const change = Math.max(...on.at(x, y).map((value, i) => Math.abs(value - (off.at(x, y)[i] ?? 0))));
    if (corner === tissue) expect(change, corner).toBeGreaterThan(8);
    else expect(change, corner).toBeLessThan(6);
    await page.getByTestId('slide-view').hover({ position: at(corner, box) });
    await expect(page.getByTestId('tile-readout')).toHaveCount(corner === tissue ? 1 : 0);
  }
  // A click on a tile chooses it.
  await page.getByTestId('slide-view').click({ position: at(tissue, box) });
  await expect(page.locator('[data-testid="field"][aria-pressed="true"]')).toHaveCount(1);
});
