import { existsSync } from 'node:fs';
import type { Locator, Page } from '@playwright/test';
import { drop, expect, expectNoViolations, NO_SHARED_DATA, sampleSlide, sharedSlide, tap, test } from './milscope.ts';
import { analyze, GLAS_MPP, glas, openAndRun, type Printed } from './reviewed.ts';

interface Shown {
  readonly side: string;
  readonly rank: number;
  readonly value: number;
  readonly x: number;
  readonly y: number;
}

const shownFields = (page: Page): Promise<readonly Shown[]> =>
  page.getByTestId('field').evaluateAll((fields) =>
    fields.map((field) => {
      const { rank, value, x, y } = (field as HTMLElement).dataset;
      const side = field.closest<HTMLElement>('[data-side]')?.dataset.side ?? '';
      return { side, rank: Number(rank), value: Number(value), x: Number(x), y: Number(y) };
    }),
  );

/** That the fields are those of the largest values, each where the command line has it, in falling strength. */
function expectFields(
  shown: readonly Shown[],
  { attention: { bag } }: Printed,
  values: readonly number[],
  side: string,
) {
  const sign = side === 'against' ? -1 : 1;
  const most = Math.max(...values.map(Math.abs));
  const wanted = values
    .map((value) => sign * value)
    .filter((value) => value >= 0.01 * most)
    .sort((a, b) => b - a)
    .slice(0, 10);
  const group = shown.filter((field) => field.side === side);
  expect(group.length, side).toBe(wanted.length);
  group.forEach(({ value, x, y }, i) => {
    // Another backend gives other last digits, so that neighbours of equal strength may change places.
    expect(Math.abs(sign * value - (wanted[i] ?? Number.NaN))).toBeLessThan(1e-4 * most);
    const tile = values.findIndex((_, k) => bag.xy[2 * k] === x && bag.xy[2 * k + 1] === y);
    expect(Math.abs(value - (values[tile] ?? Number.NaN)), `field at ${x}, ${y}`).toBeLessThan(1e-4 * most);
  });
}

/** Units of a scale bar, µm. */
const MICROMETRES: Readonly<Record<string, number>> = { µm: 1, mm: 1000, cm: 10_000 };

/** What one CSS px of the screen shows, µm, by the scale bar. */
async function umPerCssPx(page: Page): Promise<number> {
  const { px, label } = await page.getByTestId('scale-bar').evaluate((bar) => ({
    px: bar.querySelector('.scale-bar-line')?.getBoundingClientRect().width ?? Number.NaN,
    label: bar.textContent ?? '',
  }));
  const [, value, unit] = /([\d.,]+)\s*(\S+)/.exec(label) ?? [];
  return (Number(value?.replaceAll(',', '')) * (MICROMETRES[unit ?? ''] ?? Number.NaN)) / px;
}

const chosenRank = (page: Page) => page.locator('[data-testid="field"][aria-pressed="true"]').getAttribute('data-rank');

async function boxOf(locator: Locator) {
  const box = await locator.boundingBox();
  if (box === null) throw new Error('not on the screen');
  return box;
}

test('the fields follow the map: those of the command line, for and against apart, large enough to read', async ({
  page,
}) => {
  const printed = await analyze(sampleSlide);
  await openAndRun(page, sampleSlide);
  const { attention } = printed;
  const contributions = await shownFields(page);
  expect(contributions.map(({ rank }) => rank)).toEqual(contributions.map((_, i) => i + 1));
  expectFields(contributions, printed, attention.contributions, 'towards');
  expectFields(contributions, printed, attention.contributions, 'against');
  await expect(page.getByTestId('fields')).toContainText('Towards malignant');
  await expect(page.getByTestId('fields')).toContainText('Towards benign');

  const field = await boxOf(page.getByTestId('field').first().locator('canvas'));
  expect(Math.min(field.width, field.height)).toBeGreaterThanOrEqual(120);
  const strip = await boxOf(page.getByTestId('fields'));
  const slide = await boxOf(page.getByTestId('slide-view'));
  expect(slide.height).toBeGreaterThan(2.5 * strip.height);

  await page.locator('.segment').filter({ hasText: 'Attention' }).click();
  await expect(page.getByTestId('fields')).toContainText('Highest attention');
  const byAttention = await shownFields(page);
  const uniform = attention.weights.map((weight) => weight * attention.weights.length);
  expectFields(byAttention, printed, uniform, 'highest');
  expect(byAttention.map(({ rank }) => rank)).toEqual(byAttention.map((_, i) => i + 1));
});

