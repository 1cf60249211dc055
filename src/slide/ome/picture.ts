/** What an image of an OME-TIFF shows: colour as it is, or its grey channels together. */
import { AppError } from '../../errors.ts';
import { fallingWidths } from '../levels.ts';
import { readImage, type TiffImage } from '../tiff/image.ts';
import { tagNumbers } from '../tiff/tag-values.ts';
import { TAG } from '../tiff/tags.ts';
import { type ComposedLevels, checkSize, readChannels } from './channels.ts';
import { OME_TIFF, type OmeImage, shownPlane } from './document.ts';
import type { OpenPlane, PlaneAt } from './plane-files.ts';

/** @throws slide/corrupt, slide/unsupported, slide/read-failed */
export async function readPicture(
  image: OmeImage,
  open: OpenPlane,
  signal: AbortSignal | undefined,
): Promise<ComposedLevels> {
  const at = async (channel: number) => {
    const plane = shownPlane(image, channel);
    if (!plane)
      throw new AppError({ code: 'slide/corrupt', where: `its OME-XML places no plane of channel ${channel}` });
    return open(plane, signal);
  };
  const first = await at(0);
  const samples = (await numberOf(first, TAG.samples, signal)) ?? 1;
  const sizeC = image.channels.reduce((sum, channel) => sum + channel.samples, 0);
  const isOneColor = samples >= 3 && ((image.channels[0]?.samples ?? 1) >= 3 || sizeC === samples);
  if (isOneColor && (await isColor(first, signal))) {
    const levels = await colorLevels(first, image, signal);
    return { levels, channels: [], levelsAs: () => levels };
  }
  // Either one directory has all channels as samples of one pixel, or each channel has a directory.
  return samples > 1 && samples === sizeC
    ? readChannels(image, sizeC, async (sample) => ({ ...first, sample }), signal)
    : readChannels(image, image.channels.length, async (c) => ({ ...(await at(c)), sample: 0 }), signal);
}

async function numberOf({ tiff, directory }: PlaneAt, id: number, signal: AbortSignal | undefined) {
  const tag = directory.tags.get(id);
  return tag && (await tagNumbers(tiff, tag, signal))[0];
}

/** True for RGB and YCbCr of whole numbers, which have no range to choose. */
async function isColor(at: PlaneAt, signal: AbortSignal | undefined): Promise<boolean> {
  const photometric = (await numberOf(at, TAG.photometric, signal)) ?? 1;
  const format = (await numberOf(at, TAG.sampleFormat, signal)) ?? 1;
  return (photometric === 2 || photometric === 6) && format === 1;
}

async function colorLevels(
  { tiff, directory }: PlaneAt,
  image: OmeImage,
  signal: AbortSignal | undefined,
): Promise<TiffImage[]> {
  const level0 = await readImage(tiff, directory, 'level 0', OME_TIFF, signal);
  checkSize(level0, image);
  const levels = [level0];
  for (const [i, sub] of directory.subDirectories.entries())
    levels.push(await readImage(tiff, sub, `level ${i + 1}`, OME_TIFF, signal));
  return fallingWidths(levels.filter(({ width, height }) => width <= level0.width && height <= level0.height));
}
