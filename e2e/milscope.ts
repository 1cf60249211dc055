/** What every browser test shares: the page under watch, slides to drop, and the command line to compare with. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import AxeBuilder from '@axe-core/playwright';
import { test as base, expect, type Page } from '@playwright/test';
import { decode } from 'fast-png';

const root = path.dirname(import.meta.dirname);

interface Watched {
  readonly foreign: string[];
  readonly thrown: string[];
  /** That nothing was asked of another origin and nothing was thrown. */
  check(): void;
}

/** Watches a page from now on. */
export function watch(page: Page, baseURL = ''): Watched {
  const [foreign, thrown] = [[] as string[], [] as string[]];
  const origin = new URL(baseURL).origin;
  page.context().on('request', (request) => {
    const url = request.url();
    const isOwn = url.startsWith(`${origin}/`) || url.startsWith('blob:') || url.startsWith('data:');
    if (!isOwn || !['GET', 'HEAD'].includes(request.method())) foreign.push(`${request.method()} ${url}`);
  });
  page.on('pageerror', (error) => thrown.push(String(error)));
  page.on('console', (message) => {
    // What the content security policy blocks stands here and nowhere else.
    if (message.type() === 'error' && /Content Security Policy/.test(message.text())) thrown.push(message.text());
  });
  return {
    foreign,
    thrown,
    check() {
      expect(foreign, 'requests that leave the page’s own origin').toEqual([]);
      expect(thrown, 'errors nobody caught').toEqual([]);
    },
  };
}

/** The page, and after each test what `watch` promises. */
export const test = base.extend<{ watched: Watched }>({
  watched: [
    async ({ page, baseURL }, use) => {
      const watched = watch(page, baseURL);
      await use(watched);
      watched.check();
    },
    { auto: true },
  ],
});

export { expect };

/** The built-in phantom, made by the build. */
export const sampleSlide = path.join(root, 'public', 'sample', 'prostate-phantom.tiff');

/** A slide of the shared data folder, or undefined where that is absent; MILSCOPE_DATA names another place. */
export function sharedSlide(relative: string): string | undefined {
  const file = path.join(process.env.MILSCOPE_DATA ?? path.join(root, '..', 'shared', 'data'), 'slides', relative);
  return existsSync(file) ? file : undefined;
}

/** Why a test of a shared slide is skipped. */
export const NO_SHARED_DATA = 'needs the shared slides (../shared/data or MILSCOPE_DATA), which are not here';

/** Drops files of the disk on the window, as the desktop does. */
export async function drop(page: Page, ...files: readonly string[]): Promise<void> {
  const session = await page.context().newCDPSession(page);
  // Inside the window, also where that is a phone's.
  const x = Math.min(400, (page.viewportSize()?.width ?? 800) / 2);
  const data = { items: [], files: [...files], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
    await session.send('Input.dispatchDragEvent', { type, x, y: 300, data });
  }
  await session.detach();
}

/** The one JSON object of a command, for example `milscope('inspect', file)`. */
export async function milscope<T>(...words: readonly string[]): Promise<T> {
  const { stdout } = await promisify(execFile)(process.execPath, [path.join(root, 'dist-cli', 'bin.js'), ...words], {
    maxBuffer: 2 ** 28,
  });
  return JSON.parse(stdout) as T;
}

export type Rgb = readonly [number, number, number];

export interface RgbImage {
  readonly width: number;
  readonly height: number;
  /** RGBA or RGB, row-major. */
  at(x: number, y: number): Rgb;
}

/** What stands on the screen in the slide view, CSS px. */
export async function slideViewPixels(page: Page): Promise<RgbImage> {
  return toImage(await page.getByTestId('slide-view').screenshot({ animations: 'disabled' }));
}

export function toImage(png: Uint8Array): RgbImage {
  const { width, height, channels, data } = decode(png);
  return {
    width,
    height,
    at: (x, y) => {
      const from = (y * width + x) * channels;
      return [data[from] ?? 0, data[from + 1] ?? 0, data[from + 2] ?? 0];
    },
  };
}

/** Share of pixels for which `is` holds, every third row and column looked at. */
export function share(image: RgbImage, is: (rgb: Rgb) => boolean): number {
  let count = 0;
  let hits = 0;
  for (let y = 0; y < image.height; y += 3) {
    for (let x = 0; x < image.width; x += 3) {
      count++;
      if (is(image.at(x, y))) hits++;
    }
  }
  return hits / count;
}

/** Stained tissue: more red and blue than green, and not the grey of the page. */
export const isStained = ([red, green, blue]: Rgb): boolean =>
  Math.min(red, blue) - green > 12 && Math.max(red, green, blue) > 60;

/** A file of our own making in the tests' own folder; `name` may have folders. */
export function writeTestFile(name: string, bytes: Uint8Array | string): string {
  const file = path.join(root, '.cache', 'e2e', name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, bytes);
  return file;
}

/** Nothing that axe finds wrong by WCAG 2.2 AA. */
export async function expectNoViolations(page: Page, state?: string) {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'])
    .analyze();
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
  expect(found, state).toEqual([]);
}

/** Picks the tiles of the next run, in the disclosure where they are chosen. */
export async function chooseTiles(page: Page, tiles: 'All tissue' | '16 darkest') {
  const settings = page.getByRole('button', { name: 'Run settings' });
  if ((await settings.getAttribute('aria-expanded')) !== 'true') await settings.click();
  await page.locator('.segment').filter({ hasText: tiles }).click();
  await expect(page.getByRole('radio', { name: tiles })).toBeChecked();
}

/**
 * A tap of a key where the focus is, in one task of the page: on a busy machine the driver's own down and up may lie further
 * apart than what the page takes for holding the key down.
 */
export async function tap(page: Page, key: string) {
  await page.evaluate((pressed) => {
    const target = document.activeElement ?? document.body;
    for (const type of ['keydown', 'keyup'])
      target.dispatchEvent(new KeyboardEvent(type, { key: pressed, bubbles: true, cancelable: true }));
  }, key);
}
