import type { Page } from '@playwright/test';
import { expect, sampleSlide, test } from './milscope.ts';

test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

interface Fingers {
  /** CSS px between the two. */
  readonly apart: number;
  /** Degrees, clockwise. */
  readonly turned: number;
}

/** Two fingers around the middle of the view go from one place to another, and leave. */
async function pinch(page: Page, from: Fingers, to: Fingers): Promise<void> {
  const box = await page.getByTestId('slide-view').boundingBox();
  if (!box) throw new Error('no view');
  const session = await page.context().newCDPSession(page);
  const at = ({ apart, turned }: Fingers) =>
    [0, 180].map((side, id) => {
      const angle = ((turned + side) * Math.PI) / 180;
      const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
      return { id, x: x + (apart / 2) * Math.cos(angle), y: y + (apart / 2) * Math.sin(angle) };
    });
  await session.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: at(from) });
  const steps = 20;
  for (let k = 1; k <= steps; k++) {
    const between = (key: keyof Fingers) => from[key] + ((to[key] - from[key]) * k) / steps;
    const touchPoints = at({ apart: between('apart'), turned: between('turned') });
    await session.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints });
    await page.evaluate(() => new Promise(requestAnimationFrame));
  }
  await session.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
  await session.detach();
}

async function openSample(page: Page) {
  await page.goto('/');
  await page.getByLabel('Open slide').first().setInputFiles(sampleSlide);
  await expect(page.getByTestId('slide-view')).toHaveAttribute('aria-busy', 'false');
}

const magnification = async (page: Page) =>
  Number.parseFloat((await page.getByTestId('magnification').first().textContent()) ?? '');
const turned = (page: Page) => page.getByTitle('Turn upright');

test('a pinch zooms, and turns the slide only when it is meant', async ({ page }) => {
  await openSample(page);
  const before = await magnification(page);
  // Fingers that zoom are never quite straight.
  await pinch(page, { apart: 80, turned: 20 }, { apart: 200, turned: 32 });
  await expect.poll(() => magnification(page)).toBeGreaterThan(before * 1.8);
  await expect(turned(page)).toHaveCount(0);

  await pinch(page, { apart: 160, turned: 0 }, { apart: 160, turned: 60 });
  await expect(turned(page)).toHaveText(/^4[3-7]°$/);
  await turned(page).tap();
  await expect(turned(page)).toHaveCount(0);

  // Near a quarter turn it is one.
  await pinch(page, { apart: 160, turned: 0 }, { apart: 160, turned: 101 });
  await expect(turned(page)).toHaveText('90°');
});

test('on a phone the overview in the corner leaves the slide free, and nothing of the view leaves the screen', async ({
  page,
}) => {
  await openSample(page);
  const [view, corner] = await Promise.all(
    [page.getByTestId('slide-view'), page.locator('.navigator')].map((one) => one.boundingBox()),
  );
  if (!view || !corner) throw new Error('no view');
  expect(corner.width).toBeLessThanOrEqual(view.width / 4 + 2);
  expect(corner.height).toBeLessThanOrEqual(view.height / 4 + 2);
  const presets = page.getByRole('toolbar', { name: 'Magnification' }).getByRole('button');
  await expect(presets).toHaveCount(6);
  for (const preset of await presets.all()) {
    const box = await preset.boundingBox();
    if (!box) throw new Error('no preset');
    expect(Math.min(box.width, box.height)).toBeGreaterThanOrEqual(44);
    expect(box.x).toBeGreaterThanOrEqual(view.x);
    expect(box.x + box.width).toBeLessThanOrEqual(view.x + view.width);
  }
});
