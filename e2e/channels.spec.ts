import type { Page } from '@playwright/test';
import { fluorescenceBytes, type WrittenImage } from '../src/testing/written/fluorescence.ts';
import { drop, expect, expectNoViolations, type Rgb, share, slideViewPixels, test, writeTestFile } from './milscope.ts';

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

  await page.getByLabel('Colour of DAPI', { exact: true }).fill('#ff00ff');
  await expect.poll(() => shareOf(page, isMagenta)).toBeGreaterThan(0.05);
  await expect.poll(() => shareOf(page, isBlue)).toBeLessThan(0.01);

  await reset.click();
  await expect.poll(() => shareOf(page, isBlue)).toBeCloseTo(blue, 2);
  await expect.poll(() => shareOf(page, isGreen)).toBeCloseTo(green, 2);
  await expect(reset).toBeDisabled();
});

test('the window of a channel is typed, follows its slider, and stays inside what samples can be', async ({ page }) => {
  await openFluorescence(page);
  const blue = await shareOf(page, isBlue);
  const black = page.getByRole('textbox', { name: 'Black of DAPI' });
  const full = page.getByRole('textbox', { name: 'Full colour of DAPI' });
  const slider = page.getByRole('slider', { name: 'Black of DAPI' });
  const before = await slider.inputValue();
  // A place of the slider, so that both show the same number.
  const step = await slider.evaluate((input) => Number((input as HTMLInputElement).step));
  const typed = 75 * step;
  await black.fill(String(typed));
  await expect(slider).toHaveValue(before);
  await black.press('Enter');
  await expect(slider).toHaveValue(String(typed));
  await expect.poll(() => shareOf(page, isBlue)).toBeLessThan(blue * 0.7);

  await slider.focus();
  await page.keyboard.press('ArrowRight');
  const moved = String(typed + step);
  await expect(black).toHaveValue(moved);

  // Clamped at the other end of the window, at the end of the range, and given by leaving the field.
  await full.fill('100');
  await full.press('Enter');
  await expect(full).toHaveValue(String(Number(moved) + 1));
  await full.fill('99999');
  await black.focus();
  await expect(full).toHaveValue('65535');
  expect(await full.evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)).toBe(0);
  await expect(black).toHaveValue(moved);

  await black.fill('much');
  await black.press('Enter');
  await expect(black).toHaveValue(moved);
  await black.fill('7');
  await black.press('Escape');
  await expect(black).toHaveValue(moved);
});

test('while a channel is read anew the picture before stays', async ({ page }) => {
  await openFluorescence(page);
  await page.evaluate(() => {
    const view = document.querySelector('[data-testid="slide-view"] .openseadragon-canvas');
    const overview = document.querySelector('.navigator .openseadragon-canvas');
    const isBlank = (canvas: Element | null) =>
      canvas instanceof HTMLCanvasElement &&
      canvas.getContext('2d')?.getImageData(canvas.width >> 1, canvas.height >> 1, 1, 1).data[3] === 0;
    const seen = { held: 0, blank: 0, blankOverview: 0 };
    Object.assign(window, { seen });
    const look = () => {
      const held = view?.querySelector(':scope > .held-picture') ?? null;
      if (held !== null) seen.held++;
      if (isBlank(held ?? view?.querySelector('canvas') ?? null)) seen.blank++;
      if (isBlank(overview?.querySelector('.held-picture') ?? overview?.querySelector('canvas') ?? null))
        seen.blankOverview++;
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
  for (const name of ['Pan-CK', 'CD8', 'Pan-CK']) {
    await page.getByRole('switch', { name }).focus();
    await page.keyboard.press('Space');
    await page.waitForTimeout(700);
  }
  await expect(page.locator('.held-picture')).toHaveCount(0);
  await expect.poll(() => shareOf(page, isGreen)).toBeGreaterThan(0.1);
  const seen = await page.evaluate(
    () => (window as unknown as { seen: { held: number; blank: number; blankOverview: number } }).seen,
  );
  expect({ ...seen, held: seen.held > 0 }).toEqual({ held: true, blank: 0, blankOverview: 0 });
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

test('another image of a file and back: the same place at the same scale', async ({ page }) => {
  await openFluorescence(page);
  const facts = page.getByTestId('slide-info');
  const magnification = page.getByTestId('magnification').first();
  const choose = async (name: RegExp, width: string) => {
    await page.getByRole('button', { name: 'One of 2 images in the file' }).click();
    await page.getByRole('option', { name }).click();
    await expect(facts).toHaveAttribute('data-width', width);
  };
  await expect(magnification).toBeVisible();
  const home = await magnification.textContent();
  await page.keyboard.press('+');
  await page.keyboard.press('+');
  await page.keyboard.press('ArrowRight');
  await expect(magnification).not.toHaveText(home ?? '');
  // Until the view has come to rest.
  let seen = await magnification.textContent();
  await expect
    .poll(async () => {
      const before = seen;
      seen = await magnification.textContent();
      return before === seen;
    })
    .toBe(true);
  await choose(/Nine stains/, '1024');
  await choose(/Tissue/, '2048');
  await expect(magnification).toHaveText(seen ?? '');
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
