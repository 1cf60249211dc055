/** A drop as the slide room wants it: the slide's own file, and the others to be found by their paths. */
import { blobSource } from '../slide/blob-source.ts';
import type { SlideFiles } from '../slide/slide.ts';
import type { CompanionFile } from './protocol.ts';

/** Nothing is read until a format asks for it. */
export function droppedFiles(file: Blob, name: string, companions: readonly CompanionFile[]): SlideFiles {
  return {
    main: blobSource(file, name),
    find(path) {
      const found = companions.find((one) => one.path === path);
      return found === undefined ? undefined : blobSource(found.file, found.path);
    },
    list: () => [name, ...companions.map(({ path }) => path)],
  };
}
