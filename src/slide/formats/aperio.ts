/**
 * Aperio SVS: a tiled TIFF whose ImageDescription starts with "Aperio" and ends in `|key = value` pairs.
 * @see OpenSlide documentation, "Aperio format"
 */
import { AppError } from '../../errors.ts';
import { codecFor } from '../codecs/index.ts';
import { fingerprint } from '../fingerprint.ts';
import type { SlideFormat } from '../format.ts';
import type { TiffImage } from '../tiff/image.ts';
import { TAG } from '../tiff/tags.ts';
import { plausibleMpp, tiffSlide } from '../tiff/tiff-slide.ts';
import { readTiledLevels } from '../tiff/tiled-levels.ts';

const LABEL = 'Aperio SVS';

/** `|MPP = 0.499|AppMag = 20|...` of an Aperio description, verbatim. */
export function aperioProperties(description: string): Record<string, string> {
  const properties: Record<string, string> = {};
  for (const pair of description.split('|').slice(1)) {
    const at = pair.indexOf('=');
    if (at > 0) properties[`aperio.${pair.slice(0, at).trim()}`] = pair.slice(at + 1).trim();
  }
  return properties;
}

/** Scanners of some countries write a decimal comma. */
function numberOf(text: string | undefined): number | undefined {
  const value = text === undefined ? Number.NaN : Number(text.replace(',', '.'));
  return Number.isFinite(value) && value > 0 ? value : undefined;
}

/** Label, macro or thumbnail, by the first word of the description's second line, else by the subfile type. */
function associatedName(image: TiffImage, index: number): string | undefined {
  const word = image.description?.split('\n')[1]?.trim().split(/\s/)[0]?.toLowerCase();
  if (word === 'label' || word === 'macro') return word;
  if (index === 1) return 'thumbnail';
  return { 1: 'label', 9: 'macro' }[image.subfileType];
}

export const aperio: SlideFormat = {
  id: 'aperio',
  label: LABEL,
  detect: ({ tiff, description }) =>
    description.startsWith('Aperio') && tiff?.directories[0]?.tags.has(TAG.tileWidth) === true,
  async open(files, probe, signal) {
    const { tiff } = probe;
    if (!tiff) throw new AppError({ code: 'slide/corrupt', where: 'it is not a TIFF' });
    const { levels: stored, associated } = await readTiledLevels(tiff, LABEL, associatedName, signal);
    const levels = [...stored].sort((a, b) => b.width - a.width);
    const properties = aperioProperties(probe.description);
    const mpp = numberOf(properties['aperio.MPP']);
    return tiffSlide({
      id: await fingerprint(files.main, signal),
      name: files.main.name,
      format: 'aperio',
      formatLabel: `${LABEL}, ${codecFor(levels[0]?.compression ?? 1, LABEL).name}`,
      levels,
      associated,
      mpp: mpp === undefined ? undefined : plausibleMpp(mpp, mpp, 'vendor'),
      objectivePower: numberOf(properties['aperio.AppMag']),
      properties: { ...properties, 'tiff.ImageDescription': probe.description },
    });
  },
};
