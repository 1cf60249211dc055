/** Writes a 3DHISTECH MIRAX slide: Slidedat.ini, Index.dat, data files. @see OpenSlide documentation, "MIRAX format" */
import { encodeJpeg } from '../../slide/codecs/jpeg.ts';
import { concat } from '../../slide/tiff/tile-bytes.ts';
import { paintBlock } from '../synthetic-slide.ts';
import { paint } from './paint.ts';

export interface MiraxSpec {
  readonly name: string;
  /** Camera fields across and down. */
  readonly fields: readonly [number, number];
  /** Stored images in each direction of a field. */
  readonly divisions: number;
  /** Side of a stored image, px; of the whole field divisions times that. */
  readonly imagePx: number;
  readonly overlap: number;
  readonly positions: 'none' | 'plain' | 'deflated';
  /** Fields (row * across + col) that were not scanned. */
  readonly skipped: readonly number[];
  /** Coarser levels; each halves. */
  readonly halvings: number;
}

const SLIDE_ID = '0123456789ABCDEF0123456789ABCDEF';

async function deflate(bytes: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([bytes.slice()]).stream().pipeThrough(new CompressionStream('deflate'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** The files by path. Positions stray from the nominal overlap by multiples of four px. */
export async function miraxFiles(spec: MiraxSpec): Promise<Map<string, Uint8Array>> {
  const { divisions, imagePx, overlap } = spec;
  const [across, down] = spec.fields;
  const fieldPx = imagePx * divisions;
  const imagesAcross = across * divisions;
  const imagesDown = down * divisions;
  const positionOf = (col: number, row: number): readonly [number, number] => {
    const stray = spec.positions === 'none' ? [0, 0] : [((col * 3 + row) % 3) * 4, ((col + row * 2) % 3) * 4];
    return [col * (fieldPx - overlap) + (stray[0] ?? 0), row * (fieldPx - overlap) + (stray[1] ?? 0)];
  };
  const data: Uint8Array[] = [new Uint8Array(64)];
  let dataLength = 64;
  const store = (bytes: Uint8Array) => {
    const place = { offset: dataLength, length: bytes.length };
    data.push(bytes);
    dataLength += bytes.length;
    return place;
  };
  const isScanned = (imageCol: number, imageRow: number) =>
    !spec.skipped.includes(Math.floor(imageRow / divisions) * across + Math.floor(imageCol / divisions));

  /** Stored images of each level: number and place. */
  const levels: { readonly number: number; readonly offset: number; readonly length: number }[][] = [];
  for (let halving = 0; halving <= spec.halvings; halving++) {
    const step = 2 ** halving;
    const list: { number: number; offset: number; length: number }[] = [];
    for (let row = 0; row < imagesDown; row += step)
      for (let col = 0; col < imagesAcross; col += step) {
        // An image of a coarser level is step x step base images side by side, shrunk.
        const pixels = new Uint8Array(imagePx * imagePx * 3).fill(255);
        let any = false;
        const part = imagePx / step;
        for (let dy = 0; dy < step; dy++)
          for (let dx = 0; dx < step; dx++) {
            const [c, r] = [col + dx, row + dy];
            if (c >= imagesAcross || r >= imagesDown || !isScanned(c, r)) continue;
            any = true;
            const [x, y] = positionOf(Math.floor(c / divisions), Math.floor(r / divisions));
            const left = x + (c % divisions) * imagePx;
            const top = y + (r % divisions) * imagePx;
            const block = paintBlock((px, py) => paint(px + left, py + top), step, {
              x: 0,
              y: 0,
              width: part,
              height: part,
            });
            for (let line = 0; line < part; line++)
              pixels.set(
                block.data.subarray(line * part * 3, (line + 1) * part * 3),
                ((dy * part + line) * imagePx + dx * part) * 3,
              );
          }
        if (!any) continue;
        const jpeg = await encodeJpeg({ width: imagePx, height: imagePx, components: 3, data: pixels }, 90, '444');
        list.push({ number: row * imagesAcross + col, ...store(jpeg) });
      }
    levels.push(list);
  }
  const macro = paintBlock(paint, 8, { x: 0, y: 0, width: 80, height: 60 });
  const records = [store(await encodeJpeg({ ...macro, components: 3 }, 90, '444'))];
  if (spec.positions !== 'none') {
    const bytes = new Uint8Array(across * down * 9);
    const view = new DataView(bytes.buffer);
    for (let row = 0; row < down; row++)
      for (let col = 0; col < across; col++) {
        const at = (row * across + col) * 9;
        const [x, y] = positionOf(col, row);
        view.setInt32(at + 1, x, true);
        view.setInt32(at + 5, y, true);
      }
    records.push(store(spec.positions === 'deflated' ? await deflate(bytes) : bytes));
  }

  const header = new TextEncoder().encode(`01.02${SLIDE_ID}`);
  const index: number[] = [];
  const root = header.length;
  /** Offset in the file of the next number. */
  const here = () => root + index.length * 4;
  index.push(0, 0);
  const page = (entries: readonly (readonly number[])[]) => {
    const at = here();
    // A first page without entries, as the scanner writes it, then one with all.
    const next = at + 8;
    index.push(0, next);
    index.push(entries.length, 0, ...entries.flat());
    return at;
  };
  const lists = levels.map((list) => {
    const first = page(list.map(({ number, offset, length }) => [number, offset, length, 0]));
    const at = here();
    index.push(0, first);
    return at;
  });
  index[0] = here();
  index.push(...lists);
  const recordLists = records.map(({ offset, length }) => {
    const first = here();
    index.push(1, 0, 0, 0, offset, length, 0);
    const at = here();
    index.push(0, first);
    return at;
  });
  index[1] = here();
  index.push(...recordLists);
  const indexBytes = new Uint8Array(root + index.length * 4);
  indexBytes.set(header);
  const view = new DataView(indexBytes.buffer);
  for (const [i, value] of index.entries()) view.setInt32(root + i * 4, value, true);

  const layer = { none: undefined, plain: 'VIMSLIDE_POSITION_BUFFER', deflated: 'StitchingIntensityLayer' }[
    spec.positions
  ];
  const entry = spec.positions === 'plain' ? 'default' : 'StitchingIntensityLevel';
  const lines = [
    '[GENERAL]',
    'SLIDE_VERSION = 01.02',
    `SLIDE_ID = ${SLIDE_ID}`,
    `IMAGENUMBER_X = ${imagesAcross}`,
    `IMAGENUMBER_Y = ${imagesDown}`,
    'OBJECTIVE_MAGNIFICATION = 20',
    `CameraImageDivisionsPerSide = ${divisions}`,
    '[HIERARCHICAL]',
    'HIER_COUNT = 1',
    `NONHIER_COUNT = ${layer ? 2 : 1}`,
    'INDEXFILE = Index.dat',
    'HIER_0_NAME = Slide zoom level',
    `HIER_0_COUNT = ${levels.length}`,
    ...levels.flatMap((_, i) => [
      `HIER_0_VAL_${i} = ZoomLevel_${i}`,
      `HIER_0_VAL_${i}_SECTION = LAYER_0_LEVEL_${i}_SECTION`,
    ]),
    'NONHIER_0_NAME = Scan data layer',
    'NONHIER_0_COUNT = 1',
    'NONHIER_0_VAL_0 = ScanDataLayer_SlideThumbnail',
    'NONHIER_0_VAL_0_SECTION = NONHIERLAYER_0_LEVEL_0_SECTION',
    ...(layer
      ? [
          `NONHIER_1_NAME = ${layer}`,
          'NONHIER_1_COUNT = 1',
          `NONHIER_1_VAL_0 = ${entry}`,
          'NONHIER_1_VAL_0_SECTION = NONHIERLAYER_1_LEVEL_0_SECTION',
        ]
      : []),
    '[DATAFILE]',
    'FILE_COUNT = 1',
    'FILE_0 = Data0000.dat',
    '[NONHIERLAYER_0_LEVEL_0_SECTION]',
    'THUMBNAIL_IMAGE_TYPE = JPEG',
    '[NONHIERLAYER_1_LEVEL_0_SECTION]',
    'COMPRESSED_STITCHING_VERSION = 1',
    'VIMSLIDE_POSITION_DATA_FORMAT_VERSION = 257',
    ...levels.flatMap((_, i) => [
      `[LAYER_0_LEVEL_${i}_SECTION]`,
      `OVERLAP_X = ${overlap / 2 ** i}`,
      `OVERLAP_Y = ${overlap / 2 ** i}`,
      `MICROMETER_PER_PIXEL_X = ${0.25 * 2 ** i}`,
      `MICROMETER_PER_PIXEL_Y = ${0.25 * 2 ** i}`,
      'IMAGE_FORMAT = JPEG',
      'IMAGE_FILL_COLOR_BGR = 16777215',
      `DIGITIZER_WIDTH = ${imagePx}`,
      `DIGITIZER_HEIGHT = ${imagePx}`,
      `IMAGE_CONCAT_FACTOR = ${i === 0 ? 0 : 1}`,
    ]),
    '',
  ];
  const thumbnail = await encodeJpeg({ ...macro, components: 3 }, 80, '444');
  return new Map([
    [`${spec.name}.mrxs`, thumbnail],
    [`${spec.name}/Slidedat.ini`, new TextEncoder().encode(lines.join('\r\n'))],
    [`${spec.name}/Index.dat`, indexBytes],
    [`${spec.name}/Data0000.dat`, concat(data)],
  ]);
}