test('a real slide: order and sides of the fields are those of the command line', async ({ page }) => {
  const file = sharedSlide('aperio/CMU-1-Small-Region.svs');
  test.skip(file === undefined || !existsSync(file), NO_SHARED_DATA);
  if (file === undefined) return;
  const printed = await analyze(file);
  await openAndRun(page, file);
  const shown = await shownFields(page);
  expectFields(shown, printed, printed.attention.contributions, 'towards');
  expectFields(shown, printed, printed.attention.contributions, 'against');
});

test('Enter opens a field at reading size, with its values beside it and spoken; N, P and arrows keep the order', async ({
  page,
}) => {
  const file = glas('testA_41.jpg') ?? sampleSlide;
  const mpp = file === sampleSlide ? undefined : GLAS_MPP;
  await openAndRun(page, file, mpp);
  const { tilePx, spanPx } = (await analyze(file, ...(mpp === undefined ? [] : ['--mpp', mpp]))).attention.bag;
  const umPerPx = Number(mpp ?? (await page.getByTestId('slide-info').getAttribute('data-mpp')));
  const fields = page.getByTestId('field');
  const readout = page.getByTestId('tile-readout');

  // One tab stop; the keys walk before they open.
  await expect(page.locator('[data-testid="field"][tabindex="0"]')).toHaveCount(1);
  await fields.first().focus();
  await page.keyboard.press('ArrowRight');
  await expect(fields.nth(1)).toBeFocused();
  await expect(page.locator('[data-testid="field"][aria-pressed="true"]')).toHaveCount(0);
  await page.keyboard.press('Home');
  await expect(fields.first()).toBeFocused();
  await expect(page.locator('[data-testid="field"][tabindex="0"]')).toHaveCount(1);

  await page.keyboard.press('Enter');
  await expect(fields.first()).toHaveAttribute('aria-pressed', 'true');
  await expect(readout).toContainText(/Field 1 of \d+/);
  await expect(readout).toContainText(/Contribution[+−]\d/);
  await expect(page.getByTestId('spoken-field')).toHaveText(/^Field 1 of \d+, towards (malignant|benign), [+−]\d/);
  // CSS px a side that the tile has now; those that the model saw, or more.
  const side = async () => (spanPx * umPerPx) / (await umPerCssPx(page));
  await expect.poll(side).toBeGreaterThanOrEqual(tilePx * 0.999);
  const view = await boxOf(page.getByTestId('slide-view'));
  await expect.poll(side).toBeGreaterThan(0.45 * Math.min(view.width, view.height));

  // The values stand beside the field in the middle of the view, and on no tool.
  const words = await boxOf(readout);
  const half = (await side()) / 2;
  const [middleX, middleY] = [view.x + view.width / 2, view.y + view.height / 2];
  const isBeside =
    words.x >= middleX + half - 2 ||
    words.x + words.width <= middleX - half + 2 ||
    words.y >= middleY + half - 2 ||
    words.y + words.height <= middleY - half + 2;
  expect(isBeside, 'the read-out covers the field').toBe(true);
  for (const tool of await page.locator('.stage .float:not(.readout), .stage .navigator').all()) {
    const box = await boxOf(tool);
    const isApart =
      box.x >= words.x + words.width ||
      box.x + box.width <= words.x ||
      box.y >= words.y + words.height ||
      box.y + box.height <= words.y;
    expect(isApart, 'the read-out covers a tool').toBe(true);
  }

  // While one is open the arrow keys turn the pages; N and P go on in the same order, wherever the focus is.
  await page.keyboard.press('ArrowRight');
  await expect.poll(() => chosenRank(page)).toBe('2');
  await page.keyboard.press('n');
  await expect.poll(() => chosenRank(page)).toBe('3');
  await expect(fields.nth(2)).toBeFocused();
  await page.getByTestId('slide-view').locator('.openseadragon-canvas').first().focus();
  await page.keyboard.press('p');
  await expect.poll(() => chosenRank(page)).toBe('2');
  await expect(page.getByTestId('spoken-field')).toHaveText(/^Field 2 of/);
  await fields.nth(1).focus();
  await page.keyboard.press('End');
  const last = (await fields.count()) - 1;
  await expect.poll(() => chosenRank(page)).toBe(String(last + 1));
  const [strip, end] = [await boxOf(page.getByTestId('fields')), await boxOf(fields.nth(last))];
  expect(end.x).toBeGreaterThanOrEqual(strip.x);
  expect(end.x + end.width).toBeLessThanOrEqual(strip.x + strip.width);
  await page.keyboard.press('Escape');
  await expect(page.locator('[data-testid="field"][aria-pressed="true"]')).toHaveCount(0);
  await expect(page.getByTestId('spoken-field')).toHaveText('');
});

