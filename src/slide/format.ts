/** What a driver of a slide format is. */
import type { FileProbe } from './probe.ts';
import type { Slide, SlideFiles } from './slide.ts';

export interface SlideFormat {
  /** Stands in SlideInfo.format. */
  readonly id: string;
  /** What a person calls it. */
  readonly label: string;
  /** By content only. Synchronous, reads nothing, never throws. */
  detect(probe: FileProbe): boolean;
  /**
   * `series` is the number of the image that is wanted of a file with several; formats of one image know nothing of it.
   * @throws slide/corrupt, slide/unsupported, slide/read-failed
   */
  open(files: SlideFiles, probe: FileProbe, signal?: AbortSignal, series?: number): Promise<Slide>;
}
