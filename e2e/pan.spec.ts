import type { Page } from '@playwright/test';
import { drop, expect, NO_SHARED_DATA, sharedSlide, test } from './milscope.ts';

const SLIDE = sharedSlide('tiff/pdac-core-22k.tif');

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  /** µs on the clock, and of processor time of the thread. */
  readonly dur?: number;
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

/** Processor time of each task of the page's main thread while `act` runs, ms. */
async function mainThreadTasks(page: Page, act: () => Promise<void>): Promise<number[]> {
  const session = await page.context().newCDPSession(page);
  const events: TraceEvent[] = [];
  session.on('Tracing.dataCollected', ({ value }) => events.push(...(value as unknown as TraceEvent[])));
  await session.send('Tracing.start', { categories: 'toplevel,devtools.timeline', transferMode: 'ReportEvents' });
  await act();
  const complete = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve));
  await session.send('Tracing.end');
  await complete;
  const mains = events.filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain');
  return (
    events
      .filter(({ name, ph }) => /RunTask$/.test(name) && ph === 'X')
      .filter(({ pid, tid }) => mains.some((main) => main.pid === pid && main.tid === tid))
      // The two clocks are read apart: a task that took less of the one than of the other took no more than that.
      .map(({ dur, tdur }) => Math.min(dur ?? 0, tdur ?? 0) / 1000)
  );
}

/**
 * Processor time and not the clock: on a machine whose cores are all busy, and whose screen is drawn by them too, a task
 * waits longer than it works, which says nothing about the page.
 */
test('panning and zooming a large slide with its heatmap keeps the main thread free', async ({ page }) => {
  test.skip(SLIDE === undefined, NO_SHARED_DATA);
  await page.goto('/?backend=wasm');
  await drop(page, SLIDE ?? '');
  await expect(page.getByTestId('slide-info')).toHaveAttribute('data-levels', '8');
  await page.getByRole('button', { name: 'Run model' }).click();
  await expect(page.getByTestId('result')).toHaveAttribute('data-state', 'done', { timeout: 120_000 });
  await page.mouse.move(450, 400);
  const wheel = async (step: number) => {
    for (let i = 0; i < 10; i++) {
      await page.mouse.wheel(0, step);
      await page.waitForTimeout(50);
    }
    await page.waitForTimeout(500);
  };
  await wheel(-120);
  const tasks = await mainThreadTasks(page, async () => {
    for (let k = 0; k < 3; k++) {
      await page.mouse.move(600, 400);
      await page.mouse.down();
      for (let i = 0; i < 25; i++) await page.mouse.move(600 - 14 * i, 400 - 9 * i);
      await page.mouse.up();
      await page.waitForTimeout(300);
    }
    await wheel(-120);
    await wheel(120);
  });
  expect(tasks.length).toBeGreaterThan(100);
  expect(Math.max(...tasks), 'longest task, ms of processor time').toBeLessThan(50);
});
