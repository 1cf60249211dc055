import { existsSync } from 'node:fs';
import type { SlideInfo } from '../src/slide/slide.ts';
import {
  drop,
  expect,
  isStained,
  milscope,
  NO_SHARED_DATA,
  sampleSlide,
  share,
  sharedSlide,
  slideViewPixels,
  test,
} from './milscope.ts';

const SLIDES = [
  { name: 'the sample slide', file: sampleSlide },
  { name: 'CMU-1-Small-Region.svs', file: sharedSlide('aperio/CMU-1-Small-Region.svs') },
  { name: 'pdac-core-22k.tif', file: sharedSlide('tiff/pdac-core-22k.tif') },
];

for (const { name, file } of SLIDES) {
  test(`${name}: dropped, described as the command line does, and drawn`, async ({ page }) => {
    test.skip(file === undefined || !existsSync(file), NO_SHARED_DATA);
    if (file === undefined) return;
    const info = await milscope<SlideInfo>('inspect', file, '--json');
    await page.goto('/');
    await drop(page, file);
    const facts = page.getByTestId('slide-info');
    await expect(facts).toHaveAttribute('data-width', String(info.width));
    await expect(facts).toHaveAttribute('data-height', String(info.height));
    await expect(facts).toHaveAttribute('data-levels', String(info.levels.length));
    const mpp = Number(await facts.getAttribute('data-mpp'));
    expect(mpp).toBeCloseTo(((info.mpp?.x ?? 0) + (info.mpp?.y ?? 0)) / 2, 6);
    await expect
      .poll(async () => share(await slideViewPixels(page), isStained), { message: 'share of stained pixels' })
      .toBeGreaterThan(0.02);
  });
}

test('the button opens a slide, too, and the sample is one press away', async ({ page }) => {
  await page.goto('/');
  await page.getByLabel('Open slide').first().setInputFiles(sampleSlide);
  await expect(page.getByTestId('slide-info')).toBeVisible();
  await page.reload();
  await expect(page.getByTestId('slide-info')).toHaveCount(0);
  await page
    .getByRole('button', { name: /sample slide/i })
    .first()
    .click();
  await expect(page.getByTestId('slide-info')).toHaveAttribute('data-levels', '3');
});

test('keys zoom to a magnification and home again, and the view shows more detail', async ({ page }) => {
  await page.goto('/');
  await drop(page, sampleSlide);
  await expect(page.getByTestId('slide-info')).toBeVisible();
  const magnification = page.getByTestId('magnification').first();
  const shown = async () => Number(((await magnification.textContent()) ?? '').replace(/[^\d.]/g, ''));
  await expect.poll(shown).toBeGreaterThan(0);
  const atHome = await shown();
  await page.keyboard.press('4');
  await expect.poll(shown).toBeCloseTo(10, 0);
  await expect(page.getByTestId('scale-bar').first()).toContainText('µm');
  await page.keyboard.press('+');
  await expect.poll(shown).toBeGreaterThan(10.5);
  await page.keyboard.press('0');
  await expect.poll(async () => Math.abs((await shown()) - atHome) / atHome).toBeLessThan(0.05);
});
