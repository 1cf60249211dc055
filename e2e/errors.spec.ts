import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { encode } from 'fast-png';
import type { ByteSource } from '../src/slide/slide.ts';
import { readTiff } from '../src/slide/tiff/directories.ts';
import { tagNumbers } from '../src/slide/tiff/tag-values.ts';
import { BROKEN_FILES } from '../src/testing/cases.ts';
import { drop, expect, isStained, sampleSlide, share, slideViewPixels, test, writeTestFile } from './milscope.ts';
import { oneTile, smallTiff } from './small-tiff.ts';

const sample = () => readFileSync(sampleSlide);

/** Damaged or foreign files: how each is made, the code it must give, and words its sentence must hold. */
const BAD_FILES: readonly {
  readonly name: string;
  readonly make: () => Uint8Array | string;
  readonly code: string;
  readonly says: RegExp;
}[] = [
  {
    name: 'text-named-slide.svs',
    make: () => 'These are words and no picture.\n',
    code: 'slide/unrecognized',
    says: /not a slide/,
  },
  { name: 'empty.tiff', make: () => new Uint8Array(0), code: 'slide/unrecognized', says: /not a slide/ },
  {
    name: 'cut-in-half.tiff',
    make: () => sample().subarray(0, sample().length / 2),
    code: 'slide/corrupt',
    says: /damaged/,
  },
  {
    name: 'directory-that-points-at-itself.tiff',
    make: () => smallTiff([{ tag: 256, value: 256 }], { next: 8 }),
    code: 'slide/corrupt',
    says: /damaged/,
  },
  {
    name: 'a-billion-tiles.tiff',
    make: () => oneTile({ 324: { value: 8, count: 0x30000000 } }),
    code: 'slide/corrupt',
    says: /damaged/,
  },
  {
    name: 'four-gigabyte-tile.tiff',
    make: () => oneTile({ 322: { value: 65536 }, 323: { value: 65536 } }),
    code: 'slide/corrupt',
    says: /damaged/,
  },
  {
    name: 'unknown-compression.tiff',
    make: () => oneTile({ 259: { value: 52479 } }),
    code: 'slide/unsupported',
    says: /52479/,
  },
  {
    name: 'philips.isyntax',
    make: () => '<DataObject ObjectType="DPUfsImport">\n  <Attribute Name="DICOM_MANUFACTURER">PHILIPS</Attribute>\n',
    code: 'slide/unsupported',
    says: /Philips iSyntax/,
  },
];

/** The sample slide on screen, whatever happens next. */
async function openSample(page: Page, address = '/') {
  await page.goto(address);
  await drop(page, sampleSlide);
  await expect(page.getByTestId('slide-info')).toHaveAttribute('data-levels', '3');
}

for (const { name, make, code, says } of BAD_FILES) {
  test(`${name} gives ${code} within a second, and the slide before stays`, async ({ page }) => {
    await openSample(page);
    const started = Date.now();
    await drop(page, writeTestFile(name, make()));
    const notice = page.getByTestId('error').first();
    await notice.waitFor({ timeout: 5_000 });
    expect(Date.now() - started).toBeLessThan(1_000);
    await expect(notice).toHaveAttribute('data-code', code);
    await expect(notice).toContainText(says);
    await expect(page.getByTestId('slide-info')).toHaveAttribute('data-levels', '3');
    expect(share(await slideViewPixels(page), isStained)).toBeGreaterThan(0.01);
  });
}

/** Longest time, ms, that the page did not answer while `act` ran. */
async function longestSilence(page: Page, act: () => Promise<void>): Promise<number> {
  await page.evaluate(() => {
    const silence = { longest: 0, last: performance.now() };
    setInterval(() => {
      const now = performance.now();
      silence.longest = Math.max(silence.longest, now - silence.last);
      silence.last = now;
    }, 20);
    Object.assign(window, { silence });
  });
  await act();
  return page.evaluate(() => (window as unknown as { silence: { longest: number } }).silence.longest);
}

// Of the case table, those that cost a parser the most.
for (const name of ['tiff-chain-of-5000', 'ome-planes-in-many-images'])
  test(`${name}, dear to read, costs a sentence and the page answers all the while`, async ({ page }) => {
    const bytes = await BROKEN_FILES.find((one) => one.name === name)?.make();
    if (!(bytes instanceof Uint8Array)) throw new RangeError(`no file ${name}`);
    const file = writeTestFile(`${name}.tiff`, bytes);
    await openSample(page);
    const silence = await longestSilence(page, async () => {
      await drop(page, file);
      await expect(page.getByTestId('error').first()).toHaveAttribute('data-code', 'slide/corrupt', { timeout: 5_000 });
    });
    expect(silence).toBeLessThan(1_000);
  });

test('a parser that never ends is ended, and the next file opens', async ({ page }) => {
  await openSample(page);
  // No file is known that hangs a parser: an endless loop in the worker that the next file goes to stands for it.
  const hung = page.workers().find((one) => /slide\.worker/.test(one.url()));
  expect(hung).toBeDefined();
  await hung?.evaluate(() => {
    setTimeout(() => {
      for (;;);
    });
  });
  const silence = await longestSilence(page, async () => {
    await drop(page, writeTestFile('hangs.tiff', oneTile()));
    await expect(page.getByText('Opening hangs.tiff…')).toBeVisible({ timeout: 1_000 });
    await drop(page, writeTestFile('next.tiff', oneTile()));
    await expect(page.getByText('Opening next.tiff…')).toBeVisible({ timeout: 1_000 });
    await expect(page.getByTestId('slide-info')).toHaveAttribute('data-levels', '1', { timeout: 10_000 });
  });
  expect(silence).toBeLessThan(1_000);
  await expect(page.getByTestId('error')).toHaveCount(0);
  await expect.poll(() => page.workers().some((one) => one === hung)).toBe(false);
});

