/** The tags of an image: how it is stored, and what is said of it. @see TIFF 6.0 section 8 */
import { TAG } from './tags.ts';
import type { Entry } from './write-directory.ts';
import type { TiffImageSpec } from './write-spec.ts';

const COMPRESSION = { none: 1, lzw: 5, jpeg: 7, deflate: 8 } as const;
const PHOTOMETRIC = { gray: 1, rgb: 2, ycbcr: 6 } as const;
const SUBSAMPLING = { '444': [1, 1], '422': [2, 1], '420': [2, 2] } as const;

/** Width and height of a block, px. */
export function blockSize({ layout, width, height }: TiffImageSpec): readonly [number, number] {
  return layout.kind === 'tiles' ? [layout.width, layout.height] : [width, Math.min(layout.rows, height)];
}

const ascii = (text: string) => new Uint8Array([...new TextEncoder().encode(text), 0]);

/** Pixels per cm as a fraction with the largest denominator that fits. */
function resolution(mpp: number): readonly [number, number] {
  const perCm = 1e4 / mpp;
  let denominator = 1;
  while (perCm * denominator * 10 < 2 ** 32 && denominator < 1e9) denominator *= 10;
  return [Math.round(perCm * denominator), denominator];
}

/** All tags but the places of the blocks. */
export function layoutEntries(image: TiffImageSpec, tables: Uint8Array | undefined): Entry[] {
  const [blockWidth, blockHeight] = blockSize(image);
  const jpeg = image.compression === 'jpeg';
  const color = image.color ?? (jpeg ? 'ycbcr' : 'rgb');
  const samples = color === 'gray' ? 1 : 3;
  const entries: Entry[] = [
    { id: TAG.subfileType, type: 4, values: [image.subfileType ?? 0] },
    { id: TAG.width, type: 4, values: [image.width] },
    { id: TAG.height, type: 4, values: [image.height] },
    { id: TAG.bits, type: 3, values: new Array<number>(samples).fill(image.bits ?? 8) },
    { id: TAG.compression, type: 3, values: [COMPRESSION[image.compression]] },
    { id: TAG.photometric, type: 3, values: [PHOTOMETRIC[color]] },
    { id: TAG.samples, type: 3, values: [samples] },
    { id: TAG.planar, type: 3, values: [image.planar ? 2 : 1] },
  ];
  if (image.layout.kind === 'tiles')
    entries.push(
      { id: TAG.tileWidth, type: 4, values: [blockWidth] },
      { id: TAG.tileHeight, type: 4, values: [blockHeight] },
    );
  else entries.push({ id: TAG.rowsPerStrip, type: 4, values: [blockHeight] });
  if (image.description !== undefined) entries.push({ id: TAG.description, type: 2, values: ascii(image.description) });
  if (image.software !== undefined) entries.push({ id: TAG.software, type: 2, values: ascii(image.software) });
  for (const [id, text] of Object.entries(image.texts ?? {}))
    entries.push({ id: Number(id), type: 2, values: ascii(text) });
  if (image.xmp !== undefined) entries.push({ id: TAG.xmp, type: 7, values: new TextEncoder().encode(image.xmp) });
  if (image.resolution)
    for (const [i, value] of image.resolution.entries())
      entries.push({ id: TAG.xResolution + i, type: 5, values: [Math.round(value * 1e6), 1e6] });
  if (image.mpp !== undefined) {
    const perCm = resolution(image.mpp);
    entries.push(
      { id: TAG.xResolution, type: 5, values: perCm },
      { id: TAG.yResolution, type: 5, values: perCm },
      { id: TAG.resolutionUnit, type: 3, values: [3] },
    );
  }
  if (image.orientation !== undefined) entries.push({ id: TAG.orientation, type: 3, values: [image.orientation] });
  if (image.predictor === 2) entries.push({ id: TAG.predictor, type: 3, values: [2] });
  if (image.colorProfile !== undefined) entries.push({ id: TAG.icc, type: 7, values: image.colorProfile });
  if (tables) entries.push({ id: TAG.jpegTables, type: 7, values: tables });
  if (color === 'ycbcr')
    entries.push(
      { id: TAG.subsampling, type: 3, values: SUBSAMPLING[image.subsampling ?? '444'] },
      // ReferenceBlackWhite: full-range components, as JPEG has them.
      { id: 532, type: 5, values: [0, 1, 255, 1, 128, 1, 255, 1, 128, 1, 255, 1] },
    );
  return entries;
}

/** Where the blocks lie. */
export function placementEntries(image: TiffImageSpec, offsets: number[], counts: number[], big: boolean): Entry[] {
  const tiled = image.layout.kind === 'tiles';
  return [
    { id: tiled ? TAG.tileOffsets : TAG.stripOffsets, type: big ? 16 : 4, values: offsets },
    { id: tiled ? TAG.tileByteCounts : TAG.stripByteCounts, type: 4, values: counts },
  ];
}
