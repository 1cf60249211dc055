/**
 * A DICOM series as a slide, wherever its frames come from. Instances of one total size are a level; LABEL, OVERVIEW and
 * THUMBNAIL instances are the associated images. The largest level speaks for the slide.
 *
 * @see DICOM PS3.3 A.32.8, C.8.12.4
 */
import { AppError } from '../../errors.ts';
import { defaultView } from '../channel-view.ts';
import { levelsOf } from '../levels.ts';
import type { Slide, SlideInfo } from '../slide.ts';
import { plausibleMpp } from '../tiff/tiff-slide.ts';
import type { DicomInstance } from './instance.ts';
import { type DicomLevel, dicomLevels, pathsOf, type StoredInstance } from './level.ts';
import { channelsOf, readTile, readWhole } from './picture.ts';

/** VL Whole Slide Microscopy Image Storage. */
export const WSI_CLASS = '1.2.840.10008.5.1.4.1.1.77.1.6';
const OTHER_CLASSES: Readonly<Record<string, string>> = {
  '1.2.840.10008.5.1.4.1.1.66.4': 'segmentations',
  '1.2.840.10008.5.1.4.1.1.91.1': 'bulk annotations',
  '1.2.840.10008.5.1.4.1.1.77.1.2': 'microscopy images that are not whole slides',
  '1.2.840.10008.5.1.4.1.1.30': 'parametric maps',
};

/** What the instances of a series make together. */
export interface Pyramid {
  /** Largest first, at least one. */
  readonly levels: readonly DicomLevel[];
  /** Of the largest level: it speaks for the slide. */
  readonly first: DicomInstance;
  readonly associated: ReadonlyMap<string, StoredInstance>;
}

/** @throws slide/unsupported that names what the object is instead of a slide */
export function refuseClass(sopClass: string): never {
  const feature = OTHER_CLASSES[sopClass] ?? `objects of class ${sopClass || 'unknown'}`;
  throw new AppError({ code: 'slide/unsupported', format: 'DICOM', feature });
}

/** @throws slide/corrupt, slide/unsupported */
export function pyramidOf(stored: readonly StoredInstance[]): Pyramid {
  const volumes = stored.filter(({ instance }) => isVolume(instance));
  if (volumes.length === 0) {
    const kind = stored[0]?.instance.imageType[2]?.toLowerCase() ?? 'other';
    throw new AppError({
      code: 'slide/unsupported',
      format: 'DICOM',
      feature: `a ${kind} image without the slide it belongs to`,
    });
  }
  const levels = dicomLevels(volumes);
  const first = levels[0]?.parts[0]?.instance;
  if (!first) throw new AppError({ code: 'slide/corrupt', where: 'it has no level' });
  const associated = new Map<string, StoredInstance>();
  for (const one of stored) {
    const what = { LABEL: 'label', OVERVIEW: 'macro', THUMBNAIL: 'thumbnail' }[one.instance.imageType[2] ?? ''];
    if (what && one.instance.columns > 0 && !associated.has(what)) associated.set(what, one);
  }
  return { levels, first, associated };
}

/** The slide of a series. What it is called, and its colour profile, are known to whoever read the instances. */
export function seriesSlide(
  { levels, first, associated }: Pyramid,
  about: Pick<SlideInfo, 'id' | 'name' | 'format' | 'formatLabel'>,
  colorProfile: Uint8Array | undefined,
): Slide {
  const { totalColumns: width, totalRows: height } = first;
  const paths = levels[0] ? pathsOf(levels[0]) : [];
  const channels = first.samples === 1 ? channelsOf(paths) : [];
  const shown = defaultView(channels);
  const properties: Record<string, string> = { ...first.properties, 'dicom.SeriesInstanceUID': first.series };
  for (const [i, path] of paths.entries())
    properties[`dicom.OpticalPath[${i}]`] = [path.id, path.description].filter((part) => part !== '').join(' ');
  return {
    info: {
      ...about,
      width,
      height,
      levels: levelsOf(levels),
      mpp: first.spacing && plausibleMpp(first.spacing[0] * 1000, first.spacing[1] * 1000, 'vendor'),
      objectivePower: first.objectivePower,
      bounds: { x: 0, y: 0, width, height },
      background: first.samples === 1 ? [0, 0, 0] : [255, 255, 255],
      properties,
      associated: [...associated.keys()],
      ...(channels.length > 0 ? { channels } : {}),
    },
    // Of grey samples it would describe a palette that milscope does not use.
    colorProfile: first.samples === 3 ? colorProfile : undefined,
    async readTile(index, col, row, signal) {
      const level = levels[index];
      if (!level) throw new RangeError(`no level ${index}`);
      return readTile(level, paths, shown, col, row, signal);
    },
    ...(channels.length > 0 && {
      async readView(view, index, col, row, signal) {
        const level = levels[index];
        if (!level) throw new RangeError(`no level ${index}`);
        return readTile(level, paths, view, col, row, signal);
      },
    }),
    async readAssociated(name, signal) {
      const one = associated.get(name);
      const level = one && dicomLevels([one])[0];
      if (!level) throw new RangeError(`no associated image ${name}`);
      return readWhole(level, signal);
    },
    async close() {},
  };
}

/** True for an image of the slide itself, false for labels, overviews and maps. */
export function isVolume({ imageType }: DicomInstance): boolean {
  return !['LABEL', 'OVERVIEW', 'THUMBNAIL', 'LOCALIZER', 'REGIONLOCALIZER'].includes(imageType[2] ?? '');
}
