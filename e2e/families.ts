/** One slide or more of every family of docs/formats.md, as a person has them on disk: a file, or a folder of files. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { encode } from 'fast-png';
import { encodeJpeg } from '../src/slide/codecs/jpeg.ts';
import { readTiff } from '../src/slide/tiff/directories.ts';
import { tagNumbers } from '../src/slide/tiff/tag-values.ts';
import { type TiffImageSpec, tiffBytes } from '../src/slide/tiff/write.ts';
import { patchTiff } from '../src/testing/patch-tiff.ts';
import { bytesSource, pyramidImages } from '../src/testing/synthetic-slide.ts';
import { deepZoomFiles } from '../src/testing/written/deep-zoom.ts';
import { type DicomSpec, dicomBytes } from '../src/testing/written/dicom.ts';
import { argosBytes, huronBytes } from '../src/testing/written/huron-argos.ts';
import { paint, painted } from '../src/testing/written/paint.ts';
import { WRITTEN } from '../src/testing/written/slides.ts';
import { sharedSlide, writeTestFile } from './milscope.ts';

export interface Given {
  /** What is dropped: a file, or the folder of a slide of several files. */
  readonly dropped: string;
  /** The slide's own file. */
  readonly main: string;
}

export interface Family {
  readonly name: string;
  /** As the page names the format. */
  readonly format: string;
  /** Puts the slide on disk; undefined where shared data is needed and absent. */
  give(): Promise<Given | undefined>;
}

type Files = ReadonlyMap<string, Uint8Array>;

/** Of our own making; `main` is the slide's own file, the first where it is not named. */
const made = (format: string, name: string, make: () => Promise<Files>, main?: string): Family => ({
  name,
  format,
  give: async () => {
    const folder = path.join('families', name.replace(/[^\w.-]+/g, '-'));
    const files = await make();
    const written = new Map([...files].map(([file, bytes]) => [file, writeTestFile(path.join(folder, file), bytes)]));
    const own = written.get(main ?? '') ?? [...written.values()][0] ?? '';
    return { dropped: files.size === 1 ? own : path.dirname(own), main: own };
  },
});

const one = (format: string, name: string, bytes: () => Promise<Uint8Array>): Family =>
  made(format, name, async () => new Map([[name, await bytes()]]));

const written = (format: string, name: string): Family => {
  const slide = WRITTEN.find((one) => one.name === name);
  if (!slide) throw new RangeError(`no written slide ${name}`);
  return made(format, name, slide.make, slide.main);
};

const golden = (file: string) => readFile(path.join(import.meta.dirname, '../src/testing/goldens', file));
const stored = (format: string, file: string): Family => one(format, path.basename(file), () => golden(file));

/** A real slide of the shared data; `main` where a folder is dropped. */
const shared = (format: string, place: string, main?: string): Family => ({
  name: `real: ${place}`,
  format,
  give: async () => {
    const dropped = sharedSlide(place);
    return dropped === undefined ? undefined : { dropped, main: main ? path.join(dropped, main) : dropped };
  },
});

const levels = (spec: Partial<TiffImageSpec> = {}) =>
  pyramidImages({ width: 600, height: 400, tile: 128, downsamples: [1, 2], mpp: 0.5, paint, image: spec });

const APERIO = 'Aperio Image Library v11.2.1\r\n600x400 (128x128)|AppMag = 20|MPP = 0.5';

/** An Aperio slide with the JPEG 2000 tiles of a file that libvips wrote. */
async function aperioJpeg2000(): Promise<Uint8Array> {
  const source = await readTiff(bytesSource(await golden('codecs/jp2k-lossy.tif')));
  const images = pyramidImages({ width: 120, height: 90, tile: 64, downsamples: [1, 2], paint });
  const described = images.map((image, i) => (i === 0 ? { ...image, description: `${APERIO}` } : image));
  const plain = await tiffBytes({ images: described });
  const tiles = await Promise.all(
    source.directories.map(async ({ tags }) => {
      const [offsets, counts] = await Promise.all(
        [324, 325].map(async (id) => {
          const tag = tags.get(id);
          return tag === undefined ? [] : tagNumbers(source, tag);
        }),
      );
      return Promise.all((offsets ?? []).map((at, i) => source.source.read(at, counts?.[i] ?? 0)));
    }),
  );
  const sizes = tiles.flat().map((tile) => tile.length);
  const bytes = new Uint8Array(plain.length + sizes.reduce((sum, size) => sum + size, 0));
  bytes.set(plain);
  const patch = patchTiff(bytes);
  let at = plain.length;
  for (const [level, list] of tiles.entries()) {
    patch.setValue(259, 33005, level);
    for (const [i, tile] of list.entries()) {
      patch.bytes.set(tile, at);
      patch.setElement(324, i, at, level);
      patch.setElement(325, i, tile.length, level);
      at += tile.length;
    }
  }
  return patch.bytes;
}

