/** Tiled TIFF, pyramidal or not, of no particular maker: levels in the main chain or in SubIFDs. */
import { AppError } from '../../errors.ts';
import { codecFor } from '../codecs/index.ts';
import { fingerprint } from '../fingerprint.ts';
import type { SlideFormat } from '../format.ts';
import { fallingWidths } from '../levels.ts';
import type { TiffDirectory } from '../tiff/directories.ts';
import { readImage, type TiffImage } from '../tiff/image.ts';
import { tagNumbers } from '../tiff/tag-values.ts';
import { TAG } from '../tiff/tags.ts';
import { mppOf, tiffSlide } from '../tiff/tiff-slide.ts';

const isTiled = ({ tags }: TiffDirectory) => tags.has(TAG.tileWidth);

/** True when `small` is `base` reduced: smaller, with the same proportions to within two pixels and a percent. */
function isReduced(base: TiffImage, small: TiffImage): boolean {
  const expected = (base.height * small.width) / base.width;
  return small.width < base.width && Math.abs(small.height - expected) <= 2 + 0.01 * expected;
}

const LABEL = 'tiled TIFF';

export const genericTiff: SlideFormat = {
  id: 'generic-tiff',
  label: LABEL,
  detect: ({ tiff }) => tiff?.directories.some(isTiled) === true,
  async open(files, probe, signal) {
    const { tiff } = probe;
    if (!tiff) throw new AppError({ code: 'slide/corrupt', where: 'it is not a TIFF' });
    const candidates = tiff.directories.filter(isTiled);
    // The largest is level 0; writers put it first, and nothing makes them.
    let base: { directory: TiffDirectory; pixels: number } | undefined;
    for (const directory of candidates) {
      const [width, height] = [directory.tags.get(TAG.width), directory.tags.get(TAG.height)];
      if (!width || !height) continue;
      const [w = 0] = await tagNumbers(tiff, width, signal);
      const [h = 0] = await tagNumbers(tiff, height, signal);
      if (!base || w * h > base.pixels) base = { directory, pixels: w * h };
    }
    if (!base) throw new AppError({ code: 'slide/corrupt', where: 'no directory has a size' });
    const level0 = await readImage(tiff, base.directory, 'level 0', LABEL, signal);
    const levels = [level0];
    const others = [...base.directory.subDirectories, ...candidates.filter((one) => one !== base.directory)];
    for (const directory of others.filter(isTiled)) {
      const image = await readImage(tiff, directory, `directory at byte ${directory.offset}`, LABEL, signal);
      const isMask = (image.subfileType & 4) !== 0;
      if (!isMask && isReduced(level0, image)) levels.push(image);
    }
    const distinct = fallingWidths(levels);
    const properties: Record<string, string> = {};
    if (probe.description) properties['tiff.ImageDescription'] = probe.description;
    if (probe.make) properties['tiff.Make'] = probe.make;
    if (probe.software) properties['tiff.Software'] = probe.software;
    const kind = tiff.big ? 'BigTIFF' : 'TIFF';
    return tiffSlide({
      id: await fingerprint(files.main, signal),
      name: files.main.name,
      format: 'generic-tiff',
      formatLabel: `${distinct.length > 1 ? 'Pyramidal' : 'Tiled'} ${kind}, ${codecFor(level0.compression, LABEL).name}`,
      levels: distinct,
      associated: new Map(),
      mpp: mppOf(level0),
      objectivePower: undefined,
      properties,
    });
  },
};
