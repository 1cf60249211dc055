/** Reads the picture of a whole slide from the first of its sources that gives one. */
import { isAbort } from '../errors.ts';
import { levelPieces, type OverviewPicture, type OverviewSource, overviewSources } from '../slide/overview.ts';
import type { Region } from '../slide/region.ts';
import type { SlideInfo } from '../slide/slide.ts';

export interface OverviewReaders {
  /** Undefined where the slide has none that shows all of it. */
  thumbnail(): Promise<ImageBitmap | undefined>;
  region(region: Region): Promise<ImageBitmap>;
}

/**
 * The picture, or undefined where no source gives one: a source that cannot be read, or only in part, is passed over.
 * `onProgress`: the share that is read, 0..1. @throws AbortError
 */
export async function readOverviewOf(
  info: SlideInfo,
  readers: OverviewReaders,
  onProgress: (share: number) => void = () => undefined,
): Promise<OverviewPicture<ImageBitmap> | undefined> {
  for (const source of overviewSources(info)) {
    try {
      const picture = await readFrom(source, info, readers, onProgress);
      if (picture !== undefined) return picture;
    } catch (error) {
      if (isAbort(error)) throw error;
    }
  }
  return undefined;
}

async function readFrom(
  source: OverviewSource,
  info: SlideInfo,
  readers: OverviewReaders,
  onProgress: (share: number) => void,
): Promise<OverviewPicture<ImageBitmap> | undefined> {
  if (source.kind === 'thumbnail') {
    const bitmap = await readers.thumbnail();
    return bitmap && { source, width: bitmap.width, height: bitmap.height, pieces: [{ left: 0, top: 0, bitmap }] };
  }
  const level = info.levels[source.level];
  if (level === undefined) return undefined;
  const parts = levelPieces(info, source.level);
  let done = 0;
  const reading = parts.map(async ({ left, top, region }) => {
    const bitmap = await readers.region(region);
    onProgress(++done / parts.length);
    return { left, top, bitmap };
  });
  try {
    return { source, width: level.width, height: level.height, pieces: await Promise.all(reading) };
  } catch (error) {
    for (const one of reading) one.then(({ bitmap }) => bitmap.close()).catch(() => undefined);
    throw error;
  }
}
