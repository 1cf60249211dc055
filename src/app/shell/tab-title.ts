/** The title of the tab. It stays in the browser's history, and a slide's file name is often an accession number. */
import { useEffect } from 'react';
import type { SlideRecord } from '../state/screen.ts';
import { useScreen } from '../state/session.ts';

export function tabTitle(slide: Pick<SlideRecord, 'number' | 'info'> | undefined, showsFileNames: boolean): string {
  if (slide === undefined) return 'milscope';
  return `${showsFileNames ? slide.info.name : `Slide ${slide.number}`} – milscope`;
}

export function useTabTitle(slide: SlideRecord | undefined): void {
  const showsFileNames = useScreen((screen) => screen.showsFileNames);
  const title = tabTitle(slide, showsFileNames);
  useEffect(() => {
    document.title = title;
  }, [title]);
}
