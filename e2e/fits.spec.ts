import path from 'node:path';
import type { BrowserContextOptions, Page } from '@playwright/test';
import { overlaps, smallTargets, unreadableText } from './layout.ts';
import {
  drop,
  expect,
  isStained,
  sampleSlide,
  share,
  slideViewPixels,
  test,
  toImage,
  writeTestFile,
} from './milscope.ts';

const checkpoint = path.join(import.meta.dirname, '..', 'src', 'testing', 'goldens', 'torch', 'compact.pth');
const result = (page: Page) => page.getByTestId('result');
const sheet = (page: Page) => page.getByTestId('sheet');
const handle = (page: Page) => page.getByRole('button', { name: /^(Show|Fold) the panel$/ });
const magnification = async (page: Page) => (await page.getByTestId('magnification').first().textContent()) ?? '';

async function openSample(page: Page) {
  await page.goto('/?backend=wasm');
  await page.getByRole('button', { name: /sample slide/i }).click();
  await expect(page.getByTestId('slide-info')).toBeAttached();
  await expect(page.getByTestId('magnification').first()).toContainText('×');
}

async function runModel(page: Page) {
  await page.getByRole('button', { name: 'Run model' }).click();
  await expect(result(page)).toHaveAttribute('data-state', 'done', { timeout: 120_000 });
  await expect(page.getByTestId('fields')).toBeVisible();
}

const TOUCH = { hasTouch: true, isMobile: true };
const WINDOWS: readonly { name: string; use: BrowserContextOptions; hasSheet: boolean }[] = [
  { name: '1280x800', use: { viewport: { width: 1280, height: 800 } }, hasSheet: false },
  { name: '1024x768', use: { viewport: { width: 1024, height: 768 } }, hasSheet: false },
  { name: '390x844, touch', use: { viewport: { width: 390, height: 844 }, ...TOUCH }, hasSheet: true },
  { name: '360x740, touch', use: { viewport: { width: 360, height: 740 }, ...TOUCH }, hasSheet: true },
  { name: '320x640', use: { viewport: { width: 320, height: 640 } }, hasSheet: true },
  { name: '640x400, a desk at 200 % zoom', use: { viewport: { width: 640, height: 400 } }, hasSheet: false },
];

for (const { name, use, hasSheet } of WINDOWS) {
  test.describe(name, () => {
    test.use(use);

    test('everything is in the window and large enough to hit', async ({ page }) => {
      const least = use.hasTouch === true ? 44 : 24;
      const check = async (state: string) => {
        expect(await unreadableText(page), state).toEqual([]);
        expect(await smallTargets(page, least), state).toEqual([]);
        expect(await overlaps(page), state).toEqual([]);
      };
      await page.goto('/?backend=wasm');
      await expect(page.getByRole('button', { name: 'Open slide' })).toBeVisible();
      await check('first visit');
      // A finger drops nothing.
      await expect(page.getByText(/Drop a slide here/)).toBeVisible({ visible: use.hasTouch !== true });
      await openSample(page);
      await check('opened');
      await expect(page.locator('header .slide-name')).toHaveText('prostate-phantom.tiff');
      await expect(handle(page)).toHaveCount(hasSheet ? 1 : 0);
      if (hasSheet) await expect(page.getByRole('button', { name: 'Run model' })).toBeInViewport({ ratio: 1 });
      await runModel(page);
      await check('result');
      await expect(page.getByText('Research use only. Not for diagnosis.')).toBeInViewport({ ratio: 1 });
      const [view, fields, magnified] = await Promise.all(
        [page.getByTestId('slide-view'), page.getByTestId('fields'), page.getByTestId('magnification').first()].map(
          (one) => one.boundingBox(),
        ),
      );
      expect(view?.height).toBeGreaterThan(150);
      expect(magnified?.x).toBeGreaterThanOrEqual(0);
      const navigator = await page.locator('.slide-view .navigator').boundingBox();
      expect(navigator?.width).toBeLessThanOrEqual((view?.width ?? 0) / 4 + 2);
      if (!hasSheet) {
        await expect(result(page).getByText('>0.99', { exact: true })).toBeInViewport({ ratio: 1 });
        return;
      }
      const folded = await sheet(page).boundingBox();
      expect(folded?.y).toBeGreaterThanOrEqual((fields?.y ?? 0) + (fields?.height ?? 0) - 1);
      await expect(sheet(page).locator('.sheet-head')).toContainText('Malignant >0.99');
      await handle(page).click();
      await expect(handle(page)).toHaveAttribute('aria-expanded', 'true');
      await expect(result(page).getByText('>0.99', { exact: true })).toBeInViewport({ ratio: 1 });
      await check('sheet open');
      // The slide behind it has not moved.
      expect(await page.getByTestId('slide-view').boundingBox()).toEqual(view);
    });
  });
}

