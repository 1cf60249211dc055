/**
 * Slidedat.ini of a MIRAX slide: sections of `key = value` lines that say how the slide is cut, and in which files.
 * @see OpenSlide documentation, "MIRAX format"
 */
import { AppError } from '../../errors.ts';
import { parseIni } from '../ini.ts';

export interface MiraxLevel {
  /** Stored images hold 2^(sum of the factors so far) base images in each direction. */
  readonly concatExponent: number;
  /** Size of a stored image, px. */
  readonly imageWidth: number;
  readonly imageHeight: number;
  /** Of neighbouring camera fields, px of level 0; used where no positions are stored. */
  readonly overlapX: number;
  readonly overlapY: number;
  readonly mppX: number | undefined;
  readonly mppY: number | undefined;
  readonly format: 'JPEG' | 'PNG' | 'BMP24';
  readonly fill: readonly [number, number, number];
}

export interface Slidedat {
  readonly slideId: string;
  /** Stored images of level 0 across and down. */
  readonly imagesAcross: number;
  readonly imagesDown: number;
  /** Stored images in each direction that one camera field was cut into. */
  readonly divisions: number;
  readonly objectivePower: number | undefined;
  readonly indexFile: string;
  readonly dataFiles: readonly string[];
  readonly levels: readonly MiraxLevel[];
  /** Number of the record that holds the positions of the camera fields, and whether it is deflated. */
  readonly positions: { readonly record: number; readonly deflated: boolean } | undefined;
  /** Records of the associated images. */
  readonly associated: ReadonlyMap<'label' | 'macro' | 'thumbnail', number>;
  readonly properties: Readonly<Record<string, string>>;
}

const LIMITS = { levels: 32, records: 4096, dataFiles: 8192, imagesAcross: 2 ** 16, imageEdge: 8192 } as const;

function corrupt(where: string): AppError {
  return new AppError({ code: 'slide/corrupt', where });
}

/** True when the text can be the index of a MIRAX slide. */
export function isSlidedat(text: string): boolean {
  return /^\uFEFF?\s*\[GENERAL\]/.test(text) && text.includes('SLIDE_VERSION');
}

/** @throws slide/corrupt naming the missing or impossible key, slide/unsupported */
export function parseSlidedat(text: string): Slidedat {
  const sections = parseIni(text);
  const value = (section: string, key: string): string => {
    const found = sections.get(section)?.get(key);
    if (found === undefined) throw corrupt(`Slidedat.ini has no ${key} in [${section}]`);
    return found;
  };
  const integer = (section: string, key: string, least: number, most: number): number => {
    const number = Number(value(section, key));
    if (!Number.isInteger(number) || number < least || number > most)
      throw corrupt(`Slidedat.ini says ${key} = ${value(section, key)}`);
    return number;
  };
  const optional = (section: string, key: string) => sections.get(section)?.get(key);
  const divisionsText = optional('GENERAL', 'CameraImageDivisionsPerSide');
  const divisions = divisionsText === undefined ? 1 : integer('GENERAL', 'CameraImageDivisionsPerSide', 1, 64);
  const objective = Number(optional('GENERAL', 'OBJECTIVE_MAGNIFICATION') ?? Number.NaN);

  const hierarchies = integer('HIERARCHICAL', 'HIER_COUNT', 1, LIMITS.records);
  let zoom = -1;
  for (let i = 0; i < hierarchies; i++) if (optional('HIERARCHICAL', `HIER_${i}_NAME`) === 'Slide zoom level') zoom = i;
  if (zoom < 0) throw corrupt('Slidedat.ini names no zoom levels');
  const levelCount = integer('HIERARCHICAL', `HIER_${zoom}_COUNT`, 1, LIMITS.levels);
  const levels: MiraxLevel[] = [];
  let concatExponent = 0;
  for (let i = 0; i < levelCount; i++) {
    const section = value('HIERARCHICAL', `HIER_${zoom}_VAL_${i}_SECTION`);
    concatExponent += integer(section, 'IMAGE_CONCAT_FACTOR', 0, 16);
    const format = value(section, 'IMAGE_FORMAT');
    if (format !== 'JPEG' && format !== 'PNG' && format !== 'BMP24')
      throw new AppError({ code: 'slide/unsupported', format: '3DHISTECH MIRAX', feature: `${format} images` });
    const fill = Number(optional(section, 'IMAGE_FILL_COLOR_BGR') ?? 0xffffff);
    const mpp = (key: string) => {
      const um = Number(optional(section, key) ?? Number.NaN);
      return um > 0 ? um : undefined;
    };
    const overlap = (key: string) => {
      const px = Number(optional(section, key) ?? 0);
      return Number.isFinite(px) ? px : 0;
    };
    levels.push({
      concatExponent,
      imageWidth: integer(section, 'DIGITIZER_WIDTH', 1, LIMITS.imageEdge),
      imageHeight: integer(section, 'DIGITIZER_HEIGHT', 1, LIMITS.imageEdge),
      overlapX: overlap('OVERLAP_X'),
      overlapY: overlap('OVERLAP_Y'),
      mppX: mpp('MICROMETER_PER_PIXEL_X'),
      mppY: mpp('MICROMETER_PER_PIXEL_Y'),
      format,
      fill: [fill & 255, (fill >> 8) & 255, (fill >> 16) & 255],
    });
  }

  const layers = Number(optional('HIERARCHICAL', 'NONHIER_COUNT') ?? 0);
  let record = 0;
  let positions: Slidedat['positions'];
  const associated = new Map<'label' | 'macro' | 'thumbnail', number>();
  for (let i = 0; i < Math.min(layers, LIMITS.records); i++) {
    const name = optional('HIERARCHICAL', `NONHIER_${i}_NAME`);
    const count = integer('HIERARCHICAL', `NONHIER_${i}_COUNT`, 0, LIMITS.records);
    for (let j = 0; j < count; j++, record++) {
      const entry = optional('HIERARCHICAL', `NONHIER_${i}_VAL_${j}`);
      if (name === 'VIMSLIDE_POSITION_BUFFER' && entry === 'default') positions = { record, deflated: false };
      if (name === 'StitchingIntensityLayer' && entry === 'StitchingIntensityLevel')
        positions ??= { record, deflated: true };
      if (name !== 'Scan data layer') continue;
      if (entry === 'ScanDataLayer_SlideBarcode') associated.set('label', record);
      if (entry === 'ScanDataLayer_SlideThumbnail') associated.set('macro', record);
      if (entry === 'ScanDataLayer_SlidePreview') associated.set('thumbnail', record);
    }
  }
  const files = integer('DATAFILE', 'FILE_COUNT', 1, LIMITS.dataFiles);
  const properties: Record<string, string> = {};
  for (const [section, keys] of sections) for (const [key, text] of keys) properties[`mirax.${section}.${key}`] = text;
  return {
    slideId: value('GENERAL', 'SLIDE_ID'),
    imagesAcross: integer('GENERAL', 'IMAGENUMBER_X', 1, LIMITS.imagesAcross),
    imagesDown: integer('GENERAL', 'IMAGENUMBER_Y', 1, LIMITS.imagesAcross),
    divisions,
    objectivePower: objective > 0 ? objective : undefined,
    indexFile: value('HIERARCHICAL', 'INDEXFILE'),
    dataFiles: Array.from({ length: files }, (_, i) => value('DATAFILE', `FILE_${i}`)),
    levels,
    positions,
    associated,
    properties,
  };
}
