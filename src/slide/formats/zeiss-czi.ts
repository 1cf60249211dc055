/**
 * Zeiss CZI: images (subblocks) that lie anywhere on the slide, listed in a directory with their place, their size at level 0
 * and as stored, their channel, focal plane, time, scene and order. Recognised by "ZISRAWFILE". Levels are the subblocks of
 * one reduction, those that every scene has. Colour comes as it is; grey channels are shown together, each in the colour and
 * range of the file's display settings. Of several focal planes and time points the middle one is read. Label, preview
 * and thumbnail are attachments.
 *
 * @see "ZISRAW (CZI) File Format Design Specification"; OpenSlide documentation, "Zeiss format"
 */
import { attachedImages } from '../czi/attached-images.ts';
import { readPicture } from '../czi/picture.ts';
import { compressionName } from '../czi/pixels.ts';
import { isCzi } from '../czi/segments.ts';
import { fingerprint } from '../fingerprint.ts';
import type { SlideFormat } from '../format.ts';
import type { Slide } from '../slide.ts';
import { plausibleMpp } from '../tiff/tiff-slide.ts';

const LABEL = 'Zeiss CZI';

export const zeissCzi: SlideFormat = {
  id: 'zeiss-czi',
  label: LABEL,
  detect: ({ head }) => isCzi(head),
  async open(files, _probe, signal) {
    const picture = await readPicture(files.main, signal);
    const { width, height, composed, metadata, channels } = picture;
    const associated = attachedImages(picture.file);
    // Metres to µm without the noise of the last digits.
    const um = (metres: number) => Number((metres * 1e6 * picture.reduction).toPrecision(12));
    const slide: Slide = {
      info: {
        id: await fingerprint(files.main, signal),
        name: files.main.name,
        format: 'zeiss-czi',
        formatLabel: `${LABEL}, ${compressionName(picture.compression)}`,
        width,
        height,
        levels: composed.levels,
        mpp: plausibleMpp(um(metadata.spacing[0]), um(metadata.spacing[1]), 'vendor'),
        objectivePower: metadata.objectivePower,
        bounds: { x: 0, y: 0, width, height },
        background: picture.background,
        properties: picture.properties,
        associated: [...associated.keys()],
        ...(channels.length > 0 ? { channels } : {}),
      },
      readTile: (level, col, row, signal) => composed.readTile(level, col, row, signal),
      ...(channels.length > 0 && {
        readView: (view, level, col, row, signal) => composed.readTile(level, col, row, signal, view),
      }),
      async readAssociated(name, signal) {
        const read = associated.get(name);
        if (!read) throw new RangeError(`no associated image ${name}`);
        return read(signal);
      },
      async close() {
        composed.clear();
      },
    };
    return slide;
  },
};
