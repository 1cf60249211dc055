import path from 'node:path';
import type { Page } from '@playwright/test';
import { drop, expect, expectNoViolations, test, writeTestFile } from './milscope.ts';

const checkpoint = path.join(import.meta.dirname, '..', 'src', 'testing', 'goldens', 'torch', 'compact.pth');
const result = (page: Page) => page.getByTestId('result');

async function chooseModel(page: Page, name: RegExp) {
  await page.getByRole('button', { name: /Model$/ }).click();
  await page.getByRole('option', { name }).click();
}

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme });

    test('no axe violation on a desk, from the first visit to errors and dialogs', async ({ page }) => {
      await page.goto('/?backend=wasm');
      await expect(page.getByLabel('Open slide').first()).toBeAttached();
      await expectNoViolations(page, 'first visit');
      await page.getByRole('button', { name: /sample slide/i }).click();
      await expect(page.getByTestId('slide-info')).toBeVisible();
      await expectNoViolations(page, 'opened');
      await page.getByRole('button', { name: 'Run model' }).click();
      await expectNoViolations(page, 'running');
      await expect(result(page)).toHaveAttribute('data-scope', 'inside', { timeout: 120_000 });
      await expect(page.getByTestId('heatmap-legend')).toBeVisible();
      await expectNoViolations(page, 'inside');
      await chooseModel(page, /Compact gland/);
      await expect(result(page)).toHaveAttribute('data-stale', 'true');
      await expectNoViolations(page, 'stale');
      await page.getByRole('button', { name: 'Run again' }).click();
      await expect(result(page)).toHaveAttribute('data-scope', 'outside', { timeout: 120_000 });
      await expectNoViolations(page, 'outside');
      await drop(page, writeTestFile('words.svs', 'words'));
      await expect(page.getByTestId('error')).toBeVisible();
      await expectNoViolations(page, 'error');
      await page.getByRole('button', { name: 'Keyboard shortcuts' }).click();
      await expect(page.getByRole('dialog')).toBeVisible();
      await expectNoViolations(page, 'help');
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Open an address' }).click();
      await expect(page.getByRole('dialog')).toBeVisible();
      await expectNoViolations(page, 'address');
      await page.keyboard.press('Escape');
      await drop(page, checkpoint);
      await expect(page.getByTestId('import-plan')).toBeVisible();
      await expectNoViolations(page, 'import');
    });

    test('no axe violation on smaller screens', async ({ page }) => {
      await page.setViewportSize({ width: 390, height: 844 });
      await page.goto('/?backend=wasm');
      await expect(page.getByLabel('Open slide').first()).toBeAttached();
      await expectNoViolations(page, 'phone: first visit');
      await page.getByRole('button', { name: /sample slide/i }).click();
      await expect(page.getByTestId('slide-info')).toBeAttached();
      await page.getByRole('button', { name: 'Menu' }).click();
      await expect(page.getByRole('menu')).toBeVisible();
      await expectNoViolations(page, 'phone: menu');
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Run model' }).click();
      await expect(result(page)).toHaveAttribute('data-state', 'done', { timeout: 120_000 });
      await expectNoViolations(page, 'phone: sheet folded');
      await page.getByRole('button', { name: 'Show the panel' }).click();
      await expectNoViolations(page, 'phone: sheet open');
      await page.setViewportSize({ width: 1024, height: 768 });
      await expect(page.getByRole('button', { name: 'Open slide' })).toBeVisible();
      await expectNoViolations(page, 'tablet');
    });
  });
}
