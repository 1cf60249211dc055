import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Locator, Page } from '@playwright/test';
import {
  chooseTiles,
  drop,
  expect,
  expectNoViolations,
  NO_SHARED_DATA,
  sampleSlide,
  sharedSlide,
  test,
  writeTestFile,
} from './milscope.ts';

const result = (page: Page) => page.getByTestId('result');
const panel = (page: Page) => page.getByRole('complementary', { name: 'Slide and model' });
const spoken = (page: Page) => result(page).getByRole('status').first();
const heading = (page: Page) => result(page).getByRole('heading', { level: 2 });

/** A labelled image of the shared data, or undefined where that is absent. */
function glas(name: string): string | undefined {
  const slide = sharedSlide('aperio/CMU-1-Small-Region.svs');
  const file = slide && path.join(slide, '..', '..', '..', 'labelled', 'glas', 'images', name);
  return file !== undefined && existsSync(file) ? file : undefined;
}

async function open(page: Page, file: string, width: string) {
  await drop(page, file);
  await expect(page.getByTestId('slide-info')).toHaveAttribute('data-width', width);
}

/** Presses the one button and waits for the end. */
async function run(page: Page, name: 'Run model' | 'Run again' = 'Run model') {
  await page.getByRole('button', { name }).click();
  await ended(page);
}

async function ended(page: Page) {
  await expect(page.getByRole('button', { name: 'Run again' })).toBeVisible({ timeout: 150_000 });
  await expect(result(page)).toHaveAttribute('data-state', 'done');
}

/** A GlaS image inside the model's scope, run at the pixel size that its authors state. */
async function runGlas(page: Page, file: string) {
  await page.goto('/?backend=wasm');
  await open(page, file, '775');
  await page.getByRole('button', { name: 'Run model' }).click();
  await page.getByRole('textbox', { name: /pixel size/i }).fill('0.62');
  await page.keyboard.press('Enter');
  await ended(page);
}

/** A raw number that nobody takes for a verdict, under the sentence that says why. */
async function expectOutside(page: Page) {
  await expect(result(page)).toHaveAttribute('data-scope', 'outside');
  await expect(result(page)).toHaveAttribute('data-label', '');
  await expect(result(page)).toHaveAttribute('data-probability-malignant', /^\d/);
  await expect(page.getByTestId('scope')).toContainText('This slide is outside what the model was made for');
  await expect(page.getByTestId('call')).toHaveCount(0);
  await expect(result(page)).not.toContainText(/threshold|malignant|benign/i);
  const raw = page.getByTestId('raw-output');
  await expect(raw).toHaveText(/^raw output (\d\.\d\d|<0\.01|>0\.99)$/);
  const look = (of: Locator) =>
    of.evaluate((element) => {
      const { fontSize, fontWeight, color } = getComputedStyle(element);
      return { size: Number.parseFloat(fontSize), weight: Number(fontWeight), color };
    });
  const [number, sentence] = await Promise.all([look(raw), look(page.getByTestId('scope').locator('p').first())]);
  expect(number.size).toBeLessThan(sentence.size);
  expect(number.weight).toBeLessThan(sentence.weight);
  expect(number.color).not.toBe(sentence.color);
  await expect(spoken(page)).toHaveText(/^Run finished\. This slide is outside .*No class is called\. Raw output /);
  await expect(spoken(page)).not.toHaveText(/malignant|benign/i);
}

test('after the sample a real slide is read by the person’s own model, and outside its scope nothing is called', async ({
  page,
}) => {
  test.setTimeout(300_000);
  const [small, core] = [sharedSlide('aperio/CMU-1-Small-Region.svs'), sharedSlide('tiff/pdac-core-22k.tif')];
  test.skip(small === undefined || core === undefined, NO_SHARED_DATA);
  if (small === undefined || core === undefined) return;
  await page.goto('/?backend=wasm');
  await page
    .getByRole('button', { name: /sample slide/i })
    .first()
    .click();
  await expect(page.getByTestId('slide-info')).toHaveAttribute('data-levels', '3');
  await run(page);
  await expect(result(page)).toHaveAttribute('data-model', /^compact-phantom@/);
  await expect(page.getByTestId('call')).toContainText('malignant');

  await open(page, small, '2220');
  await expect(page.getByRole('button', { name: /Model$/ })).toContainText('Compact gland MIL');
  // Nothing is left of the slide before.
  await expect(spoken(page)).toHaveText('');
  await expect(page.getByRole('button', { name: 'Run again' })).toHaveCount(0);
  await run(page);
  await expect(result(page)).toHaveAttribute('data-model', /^compact-glas@/);
  await expectOutside(page);
  await expectNoViolations(page);

  await open(page, core, '22792');
  await run(page);
  await expectOutside(page);
});

