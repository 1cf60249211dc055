/** What was dropped, or an address, as the slide room wants it: the slide's own file, and the others by their paths. */
import { blobSource } from '../slide/blob-source.ts';
import { remoteFiles } from '../slide/remote-files.ts';
import type { SlideFiles } from '../slide/slide.ts';
import type { CompanionFile, SlideFile } from './protocol.ts';

/** @throws slide/read-failed for an address that cannot be read */
export async function givenFiles(
  file: SlideFile,
  name: string,
  companions: readonly CompanionFile[],
  signal?: AbortSignal,
): Promise<SlideFiles> {
  return file instanceof Blob ? droppedFiles(file, name, companions) : remoteFiles(file.url, signal);
}

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
