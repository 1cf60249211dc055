import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Download, Page } from '@playwright/test';
import type { SlideInfo } from '../src/slide/slide.ts';
import {
  chooseTiles,
  drop,
  expect,
  expectNoViolations,
  milscope,
  type RgbImage,
  sampleSlide,
  share,
  tap,
  test,
  toImage,
  writeTestFile,
} from './milscope.ts';

/** The fields of an exported result that are looked at here. */
interface Exported {
  readonly staleText?: string;
  readonly slide?: string;
  readonly probabilities: readonly number[];
  readonly classes: readonly string[];
  readonly attention: {
    readonly bag: { readonly count: number; readonly xy: readonly number[] };
    readonly weights: readonly number[];
    readonly contributions: readonly number[];
  };
  readonly [field: string]: unknown;
}

const NAME = path.basename(sampleSlide);
const result = (page: Page) => page.getByTestId('result');
const exportButton = (page: Page) => page.getByRole('button', { name: 'Export', exact: true });

/** Where nothing moves by itself a key has done its work two frames later. */
async function settled(page: Page) {
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
}

async function openAndRun(page: Page, hasMap = true) {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.goto('/?backend=wasm');
  await drop(page, sampleSlide);
  await expect(page.getByTestId('slide-info')).toBeVisible();
  if (!hasMap) await tap(page, 'h');
  await chooseTiles(page, '16 darkest');
  await page.getByRole('button', { name: 'Run model' }).click();
  await expect(result(page)).toHaveAttribute('data-state', 'done', { timeout: 120_000 });
}

/** Opens the form, sets what is asked for, and begins. */
async function order(
  page: Page,
  button: string,
  { width, withName = false }: { width?: number; withName?: boolean } = {},
) {
  await exportButton(page).click();
  const form = page.getByRole('dialog', { name: 'Export' });
  if (width !== undefined) {
    const field = form.getByLabel('Width, px');
    await field.fill(String(width));
    await field.press('Enter');
    await expect(field).toHaveValue(String(width));
  }
  const box = form.getByRole('checkbox', { name: 'Include the file name' });
  await expect(box).not.toBeChecked();
  if (withName) await box.check({ force: true });
  await form.getByRole('button', { name: button }).click();
  await expect(form).toBeHidden();
}

async function download(page: Page, button: string, choices: Parameters<typeof order>[2] = {}): Promise<Download> {
  const [saved] = await Promise.all([page.waitForEvent('download'), order(page, button, choices)]);
  return saved;
}

const textOf = async (saved: Download) => readFileSync(await saved.path(), 'utf8');
const jsonOf = async (page: Page, choices: Parameters<typeof order>[2] = {}) =>
  JSON.parse(await textOf(await download(page, 'Result as JSON', choices))) as Exported;
const pictureOf = async (page: Page, width?: number) =>
  toImage(readFileSync(await (await download(page, 'This view as PNG', width === undefined ? {} : { width })).path()));

function expectClose(some: readonly number[], others: readonly number[], most: number) {
  expect(some.length).toBe(others.length);
  const largest = some.reduce((so, value, i) => Math.max(so, Math.abs(value - (others[i] ?? Number.NaN))), 0);
  expect(largest).toBeLessThan(most);
}

