/** The slides of a folder, and what is beside them. */
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '../errors.ts';

/** Files that lie among slides and are none. */
const NOT_SLIDES = /\.(csv|tsv|json|txt|md|html?|xml|pdf|ya?ml|part|sha256|safetensors)$/i;

/**
 * Paths below the folder, with `/`, sorted; or the one file. @throws slide/read-failed where there is nothing
 */
export async function listSlides(place: string): Promise<{ readonly folder: string; readonly files: string[] }> {
  const found = await stat(place).catch((cause: unknown) => {
    const info = {
      code: 'slide/read-failed',
      name: path.basename(place),
      reason: 'there is no such file or folder',
    } as const;
    throw new AppError(info, { cause });
  });
  if (!found.isDirectory()) return { folder: path.dirname(place), files: [path.basename(place)] };
  const entries = await readdir(place, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.') && !NOT_SLIDES.test(entry.name))
    .map((entry) => path.relative(place, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
    .sort();
  return { folder: place, files };
}