test('inside the scope the condition stands above number, call and threshold', async ({ page }) => {
  const file = glas('testA_41.jpg');
  test.skip(file === undefined, NO_SHARED_DATA);
  if (file === undefined) return;
  await runGlas(page, file);
  await expect(result(page)).toHaveAttribute('data-scope', 'inside');
  const label = await result(page).getAttribute('data-label');
  expect(label).toMatch(/^(malignant|benign)$/);
  await expect(page.getByTestId('scope')).toHaveText('If this is colon glands, H&E:');
  await expect(page.getByTestId('call')).toHaveText(`Result: ${label} (threshold 0.55)`);
  await expect(result(page)).toContainText('Research and non-commercial use only');
  const [condition, number, call] = await Promise.all(
    [page.getByTestId('scope'), result(page).locator('.probability strong'), page.getByTestId('call')].map((one) =>
      one.boundingBox(),
    ),
  );
  expect(condition?.y).toBeLessThan(number?.y ?? 0);
  expect(number?.y).toBeLessThan(call?.y ?? 0);
  const value = Number(await result(page).getAttribute('data-probability-malignant'));
  await expect(spoken(page)).toHaveText(
    new RegExp(
      `^Run finished\\. If this is colon glands, H&E: ${label}\\. Probability of malignant (${value.toFixed(2)}|<0\\.01|>0\\.99)\\.`,
    ),
  );
});

test('a result is old from the moment that settings differ, and current again when they are put back', async ({
  page,
}) => {
  const file = glas('testA_41.jpg');
  test.skip(file === undefined, NO_SHARED_DATA);
  if (file === undefined) return;
  await runGlas(page, file);
  const value = await result(page).getAttribute('data-probability-malignant');
  const expectStale = async (reason: string) => {
    await expect(result(page)).toHaveAttribute('data-stale', 'true');
    await expect(heading(page)).toHaveText(/^Result of Compact gland MIL [\d.]+, all tissue, 0\.62 µm\/px$/);
    await expect(page.getByTestId('stale')).toHaveText(reason);
    await expect(result(page)).toHaveAttribute('data-probability-malignant', value ?? '');
    await expect(page.getByRole('button', { name: /^(Run|Cancel)/ }).and(page.locator('.run-button'))).toHaveText(
      'Run again',
    );
    await expect(spoken(page)).toHaveText(`The result is of other settings. ${reason}`);
  };
  const expectCurrent = async () => {
    await expect(result(page)).toHaveAttribute('data-stale', 'false');
    await expect(heading(page)).toHaveText('Result');
    await expect(page.getByTestId('stale')).toHaveCount(0);
    await expect(spoken(page)).toHaveText(/^The result is of the settings chosen now\. If this is colon glands/);
  };
  const number = result(page).locator('.probability');
  const color = () => number.evaluate((element) => getComputedStyle(element).color);
  const black = await color();

  await chooseTiles(page, '16 darkest');
  await expectStale('The choice of tiles has changed since.');
  expect(await color()).not.toBe(black);
  await expectNoViolations(page);
  await chooseTiles(page, 'All tissue');
  await expectCurrent();
  expect(await color()).toBe(black);

  const choose = async (name: RegExp) => {
    await page.getByRole('button', { name: /Model$/ }).click();
    await page.getByRole('option', { name }).click();
  };
  await choose(/^Seed network/);
  await expectStale('The model has changed since.');
  await choose(/^Compact gland MIL/);
  await expectCurrent();

  // The form is gone since it was used; a link brings it back.
  const size = page.getByRole('textbox', { name: /pixel size/i });
  for (const [given, then] of [
    ['0.5', () => expectStale('The pixel size has changed since.')],
    ['0,62', expectCurrent],
  ] as const) {
    await expect(size).toHaveCount(0);
    await page.getByRole('button', { name: 'Change the pixel size' }).click();
    await expect(size).toBeFocused();
    await size.fill(given);
    await page.keyboard.press('Enter');
    await then();
    await expect(page.getByRole('button', { name: 'Change the pixel size' })).toBeFocused();
  }
});

