/** The view's own code with OpenSeadragon in it: not part of the first visit, but there before a slide is dropped. */

type SlideViewCode = typeof import('./slide-view.ts');

let loading: Promise<SlideViewCode> | undefined;

/** Loads it once; after a failure (the page went offline) the next call tries again. */
export function loadSlideView(): Promise<SlideViewCode> {
  loading ??= import('./slide-view.ts').catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

/** Loads it when the page has nothing else to do, or at the first sign that a slide is about to come. */
export function preloadSlideView(): void {
  const load = () => {
    for (const sign of SIGNS) window.removeEventListener(sign, load, true);
    // Whoever opens a slide hears of a failure.
    loadSlideView().catch(() => undefined);
  };
  for (const sign of SIGNS) window.addEventListener(sign, load, true);
  // Safari has none.
  if ('requestIdleCallback' in window) window.requestIdleCallback(load);
  else setTimeout(load, 200);
}

const SIGNS = ['dragenter', 'pointerover', 'focusin'] as const;
