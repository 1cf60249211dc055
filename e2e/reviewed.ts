/** What the tests of fields and maps share: a slide with its result, and the same result from the command line. */
import path from 'node:path';
import type { Page } from '@playwright/test';
import { drop, expect, milscope, sharedSlide } from './milscope.ts';

/** What `analyze --json` prints, as far as it is compared here. */
export interface Printed {
  readonly attention: {
    readonly bag: {
      readonly count: number;
      readonly candidates: number;
      readonly xy: readonly number[];
      readonly spanPx: number;
      readonly tilePx: number;
      /** Code, length, code, length, ... */
      readonly coverage: { readonly cells: readonly number[] };
    };
    readonly weights: readonly number[];
    readonly contributions: readonly number[];
  };
}

export const GLAS_MPP = '0.62';
export const glas = (name: string) => sharedSlide(path.join('..', 'labelled', 'glas', 'images', name));

export const analyze = (file: string, ...words: readonly string[]) =>
  milscope<Printed>('analyze', file, '--model', 'compact-glas', '--json', ...words);

export async function openAndRun(page: Page, file: string, mpp?: string) {
  await page.goto('/?backend=wasm');
  await drop(page, file);
  await expect(page.getByTestId('slide-info')).toBeVisible();
  if (mpp !== undefined) {
    await page.getByLabel('Pixel size (µm per pixel)').fill(mpp);
    await page.getByRole('button', { name: 'Use', exact: true }).click();
  }
  await page.getByRole('button', { name: /^Run (model|again)$/ }).click();
  await expect(page.getByTestId('result')).toHaveAttribute('data-state', 'done', { timeout: 120_000 });
  await expect(page.getByTestId('fields')).toBeVisible();
}