for (const [name, use] of [
  ['a desk', { viewport: { width: 1280, height: 800 } }],
  ['a phone', { viewport: { width: 390, height: 844 }, ...TOUCH }],
] as const) {
  test.describe(`dialogs on ${name}`, () => {
    test.use(use);

    test('fit, with what is pressed in sight', async ({ page }) => {
      const check = async (state: string) => {
        expect(await unreadableText(page), state).toEqual([]);
        expect(await smallTargets(page, name === 'a phone' ? 44 : 24), state).toEqual([]);
      };
      const dialog = page.getByRole('dialog');
      await page.goto('/');
      await page.getByRole('button', { name: 'Open an address' }).click();
      await expect(dialog).toBeVisible();
      await check('address');
      await page.keyboard.press('Escape');
      await expect(dialog).toHaveCount(0);
      await page.getByLabel('Open slide').first().setInputFiles(checkpoint);
      await expect(page.getByTestId('import-plan')).toBeVisible();
      await check('import');
      await expect(dialog.getByRole('button', { name: 'Import', exact: true })).toBeInViewport({ ratio: 1 });
      await page.keyboard.press('Escape');
      await page.getByLabel('Open slide').first().setInputFiles(writeTestFile('broken.pth', 'no tensors'));
      await expect(dialog.getByTestId('error')).toBeVisible();
      await check('refused import');
      expect((await dialog.textContent())?.match(/Nothing was changed/g)?.length).toBe(1);
      await expect(dialog).not.toContainText(/golden|1 x H/i);
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: /sample slide/i }).click();
      await expect(page.getByTestId('magnification').first()).toContainText('×');
      await page.keyboard.press('?');
      await expect(dialog.getByText('Show file names')).toBeInViewport({ ratio: 1 });
      await check('help');
    });
  });
}

test.describe('a phone', () => {
  test.use({ viewport: { width: 390, height: 844 }, ...TOUCH });

  test('one menu opens slides, changes the theme and gives help', async ({ page }) => {
    await page.goto('/?backend=wasm');
    const menu = page.getByRole('button', { name: 'Menu' });
    await menu.click();
    await expect(page.getByRole('menuitem')).toHaveText([
      'Open slide',
      'Open a folder (DICOM, MIRAX)',
      'Open an address',
      'Open sample slide',
      'Dark theme',
      'Help and keys',
    ]);
    expect(await unreadableText(page)).toEqual([]);
    await page.getByRole('menuitem', { name: 'Dark theme' }).click();
    await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
    await menu.click();
    const chooser = page.waitForEvent('filechooser');
    await page.getByRole('menuitem', { name: 'Open slide' }).click();
    await (await chooser).setFiles(sampleSlide);
    await expect(page.getByTestId('slide-info')).toBeAttached();
    await menu.click();
    await page.getByRole('menuitem', { name: 'Help and keys' }).click();
    await expect(page.getByRole('dialog')).toBeVisible();
  });

  test('the sheet is drawn up and down, pressed, and opened by the focus that goes into it', async ({ page }) => {
    await openSample(page);
    const head = sheet(page).locator('.sheet-summary');
    const heightNow = async () => (await sheet(page).boundingBox())?.height ?? 0;
    const folded = await heightNow();
    const drawBy = async (up: number) => {
      const box = await head.boundingBox();
      const [x, y] = [(box?.x ?? 0) + 60, (box?.y ?? 0) + 20];
      await page.mouse.move(x, y);
      await page.mouse.down();
      await page.mouse.move(x, y - up / 2);
      expect(await heightNow()).not.toBe(folded);
      await page.mouse.move(x, y - up);
      await page.mouse.up();
    };
    await drawBy(300);
    await expect(handle(page)).toHaveAttribute('aria-expanded', 'true');
    expect(await heightNow()).toBeGreaterThan(0.75 * 844);
    expect(await heightNow()).toBeLessThan(0.86 * 844);
    await drawBy(-300);
    await expect(handle(page)).toHaveAttribute('aria-expanded', 'false');
    await handle(page).focus();
    await page.keyboard.press('Enter');
    await expect(handle(page)).toHaveAttribute('aria-expanded', 'true');
    await page.keyboard.press('Escape');
    await expect(handle(page)).toHaveAttribute('aria-expanded', 'false');
    await expect(handle(page)).toBeFocused();
    // The next stop is in the panel: the sheet opens for it.
    await page.keyboard.press('Tab');
    await expect(handle(page)).toHaveAttribute('aria-expanded', 'true');
    await expect(sheet(page).locator('.sheet-body :focus')).toBeInViewport({ ratio: 1 });
  });
});