test('JSON and CSV hold the result of the command line, and the file name only where it is asked for', async ({
  page,
}) => {
  const printed = await milscope<Exported>(
    ...(['analyze', sampleSlide, '--model', 'compact-glas', '--bag', 'darkest-16', '--json'] as const),
  );
  await openAndRun(page);
  const saved = await download(page, 'Result as JSON');
  expect(saved.suggestedFilename()).toBe('slide-1-milscope.json');
  const text = await textOf(saved);
  expect(text).not.toContain('prostate-phantom');
  expect(text).not.toMatch(/\/(home|root|work|tmp|Users)\//);
  const json = JSON.parse(text) as Exported;
  // Only what differs from run to run differs.
  const own = ['date', 'elapsedMs', 'backend', 'slide'];
  const rest = (one: Exported) =>
    Object.fromEntries(
      Object.entries(one).filter(([key]) => ![...own, 'attention', 'probabilities', 'logits'].includes(key)),
    );
  expect(rest(json)).toEqual(rest(printed));
  const { bag, weights, contributions } = json.attention;
  expect(bag).toEqual(printed.attention.bag);
  expectClose(json.probabilities, printed.probabilities, 1e-4);
  expectClose(weights, printed.attention.weights, 1e-4);
  expectClose(contributions, printed.attention.contributions, 1e-3);

  const csv = await textOf(await download(page, 'Tiles as CSV'));
  expect(csv.startsWith('\uFEFF# schemaVersion,1\r\n# researchUse,Research use only. Not for diagnosis.\r\n')).toBe(
    true,
  );
  expect(
    csv
      .split('\n')
      .slice(0, -1)
      .every((line) => line.endsWith('\r')),
  ).toBe(true);
  const lines = csv.slice(1).split('\r\n');
  const header = lines.findIndex((line) => line.startsWith('index,'));
  expect(lines.slice(0, header).every((line) => /^# [\w.]+,/.test(line))).toBe(true);
  expect(lines.slice(header + 1, -1)).toHaveLength(bag.count);
  expect(lines[header + 1]?.split(',').slice(2, 4)).toEqual([String(bag.xy[0]), String(bag.xy[1])]);
  expect(csv).not.toContain('prostate-phantom');

  const named = await download(page, 'Result as JSON', { withName: true });
  expect(named.suggestedFilename()).toBe('prostate-phantom-milscope.json');
  expect(((await JSON.parse(await textOf(named))) as Exported).slide).toBe(NAME);
  // The box is empty again.
  expect((await jsonOf(page)).slide).toBeUndefined();
});

/** How far a picture of the whole slide, turned by so much, is from the pixels of its file, 0..255 on the mean. */
function distance(
  picture: RgbImage,
  viewHeight: number,
  whole: RgbImage,
  slide: SlideInfo,
  viewScale: number,
  degrees: number,
) {
  const scale = viewScale * picture.width;
  const turn = (degrees * Math.PI) / 180;
  const around = Math.max(1, Math.round(1 / scale));
  let sum = 0;
  let count = 0;
  for (let y = Math.round(slide.height * 0.25); y < slide.height * 0.75; y += 53) {
    for (let x = Math.round(slide.width * 0.25); x < slide.width * 0.75; x += 47) {
      const [dx, dy] = [(x - slide.width / 2) * scale, (y - slide.height / 2) * scale];
      const u = Math.floor(picture.width / 2 + dx * Math.cos(turn) - dy * Math.sin(turn));
      const v = Math.floor(viewHeight / 2 + dx * Math.sin(turn) + dy * Math.cos(turn));
      if (u < 0 || v < 0 || u >= picture.width || v >= viewHeight) continue;
      const shown = picture.at(u, v);
      for (const channel of [0, 1, 2] as const) {
        let mean = 0;
        const from = -Math.floor(around / 2);
        for (let j = from; j < from + around; j++)
          for (let i = from; i < from + around; i++) mean += whole.at(x + i, y + j)[channel];
        sum += Math.abs(shown[channel] - mean / around ** 2);
        count++;
      }
    }
  }
  expect(count).toBeGreaterThan(1000);
  return sum / count;
}

test('a picture is as wide as was chosen, with what the slide really holds, turned as on screen, and words below', async ({
  page,
}) => {
  test.slow();
  const slide = await milscope<SlideInfo>('inspect', sampleSlide);
  const { width, height } = slide;
  const file = writeTestFile('whole.png', '');
  await milscope(
    ...['region', sampleSlide, '--level', '0', '--x', '0', '--y', '0'],
    ...['--width', String(width), '--height', String(height), '--out', file],
  );
  const whole = toImage(readFileSync(file));
  await openAndRun(page, false);
  // The view has the size that the fields leave it.
  await expect(page.getByTestId('fields')).toBeVisible();
  await settled(page);
  await page.keyboard.press('0');
  await settled(page);
  const box = await page.getByTestId('slide-view').boundingBox();
  if (box === null) throw new Error('the view has no place');
  // At home the whole slide fills the view: so many px of the picture for one of the slide, and one px of width.
  const viewScale = Math.min(box.width / width, box.height / height) / box.width;
  const heightOf = (picture: RgbImage) => Math.round((box.height * picture.width) / box.width);
  await settled(page);

  const onScreen = await pictureOf(page);
  expect(onScreen.width).toBe(Math.round(box.width));
  const wide = await pictureOf(page, 4000);
  expect(wide.width).toBe(4000);
  for (const picture of [onScreen, wide]) {
    // Below the view stand the words, dark on white.
    expect(picture.height).toBeGreaterThan(heightOf(picture) * 1.05);
    const strip = {
      ...picture,
      height: picture.height - heightOf(picture),
      at: (x: number, y: number) => picture.at(x, y + heightOf(picture)),
    };
    const dark = share(strip, ([red, green, blue]) => Math.max(red, green, blue) < 110);
    expect(dark).toBeGreaterThan(0.005);
    expect(dark).toBeLessThan(0.3);
    expect(share(strip, ([red, green, blue]) => Math.min(red, green, blue) > 250)).toBeGreaterThan(0.6);
  }
  const near = distance(wide, heightOf(wide), whole, slide, viewScale, 0);
  // The picture of the screen, made larger, has not the detail.
  const larger: RgbImage = {
    ...{ width: 4000, height: wide.height },
    at: (x, y) => onScreen.at(Math.floor((x * onScreen.width) / 4000), Math.floor((y * onScreen.width) / 4000)),
  };
  const far = distance(larger, heightOf(wide), whole, slide, viewScale, 0);
  test.info().annotations.push({ type: 'distance', description: `${near} ${far}` });
  expect(near).toBeLessThan(6);
  expect(far).toBeGreaterThan(2 * near);

  await page.keyboard.press('r');
  await page.keyboard.press('r');
  await settled(page);
  const turned = await pictureOf(page, 2000);
  expect(distance(turned, heightOf(turned), whole, slide, viewScale, 30)).toBeLessThan(8);
});

test('a picture is of the moment in which it was ordered, whatever changes on screen meanwhile', async ({ page }) => {
  await openAndRun(page);
  const [saved] = await Promise.all([
    page.waitForEvent('download'),
    order(page, 'This view as PNG', { width: 2000 }).then(() => tap(page, 'h')),
  ]);
  const withMap = toImage(readFileSync(await saved.path()));
  await expect(page.getByTestId('heatmap-legend')).toHaveCount(0);
  const bare = await pictureOf(page, 2000);
  const box = await page.getByTestId('slide-view').boundingBox();
  const height = Math.round(((box?.height ?? 0) * 2000) / (box?.width ?? 1));
  let changed = 0;
  for (let y = 0; y < height; y += 4)
    for (let x = 0; x < 2000; x += 4) {
      const [one, other] = [withMap.at(x, y), bare.at(x, y)];
      if (one.some((value, i) => Math.abs(value - (other[i] ?? 0)) > 8)) changed++;
    }
  const all = (height / 4) * 500;
  expect(changed / all).toBeGreaterThan(0.002);
  expect(changed / all).toBeLessThan(0.95);
});

test('a picture that is stopped is not saved, and one that fails says so', async ({ page }) => {
  await openAndRun(page);
  const saved: string[] = [];
  page.on('download', (one) => saved.push(one.suggestedFilename()));
  await page.evaluate(() => {
    new MutationObserver((_, observer) => {
      const stop = [...document.querySelectorAll('button')].find(({ textContent }) => textContent === 'Stop');
      if (stop === undefined) return;
      observer.disconnect();
      stop.click();
    }).observe(document.body, { subtree: true, childList: true });
  });
  await order(page, 'This view as PNG', { width: 8000 });
  await expect(page.getByRole('progressbar', { name: 'Picture' })).toHaveCount(0);
  await expect(page.getByTestId('error')).toHaveCount(0);
  await page.evaluate(() => {
    HTMLCanvasElement.prototype.toBlob = (give) => give(null);
  });
  await order(page, 'This view as PNG');
  const error = page.getByTestId('error');
  await expect(error).toHaveAttribute('data-code', 'export/failed');
  await expect(error).toContainText('larger than this browser can draw');
  await error.getByRole('button', { name: 'Dismiss' }).click();
  await expect(error).toHaveCount(0);
  expect(saved).toEqual([]);
});

test('nothing is exported of a run under way, and a stale result is headed by what it was made with', async ({
  page,
}) => {
  await openAndRun(page);
  await exportButton(page).click();
  await expectNoViolations(page);
  await page.keyboard.press('Escape');
  await chooseTiles(page, 'All tissue');
  await expect(result(page)).toHaveAttribute('data-stale', 'true');
  const words = /^Made with .+ MIL [\d.]+, 16 darkest tiles, 0\.48 µm\/px; not of what is chosen now\.$/;
  expect((await jsonOf(page)).staleText).toMatch(words);
  const csv = await textOf(await download(page, 'Tiles as CSV'));
  expect(csv.split('\r\n')[2]).toMatch(/^# staleText,"Made with /);
  await chooseTiles(page, '16 darkest');
  await expect(result(page)).toHaveAttribute('data-stale', 'false');
  expect((await jsonOf(page)).staleText).toBeUndefined();

  await chooseTiles(page, 'All tissue');
  await page.getByRole('button', { name: /^Run (model|again)$/ }).click();
  await expect(result(page)).toHaveAttribute('data-state', 'running');
  await expect(exportButton(page)).toBeDisabled();
  await page.getByRole('button', { name: 'Cancel', exact: true }).click();
  await expect(exportButton(page)).toBeEnabled();
});

test('a result dropped back is shown on its slide without computing, whichever comes first', async ({ page }) => {
  await openAndRun(page);
  const probability = (await result(page).getAttribute('data-probability-malignant')) ?? '';
  const text = await textOf(await download(page, 'Result as JSON'));
  const file = writeTestFile('dropped/result.json', text);
  const expectShown = async () => {
    await expect(result(page)).toHaveAttribute('data-state', 'done');
    await expect(result(page)).toHaveAttribute('data-probability-malignant', probability);
    await expect(result(page)).toHaveAttribute('data-stale', 'false');
    await expect(page.getByTestId('heatmap-legend')).toBeVisible();
    await expect(page.getByTestId('waiting-result')).toHaveCount(0);
    await expect(page.getByTestId('error')).toHaveCount(0);
  };
  const visit = async () => {
    await page.goto('/?backend=wasm');
    await expect(page.getByRole('heading', { name: 'Drop a slide here' })).toBeVisible();
  };

  // Onto the slide that is open.
  await visit();
  await drop(page, sampleSlide);
  await expect(page.getByTestId('slide-info')).toBeVisible();
  await drop(page, file);
  await expectShown();
  expect(await jsonOf(page)).toEqual(JSON.parse(text));

  // Junk costs a sentence and takes nothing away.
  const junk = writeTestFile(
    'dropped/junk.json',
    text.replace(/"probabilities": \[[^\]]*\]/, '"probabilities": [0.5, 0.6]'),
  );
  await drop(page, junk);
  await expect(page.getByTestId('error')).toHaveAttribute('data-code', 'result/invalid');
  await expect(result(page)).toHaveAttribute('data-probability-malignant', probability);
  await page.getByTestId('error').getByRole('button', { name: 'Dismiss' }).click();

  // Before its slide.
  await visit();
  await drop(page, junk);
  await expect(page.getByTestId('error')).toHaveAttribute('data-code', 'result/invalid');
  await drop(page, file);
  await expect(page.getByTestId('error')).toHaveCount(0);
  await expect(page.getByTestId('waiting-result')).toContainText(
    'This result is of a slide that is not open: 6,144 × 4,096 px. Open that slide to see it.',
  );
  await expectNoViolations(page);
  await drop(page, sampleSlide);
  await expectShown();

  // Together with it.
  await visit();
  await drop(page, file, sampleSlide);
  await expectShown();

  // Dismissed, it is not shown.
  await visit();
  await drop(page, file);
  await page.getByTestId('waiting-result').getByRole('button', { name: 'Dismiss' }).click();
  await drop(page, sampleSlide);
  await expect(page.getByTestId('slide-info')).toBeVisible();
  await expect(result(page)).toHaveAttribute('data-state', 'idle');
});
