/** The images of a TIFF whose levels are its tiled directories, and whose other directories are pictures beside the slide. */
import { readOptional } from '../read-optional.ts';
import type { TiffFile } from './directories.ts';
import { readImage, type TiffImage } from './image.ts';
import { TAG } from './tags.ts';

export interface TiledLevels {
  /** In the order of the file. */
  readonly levels: readonly TiffImage[];
  readonly associated: ReadonlyMap<string, TiffImage>;
}

/**
 * `associatedName` says what a picture beside the slide is called, undefined where it is nothing that is shown; of two of one
 * name the first counts. `format` stands in refusals. @throws slide/corrupt, slide/unsupported of a level, slide/read-failed
 */
export async function readTiledLevels(
  tiff: TiffFile,
  format: string,
  associatedName: (image: TiffImage, index: number) => string | undefined,
  signal: AbortSignal | undefined,
): Promise<TiledLevels> {
  const levels: TiffImage[] = [];
  const associated = new Map<string, TiffImage>();
  for (const [index, directory] of tiff.directories.entries()) {
    if (directory.tags.has(TAG.tileWidth)) {
      levels.push(await readImage(tiff, directory, `level ${levels.length}`, format, signal));
      continue;
    }
    const image = await readOptional(() => readImage(tiff, directory, `image ${index}`, format, signal));
    const what = image && associatedName(image, index);
    if (image && what && !associated.has(what)) associated.set(what, image);
  }
  return { levels, associated };
}