/** The real JPEG 2000 slide with a compression tag that says YCbCr. */
const relabelled = (place: string, compression: number): Family => ({
  name: `real: ${place} as ${compression}`,
  format: 'Aperio SVS, JPEG 2000',
  give: async () => {
    const file = sharedSlide(place);
    if (file === undefined) return undefined;
    const patch = patchTiff(await readFile(file));
    // Directory 1 is the thumbnail.
    for (const directory of [0, 2]) patch.setValue(259, compression, directory);
    const main = writeTestFile(path.join('families', `${compression}.svs`), patch.bytes);
    return { dropped: main, main };
  },
});

const DICOM_TILE = 128;

/** One level of 512 x 384 px at 0.5 µm, halved `halvings` times, as JPEG. */
async function dicomLevel(halvings: number, sparse = false): Promise<Uint8Array> {
  const downsample = 2 ** halvings;
  const { width, height, data } = painted(512, 384, downsample);
  const frames: Uint8Array[] = [];
  const positions: (readonly [number, number])[] = [];
  for (let y = 0; y < height; y += DICOM_TILE)
    for (let x = 0; x < width; x += DICOM_TILE) {
      const tile = new Uint8Array(DICOM_TILE * DICOM_TILE * 3);
      for (let row = 0; row < Math.min(DICOM_TILE, height - y); row++) {
        const from = ((y + row) * width + x) * 3;
        tile.set(data.subarray(from, from + Math.min(DICOM_TILE, width - x) * 3), row * DICOM_TILE * 3);
      }
      frames.push(await encodeJpeg({ width: DICOM_TILE, height: DICOM_TILE, components: 3, data: tile }, 90, '444'));
      positions.push([x, y]);
    }
  const spec: DicomSpec = {
    transferSyntax: '1.2.840.10008.1.2.4.50',
    total: [width, height],
    tile: [DICOM_TILE, DICOM_TILE],
    frames: sparse ? [...frames].reverse() : frames,
    encapsulated: true,
    offsets: 'basic',
    samples: 3,
    photometric: 'YBR_FULL_422',
    positions: sparse ? [...positions].reverse() : undefined,
    concatenationOffset: undefined,
    instance: 1 + halvings,
    mm: 0.0005 * downsample,
  };
  return dicomBytes(spec);
}

const { data: picture } = painted(600, 400, 1);

