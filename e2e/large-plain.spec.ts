import { drop, expect, isStained, share, slideViewPixels, test, writeTestFile } from './milscope.ts';
import { plainTiff } from './plain-tiff.ts';

test('a slide of 50,000 x 50,000 px without small levels is soon seen whole, and sharp where it is looked at', async ({
  page,
}) => {
  const file = writeTestFile('plain-50k.tiff', plainTiff(50_000));
  await page.goto('/');
  const started = Date.now();
  await drop(page, file);
  const facts = page.getByTestId('slide-info');
  await expect(facts).toHaveAttribute('data-width', '50000');
  await expect(facts).toHaveAttribute('data-levels', '1');
  expect(Date.now() - started, 'ms until it is open').toBeLessThan(2_000);

  // All 38,416 tiles would take far longer, and ten times the memory of the view.
  const halves = async () => {
    const picture = await slideViewPixels(page);
    // The stage is wider than the slide; its middle is the slide's.
    const half = { ...picture, width: Math.floor(picture.width / 2) };
    const right = { ...half, at: (x: number, y: number) => picture.at(x + half.width, y) };
    return { left: share(half, isStained), right: share(right, isStained) };
  };
  await expect.poll(async () => (await halves()).left, { timeout: 60_000 }).toBeGreaterThan(0.5);
  expect((await halves()).right).toBeLessThan(0.1);

  const box = await page.getByTestId('slide-view').boundingBox();
  await page.mouse.move((box?.x ?? 0) + (box?.width ?? 0) / 2 - 100, (box?.y ?? 0) + (box?.height ?? 0) / 2);
  for (let i = 0; i < 20; i++) {
    await page.mouse.wheel(0, -200);
    await page.waitForTimeout(40);
  }
  await expect.poll(async () => (await halves()).left).toBeGreaterThan(0.8);
  await expect(page.getByTestId('error')).toHaveCount(0);
});
