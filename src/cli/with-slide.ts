/** A slide for the length of one command. */
import { openSlide } from '../slide/open.ts';
import type { Slide } from '../slide/slide.ts';
import { openFiles } from './file-source.ts';

/** Opens, hands over, and closes whatever happens. @throws what openSlide and `use` throw */
export async function withSlide<T>(file: string, signal: AbortSignal, use: (slide: Slide) => Promise<T>): Promise<T> {
  const opened = await openFiles(file);
  try {
    const slide = await openSlide(opened.files, signal);
    try {
      return await use(slide);
    } finally {
      await slide.close();
    }
  } finally {
    await opened.close();
  }
}