test('the focus stays on the one button, and a run is spoken of at its beginning, middle and end', async ({ page }) => {
  await page.goto('/?backend=wasm');
  await drop(page, sampleSlide);
  await expect(page.getByTestId('slide-info')).toHaveAttribute('data-levels', '3');
  await spoken(page).evaluate((status) => {
    const heard: string[] = [];
    Object.assign(window, { heard });
    new MutationObserver(() => heard.push(status.textContent ?? '')).observe(status, {
      characterData: true,
      childList: true,
      subtree: true,
    });
  });
  const button = page.locator('.run-button');
  const place = await button.boundingBox();
  await button.focus();
  await page.keyboard.press('Enter');
  await expect(button).toHaveText('Cancel');
  await expect(button).toBeFocused();
  // It stays under the pointer, too.
  expect(await button.boundingBox()).toEqual(place);
  await expect(result(page)).not.toHaveAttribute('data-probability-malignant', /./);
  await ended(page);
  await expect(button).toHaveText('Run again');
  await expect(button).toBeFocused();
  const heard = await page.evaluate(() => (window as unknown as { heard: string[] }).heard);
  expect(heard).toHaveLength(3);
  expect(heard[0]).toMatch(/^Run started: Compact gland MIL [\d.]+, all tissue, 0\.48 µm\/px\.$/);
  expect(heard[1]).toBe('Half of the tiles are done.');
  expect(heard[2]).toMatch(/^Run finished\. This slide is outside /);

  await page.keyboard.press('Enter');
  await expect(button).toHaveText('Cancel');
  await expect(heading(page)).toHaveText('Result so far');
  await page.keyboard.press('Enter');
  await expect(button).toHaveText('Run again');
  await expect(button).toBeFocused();
  await expect(spoken(page)).toHaveText('The run was cancelled.');
  await expect(result(page)).toHaveAttribute('data-stale', 'false');
});

test('a result that is dropped back says that it was not computed here', async ({ page }) => {
  await page.goto('/?backend=wasm');
  await drop(page, sampleSlide);
  await run(page);
  const value = await result(page).getAttribute('data-probability-malignant');
  await page.getByRole('button', { name: 'Export' }).click();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Result as JSON' }).click(),
  ]);
  const file = writeTestFile('dropped-back.json', readFileSync(await download.path()));
  await page.reload();
  await drop(page, sampleSlide);
  await expect(page.getByRole('button', { name: 'Run model' })).toBeVisible();
  await drop(page, file);
  await expect(result(page)).toHaveAttribute('data-probability-malignant', value ?? '');
  await expect(result(page)).toHaveAttribute('data-stale', 'false');
  await expect(result(page)).toContainText(/read from a file of \d{4}-\d\d-\d\d, not computed here/);
  await expect(spoken(page)).toHaveText(/^The result was read from a file\. This slide is outside /);
  await expect(page.getByRole('button', { name: 'Run again' })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Run model' })).toHaveCount(0);
});

/** That all of a part of the panel is on the screen without scrolling. */
async function expectInSight(page: Page, part: Locator) {
  const [box, around, footer] = await Promise.all(
    [part, panel(page), page.locator('footer')].map((one) => one.boundingBox()),
  );
  if (!box || !around || !footer) throw new Error('not drawn');
  expect(box.y).toBeGreaterThanOrEqual(around.y);
  expect(box.y + box.height).toBeLessThanOrEqual(footer.y);
}