export const FAMILIES: readonly Family[] = [
  one('Aperio SVS, JPEG', 'aperio-jpeg.svs', async () => {
    const [first, ...rest] = levels({ compression: 'jpeg' });
    return tiffBytes({ images: first ? [{ ...first, description: APERIO }, ...rest] : [] });
  }),
  one('Aperio SVS, JPEG 2000', 'aperio-jpeg-2000.svs', aperioJpeg2000),
  shared('Aperio SVS, JPEG', 'aperio/CMU-1-Small-Region.svs'),
  shared('Aperio SVS, JPEG 2000', 'aperio/tcga-cr-7395-01a-01-ts1.svs'),
  relabelled('aperio/tcga-cr-7395-01a-01-ts1.svs', 33003),
  written('Hamamatsu NDPI, JPEG', 'ndpi-444-ten-intervals-a-row'),
  shared('Hamamatsu NDPI, JPEG', 'ndpi/test3-DAPI.ndpi'),
  written('Hamamatsu VMS, JPEG', 'vms-two-by-two'),
  written('Hamamatsu VMU, uncompressed', 'vmu'),
  written('Leica SCN, JPEG', 'scn-two-areas'),
  written('Philips TIFF, JPEG', 'philips-padded'),
  written('Ventana BIF, JPEG', 'bif-three-areas'),
  written('Trestle TIFF, JPEG', 'trestle-overlaps'),
  one('Huron TIFF, JPEG', 'huron.tif', () => huronBytes(levels({ compression: 'jpeg' }))),
  one('ARGOS AVS, JPEG', 'argos.avs', () => {
    const blurred = levels({ compression: 'jpeg', read: () => undefined });
    return argosBytes([blurred, levels({ compression: 'jpeg' }), blurred]);
  }),
  written('3DHISTECH MIRAX, JPEG', 'mirax-positions'),
  written('3DHISTECH MIRAX, JPEG', 'mirax-fields-of-four-deflated'),
  stored('Zeiss CZI, uncompressed', 'czi/bgr24-scenes-raw.czi'),
  stored('Zeiss CZI, JPEG', 'czi/bgr24-scenes-jpeg.czi'),
  stored('Zeiss CZI, ZSTD', 'czi/bgr24-scenes-zstd1.czi'),
  stored('Zeiss CZI, ZSTD', 'czi/gray16-two-channels-z.czi'),
  shared('Zeiss CZI, ZSTD', 'czi/S3_1Pos_2Mosaic_T1_Z1_CH1.czi'),
  shared('Zeiss CZI, ZSTD', 'czi/CellDivision_T3_Z6_CH1_X300_Y200_DCV_ZSTD.czi'),
  shared('Zeiss CZI, ZSTD', 'czi/newCZI_compressed.czi'),
  made(
    'DICOM whole slide, JPEG',
    'dicom-three-levels',
    async () => new Map(await Promise.all([0, 1, 2].map(async (i) => [`${i}.dcm`, await dicomLevel(i)] as const))),
  ),
  one('DICOM whole slide, JPEG', 'dicom-sparse.dcm', () => dicomLevel(0, true)),
  shared('DICOM whole slide, JPEG', 'dicom/jcupitt-cmu-1-small-region', 'level-0-frames-0-30.dcm'),
  shared('DICOM whole slide, JPEG', 'dicom/BPAEC', '5_0'),
  shared('DICOM whole slide, JPEG-LS', 'dicom/highdicom/sm_image_jpegls.dcm'),
  stored('OME-TIFF, Deflate', 'ome/rgb-pyramid.ome.tif'),
  stored('OME-TIFF, Deflate', 'ome/channels-uint16-pyramid.ome.tif'),
  stored('OME-TIFF, Deflate', 'ome/stack-tzc-float.ome.tif'),
  shared('OME-TIFF, JPEG', 'ome-tiff/cmu1-small.subifd-pyramid.jpeg.ome.tif'),
  shared('OME-TIFF, uncompressed', 'ome-tiff/multi-channel-z-series.ome.tif'),
  shared('OME-TIFF, LZW', 'ome-tiff/qupath-cells.ome.tif'),
  made('Deep Zoom, jpg', 'deep-zoom', () =>
    deepZoomFiles({ name: 'slide', width: 600, height: 400, tile: 126, overlap: 1, paint }),
  ),
  shared('Deep Zoom, jpg', 'dzi', 'cmu1-small.dzi'),
  stored('Pyramidal TIFF, ZSTD', 'codecs/zstd-predictor.tif'),
  stored('Pyramidal TIFF, WebP', 'codecs/webp-lossy.tif'),
  stored('Pyramidal TIFF, LZW', 'codecs/lzw-predictor.tif'),
  stored('Pyramidal TIFF, Deflate', 'codecs/deflate-predictor.tif'),
  stored('Tiled TIFF, LERC', 'codecs/lerc-zstd.tif'),
  stored('Pyramidal TIFF, PackBits', 'codecs/packbits.tif'),
  stored('Pyramidal TIFF, JPEG 2000', 'codecs/jp2k-lossy.tif'),
  stored('Pyramidal TIFF, JPEG', 'codecs/jpeg-subifd.tif'),
  stored('Pyramidal BigTIFF, JPEG', 'codecs/jpeg-bigtiff.tif'),
  stored('Pyramidal BigTIFF, WebP', 'codecs/webp-bigtiff.tif'),
  one('Pyramidal BigTIFF, LZW', 'big-endian-planar.tif', () =>
    tiffBytes({ big: true, littleEndian: false, images: levels({ planar: true, compression: 'lzw' }) }),
  ),
  shared('Pyramidal TIFF, JPEG', 'tiff/cmu1-small.vips-pyramid.jpeg-ycbcr420.tif'),
  shared('Pyramidal BigTIFF, ZSTD', 'tiff/large_image-yb10kx5k.zstd.tiff'),
  shared('Pyramidal TIFF, Deflate', 'tiff/purejsimage-subifd-deflate-rotated.tif'),
  shared('Tiled BigTIFF, LZW', 'tiff/purejsimage-bigtiff-lzw-rgba.tif'),
  one('PNG image', 'plain.png', async () => encode({ width: 600, height: 400, channels: 3, data: picture })),
  one('JPEG image', 'plain.jpg', () =>
    encodeJpeg({ width: 600, height: 400, components: 3, data: picture }, 90, '420'),
  ),
  stored('JPEG image', 'plain/444-progressive.jpg'),
  stored('TIFF image, Deflate', 'plain/rgb-planar.tif'),
  shared('TIFF image, uncompressed', 'tiff/kidney-48-5.tif'),
];
