import type { Page } from '@playwright/test';
import { drop, expect, NO_SHARED_DATA, type Rgb, sharedSlide, slideViewPixels, test } from './milscope.ts';
import { distance, scannerColours, scannerProfile, writeOneColour } from './one-colour.ts';

/** A tissue-like colour that the profile changes well. */
const colour = scannerColours.findLast(({ stored, srgb }) => distance(stored, srgb) > 25);

/** Drops a slide of that colour. */
async function openColour(page: Page, name: string) {
  if (colour === undefined) throw new Error('the golden profile changes no colour');
  await page.goto('/');
  await drop(page, await writeOneColour(name, colour.stored, scannerProfile.icc));
  return colour;
}

/** What stands in the middle of the slide view. */
async function middle(page: Page) {
  const picture = await slideViewPixels(page);
  return picture.at(Math.floor(picture.width / 2), Math.floor(picture.height / 2));
}

test('the colours of the scanner are shown, or those stored, and the page says which', async ({ page }) => {
  const { stored, srgb } = await openColour(page, 'profile.tiff');
  const line = page.getByTestId('colour-line');
  await expect(line).toHaveText(`Colour: scanner profile → sRGB (${scannerProfile.name})`);
  await expect.poll(async () => distance(await middle(page), srgb)).toBeLessThan(3);
  await page.getByTestId('slide-view').click();
  await page.keyboard.press('c');
  await expect(line).toHaveText(`Colour: as stored: profile ${scannerProfile.name} is off`);
  await expect.poll(async () => distance(await middle(page), stored)).toBeLessThan(2);
  await page.getByTestId('display').getByText('Scanner colours').click();
  await expect.poll(async () => distance(await middle(page), srgb)).toBeLessThan(3);
});

test('brightness, contrast and gamma change the slide by keys, say so, and go back', async ({ page }) => {
  const { srgb } = await openColour(page, 'adjusted.tiff');
  await expect.poll(async () => distance(await middle(page), srgb)).toBeLessThan(3);
  await expect(page.getByTestId('adjusted')).toHaveCount(0);
  await page.getByRole('button', { name: 'Brightness, contrast, gamma' }).click();
  await page.getByRole('slider', { name: 'Brightness' }).focus();
  for (let i = 0; i < 10; i++) await page.keyboard.press('ArrowLeft');
  await expect(page.getByTestId('adjusted')).toContainText('Display adjusted: brightness −10 %');
  const darker = srgb.map((value) => Math.max(0, value - 25.5)) as unknown as Rgb;
  await expect.poll(async () => distance(await middle(page), darker)).toBeLessThan(4);
  await page.keyboard.press('d');
  await expect(page.getByTestId('adjusted')).toHaveCount(0);
  await expect.poll(async () => distance(await middle(page), srgb)).toBeLessThan(3);
});

test('label and macro images stand on the screen only after a person asked', async ({ page }) => {
  const file = sharedSlide('aperio/CMU-1-Small-Region.svs');
  test.skip(file === undefined, NO_SHARED_DATA);
  if (file === undefined) return;
  await page.goto('/');
  await drop(page, file);
  await expect(page.getByTestId('slide-info')).toHaveAttribute('data-width', '2220');
  await expect(page.getByTestId('colour-line')).toHaveText('Colour: as stored: no profile in the slide');
  const label = page.getByRole('img', { name: 'label image' });
  await expect(label).toHaveCount(0);
  await page.getByRole('button', { name: /^Show .*label/ }).click();
  await expect.poll(() => label.evaluate((canvas) => (canvas as HTMLCanvasElement).width)).toBe(387);
  await page.getByRole('button', { name: /^Hide .*label/ }).click();
  await expect(label).toHaveCount(0);
});
