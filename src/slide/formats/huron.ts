/**
 * Huron TIFF: levels are the tiled directories of the chain, as in Aperio's; the second image is the thumbnail, label and
 * macro are stripped images of subfile types 1 and 9. Recognised by the Make tag. Pixel size from the resolution tags.
 *
 * @see OpenSlide documentation, "Huron format"
 */
import { AppError } from '../../errors.ts';
import { codecFor } from '../codecs/index.ts';
import { fingerprint } from '../fingerprint.ts';
import type { SlideFormat } from '../format.ts';
import { readImage, type TiffImage } from '../tiff/image.ts';
import { TAG } from '../tiff/tags.ts';
import { mppOf, tiffSlide } from '../tiff/tiff-slide.ts';

const LABEL = 'Huron TIFF';

export const huron: SlideFormat = {
  id: 'huron',
  label: LABEL,
  detect: ({ tiff, make }) => make.startsWith('Huron') && tiff?.directories[0]?.tags.has(TAG.tileWidth) === true,
  async open(files, probe, signal) {
    const { tiff } = probe;
    if (!tiff) throw new AppError({ code: 'slide/corrupt', where: 'it is not a TIFF' });
    const levels: TiffImage[] = [];
    const associated = new Map<string, TiffImage>();
    for (const [index, directory] of tiff.directories.entries()) {
      const isLevel = directory.tags.has(TAG.tileWidth);
      try {
        const name = isLevel ? `level ${levels.length}` : `image ${index}`;
        const image = await readImage(tiff, directory, name, LABEL, signal);
        const what = index === 1 ? 'thumbnail' : { 1: 'label', 9: 'macro' }[image.subfileType];
        if (isLevel) levels.push(image);
        else if (what && !associated.has(what)) associated.set(what, image);
      } catch (error) {
        // A label in an odd coding does not keep anyone from the slide.
        if (isLevel || !(error instanceof AppError) || error.info.code === 'slide/read-failed') throw error;
      }
    }
    levels.sort((a, b) => b.width - a.width);
    const [base] = levels;
    return tiffSlide({
      id: await fingerprint(files.main, signal),
      name: files.main.name,
      format: 'huron',
      formatLabel: `${LABEL}, ${codecFor(base?.compression ?? 1, LABEL).name}`,
      levels,
      associated,
      mpp: base && mppOf(base),
      objectivePower: undefined,
      properties: pairs(probe.description),
    });
  },
};

/** Lines of `key = value`. */
function pairs(description: string): Record<string, string> {
  const properties: Record<string, string> = {};
  for (const line of description.split(/\r?\n/)) {
    const at = line.indexOf('=');
    const key = line.slice(0, Math.max(0, at)).trim();
    if (key !== '') properties[`huron.${key}`] = line.slice(at + 1).trim();
  }
  return properties;
}
