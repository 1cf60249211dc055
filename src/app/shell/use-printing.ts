/** What is on screen while the page is printed: the view as a picture, taken in the moment before. */
import { type RefObject, useEffect, useState } from 'react';
import { flushSync } from 'react-dom';
import type { SlideView } from '../../viewer/slide-view.ts';

export interface PrintedView {
  /** Tissue and heatmap as they were on screen. */
  readonly picture: HTMLCanvasElement;
  /** CSS px of the screen for one level-0 px. */
  readonly scale: number;
}

/**
 * Undefined while nothing is printed. A canvas of WebGL prints blank, and the tiles of a view do not follow the paper, so the
 * paper gets a copy. The view itself keeps its size meanwhile: it would move otherwise.
 */
export function usePrintedView(view: RefObject<SlideView | undefined>): PrintedView | undefined {
  const [printed, setPrinted] = useState<PrintedView>();
  useEffect(() => {
    let isPrinting = false;
    const begin = () => {
      const on = view.current;
      if (on === undefined || isPrinting) return;
      isPrinting = true;
      const { width, height } = on.size();
      const { style } = document.documentElement;
      style.setProperty('--view-width', `${width}px`);
      style.setProperty('--view-height', `${height}px`);
      // The browser lays the paper out as soon as this returns.
      flushSync(() => setPrinted({ picture: on.snapshot(), scale: on.position().scale }));
    };
    const end = () => {
      isPrinting = false;
      setPrinted(undefined);
    };
    const media = window.matchMedia('print');
    // Safari tells of printing only by the media.
    const change = () => (media.matches ? begin() : end());
    window.addEventListener('beforeprint', begin);
    window.addEventListener('afterprint', end);
    media.addEventListener('change', change);
    return () => {
      window.removeEventListener('beforeprint', begin);
      window.removeEventListener('afterprint', end);
      media.removeEventListener('change', change);
    };
  }, [view]);
  return printed;
}
