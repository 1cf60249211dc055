/** What happens while a slide opens, in the order in which it happens: no clock tells more. */
import type { Page } from '@playwright/test';
import { expect } from './milscope.ts';

export interface Opening {
  /** What was asked of the pool of workers about an open slide. */
  readonly calls: readonly { readonly type: string; readonly what: string }[];
  /** Share of the slide that is covered on screen, noted whenever it changes: at each frame 400 places are looked at. */
  readonly covered: readonly number[];
}

/** Call it before the page is there. */
export async function watchOpening(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const opening = { calls: [] as { type: string; what: string }[], covered: [] as number[] };
    Object.assign(window, { opening });
    const post = Worker.prototype.postMessage;
    Worker.prototype.postMessage = function (this: Worker, message: unknown, ...rest: unknown[]) {
      const call = message as { rpc?: string; type?: string; input?: Record<string, unknown> };
      if (call?.rpc === 'call' && call.type !== undefined && call.input && 'slideId' in call.input) {
        const { level, col, row, region } = call.input;
        opening.calls.push({ type: call.type, what: JSON.stringify({ level, col, row, region }) });
      }
      return (post as (...all: unknown[]) => void).call(this, message, ...rest);
    } as typeof post;

    const look = () => {
      requestAnimationFrame(look);
      const canvas = document.querySelector('[data-testid="slide-view"] .openseadragon-canvas > canvas');
      const facts = document.querySelector<HTMLElement>('[data-testid="slide-info"]')?.dataset;
      const [width, height] = [Number(facts?.width), Number(facts?.height)];
      if (!(canvas instanceof HTMLCanvasElement) || canvas.width === 0 || !(width > 0)) return;
      const context = canvas.getContext('2d', { willReadFrequently: true });
      if (!context) return;
      // The whole slide is in the middle of the view, as large as fits.
      const scale = Math.min(canvas.width / width, canvas.height / height);
      const [left, top] = [(canvas.width - width * scale) / 2, (canvas.height - height * scale) / 2];
      const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
      let covered = 0;
      for (let k = 0; k < 400; k++) {
        const x = Math.floor(left + (((k % 20) + 0.5) / 20) * width * scale);
        const y = Math.floor(top + ((Math.floor(k / 20) + 0.5) / 20) * height * scale);
        if ((data[(y * canvas.width + x) * 4 + 3] ?? 0) === 255) covered++;
      }
      if (opening.covered.at(-1) !== covered / 400) opening.covered.push(covered / 400);
    };
    requestAnimationFrame(look);
  });
}

export function opening(page: Page): Promise<Opening> {
  return page.evaluate(() => (window as unknown as { opening: Opening }).opening);
}

/** Once nothing new has been asked of the workers for a while. */
export async function untilSettled(page: Page): Promise<Opening> {
  let before = -1;
  const isSettled = async () => {
    const { length } = (await opening(page)).calls;
    const isSame = length === before;
    before = length;
    return isSame && length > 0;
  };
  await expect.poll(isSettled, { intervals: [1_500], timeout: 90_000 }).toBe(true);
  return opening(page);
}

/** Marks of the page's timeline, in their order. */
export function marks(page: Page): Promise<string[]> {
  return page.evaluate(() => performance.getEntriesByType('mark').map(({ name }) => name));
}