test('with two warnings number, call, map choice, opacity and Export are in sight at 1280 x 800', async ({ page }) => {
  test.setTimeout(300_000);
  const [slide, image] = [sharedSlide('aperio/CMU-1-Small-Region.svs'), glas('testA_41.jpg')];
  test.skip(slide === undefined || image === undefined, NO_SHARED_DATA);
  if (slide === undefined || image === undefined) return;
  const expectAllInSight = async (...more: Locator[]) => {
    await expect(result(page).locator('.notice.warn')).toHaveCount(2);
    expect(await panel(page).evaluate(({ scrollTop }) => scrollTop)).toBe(0);
    const map = panel(page).getByRole('radio', { name: 'Contribution' }).locator('..');
    const opacity = panel(page).getByRole('slider', { name: 'Opacity' }).locator('..');
    const parts = [map, opacity, panel(page).getByRole('button', { name: 'Export' }), ...more];
    for (const part of parts) await expectInSight(page, part);
  };
  await page.goto('/?backend=wasm');
  await open(page, slide, '2220');
  await run(page);
  await expectAllInSight(
    page.getByTestId('raw-output'),
    result(page).getByText('No class is called.', { exact: true }),
  );
  // Facts and settings are a line each.
  await expect(page.getByTestId('slide-info').getByText('Format')).toBeHidden();
  await expect(page.getByTestId('slide-info')).toContainText('CMU-1-Small-Region.svs, 0.499 µm/px, 20×');
  await expect(page.getByRole('radio', { name: '16 darkest' })).toBeHidden();
  await expect(result(page).getByText('Pyramid level')).toBeHidden();

  // Inside its scope: other tiles than in training, and few of them.
  await open(page, image, '775');
  await chooseTiles(page, '16 darkest');
  await run(page);
  await expect(result(page)).toHaveAttribute('data-scope', /^(inside|unmeasured)$/);
  await expectAllInSight(result(page).locator('.probability'), page.getByTestId('call'));
});

test('engineering words stand in the details only, each under a name of its own', async ({ page }) => {
  await page.goto('/');
  await drop(page, sampleSlide);
  await expect(page.getByText(/Runs on this computer.s (graphics card|processor), checked$/)).toBeVisible({
    timeout: 60_000,
  });
  const words = /webgpu|wasm|webassembly|adapter|swiftshader|level \d+ of|log-odds|backend|golden/i;
  const said = panel(page).getByText(words).filter({ visible: true });
  await expect(said).toHaveCount(0);
  await run(page);
  await expect(result(page)).toContainText(/on this computer.s (graphics card|processor)/);
  await expect(said).toHaveCount(0);
  await result(page).getByRole('button', { name: 'Details' }).click();
  await expect(result(page).getByText('Computed by')).toBeVisible();
  await expect(said.first()).toBeVisible();
  const names = await result(page).locator('dt').allTextContents();
  expect(names.length).toBeGreaterThan(8);
  expect(new Set(names).size).toBe(names.length);
  await page.getByRole('button', { name: 'Slide', exact: true }).click();
  await expect(page.getByTestId('slide-info').getByText('Format')).toBeVisible();
  await expectNoViolations(page);
});

test('what a model is told of begins with its limits, and no figure lacks an interval', async ({ page }) => {
  await page.goto('/');
  await drop(page, sampleSlide);
  for (const name of [/^Compact phantom/, /^Seed network/, /^Compact gland/]) {
    await page.getByRole('button', { name: /Model$/ }).click();
    await page.getByRole('option', { name }).click();
    await page.getByRole('button', { name: 'About this model' }).click();
    const card = page.getByTestId('model-card');
    const words = (await card.textContent()) ?? '';
    const limits = await card.locator('li').allTextContents();
    expect(limits.length).toBeGreaterThan(1);
    expect(words.startsWith(limits.join(''))).toBe(true);
    expect(words).toContain('Figures');
    expect(words).toMatch(/AUROC [\d.]+ \((95 % interval|all pairs in order)/);
    expect(words).not.toMatch(/1\.0+–1\.0+/);
    expect(words).toContain('Glaser 2021');
    await expectNoViolations(page);
  }
});
