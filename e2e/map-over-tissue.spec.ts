import type { Page } from '@playwright/test';
import { expect, NO_SHARED_DATA, sampleSlide, tap, test } from './milscope.ts';
import { analyze, GLAS_MPP, glas, openAndRun } from './reviewed.ts';

/** The names of the codes of a coverage, as docs/result.schema.json has them. */
const REASONS = ['tile', 'background', 'pen', 'black', 'blur', 'edge', 'unreadable', 'cap'];

/** Sum of what the heatmap covers: 0 where nothing of it is drawn. */
const covered = (page: Page): Promise<number> =>
  page.locator('.heatmap-layer').evaluate((element) => {
    const { width, height } = element as HTMLCanvasElement;
    const pixels = (element as HTMLCanvasElement).getContext('2d')?.getImageData(0, 0, width, height).data ?? [];
    let sum = 0;
    for (let i = 3; i < pixels.length; i += 4) sum += pixels[i] ?? 0;
    return sum;
  });

/** How far the middle of the view is covered, 0..255. */
const coveredInTheMiddle = (page: Page): Promise<number> =>
  page.locator('.heatmap-layer').evaluate((element) => {
    const { width, height } = element as HTMLCanvasElement;
    const pixel = (element as HTMLCanvasElement).getContext('2d')?.getImageData(width >> 1, height >> 1, 1, 1).data;
    return pixel?.[3] ?? Number.NaN;
  });

test('H is a switch when tapped and bare tissue while held, as is Space on the slide', async ({ page }) => {
  await openAndRun(page, sampleSlide);
  const heatmap = page.getByRole('switch', { name: 'Heatmap' });
  await expect.poll(() => covered(page)).toBeGreaterThan(0);

  await tap(page, 'h');
  await expect(heatmap).not.toBeChecked();
  await expect.poll(() => covered(page)).toBe(0);
  await tap(page, 'h');
  await expect(heatmap).toBeChecked();
  await expect.poll(() => covered(page)).toBeGreaterThan(0);

  await page.keyboard.down('h');
  await expect.poll(() => covered(page)).toBe(0);
  // The repeats of a key that stays down.
  await page.keyboard.down('h');
  await page.keyboard.down('h');
  await expect(heatmap).toBeChecked();
  await page.keyboard.up('h');
  await expect.poll(() => covered(page)).toBeGreaterThan(0);
  await expect(heatmap).toBeChecked();

  await page.getByTestId('slide-view').locator('.openseadragon-canvas').first().focus();
  await page.keyboard.down(' ');
  await expect.poll(() => covered(page)).toBe(0);
  await page.keyboard.down(' ');
  expect(await page.evaluate(() => [document.scrollingElement?.scrollTop, document.body.scrollTop])).toEqual([0, 0]);
  await page.keyboard.up(' ');
  await expect.poll(() => covered(page)).toBeGreaterThan(0);
  await expect(heatmap).toBeChecked();

  // Who leaves the page while a key is down finds the map again.
  await page.keyboard.down('h');
  await expect.poll(() => covered(page)).toBe(0);
  await page.evaluate(() => window.dispatchEvent(new Event('blur')));
  await expect.poll(() => covered(page)).toBeGreaterThan(0);
  await page.keyboard.up('h');
  await expect(heatmap).toBeChecked();
});

test('the map never veils nuclei: from 20x on outlined, unless filling is asked for', async ({ page }) => {
  await openAndRun(page, sampleSlide);
  // The strongest of all: the view stays on its middle when it is no longer chosen.
  await page.locator('[data-side="against"] [data-testid="field"]').first().click();
  await expect.poll(() => coveredInTheMiddle(page), 'a field that is read is not covered').toBe(0);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: '10×' }).click();
  await expect.poll(() => coveredInTheMiddle(page)).toBeGreaterThan(100);
  await page.getByRole('button', { name: '20×' }).click();
  await expect.poll(() => coveredInTheMiddle(page)).toBe(0);
  expect(await covered(page)).toBeGreaterThan(0);
  await page.getByRole('button', { name: 'More of the map' }).click();
  const style = (name: string) => page.getByTestId('map-controls').locator('.segment').filter({ hasText: name });
  await style('Fill').click();
  await expect.poll(() => coveredInTheMiddle(page)).toBeGreaterThan(100);
  await style('Outline').click();
  await page.getByRole('button', { name: '10×' }).click();
  await expect.poll(() => coveredInTheMiddle(page)).toBe(0);
  expect(await covered(page)).toBeGreaterThan(0);
});

test('analyzed tiles are drawn also without the map, and hidden with it while a key is held', async ({ page }) => {
  await openAndRun(page, sampleSlide);
  await tap(page, 'h');
  await expect.poll(() => covered(page)).toBe(0);
  await page.getByTestId('coverage-switch').click();
  await expect.poll(() => covered(page)).toBeGreaterThan(0);
  await page.keyboard.down('h');
  await expect.poll(() => covered(page)).toBe(0);
  await page.keyboard.up('h');
  await expect.poll(() => covered(page)).toBeGreaterThan(0);
  await tap(page, 'a');
  await expect.poll(() => covered(page)).toBe(0);
});

for (const [name, tiles] of [
  ['testA_41.jpg', 6],
  ['testA_15.jpg', undefined],
] as const) {
  test(`what was looked at is shown with its counts (${name})`, async ({ page }) => {
    const file = glas(name);
    test.skip(file === undefined, NO_SHARED_DATA);
    if (file === undefined) return;
    const { bag } = (await analyze(file, '--mpp', GLAS_MPP)).attention;
    await openAndRun(page, file, GLAS_MPP);
    await expect(page.getByTestId('coverage')).toHaveCount(0);
    await page.getByTestId('coverage-switch').click();
    const wanted = new Map<string, number>();
    bag.coverage.cells.forEach((code, i, cells) => {
      const reason = REASONS[code] ?? '';
      if (i % 2 === 0) wanted.set(reason, (wanted.get(reason) ?? 0) + (cells[i + 1] ?? 0));
    });
    const shown = await page
      .getByTestId('coverage')
      .locator('li')
      .evaluateAll((items) =>
        items.map((item) => {
          const { reason, count } = (item as HTMLElement).dataset;
          return [reason, Number(count), item.textContent] as const;
        }),
      );
    expect(new Map(shown.map(([reason, count]) => [reason ?? '', count]))).toEqual(wanted);
    for (const [, count, words] of shown) expect(words).toContain(String(count));
    await expect(page.getByTestId('coverage').locator('[data-reason="tile"]')).toHaveText(`${bag.count} analyzed`);
    if (tiles !== undefined) {
      expect(bag.count).toBe(tiles);
      await expect(page.getByTestId('result')).toContainText(`${tiles} of ${tiles} tiles`);
    }
    await page.getByTestId('coverage-switch').click();
    await expect(page.getByTestId('coverage')).toHaveCount(0);
  });
}
