import type { Page } from '@playwright/test';
import { fluorescenceBytes, type WrittenImage } from '../src/testing/written/fluorescence.ts';
import { drop, expect, expectNoViolations, share, slideViewPixels, test, writeTestFile } from './milscope.ts';

type Rgb = readonly [number, number, number];

/** Nuclei as discs on a grid, brighter to the right; a second stain in stripes between them; a third almost everywhere. */
const tissue: WrittenImage = {
  name: 'Tissue',
  width: 2048,
  height: 1536,
  channels: [
    {
      name: 'DAPI',
      color: [0, 0, 255],
      paint: (x, y) => (Math.hypot((x % 128) - 64, (y % 128) - 64) < 40 ? 60 + Math.floor(x / 16) : 4),
    },
    { name: 'Pan-CK', color: [0, 255, 0], paint: (_x, y) => (y % 256 < 60 ? 140 : 3) },
    { name: 'CD8', color: [255, 0, 0], paint: (x, y) => ((x * 7 + y * 13) % 97 < 12 ? 120 : 6) },
  ],
};
const many: WrittenImage = {
  name: 'Nine stains',
  width: 1024,
  height: 768,
  channels: Array.from({ length: 9 }, (_, i) => ({
    name: `Stain ${i + 1}`,
    color: i % 2 === 0 ? [255, 0, 255] : [0, 255, 255],
    paint: (x) => (Math.floor((x * 9) / 1024) === i ? 200 : 5),
  })),
};

const isBlue = ([red, green, blue]: Rgb) => blue > 60 && red < 40 && green < 40;
const isGreen = ([red, green]: Rgb) => green > 100 && red < 60;
const isMagenta = ([red, green, blue]: Rgb) => red > 100 && blue > 100 && green < 60;

const shareOf = async (page: Page, is: (rgb: Rgb) => boolean) => share(await slideViewPixels(page), is);
const row = (page: Page, name: string) => page.getByTestId('channel').filter({ hasText: name });

async function openFluorescence(page: Page) {
  const file = writeTestFile('fluorescence.ome.tif', await fluorescenceBytes([many, tissue]));
  await page.goto('/');
  await drop(page, file);
  await expect(page.getByTestId('channels')).toBeVisible();
  await expect.poll(() => shareOf(page, isBlue)).toBeGreaterThan(0.1);
  await expect.poll(() => shareOf(page, isGreen)).toBeGreaterThan(0.1);
}

test('a channel is turned off, given another window and colour, and all are put back', async ({ page }) => {
  await openFluorescence(page);
  const [blue, green] = [await shareOf(page, isBlue), await shareOf(page, isGreen)];
  const reset = page.getByTestId('channels').getByRole('button', { name: 'Reset' });
  await expect(reset).toBeDisabled();

  await page.getByRole('switch', { name: 'Pan-CK' }).focus();
  await page.keyboard.press('Space');
  await expect.poll(() => shareOf(page, isGreen)).toBeLessThan(0.001);
  await expect(row(page, 'Pan-CK').getByRole('slider')).toHaveCount(0);

  // Black is raised to where the dim nuclei on the left are gone.
  await page.getByRole('slider', { name: 'Black of DAPI' }).focus();
  for (let i = 0; i < 3; i++) await page.keyboard.press('PageUp');
  await expect.poll(() => shareOf(page, isBlue)).toBeLessThan(blue * 0.9);

  await page.getByLabel('Colour of DAPI').fill('#ff00ff');
  await expect.poll(() => shareOf(page, isMagenta)).toBeGreaterThan(0.05);
  await expect.poll(() => shareOf(page, isBlue)).toBeLessThan(0.01);

  await reset.click();
  await expect.poll(() => shareOf(page, isBlue)).toBeCloseTo(blue, 2);
  await expect.poll(() => shareOf(page, isGreen)).toBeCloseTo(green, 2);
  await expect(reset).toBeDisabled();
});

test('another image of the file is chosen, and of its nine channels seven at once', async ({ page }) => {
  await openFluorescence(page);
  const facts = page.getByTestId('slide-info');
  await expect(facts).toHaveAttribute('data-width', '2048');
  await page.getByRole('button', { name: 'One of 2 images in the file' }).click();
  await page.getByRole('option', { name: /Nine stains/ }).click();
  await expect(facts).toHaveAttribute('data-width', '1024');
  const channels = page.getByTestId('channels');
  await expect(channels).toContainText('7 of 9 on, the most at once');
  await expect(page.getByRole('switch', { name: 'Stain 9' })).toBeDisabled();
  await expect.poll(() => shareOf(page, isMagenta)).toBeGreaterThan(0.2);
  const before = await shareOf(page, isMagenta);

  await page.getByRole('switch', { name: 'Stain 1' }).focus();
  await page.keyboard.press('Space');
  await expect.poll(() => shareOf(page, isMagenta)).toBeLessThan(before * 0.85);
  await expect(page.getByRole('switch', { name: 'Stain 9' })).toBeEnabled();
  await page.getByRole('switch', { name: 'Stain 9' }).focus();
  await page.keyboard.press('Space');
  await expect(channels).toContainText('7 of 9 on');
  await expect.poll(() => shareOf(page, isMagenta)).toBeCloseTo(before, 1);

  await page.getByRole('button', { name: 'One of 2 images in the file' }).click();
  await page.getByRole('option', { name: /Tissue/ }).click();
  await expect(facts).toHaveAttribute('data-width', '2048');
  await expect(channels.getByRole('button', { name: 'Reset' })).toBeDisabled();
});

for (const colorScheme of ['light', 'dark'] as const)
  test(`no axe violation with channels on and off (${colorScheme})`, async ({ page }) => {
    await page.emulateMedia({ colorScheme });
    await openFluorescence(page);
    await expectNoViolations(page);
    await page.getByRole('switch', { name: 'CD8' }).focus();
    await page.keyboard.press('Space');
    await expect(row(page, 'CD8')).toHaveAttribute('data-on', 'false');
    await expectNoViolations(page);
  });
