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
import type { TiffImage } from '../tiff/image.ts';
import { TAG } from '../tiff/tags.ts';
import { mppOf, tiffSlide } from '../tiff/tiff-slide.ts';
import { readTiledLevels } from '../tiff/tiled-levels.ts';

const LABEL = 'Huron TIFF';

export const huron: SlideFormat = {
  id: 'huron',
  label: LABEL,
  detect: ({ tiff, make }) => make.startsWith('Huron') && tiff?.directories[0]?.tags.has(TAG.tileWidth) === true,
  async open(files, probe, signal) {
    const { tiff } = probe;
    if (!tiff) throw new AppError({ code: 'slide/corrupt', where: 'it is not a TIFF' });
    const { levels: stored, associated } = await readTiledLevels(tiff, LABEL, associatedName, signal);
    const levels = [...stored].sort((a, b) => b.width - a.width);
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

function associatedName({ subfileType }: TiffImage, index: number): string | undefined {
  return index === 1 ? 'thumbnail' : { 1: 'label', 9: 'macro' }[subfileType];
}

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
