/**
 * Ventana (Roche) BIF: a TIFF whose tiles are frames of the camera that overlap. Recognised by the iScan element in the XMP
 * of the first directory; levels are the directories described as "level=N mag=M". The XMP of level 0 lists scanned areas,
 * which part of the grid of frames each is and where it lies, and the overlap found for each pair of neighbours: to the
 * right or left, and upward. All areas are laid with the mean of these overlaps, by confidence. A tile of a smaller
 * level holds the reduced frames side by side, overlaps and all, so that it is cut into frames again.
 *
 * @see OpenSlide documentation, "Ventana format"; Roche Digital Pathology, "BIF image file format for digital pathology"
 */
import { AppError } from '../../errors.ts';
import { codecFor } from '../codecs/index.ts';
import { PROFILE_LIMITS } from '../color-profile.ts';
import { cut } from '../cut-and-paste.ts';
import { fingerprint } from '../fingerprint.ts';
import type { SlideFormat } from '../format.ts';
import { type MosaicLevel, mosaic, type PlacedImage } from '../mosaic.ts';
import { readOptional } from '../read-optional.ts';
import type { Pixels, Slide } from '../slide.ts';
import type { TiffDirectory, TiffFile } from '../tiff/directories.ts';
import { readImage, type TiffImage } from '../tiff/image.ts';
import { tagBytes, tagText } from '../tiff/tag-values.ts';
import { TAG } from '../tiff/tags.ts';
import { plausibleMpp, readWhole, tiffSlide } from '../tiff/tiff-slide.ts';
import { attribute, child, children, numberAttribute, parseXml, type XmlElement } from '../xml.ts';

const LABEL = 'Ventana BIF';
const XMP_BYTES = 32 * 2 ** 20;
const MAX_FRAMES = 2 ** 16;
/** Decoded tiles of smaller levels kept while their frames are cut out of them. */
const TILES_KEPT = 16;

export const ventanaBif: SlideFormat = {
  id: 'ventana-bif',
  label: LABEL,
  detect: ({ tiff, xmp }) => tiff !== undefined && /<iScan[\s>]/.test(xmp),
  async open(files, probe, signal) {
    const { tiff } = probe;
    if (!tiff) throw new AppError({ code: 'slide/corrupt', where: 'it is not a TIFF' });
    const text = async ({ tags }: TiffDirectory, id: number, limit: number) => {
      const tag = tags.get(id);
      return tag ? tagText(tiff, tag, signal, limit) : '';
    };
    const levels = new Map<number, TiffImage>();
    const associated = new Map<string, TiffImage>();
    let encoding = '';
    let colorProfile: Uint8Array | undefined;
    for (const [index, directory] of tiff.directories.entries()) {
      const description = await text(directory, TAG.description, 1024);
      const [, number] = /^level=(\d+)/.exec(description) ?? [];
      if (number !== undefined) {
        const level = Number(number);
        if (level === 0) {
          encoding = await text(directory, TAG.xmp, XMP_BYTES);
          colorProfile = await profileOf(tiff, directory, signal);
        }
        if (!levels.has(level)) levels.set(level, await readImage(tiff, directory, `level ${level}`, LABEL, signal));
        continue;
      }
      // OpenSlide calls the picture of the whole glass, label and all, the macro.
      const what = { 'Label Image': 'macro', Label_Image: 'macro', Thumbnail: 'thumbnail' }[description.trim()];
      if (!what || associated.has(what)) continue;
      const image = await readOptional(() => readImage(tiff, directory, `image ${index}`, LABEL, signal));
      if (image) associated.set(what, image);
    }
    const images = [...levels].sort(([a], [b]) => a - b).map(([, image]) => image);
    const [base] = images;
    if (!base || !levels.has(0)) throw new AppError({ code: 'slide/corrupt', where: 'it has no level 0' });
    const scan = iScanOf(probe.xmp);
    const mpp = numberAttribute(scan, 'ScanRes');
    const power = numberAttribute(scan, 'Magnification');
    const parts = {
      id: await fingerprint(files.main, signal),
      name: files.main.name,
      format: 'ventana-bif',
      formatLabel: `${LABEL}, ${codecFor(base.compression, LABEL).name}`,
      mpp: mpp === undefined ? undefined : plausibleMpp(mpp, mpp, 'vendor'),
      objectivePower: power !== undefined && power > 0 ? power : undefined,
      properties: propertiesOf(scan),
    };
    const frames = encoding === '' ? undefined : framesOf(encoding, base);
    if (!frames) return { ...tiffSlide({ ...parts, levels: images, associated }), colorProfile };
    const stitched = images.flatMap((image, i) => levelOf(image, base, frames, i));
    const composed = mosaic(stitched, [255, 255, 255]);
    const slide: Slide = {
      info: {
        ...parts,
        width: frames.width,
        height: frames.height,
        levels: composed.levels,
        bounds: frames.bounds,
        background: [255, 255, 255],
        associated: [...associated.keys()],
      },
      colorProfile,
      readTile: composed.readTile,
      async readAssociated(name, signal) {
        const image = associated.get(name);
        if (!image) throw new RangeError(`no associated image ${name}`);
        return readWhole(image, signal);
      },
      async close() {
        composed.clear();
      },
    };
    return slide;
  },
};