test('a picture without pixel size waits for it; without tissue it says so', async ({ page }) => {
  const white = new Uint8Array(1024 * 1024 * 3).fill(245);
  await page.goto('/');
  await drop(page, writeTestFile('white.png', encode({ width: 1024, height: 1024, channels: 3, data: white })));
  await expect(page.getByTestId('slide-info')).toHaveAttribute('data-mpp', '');
  await page.getByRole('button', { name: 'Run model' }).click();
  await expect(page.getByTestId('needs-mpp').first()).toBeVisible();
  const field = page.getByRole('textbox', { name: /pixel size|µm/i }).first();
  await field.fill('0.5');
  await field.press('Enter');
  await expect(page.getByTestId('error')).toHaveAttribute('data-code', 'bag/no-tissue');
  await expect(page.getByTestId('result')).toHaveAttribute('data-state', 'failed');
});

test('a model file that was changed is refused by its hash', async ({ page }) => {
  await page.route(/\.safetensors$/, async (route) => {
    const response = await route.fetch();
    const body = await response.body();
    body[body.length - 5] = (body[body.length - 5] ?? 0) ^ 0x10;
    await route.fulfill({ response, body });
  });
  await openSample(page);
  await page.getByRole('button', { name: 'Run model' }).click();
  await expect(page.locator('[data-testid="error"][data-code="model/integrity"]').first()).toBeVisible();
  await expect(page.getByTestId('result')).toHaveAttribute('data-state', 'failed');
});

test('a slide worker that cannot start is named, and the next file opens', async ({ page }) => {
  await page.route(/slide\.worker[^/]*\.js$/, (route) => route.abort());
  await page.goto('/');
  await drop(page, sampleSlide);
  await expect(page.getByTestId('error').first()).toHaveAttribute('data-code', 'worker/crashed');
  await page.unroute(/slide\.worker[^/]*\.js$/);
  await drop(page, sampleSlide);
  await expect(page.getByTestId('slide-info')).toHaveAttribute('data-levels', '3');
  await expect(page.getByTestId('error')).toHaveCount(0);
});

test('an analysis worker that dies fails the run, and the next run works', async ({ page }) => {
  await page.route(/analysis\.worker[^/]*\.js$/, (route) => route.abort());
  await openSample(page);
  await page.getByRole('button', { name: 'Run model' }).click();
  await expect(page.locator('[data-testid="error"][data-code="worker/crashed"]').first()).toBeVisible();
  await page.unroute(/analysis\.worker[^/]*\.js$/);
  await page.getByRole('button', { name: 'Run model' }).click();
  await expect(page.getByTestId('result')).toHaveAttribute('data-state', 'done', { timeout: 120_000 });
});

test('an analysis worker that ends without a word fails the run within a second', async ({ page }) => {
  await openSample(page, '/?backend=webgpu');
  // Once the model is loaded: a worker that ends before is replaced, and the run goes on in the next one.
  await expect(page.getByText(/, checked$/)).toBeVisible({ timeout: 60_000 });
  await page.getByRole('button', { name: 'Run model' }).click();
  await expect(page.getByTestId('result')).toHaveAttribute('data-state', 'running');
  await page.waitForTimeout(1_000);
  const worker = page.workers().find((one) => /analysis\.worker/.test(one.url()));
  const started = Date.now();
  await worker?.evaluate(() => self.close());
  await expect(page.locator('[data-testid="error"][data-code="worker/crashed"]').first()).toBeVisible();
  expect(Date.now() - started).toBeLessThan(1_000);
  await expect(page.getByTestId('result')).toHaveAttribute('data-state', 'failed');
  await expect(page.getByTestId('slide-info')).toHaveAttribute('data-levels', '3');
});

test('one tile that cannot be decoded is a hole that is counted, and ends nothing', async ({ page }) => {
  const bytes = Uint8Array.from(sample());
  const source: ByteSource = {
    name: 'sample',
    sizeBytes: bytes.length,
    read: async (offset, length) => bytes.slice(offset, offset + length),
  };
  const tiff = await readTiff(source);
  const smallest = tiff.directories.at(-1);
  const [offsets, counts] = await Promise.all(
    [324, 325].map(async (id) => {
      const tag = smallest?.tags.get(id);
      return tag === undefined ? [] : await tagNumbers(tiff, tag);
    }),
  );
  // The one in the middle of the smallest level, which the first view shows.
  const middle = Math.floor((offsets?.length ?? 0) / 2);
  const from = offsets?.[middle] ?? 0;
  bytes.fill(0, from, from + (counts?.[middle] ?? 0));
  expect(from).toBeGreaterThan(8);

  await page.goto('/');
  await drop(page, writeTestFile('one-bad-tile.tiff', bytes));
  await expect(page.getByTestId('slide-info')).toContainText('1 tile could not be decoded');
  expect(share(await slideViewPixels(page), isStained)).toBeGreaterThan(0.02);
  await expect(page.getByTestId('error')).toHaveCount(0);
});
