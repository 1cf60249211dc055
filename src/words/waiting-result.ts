/** A result that was opened before its slide. */
import { count } from './numbers.ts';

/** What is known of the slide of a result. */
export interface AwaitedSlide {
  /** Its file name, where the result says it. */
  readonly name: string | undefined;
  /** Level-0 px. */
  readonly size: { readonly width: number; readonly height: number } | null;
  /** Counted from 0, of a file with several images. */
  readonly series: number | null;
}

/** Asks for the slide. */
export function waitingSentence({ name, size, series }: AwaitedSlide): string {
  const which = [
    ...(name === undefined ? [] : [name]),
    ...(size === null ? [] : [`${count(size.width)} × ${count(size.height)} px`]),
    ...(series === null ? [] : [`image ${series + 1} of its file`]),
  ].join(', ');
  return `This result is of a slide that is not open${which === '' ? '' : `: ${which}`}. Open that slide to see it.`;
}

/** Of a result whose slide is being run on. */
export const WAITS_FOR_RUN = 'The result that was opened is shown when this run has ended.';