/** The ICC profile of level 0: the pictures before it have their own. */
async function profileOf(tiff: TiffFile, { tags }: TiffDirectory, signal: AbortSignal | undefined) {
  const tag = tags.get(TAG.icc);
  const isThere = tag && tag.bytes <= PROFILE_LIMITS.bytes && tag.offset + tag.bytes <= tiff.source.sizeBytes;
  return isThere ? tagBytes(tiff, tag, signal) : undefined;
}

/** The iScan element: the root, or in Metadata. */
function iScanOf(xmp: string): XmlElement | undefined {
  const root = parseXml(xmp, 'its XMP');
  return child(root, 'iScan') ?? child(root, 'Metadata', 'iScan');
}

/** Attributes of iScan, but for those that can name a patient. */
function propertiesOf(scan: XmlElement | undefined): Record<string, string> {
  const properties: Record<string, string> = {};
  for (const [name, value] of Object.entries(scan ?? {}))
    if (name.startsWith('@') && typeof value === 'string' && !/barcode|annotation|username/i.test(name))
      properties[`ventana.${name.slice(1)}`] = value;
  return properties;
}

interface Frame {
  /** In the grid of the file. */
  readonly col: number;
  readonly row: number;
  /** Top-left, level-0 px, not rounded. */
  readonly x: number;
  readonly y: number;
}

interface Frames {
  readonly width: number;
  readonly height: number;
  readonly bounds: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
  /** Later ones lie on top. */
  readonly list: readonly Frame[];
}

/** Where the frames of all scanned areas lie; undefined where the file says nothing of stitching. @throws slide/corrupt */
function framesOf(xml: string, base: TiffImage): Frames | undefined {
  const info = child(parseXml(xml, 'the XMP of level 0'), 'EncodeInfo');
  const images = children(child(info, 'SlideStitchInfo'), 'ImageInfo');
  if (images.length === 0) return undefined;
  const origins = child(info, 'AoiOrigin');
  const { blockWidth, blockHeight } = base;
  const need = (element: XmlElement | undefined, name: string, what: string) => {
    const value = numberAttribute(element, name);
    if (value === undefined) throw new AppError({ code: 'slide/corrupt', where: `${what} has no ${name}` });
    return value;
  };
  const areas = images.flatMap((image, i) => {
    if (attribute(image, 'AOIScanned') === '0') return [];
    const what = `scanned area ${i}`;
    if (need(image, 'Width', what) !== blockWidth || need(image, 'Height', what) !== blockHeight)
      throw new AppError({ code: 'slide/corrupt', where: `${what} has frames of another size than its tiles` });
    const origin = child(origins, `AOI${i}`);
    const area = {
      col: need(origin, 'OriginX', what) / blockWidth,
      row: need(origin, 'OriginY', what) / blockHeight,
      cols: need(image, 'NumCols', what),
      rows: need(image, 'NumRows', what),
      left: need(image, 'Pos-X', what),
      bottom: need(image, 'Pos-Y', what),
    };
    const { col, row, cols, rows } = area;
    const fits = [col, row, cols, rows].every((value) => Number.isInteger(value) && value >= 0);
    if (!fits || cols === 0 || rows === 0 || col + cols > base.cols || row + rows > base.rows)
      throw new AppError({ code: 'slide/corrupt', where: `${what} lies outside the tiles` });
    return [area];
  });
  if (areas.length === 0) throw new AppError({ code: 'slide/corrupt', where: 'none of its areas was scanned' });
  if (areas.reduce((sum, { cols, rows }) => sum + cols * rows, 0) > MAX_FRAMES)
    throw new AppError({ code: 'slide/corrupt', where: 'it claims too many frames' });

  const [advanceX, advanceY] = advances(images, blockWidth, blockHeight);
  const placed = areas.map((area) => ({
    ...area,
    width: (area.cols - 1) * advanceX + blockWidth,
    height: (area.rows - 1) * advanceY + blockHeight,
  }));
  // Areas are placed from the bottom; the highest one touches the top.
  const height = Math.max(...placed.map((area) => area.bottom + area.height));
  const width = Math.max(...placed.map((area) => area.left + area.width));
  if (!(width > 0 && height > 0 && width < 2 ** 31 && height < 2 ** 31))
    throw new AppError({ code: 'slide/corrupt', where: `its areas cover ${width} x ${height} px` });
  const list: Frame[] = [];
  for (const { col, row, cols, rows, left, bottom, height: own } of placed)
    for (let r = 0; r < rows; r++)
      for (let c = 0; c < cols; c++)
        list.push({ col: col + c, row: row + r, x: left + c * advanceX, y: height - bottom - own + r * advanceY });
  const x = Math.max(0, Math.min(...placed.map((area) => area.left)));
  return {
    width: Math.ceil(width),
    height: Math.ceil(height),
    bounds: { x: Math.floor(x), y: 0, width: Math.ceil(width) - Math.floor(x), height: Math.ceil(height) },
    list,
  };
}

