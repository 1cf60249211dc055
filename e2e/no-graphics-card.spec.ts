import { drop, expect, sampleSlide, test } from './milscope.ts';

// A browser as it comes, without the flags that give the other tests a software WebGPU.
test.use({
  launchOptions: async ({ launchOptions }, use) => use({ ...launchOptions, args: ['--no-sandbox', '--disable-gpu'] }),
});

test('without WebGPU the processor runs the model, and the page says so', async ({ page }) => {
  await page.goto('/');
  await drop(page, sampleSlide);
  await expect(page.getByTestId('slide-info')).toBeVisible();
  await page.getByRole('button', { name: 'Run model' }).click();
  const result = page.getByTestId('result');
  await expect(result).toHaveAttribute('data-state', 'done', { timeout: 120_000 });
  await expect(result).toHaveAttribute('data-backend', 'wasm');
  await expect(result).toContainText("on this computer's processor");
});

test('WebGPU asked for and not there is an error of its own', async ({ page }) => {
  await page.goto('/?backend=webgpu');
  await drop(page, sampleSlide);
  await expect(page.getByTestId('slide-info')).toBeVisible();
  await page.getByRole('button', { name: 'Run model' }).click();
  await expect(page.locator('[data-testid="error"][data-code="gpu/unavailable"]').first()).toBeVisible();
  await expect(page.getByTestId('result')).toHaveAttribute('data-state', 'failed');
});
