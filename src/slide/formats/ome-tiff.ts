/**
 * OME-TIFF: a TIFF whose first ImageDescription is OME-XML, which says of each plane (channel, z, t) where it lies. Smaller
 * levels are the SubIFDs of a plane's directory. Of several images the largest is the slide, or the one that is asked for;
 * images called label, macro or thumbnail are the associated ones. Colour comes as it is; grey channels are shown together,
 * each in its colour. Of several focal planes and time points the middle one is read.
 *
 * @see OME Data Model and File Formats, "OME-TIFF specification"
 */
import { AppError } from '../../errors.ts';
import { MAX_CHANNELS } from '../channel-view.ts';
import { channelProperties } from '../channels.ts';
import { codecFor } from '../codecs/index.ts';
import { fingerprint, imageFingerprint } from '../fingerprint.ts';
import type { SlideFormat } from '../format.ts';
import type { ComposedLevels } from '../ome/channels.ts';
import { middle, OME_TIFF, type OmeDocument, type OmeImage } from '../ome/document.ts';
import { readPicture } from '../ome/picture.ts';
import { type OpenPlane, planeOpener, readDocument } from '../ome/plane-files.ts';
import { readOptional } from '../read-optional.ts';
import type { TiffImage } from '../tiff/image.ts';
import { plausibleMpp, tiffSlide } from '../tiff/tiff-slide.ts';

const isOme = (description: string) => /<(\w+:)?OME[\s>]/.test(description);

export const omeTiff: SlideFormat = {
  id: 'ome-tiff',
  label: OME_TIFF,
  detect: ({ tiff, description }) => tiff !== undefined && isOme(description),
  async open(files, probe, signal, series) {
    if (!probe.tiff) throw new AppError({ code: 'slide/corrupt', where: 'it is not a TIFF' });
    const document = await readDocument(files, probe.tiff, signal);
    const { images } = document;
    const indexOf = (image: OmeImage) => images.indexOf(image);
    const slides = slidesOf(images);
    const largest = slides.reduce<OmeImage | undefined>(
      (best, image) => (best && best.width * best.height >= image.width * image.height ? best : image),
      undefined,
    );
    const chosen = slides.find((image) => indexOf(image) === series) ?? largest;
    if (!chosen) throw new AppError({ code: 'slide/corrupt', where: 'its OME-XML has no image' });
    const open = planeOpener(files, probe.tiff, document);
    const picture = await readPicture(chosen, open, signal);
    const others = images.filter((image) => image !== chosen);
    const associated = await associatedImages(others, open, signal);
    const { mpp } = chosen;
    const id = await fingerprint(files.main, signal);
    return tiffSlide({
      id: chosen === largest ? id : await imageFingerprint(id, indexOf(chosen)),
      name: files.main.name,
      format: 'ome-tiff',
      formatLabel: `${OME_TIFF}, ${codecFor(picture.levels[0]?.compression ?? 1, OME_TIFF).name}`,
      levels: picture.levels,
      associated,
      mpp: mpp && plausibleMpp(mpp[0], mpp[1], 'vendor'),
      objectivePower: chosen.objectivePower,
      properties: propertiesOf(document, chosen, picture),
      ...(picture.channels.length > 0
        ? { background: [0, 0, 0] as const, channels: picture.channels, levelsAs: picture.levelsAs }
        : {}),
      ...(slides.length > 1 && {
        series: {
          images: slides.map((image) => ({
            index: indexOf(image),
            name: image.name,
            width: image.width,
            height: image.height,
          })),
          open: indexOf(chosen),
        },
      }),
    });
  },
};

function associatedName({ name }: OmeImage): string | undefined {
  const [word] = /label|macro|overview|thumbnail/i.exec(name) ?? [];
  const what = word?.toLowerCase();
  return what === 'overview' ? 'macro' : what;
}

/** Images that can be the slide: those that are not called anything else, or all where all are. */
function slidesOf(images: readonly OmeImage[]): readonly OmeImage[] {
  const unnamed = images.filter((image) => associatedName(image) === undefined);
  return unnamed.length > 0 ? unnamed : images;
}

async function associatedImages(
  images: readonly OmeImage[],
  open: OpenPlane,
  signal: AbortSignal | undefined,
): Promise<Map<string, TiffImage>> {
  const associated = new Map<string, TiffImage>();
  for (const image of images) {
    const what = associatedName(image);
    if (what === undefined || associated.has(what)) continue;
    const picture = await readOptional(() => readPicture(image, open, signal));
    const largest = picture?.levels[0];
    if (largest) associated.set(what, largest);
  }
  return associated;
}

function propertiesOf({ images }: OmeDocument, chosen: OmeImage, picture: ComposedLevels): Record<string, string> {
  const properties: Record<string, string> = {
    ...channelProperties(picture.channels.filter(({ isShown }) => isShown)),
  };
  const add = (name: string, value: string | undefined) => {
    if (value) properties[`ome.${name}`] = value;
  };
  add('Image.Name', chosen.name);
  add('AcquisitionDate', chosen.acquired);
  add('Pixels.Type', chosen.type);
  if (chosen.sizeZ > 1) add('plane.Z', `${middle(chosen.sizeZ)} of ${chosen.sizeZ}`);
  if (chosen.sizeT > 1) add('plane.T', `${middle(chosen.sizeT)} of ${chosen.sizeT}`);
  if (chosen.channels.length > MAX_CHANNELS && picture.channels.length > 0)
    add('channels', `${MAX_CHANNELS} of ${chosen.channels.length} shown`);
  if (images.length > 1)
    for (const [i, image] of images.entries())
      add(`series[${i}]`, `${image.name} ${image.width} x ${image.height}${image === chosen ? ', shown' : ''}`.trim());
  return properties;
}