test('forced colors: what is on, how far, and the threshold can be seen', async ({ page }) => {
  await page.emulateMedia({ forcedColors: 'active' });
  await openSample(page);
  await runModel(page);
  const look = async (selector: string) => {
    const one = page.locator(selector).first();
    return toImage(await one.screenshot({ animations: 'disabled' }));
  };
  const colorsOf = (image: Awaited<ReturnType<typeof look>>) =>
    new Set(Array.from({ length: image.width }, (_, x) => image.at(x, 0).join()));
  const map = page.getByRole('switch', { name: 'Heatmap' });
  await map.focus();
  await expect(page.getByRole('tooltip')).toContainText('Map on or off');
  const track = async () => (await page.locator('.switch-track').first().screenshot()).toString('base64');
  const on = await track();
  await map.press('Space');
  await expect(map).not.toBeChecked();
  expect(await track()).not.toBe(on);
  // Fill, thumb, rail: a rail that is not there leaves the surface.
  const slider = await look('.slider-track');
  const surface = slider.at(slider.width - 2, 1).join();
  expect(slider.at(2, Math.round(slider.height / 2)).join()).not.toBe(surface);
  expect(slider.at(slider.width - 3, Math.round(slider.height / 2)).join()).not.toBe(surface);
  // Above the line there is nothing but the mark of the threshold.
  const line = await page.locator('.scale-track').boundingBox();
  if (line === null) throw new Error('no scale');
  const above = { x: line.x, y: line.y - 6, width: line.width - 10, height: 2 };
  const mark = toImage(await page.screenshot({ clip: above }));
  expect(colorsOf(mark).size).toBeGreaterThan(1);
  const chosen = await look('.segment[data-selected]');
  const other = await look('.segment:not([data-selected])');
  expect(chosen.at(3, 8).join()).not.toBe(other.at(3, 8).join());
});

test('prints one page without controls: view, legend, result, facts, and what it is not for', async ({ page }) => {
  await page.emulateMedia({ colorScheme: 'dark' });
  await openSample(page);
  await runModel(page);
  const before = [await magnification(page), await page.getByTestId('slide-view').boundingBox()];
  for (const format of ['A4', 'Letter']) {
    for (const landscape of [false, true]) {
      const pdf = (await page.pdf({ format, landscape })).toString('latin1');
      expect(pdf.match(/\/Type\s*\/Page\b/g)?.length, `${format} ${landscape}`).toBe(1);
      // A canvas of WebGL that does not survive leaves a page without a picture.
      expect(pdf).toMatch(/\/Subtype\s*\/Image/);
    }
  }
  await page.emulateMedia({ media: 'print' });
  const paper = page.getByTestId('print-page');
  await expect(paper).toBeVisible();
  await expect(paper).toContainText('Research use only. Not for diagnosis.');
  await expect(paper).toContainText('Slide 1');
  await expect(paper).not.toContainText('prostate-phantom');
  await expect(paper).toContainText('Result of Compact phantom MIL');
  await expect(paper).toContainText('6,144 × 4,096 px');
  await expect(paper).toContainText('towards malignant');
  for (const role of ['button', 'slider', 'switch', 'combobox'] as const)
    await expect(page.getByRole(role)).toHaveCount(0);
  const picture = toImage(await paper.locator('.print-picture canvas').screenshot());
  expect(share(picture, isStained)).toBeGreaterThan(0.2);
  await page.emulateMedia({ media: 'screen' });
  await expect(paper).toHaveCount(0);
  expect([await magnification(page), await page.getByTestId('slide-view').boundingBox()]).toEqual(before);
  expect(share(await slideViewPixels(page), isStained)).toBeGreaterThan(0.2);
});

