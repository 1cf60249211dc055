import path from 'node:path';
import { chooseTiles, drop, expect, expectNoViolations, sampleSlide, test, writeTestFile } from './milscope.ts';

for (const colorScheme of ['light', 'dark'] as const) {
  test(`no axe violation from first visit to result (${colorScheme})`, async ({ page }) => {
    await page.emulateMedia({ colorScheme });
    await page.goto('/');
    await expect(page.getByLabel('Open slide').first()).toBeAttached();
    await expectNoViolations(page);
    await drop(page, sampleSlide);
    await expect(page.getByTestId('slide-info')).toBeVisible();
    await expectNoViolations(page);
    await page.getByRole('button', { name: 'Run model' }).click();
    await expect(page.getByTestId('result')).toHaveAttribute('data-state', 'done', { timeout: 120_000 });
    await expect(page.getByTestId('heatmap-legend')).toBeVisible();
    await expectNoViolations(page);
    for (const name of ['Details', 'Slide', 'About this model'])
      await page.getByRole('button', { name, exact: true }).click();
    await chooseTiles(page, '16 darkest');
    await expect(page.getByTestId('result')).toHaveAttribute('data-stale', 'true');
    await expectNoViolations(page);
    await drop(page, writeTestFile('words.svs', 'words'));
    await expect(page.getByTestId('error')).toBeVisible();
    await expectNoViolations(page);
    await drop(page, path.join(import.meta.dirname, '..', 'src', 'testing', 'goldens', 'torch', 'compact.pth'));
    await expect(page.getByTestId('import-plan')).toBeVisible();
    await expectNoViolations(page);
  });
}