test('every tile as a table: values and places of the command line, from either end', async ({ page }) => {
  const printed = await analyze(sampleSlide);
  const { bag, contributions } = printed.attention;
  await openAndRun(page, sampleSlide);
  await tap(page, 't');
  const table = page.getByTestId('tile-table');
  const rows = table.locator('tbody tr');
  await expect(rows).toHaveCount(Math.min(200, bag.count));
  const places = () =>
    rows.evaluateAll((all) =>
      all.map((row) =>
        [...row.querySelectorAll('td')].slice(-2).map((cell) => Number(cell.textContent?.replaceAll(',', ''))),
      ),
    );
  const values = (found: readonly (readonly number[])[]) =>
    found.map(
      ([x, y]) => contributions[bag.xy.findIndex((at, i) => i % 2 === 0 && at === x && bag.xy[i + 1] === y) / 2],
    );
  const falling = values(await places());
  const most = Math.max(...contributions.map(Math.abs));
  falling.slice(1).forEach((value, i) => {
    expect(value).toBeLessThanOrEqual((falling[i] ?? Number.NaN) + 1e-4 * most);
  });
  const header = table.getByRole('columnheader', { name: /Contribution/ });
  await expect(header).toHaveAttribute('aria-sort', 'descending');
  await header.getByRole('button').click();
  await expect(header).toHaveAttribute('aria-sort', 'ascending');
  const rising = values(await places());
  expect(Math.abs((rising[0] ?? Number.NaN) - Math.min(...contributions))).toBeLessThan(1e-4 * most);
  await expect(rows.first().getByRole('rowheader')).toHaveText(String(bag.count));
  await rows.first().getByRole('button').click();
  await expect(table).toHaveCount(0);
  await expect(page.getByTestId('spoken-field')).toHaveText(/towards benign/);
});

test('the keys for run, maps, tiles, table and export do what their sheet says', async ({ page }) => {
  await page.goto('/?backend=wasm');
  await drop(page, sampleSlide);
  await expect(page.getByTestId('slide-info')).toBeVisible();
  await page.keyboard.press('Control+Enter');
  await expect(page.getByTestId('result')).toHaveAttribute('data-state', 'done', { timeout: 120_000 });
  const legend = page.getByTestId('heatmap-legend');
  await expect(legend).toHaveAttribute('data-mode', 'contribution');
  await expect(legend).toContainText('← towards benign');
  await expect(legend).toContainText('towards malignant →');
  for (const mode of ['attention', 'probability', 'contribution']) {
    await expect(legend).not.toContainText(/log-?odds|uniform|logit/i);
    await page.keyboard.press('v');
    await expect(legend).toHaveAttribute('data-mode', mode);
  }
  await page.keyboard.press('a');
  await expect(page.getByTestId('coverage')).toBeVisible();
  await page.keyboard.press('t');
  await expect(page.getByTestId('tile-table')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('tile-table')).toHaveCount(0);
  await page.keyboard.press('x');
  await expect(page.getByRole('dialog', { name: 'Export' })).toBeVisible();
  await expect(page.getByRole('button', { name: /JSON/ })).toBeVisible();
  await page.keyboard.press('Escape');
  await page.keyboard.press('?');
  const sheet = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  for (const words of ['Run the model', 'Export', 'Next map', 'Clear selection', 'All tiles as a table'])
    await expect(sheet).toContainText(words);
  await sheet.getByText('Single-letter keys').click();
  await page.keyboard.press('Escape');
  await expect(sheet).toHaveCount(0);
  await page.keyboard.press('v');
  await expect(legend).toHaveAttribute('data-mode', 'contribution');
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`no axe violation with a field open, coverage, all of the map's settings, the table and the keys (${colorScheme})`, async ({
    page,
  }) => {
    await page.emulateMedia({ colorScheme });
    await openAndRun(page, sampleSlide);
    await page.getByTestId('field').first().click();
    await page.getByTestId('coverage-switch').click();
    await page.getByRole('button', { name: 'More of the map' }).click();
    const below = page.getByRole('slider', { name: 'Hide below' });
    await below.focus();
    await page.keyboard.press('PageUp');
    await expect(below).toHaveAttribute('aria-valuetext', /^±0\.\d+$/);
    await expectNoViolations(page);
    await tap(page, 't');
    await expect(page.getByTestId('tile-table')).toBeVisible();
    await expectNoViolations(page);
    await page.keyboard.press('Escape');
    await tap(page, '?');
    await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible();
    await expectNoViolations(page);
  });
}