test('the title of the tab names the file only where file names are shown', async ({ page }) => {
  await page.goto('/');
  await expect(page).toHaveTitle('milscope');
  await drop(page, sampleSlide);
  await expect(page).toHaveTitle('Slide 1 – milscope');
  await drop(page, writeTestFile('S26-01234.svs', 'no slide'));
  await expect(page.getByTestId('error')).toBeVisible();
  await expect(page).toHaveTitle('Slide 1 – milscope');
  await drop(page, sampleSlide);
  await expect(page).toHaveTitle('Slide 2 – milscope');
  await page.getByRole('button', { name: 'Keyboard shortcuts' }).click();
  await page.getByRole('switch', { name: 'Show file names' }).press('Space');
  await expect(page).toHaveTitle('prostate-phantom.tiff – milscope');
  await page.getByRole('switch', { name: 'Show file names' }).press('Space');
  await expect(page).toHaveTitle('Slide 2 – milscope');
});

test('every button without words says its name on hover and on focus', async ({ page }) => {
  await openSample(page);
  await runModel(page);
  await drop(page, writeTestFile('words.svs', 'words'));
  await expect(page.getByTestId('error')).toBeVisible();
  const buttons = page.locator('button:visible').filter({ hasNotText: /\S/ });
  const count = await buttons.count();
  // Two ways to open, theme, help, six tools, the dismissal of the error, the table of tiles.
  expect(count).toBeGreaterThanOrEqual(12);
  for (let at = 0; at < count; at++) {
    const button = buttons.nth(at);
    if ((await button.getAttribute('data-testid')) === 'field') continue;
    const name = (await button.getAttribute('aria-label')) ?? '';
    const tip = page.getByRole('tooltip').filter({ hasText: name });
    // A pointer that was moved before it comes over the button, as a hand does it.
    await page.mouse.move(641, 401);
    await button.hover();
    await expect(tip, `hover: ${name}`).toBeVisible();
    await page.mouse.move(640, 400);
    await expect(page.getByRole('tooltip')).toHaveCount(0);
    // Only the keyboard's focus shows it.
    await button.focus();
    await page.keyboard.press('Shift+Tab');
    await button.focus();
    await expect(tip, `focus: ${name}`).toBeVisible();
    await button.blur();
    await expect(page.getByRole('tooltip')).toHaveCount(0);
  }
});

test('the focus is on the slide once it has opened, and stays where it is when that fails', async ({ page }) => {
  const slide = page.locator('.openseadragon-canvas').first();
  await openSample(page);
  await expect(slide).toBeFocused();
  // The keyboard's way past the bar.
  await page.reload();
  await page.getByRole('button', { name: /sample slide/i }).press('Enter');
  await expect(slide).toBeFocused();
  const theme = page.getByRole('button', { name: /^(Dark|Light) theme$/ });
  await theme.focus();
  await drop(page, writeTestFile('words.svs', 'words'));
  await expect(page.getByTestId('error')).toBeVisible();
  await expect(theme).toBeFocused();
  const skip = page.getByRole('link', { name: 'Skip to slide' });
  await skip.focus();
  await expect(skip).toBeInViewport({ ratio: 1 });
  await page.keyboard.press('Enter');
  await expect(slide).toBeFocused();
  // Whoever reads the help goes on reading.
  await page.getByRole('button', { name: 'Keyboard shortcuts' }).press('Enter');
  await expect(page.getByRole('dialog')).toBeVisible();
  await drop(page, sampleSlide);
  await expect(page).toHaveTitle('Slide 2 – milscope');
  await expect(page.getByTestId('magnification').first()).toBeAttached();
  expect(await page.evaluate(() => document.activeElement?.closest('[role=dialog]') !== null)).toBe(true);
});

test('the dialogs open also when the network is gone after the first view', async ({ page, context }) => {
  const chunks = new Set<string>();
  page.on('response', (response) => chunks.add(response.url().replace(/.*\/([A-Za-z]+)-[^/]*\.js$/, '$1')));
  await page.goto('/');
  await expect.poll(() => ['KeySheet', 'ImportDialog', 'OpenAddress'].every((name) => chunks.has(name))).toBe(true);
  await context.setOffline(true);
  await page.getByRole('button', { name: 'Open an address' }).click();
  await expect(page.getByRole('textbox', { name: 'Address of the slide' })).toBeFocused();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Keyboard shortcuts' }).click();
  await expect(page.getByRole('heading', { name: 'Keyboard shortcuts' })).toBeVisible();
});
