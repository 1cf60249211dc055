/**
 * Trestle TIFF: tiled levels whose tiles overlap their neighbours by a fixed number of pixels a level, which stands in the
 * ImageDescription. Recognised by the software tag "MedScan". The resolution tags hold µm per pixel. The picture of the
 * whole glass is a file beside it with the ending ".Full". The files with the overlap of each single tile are not read, as
 * OpenSlide does not read them.
 *
 * @see OpenSlide documentation, "Trestle format"
 */
import { AppError } from '../../errors.ts';
import { codecFor } from '../codecs/index.ts';
import { decodeJpegRgb, isJpeg } from '../codecs/jpeg.ts';
import { fingerprint } from '../fingerprint.ts';
import type { SlideFormat } from '../format.ts';
import { type MosaicLevel, mosaic, type PlacedImage } from '../mosaic.ts';
import type { ByteSource, Slide, SlideFiles } from '../slide.ts';
import { readImage, type TiffImage } from '../tiff/image.ts';
import { tagNumbers } from '../tiff/tag-values.ts';
import { TAG } from '../tiff/tags.ts';
import { plausibleMpp } from '../tiff/tiff-slide.ts';

const LABEL = 'Trestle TIFF';
const MAX_TILES = 2 ** 18;
const MACRO_BYTES = 64 * 2 ** 20;

export const trestle: SlideFormat = {
  id: 'trestle',
  label: LABEL,
  detect: ({ tiff, software, description }) =>
    software.startsWith('MedScan') &&
    description !== '' &&
    tiff?.directories.every(({ tags }) => tags.has(TAG.tileWidth)) === true,
  async open(files, probe, signal) {
    const { tiff } = probe;
    const [first] = tiff?.directories ?? [];
    if (!tiff || !first) throw new AppError({ code: 'slide/corrupt', where: 'it is not a TIFF' });
    const properties = pairs(probe.description);
    const overlaps = (properties['trestle.OverlapsXY'] ?? '').split(/\s+/).filter(Boolean).map(Number);
    const images: TiffImage[] = [];
    for (const [i, directory] of tiff.directories.entries())
      images.push(await readImage(tiff, directory, `level ${i}`, LABEL, signal));
    const background = colorOf(properties['trestle.Background Color']);
    const levels = images
      .map((image, i) => levelOf(image, overlaps[i * 2] ?? 0, overlaps[i * 2 + 1] ?? 0))
      .sort((a, b) => b.width - a.width);
    const [base] = levels;
    if (!base) throw new AppError({ code: 'slide/corrupt', where: 'it has no level' });
    const composed = mosaic(levels, background);
    const number = async (id: number) => {
      const tag = first.tags.get(id);
      return (tag && (await tagNumbers(tiff, tag, signal))[0]) ?? 0;
    };
    const power = Number(properties['trestle.Objective Power']);
    const macro = macroOf(files);
    const slide: Slide = {
      info: {
        id: await fingerprint(files.main, signal),
        name: files.main.name,
        format: 'trestle',
        formatLabel: `${LABEL}, ${codecFor(images[0]?.compression ?? 1, LABEL).name}`,
        width: base.width,
        height: base.height,
        levels: composed.levels,
        mpp: plausibleMpp(await number(TAG.xResolution), await number(TAG.yResolution), 'tiff-tag'),
        objectivePower: power > 0 ? power : undefined,
        bounds: { x: 0, y: 0, width: base.width, height: base.height },
        background,
        properties,
        associated: macro ? ['macro'] : [],
      },
      readTile: composed.readTile,
      async readAssociated(name, signal) {
        if (name !== 'macro' || !macro) throw new RangeError(`no associated image ${name}`);
        if (macro.sizeBytes > MACRO_BYTES)
          throw new AppError({ code: 'slide/corrupt', where: `the macro has ${macro.sizeBytes} bytes` });
        const bytes = await macro.read(0, macro.sizeBytes, signal);
        if (!isJpeg(bytes))
          throw new AppError({ code: 'slide/unsupported', format: LABEL, feature: 'this macro image' });
        return decodeJpegRgb(bytes, undefined, 'as-marked');
      },
      async close() {
        composed.clear();
      },
    };
    return slide;
  },
};

/** `key=value;key=value` */
function pairs(description: string): Record<string, string> {
  const properties: Record<string, string> = {};
  for (const pair of description.split(';')) {
    const at = pair.indexOf('=');
    if (at > 0) properties[`trestle.${pair.slice(0, at).trim()}`] = pair.slice(at + 1).trim();
  }
  return properties;
}

/** RRGGBB; white where there is none. */
function colorOf(text: string | undefined): readonly [number, number, number] {
  const value = /^[0-9a-f]{6}$/i.test(text ?? '') ? Number.parseInt(text ?? '', 16) : 0xffffff;
  return [value >> 16, (value >> 8) & 255, value & 255];
}

function levelOf(image: TiffImage, overlapX: number, overlapY: number): MosaicLevel {
  const { blockWidth, blockHeight, cols, rows } = image;
  const fits = (overlap: number, size: number) => Number.isInteger(overlap) && overlap >= 0 && overlap < size;
  if (!fits(overlapX, blockWidth) || !fits(overlapY, blockHeight))
    throw new AppError({ code: 'slide/corrupt', where: `its tiles overlap by ${overlapX} x ${overlapY} px` });
  const width = image.width - (cols - 1) * overlapX;
  const height = image.height - (rows - 1) * overlapY;
  // Without an overlap the tiles are one regular image.
  if (overlapX === 0 && overlapY === 0) return { width, height, images: [{ ...image, x: 0, y: 0 }] };
  if (cols * rows > MAX_TILES) throw new AppError({ code: 'slide/corrupt', where: `it claims ${cols * rows} tiles` });
  const images: PlacedImage[] = [];
  for (let row = 0; row < rows; row++)
    for (let col = 0; col < cols; col++)
      images.push({
        x: col * (blockWidth - overlapX),
        y: row * (blockHeight - overlapY),
        width: blockWidth,
        height: blockHeight,
        blockWidth,
        blockHeight,
        readBlock: (_col, _row, signal) => image.readBlock(col, row, signal),
      });
  return { width, height, images };
}

/** `slide.Full` beside `slide.tif`. */
function macroOf(files: SlideFiles): ByteSource | undefined {
  return files.find(files.main.name.replace(/\.[^./]*$/, '.Full'));
}
