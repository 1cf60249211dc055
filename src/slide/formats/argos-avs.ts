/**
 * ARGOS AVS: a tiled TIFF with its metadata as XML in tag 65000. The pyramids of all focal planes follow one another, from
 * the lowest plane up; the last two images, stripped, are the thumbnail and the macro. The middle plane is read.
 *
 * @see OpenSlide documentation, "ARGOS format"
 */
import { AppError } from '../../errors.ts';
import { codecFor } from '../codecs/index.ts';
import { fingerprint } from '../fingerprint.ts';
import type { SlideFormat } from '../format.ts';
import { readOptional } from '../read-optional.ts';
import { readImage, type TiffImage } from '../tiff/image.ts';
import { tagText } from '../tiff/tag-values.ts';
import { TAG } from '../tiff/tags.ts';
import { plausibleMpp, tiffSlide } from '../tiff/tiff-slide.ts';
import { child, parseXml, textOf, type XmlElement } from '../xml.ts';
import { genericTiff } from './generic-tiff.ts';

const LABEL = 'ARGOS AVS';
const METADATA = 65000;

export const argosAvs: SlideFormat = {
  id: 'argos-avs',
  label: LABEL,
  detect: ({ tiff }) => {
    const tags = tiff?.directories[0]?.tags;
    return tags?.has(TAG.tileWidth) === true && tags.get(METADATA)?.type === 2;
  },
  async open(files, probe, signal) {
    const { tiff } = probe;
    const tag = tiff?.directories[0]?.tags.get(METADATA);
    if (!tiff || !tag) throw new AppError({ code: 'slide/corrupt', where: 'it is not a TIFF' });
    const text = await tagText(tiff, tag, signal);
    // The number of the tag is anyone's: what holds something else is some other TIFF.
    if (!text.includes('Argos.Scan.Metadata')) return genericTiff.open(files, probe, signal);
    const metadata = child(parseXml(text, 'its metadata'), 'Argos.Scan.Metadata');
    const numberOf = (name: string) => {
      const value = Number(textOf(child(metadata, name)) ?? Number.NaN);
      return Number.isFinite(value) ? value : undefined;
    };
    const tiled: TiffImage[] = [];
    const stripped: TiffImage[] = [];
    for (const [index, directory] of tiff.directories.entries()) {
      const isLevel = directory.tags.has(TAG.tileWidth);
      const read = () => readImage(tiff, directory, `image ${index}`, LABEL, signal);
      const image = isLevel ? await read() : await readOptional(read);
      if (image) (isLevel ? tiled : stripped).push(image);
    }
    const planes = Math.max(1, Math.round((numberOf('MaxZ') ?? 0) - (numberOf('MinZ') ?? 0)) + 1);
    if (tiled.length % planes !== 0)
      throw new AppError({ code: 'slide/corrupt', where: `it has ${tiled.length} levels for ${planes} focal planes` });
    const plane = Math.floor(planes / 2);
    const levels = tiled.slice((plane * tiled.length) / planes, ((plane + 1) * tiled.length) / planes);
    levels.sort((a, b) => b.width - a.width);
    const [base] = levels;
    const [thumbnail, macro] = stripped.slice(-2);
    const perCm = base?.pxPerCm;
    return tiffSlide({
      id: await fingerprint(files.main, signal),
      name: files.main.name,
      format: 'argos-avs',
      formatLabel: `${LABEL}, ${codecFor(base?.compression ?? 1, LABEL).name}`,
      levels,
      associated: new Map([
        ...(thumbnail ? [['thumbnail', thumbnail] as const] : []),
        ...(macro ? [['macro', macro] as const] : []),
      ]),
      mpp: perCm && plausibleMpp(1e4 / perCm[0], 1e4 / perCm[1], 'tiff-tag'),
      objectivePower: numberOf('ObjectiveMagnification'),
      properties: { ...valuesOf(metadata), ...(planes > 1 ? { 'argos.plane': `${plane} of ${planes}` } : {}) },
    });
  },
};

/** Elements that hold text only, but for the barcode, which can name a patient. */
function valuesOf(metadata: XmlElement | undefined): Record<string, string> {
  const properties: Record<string, string> = {};
  for (const name of Object.keys(metadata ?? {})) {
    const value = textOf(child(metadata, name))?.trim();
    if (value && !/barcode/i.test(name)) properties[`argos.${name}`] = value;
  }
  return properties;
}