/** From one frame to the next, px: its size less the mean overlap of all neighbours, by their confidence. */
function advances(images: readonly XmlElement[], width: number, height: number): readonly [number, number] {
  const sums = { x: { overlap: 0, weight: 0 }, y: { overlap: 0, weight: 0 } };
  for (const image of images) {
    if (attribute(image, 'AOIScanned') === '0') continue;
    for (const joint of children(image, 'TileJointInfo')) {
      const direction = attribute(joint, 'Direction');
      const weight = numberAttribute(joint, 'Confidence') ?? 0;
      const isAcross = direction === 'RIGHT' || direction === 'LEFT';
      if ((!isAcross && direction !== 'UP' && direction !== 'DOWN') || weight <= 0) continue;
      const sum = isAcross ? sums.x : sums.y;
      sum.overlap += weight * (numberAttribute(joint, isAcross ? 'OverlapX' : 'OverlapY') ?? 0);
      sum.weight += weight;
    }
  }
  const advance = (size: number, { overlap, weight }: { readonly overlap: number; readonly weight: number }) => {
    const value = weight > 0 ? size - overlap / weight : size;
    if (!(value >= 1) || value > 2 * size)
      throw new AppError({ code: 'slide/corrupt', where: `its frames overlap by ${size - value} px of ${size}` });
    return value;
  };
  return [advance(width, sums.x), advance(height, sums.y)];
}

/** Level `index`, of frames reduced by 2^index; none where a frame would be no whole number of pixels. */
function levelOf(image: TiffImage, base: TiffImage, frames: Frames, index: number): MosaicLevel[] {
  const step = 2 ** index;
  const [width, height] = [base.blockWidth / step, base.blockHeight / step];
  const same = image.tiled && image.blockWidth === base.blockWidth && image.blockHeight === base.blockHeight;
  if (!same || !Number.isInteger(width) || !Number.isInteger(height)) return [];
  const readTile = kept(image);
  const images = frames.list.flatMap(({ col, row, x, y }): PlacedImage[] => {
    const [tileCol, tileRow] = [Math.floor(col / step), Math.floor(row / step)];
    if (tileCol >= image.cols || tileRow >= image.rows) return [];
    return [
      {
        x: Math.round(x / step),
        y: Math.round(y / step),
        width,
        height,
        blockWidth: width,
        blockHeight: height,
        async readBlock(_col, _row, signal) {
          const tile = await readTile(tileCol, tileRow, signal);
          if (!tile || step === 1) return tile;
          return cut(tile, (col % step) * width, (row % step) * height, width, height);
        },
      },
    ];
  });
  return [{ width: Math.ceil(frames.width / step), height: Math.ceil(frames.height / step), images }];
}

/** The tiles of an image, the last few of them kept. */
function kept(image: TiffImage): TiffImage['readBlock'] {
  const tiles = new Map<string, Promise<Pixels | undefined>>();
  return (col, row) => {
    const key = `${col}/${row}`;
    const known = tiles.get(key);
    if (known) return known;
    // Not tied to the signal of one caller: others may wait for the same tile.
    const read = image.readBlock(col, row);
    read.catch(() => tiles.delete(key));
    tiles.set(key, read);
    const oldest = tiles.keys().next();
    if (tiles.size > TILES_KEPT && !oldest.done) tiles.delete(oldest.value);
    return read;
  };
}
