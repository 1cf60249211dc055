/**
 * Philips TIFF, the export of iSyntax: a tiled TIFF whose first ImageDescription is an XML document of DICOM-like attributes.
 * Recognised by the software tag and "DPUfsImport". The sizes in the TIFF are those of whole tiles, padding included, so
 * that they do not stand in the ratio of the levels: a level's true size follows from its pixel spacing. Label and macro
 * are directories of their own or JPEGs in the XML.
 *
 * @see OpenSlide documentation, "Philips format"
 */
import { AppError } from '../../errors.ts';
import { codecFor } from '../codecs/index.ts';
import { decodeJpegRgb } from '../codecs/jpeg.ts';
import { fingerprint } from '../fingerprint.ts';
import type { SlideFormat } from '../format.ts';
import type { Pixels, Slide } from '../slide.ts';
import type { TiffImage } from '../tiff/image.ts';
import { tagText } from '../tiff/tag-values.ts';
import { TAG } from '../tiff/tags.ts';
import { plausibleMpp, tiffSlide } from '../tiff/tiff-slide.ts';
import { readTiledLevels } from '../tiff/tiled-levels.ts';
import { attribute, child, children, parseXml, textOf, type XmlElement } from '../xml.ts';

const LABEL = 'Philips TIFF';
/** Label and macro in it are text of four characters for three bytes. */
const XML_BYTES = 32 * 2 ** 20;

export const philipsTiff: SlideFormat = {
  id: 'philips-tiff',
  label: LABEL,
  detect: ({ tiff, software, description }) =>
    tiff !== undefined && software.startsWith('Philips') && description.includes('DPUfsImport'),
  async open(files, probe, signal) {
    const { tiff } = probe;
    if (!tiff) throw new AppError({ code: 'slide/corrupt', where: 'it is not a TIFF' });
    const tag = tiff.directories[0]?.tags.get(TAG.description);
    const root = child(
      parseXml(tag ? await tagText(tiff, tag, signal, XML_BYTES) : '', 'its description'),
      'DataObject',
    );
    const images = objectsOf(root, 'PIM_DP_SCANNED_IMAGES');
    const scan = images.find((image) => attributeText(image, 'PIM_DP_IMAGE_TYPE') === 'WSI');
    if (!scan) throw new AppError({ code: 'slide/corrupt', where: 'its description names no slide image' });
    const spacings = objectsOf(scan, 'PIIM_PIXEL_DATA_REPRESENTATION_SEQUENCE').map(spacingOf);

    const { levels: stored, associated } = await readTiledLevels(tiff, LABEL, associatedName, signal);
    const inXml = jpegsOf(images);
    const [base] = spacings;
    const slide = tiffSlide({
      id: await fingerprint(files.main, signal),
      name: files.main.name,
      format: 'philips-tiff',
      formatLabel: `${LABEL}, ${codecFor(stored[0]?.compression ?? 1, LABEL).name}`,
      levels: stored.map((image, i) => cropped(image, stored[0], base, spacings[i])),
      associated,
      mpp: base && plausibleMpp(base.x * 1000, base.y * 1000, 'vendor'),
      objectivePower: undefined,
      properties: propertiesOf(root, scan),
    });
    return withJpegs(slide, inXml);
  },
};

function associatedName({ description }: TiffImage): string | undefined {
  return /^(label|macro)/.exec(description?.toLowerCase() ?? '')?.[0];
}

/** Text of an attribute element by its name. */
function attributeText(object: XmlElement | undefined, name: string): string | undefined {
  return textOf(children(object, 'Attribute').find((one) => attribute(one, 'Name') === name))?.trim();
}

/** The objects in the array of an attribute. */
function objectsOf(object: XmlElement | undefined, name: string): XmlElement[] {
  const found = children(object, 'Attribute').find((one) => attribute(one, 'Name') === name);
  return children(child(found, 'Array'), 'DataObject');
}

interface Spacing {
  /** mm per px */
  readonly x: number;
  readonly y: number;
}

/** `"y" "x"`, as in DICOM: rows first. */
function spacingOf(object: XmlElement): Spacing | undefined {
  const [y, x] = [...(attributeText(object, 'DICOM_PIXEL_SPACING') ?? '').matchAll(/[\d.eE+-]+/g)].map(([text]) =>
    Number(text),
  );
  return x !== undefined && y !== undefined && x > 0 && y > 0 ? { x, y } : undefined;
}

/** A level without the padding that is not in the ratio of its spacing to that of level 0. */
function cropped(
  image: TiffImage,
  base: TiffImage | undefined,
  fine: Spacing | undefined,
  coarse: Spacing | undefined,
): TiffImage {
  if (!base || image === base || !fine || !coarse) return image;
  // Spacings are rounded to six digits or so; the ratios are whole.
  const ratio = (coarseValue: number, fineValue: number) => Math.max(1, Math.round(coarseValue / fineValue));
  return {
    ...image,
    width: Math.min(image.width, Math.max(1, Math.floor(base.width / ratio(coarse.x, fine.x)))),
    height: Math.min(image.height, Math.max(1, Math.floor(base.height / ratio(coarse.y, fine.y)))),
  };
}

/** Label and macro as base64 in the XML. */
function jpegsOf(images: readonly XmlElement[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const image of images) {
    const what = { LABELIMAGE: 'label', MACROIMAGE: 'macro' }[attributeText(image, 'PIM_DP_IMAGE_TYPE') ?? ''];
    const data = attributeText(image, 'PIM_DP_IMAGE_DATA');
    if (what && data) found.set(what, data);
  }
  return found;
}

function withJpegs(slide: Slide, jpegs: ReadonlyMap<string, string>): Slide {
  const more = [...jpegs.keys()].filter((name) => !slide.info.associated.includes(name));
  return {
    ...slide,
    info: { ...slide.info, associated: [...slide.info.associated, ...more] },
    async readAssociated(name, signal): Promise<Pixels> {
      const data = more.includes(name) ? jpegs.get(name) : undefined;
      return data === undefined
        ? slide.readAssociated(name, signal)
        : decodeJpegRgb(fromBase64(data, name), undefined, 'as-marked');
    },
  };
}

function fromBase64(text: string, name: string): Uint8Array {
  try {
    return Uint8Array.from(atob(text.replace(/\s+/g, '')), (char) => char.charCodeAt(0));
  } catch (cause) {
    throw new AppError({ code: 'slide/corrupt', where: `the ${name} image is not base64` }, { cause });
  }
}

/** Attributes of plain values of the import and of the slide image, but for the barcode, which can name a patient. */
function propertiesOf(...objects: readonly (XmlElement | undefined)[]): Record<string, string> {
  const properties: Record<string, string> = {};
  for (const object of objects)
    for (const one of children(object, 'Attribute')) {
      const name = attribute(one, 'Name');
      const value = textOf(one)?.trim();
      if (name && value && value.length <= 1024 && !name.includes('BARCODE')) properties[`philips.${name}`] ??= value;
    }
  return properties;
}
