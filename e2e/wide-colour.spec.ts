import type { Locator } from '@playwright/test';
import { drop, expect, type Rgb, test } from './milscope.ts';
import { distance, scannerColours, scannerProfile, writeOneColour } from './one-colour.ts';
import { BROWSER_FLAGS } from './playwright.config.ts';

// A screen of Display-P3, as far as the page can tell.
test.use({
  launchOptions: async ({ launchOptions }, use) => {
    await use({ ...launchOptions, args: [...BROWSER_FLAGS, '--force-color-profile=display-p3-d65'] });
  },
});

/** A colour of the scanner that sRGB lacks and Display-P3 has. */
const outside = scannerColours.find(
  ({ srgb, displayP3 }) => srgb.includes(0) && Math.min(...displayP3) > 40 && Math.max(...displayP3) < 230,
);

/** What a canvas of the page holds in its middle, in the numbers of a colour space. */
const middleOf = (locator: Locator, colorSpace: 'srgb' | 'display-p3') =>
  locator.evaluate((canvas, colorSpace): [number, number, number] => {
    const { width, height } = canvas as HTMLCanvasElement;
    const context = (canvas as HTMLCanvasElement).getContext('2d');
    const pixel = context?.getImageData(width >> 1, height >> 1, 1, 1, { colorSpace }).data;
    return [pixel?.[0] ?? 0, pixel?.[1] ?? 0, pixel?.[2] ?? 0];
  }, colorSpace);

test('on a screen of Display-P3 the colours of the scanner reach it unclipped', async ({ page }) => {
  if (outside === undefined) throw new Error('the golden colours have none outside sRGB');
  await page.goto('/');
  await drop(page, await writeOneColour('wide.tiff', outside.stored, scannerProfile.icc));
  const line = page.getByTestId('colour-line');
  await expect(line).toHaveText(`Colour: scanner profile → Display-P3 (${scannerProfile.name})`);
  const wide = outside.displayP3;
  const slide = page.getByTestId('slide-view').locator('.openseadragon-canvas > canvas').first();
  const overview = page.locator('.navigator canvas').first();
  for (const canvas of [slide, overview])
    await expect.poll(async () => distance(await middleOf(canvas, 'display-p3'), wide)).toBeLessThan(4);

  await page.keyboard.press('c');
  await expect(line).toHaveText(`Colour: as stored: profile ${scannerProfile.name} is off`);
  await expect.poll(async () => distance(await middleOf(slide, 'srgb'), outside.stored)).toBeLessThan(3);
  await page.keyboard.press('c');
  await expect.poll(async () => distance(await middleOf(slide, 'display-p3'), wide)).toBeLessThan(4);
  // The heatmap's colours are those of its legend, which the page draws in sRGB.
  const space = page.locator('.heatmap-layer').evaluate((canvas) => {
    return (canvas as HTMLCanvasElement).getContext('2d')?.getContextAttributes().colorSpace;
  });
  expect(await space).toBe('srgb');
});

test('a slide without a profile is drawn there as everywhere', async ({ page }) => {
  const colour: Rgb = [190, 90, 160];
  await page.goto('/');
  await drop(page, await writeOneColour('no-profile.tiff', colour, undefined));
  await expect(page.getByTestId('colour-line')).toHaveText('Colour: as stored: no profile in the slide');
  const slide = page.getByTestId('slide-view').locator('.openseadragon-canvas > canvas').first();
  await expect.poll(async () => distance(await middleOf(slide, 'srgb'), colour)).toBe(0);
});
