/** A slide for the length of one command. */
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { AppError, isAppError } from '../errors.ts';
import { openSlide } from '../slide/open.ts';
import { remoteFiles } from '../slide/remote-files.ts';
import type { Slide, SlideFiles } from '../slide/slide.ts';
import { openFiles } from './file-source.ts';

/**
 * Opens, hands over, and closes whatever happens. `place` is a file, the folder of a slide of several files (DICOM), or
 * an address (https://…) of which parts are read. `series` is one of several images of the file; by default the largest.
 * @throws what openSlide and `use` throw
 */
export async function withSlide<T>(
  place: string,
  signal: AbortSignal,
  use: (slide: Slide) => Promise<T>,
  series?: number,
): Promise<T> {
  if (isAddress(place)) return withOpened(await remoteFiles(place, signal), signal, use, series);
  const isFolder = await stat(place).then(
    (found) => found.isDirectory(),
    () => false,
  );
  return isFolder ? withFolder(place, signal, use, series) : withFile(place, signal, use, series);
}

async function withFile<T>(
  file: string,
  signal: AbortSignal,
  use: (slide: Slide) => Promise<T>,
  series?: number,
): Promise<T> {
  const opened = await openFiles(file);
  try {
    return await withOpened(opened.files, signal, use, series);
  } finally {
    await opened.close();
  }
}

async function withOpened<T>(
  files: SlideFiles,
  signal: AbortSignal,
  use: (slide: Slide) => Promise<T>,
  series?: number,
): Promise<T> {
  const slide = await openSlide(files, signal, series);
  try {
    return await use(slide);
  } finally {
    await slide.close();
  }
}

/** True for what is to be read over the web and not from a disk. */
export function isAddress(place: string): boolean {
  return /^https?:\/\//i.test(place);
}

/** The first file of a folder that opens as a slide stands for all of them. */
async function withFolder<T>(
  folder: string,
  signal: AbortSignal,
  use: (slide: Slide) => Promise<T>,
  series?: number,
): Promise<T> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
  let failure: unknown = new AppError({ code: 'slide/unrecognized', name: path.basename(folder) });
  for (const name of names.sort()) {
    const file = path.join(folder, name);
    try {
      await withFile(file, signal, async () => {});
    } catch (error) {
      signal.throwIfAborted();
      // What is of no known kind says nothing about the slide; a slide that is damaged does.
      if (!isAppError(error, 'slide/unrecognized')) failure = error;
      continue;
    }
    return withFile(file, signal, use, series);
  }
  throw failure;
}
