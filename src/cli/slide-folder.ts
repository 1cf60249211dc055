/** The slides of a folder, and what is beside them. */
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '../errors.ts';

/** Files that lie among slides and are none. */
const NOT_SLIDES = /\.(csv|tsv|json|txt|md|html?|xml|pdf|ya?ml|part|sha256|safetensors)$/i;

export interface SlidePlace {
  readonly folder: string;
  /** Below the folder, with `/`, sorted. */
  readonly files: readonly string[];
  /** True where the user named one slide and not a folder. */
  readonly isOne: boolean;
}

/**
 * The slides of a folder and its subfolders, or the one slide. @throws slide/read-failed where there is nothing
 */
export async function listSlides(place: string): Promise<SlidePlace> {
  const found = await stat(place).catch((cause: unknown) => {
    const info = {
      code: 'slide/read-failed',
      name: path.basename(place),
      reason: 'there is no such file or folder',
    } as const;
    throw new AppError(info, { cause });
  });
  if (!found.isDirectory()) return { folder: path.dirname(place), files: [path.basename(place)], isOne: true };
  const entries = await readdir(place, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.') && !NOT_SLIDES.test(entry.name))
    .map((entry) => path.relative(place, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
    .sort();
  return { folder: place, files, isOne: false };
}
