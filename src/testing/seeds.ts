/** Small whole files of every kind that is read, to be broken by the mutation run and by the fuzz targets. */
import { readFile } from 'node:fs/promises';
import { toSafetensors } from '../model/safetensors.ts';
import type { StoredTensors } from '../model/stored-tensor.ts';
import { encodeJpeg } from '../slide/codecs/jpeg.ts';
import { tiffBytes } from '../slide/tiff/write.ts';
import { CZI_CASES } from './czi-cases.ts';
import { seriesAnswers } from './dicom-json.ts';
import { METADATA } from './exercise.ts';
import { type Paint, paintBlock, pyramidImages } from './synthetic-slide.ts';
import { bifBytes } from './written/bif.ts';
import { deepZoomFiles } from './written/deep-zoom.ts';
import { type DicomSpec, dicomBytes } from './written/dicom.ts';
import { miraxFiles } from './written/mirax.ts';
import { ndpiBytes } from './written/ndpi.ts';
import { painted } from './written/paint.ts';
import { philipsBytes } from './written/philips.ts';
import { scnBytes } from './written/scn.ts';
import { trestleBytes } from './written/trestle.ts';
import { vmsFiles, vmuFiles } from './written/vms.ts';

export interface Seed {
  readonly name: string;
  /** Share of the mutants, against the others: slow codecs and large files have less. */
  readonly weight: number;
  /** Path of the file that is opened, and of the one that is broken. */
  readonly main: string;
  readonly broken: string;
  /** All files, by path. */
  make(): Promise<ReadonlyMap<string, Uint8Array>>;
}

const single = (name: string, weight: number, bytes: () => Promise<Uint8Array>, main = 'slide'): Seed => ({
  name,
  weight,
  main,
  broken: main,
  make: async () => new Map([[main, await bytes()]]),
});

const golden = (file: string, weight: number): Seed =>
  single(file, weight, async () => new Uint8Array(await readFile(new URL(`goldens/${file}`, import.meta.url))), file);

const paint: Paint = (x, y) => [x * 5, y * 5, 90];
const size = { width: 40, height: 24, tile: 16, downsamples: [1, 2], mpp: 0.5, paint };
const aperio = 'Aperio Image Library\r\n40x24 (16x16)|MPP = 0.5|AppMag = 20';

/** TIFF in its dialects and the plain images. */
export const IMAGE_SEEDS: readonly Seed[] = [
  single('tiff, Deflate with predictor', 4, () =>
    tiffBytes({ images: pyramidImages({ ...size, image: { predictor: 2, bits: 16 } }) }),
  ),
  single('BigTIFF, big-endian, LZW', 4, () =>
    tiffBytes({ big: true, littleEndian: false, images: pyramidImages({ ...size, compression: 'lzw' }) }),
  ),
  single('Aperio, JPEG', 4, () =>
    tiffBytes({ images: pyramidImages({ ...size, compression: 'jpeg', image: { description: aperio } }) }),
  ),
  single('tiff, planar, SubIFDs', 4, async () => {
    const [base, ...rest] = pyramidImages({ ...size, compression: 'none', image: { planar: true } });
    return tiffBytes({ images: base ? [{ ...base, subImages: rest }] : [] });
  }),
  single('png', 4, async () => {
    const { encode } = await import('fast-png');
    return encode({ width: 9, height: 7, data: Uint8Array.from({ length: 189 }, (_, i) => i), channels: 3 });
  }),
  golden('plain/grey.jpg', 2),
  golden('plain/422-restart.jpg', 2),
  golden('plain/444-progressive.jpg', 1),
  golden('plain/interlaced.png', 1),
  golden('codecs/lerc.tif', 0.6),
  golden('codecs/lerc-deflate.tif', 0.4),
  golden('codecs/lerc-zstd.tif', 0.4),
  ...['jp2k-lossy', 'webp-lossy', 'webp-lossless', 'zstd', 'jpeg-420', 'grey-jpeg'].map((name) =>
    golden(`codecs/${name}.tif`, 0.2),
  ),
];

const DICOM_TILE = 16;

/** Four frames of 16 x 16 px. */
function dicom(spec: Partial<DicomSpec>, frame?: (raw: Uint8Array) => Promise<Uint8Array>): () => Promise<Uint8Array> {
  return async () => {
    const at = [0, 1, 2, 3].map((i) => [(i % 2) * DICOM_TILE, (i >> 1) * DICOM_TILE] as const);
    const raw = at.map(([x, y]) => paintBlock(paint, 1, { x, y, width: DICOM_TILE, height: DICOM_TILE }).data);
    return dicomBytes({
      transferSyntax: '1.2.840.10008.1.2.1',
      total: [30, 28],
      tile: [DICOM_TILE, DICOM_TILE],
      frames: frame ? await Promise.all(raw.map(frame)) : raw,
      encapsulated: frame !== undefined,
      offsets: 'none',
      samples: 3,
      photometric: 'RGB',
      positions: undefined,
      concatenationOffset: undefined,
      instance: 1,
      mm: 0.0005,
      ...spec,
    });
  };
}

const jpegFrame = (data: Uint8Array) =>
  encodeJpeg({ width: DICOM_TILE, height: DICOM_TILE, components: 3, data }, 80, '420');
const JPEG = '1.2.840.10008.1.2.4.50';

const mirax = (broken: string, weight: number, positions: 'none' | 'plain' | 'deflated'): Seed => ({
  name: `MIRAX, ${broken.replace('m/', '')}, positions ${positions}`,
  weight,
  main: 'm.mrxs',
  broken,
  make: () =>
    miraxFiles({
      name: 'm',
      fields: [2, 1],
      divisions: 1,
      imagePx: 32,
      overlap: 8,
      positions,
      skipped: [],
      halvings: 1,
    }),
});

const vms = (broken: string): Seed => ({
  name: `Hamamatsu VMS, ${broken}`,
  weight: 2,
  main: 'v.vms',
  broken,
  make: () => vmsFiles({ name: 'v', cols: 2, rows: 1, width: 64, height: 16, interval: 4, optimisation: 'right' }),
});

const deepZoom = (broken: string, weight: number): Seed => ({
  name: `Deep Zoom, ${broken}`,
  weight,
  main: 'd.dzi',
  broken,
  make: () => deepZoomFiles({ name: 'd', width: 24, height: 14, tile: 16, overlap: 1, paint }),
});

/** Two levels on a DICOMweb server, one of them sparse. */
const dicomWeb = (broken: string, weight: number): Seed => ({
  name: `DICOMweb, ${broken === METADATA ? broken : 'answer with a frame'}`,
  weight,
  main: METADATA,
  broken,
  async make() {
    const positions = [0, 1, 2, 3].map((i) => [(i % 2) * DICOM_TILE, (i >> 1) * DICOM_TILE] as const);
    const levels = [
      await dicom({ transferSyntax: JPEG, photometric: 'YBR_FULL_422', offsets: 'basic' }, jpegFrame)(),
      await dicom({ total: [20, 20], positions, instance: 2 })(),
    ];
    return seriesAnswers(levels, METADATA);
  },
});

/** The formats of makers. */
export const MAKER_SEEDS: readonly Seed[] = [
  single('NDPI', 4, () =>
    ndpiBytes({
      levels: [painted(64, 32, 1), painted(64, 32, 2)],
      interval: 4,
      subsampling: '444',
      mpp: 0.5,
      lens: 20,
      macro: painted(24, 16, 1),
    }),
  ),
  single('Leica SCN', 3, () =>
    scnBytes({ collection: { width: 120, height: 80 }, areas: [{ x: 8, y: 16, width: 64, height: 40 }] }),
  ),
  single('Philips', 2, () => philipsBytes({ cols: 2, rows: 1, downsamples: [1, 2], missing: [], big: false })),
  single('Ventana BIF', 2, () =>
    bifBytes({
      frame: 32,
      cols: 2,
      rows: 2,
      levels: 1,
      leftward: true,
      areas: [{ col: 0, row: 0, cols: 2, rows: 2, overlapX: 8, overlapY: 4, x: 10, y: 0, scanned: true }],
    }),
  ),
  single(
    'Trestle',
    2,
    () =>
      trestleBytes({
        tile: 32,
        missing: [1],
        background: 'ffffff',
        mpp: 0.5,
        levels: [{ cols: 2, rows: 2, downsample: 1, overlap: [8, 4] }],
      }),
    't.tif',
  ),
  ...['v.vms', 'v-1-0.jpg'].map(vms),
  ...['v.vmu', 'v.ngr'].map((broken) => ({
    name: `Hamamatsu VMU, ${broken}`,
    weight: 1,
    main: 'v.vmu',
    broken,
    make: () => vmuFiles('v', 64, 32),
  })),
  single('DICOM, raw', 4, dicom({})),
  single(
    'DICOM, raw, sparse',
    3,
    dicom({
      positions: [
        [0, 0],
        [16, 0],
        [0, 16],
        [16, 16],
      ],
    }),
  ),
  single(
    'DICOM, JPEG, basic offsets',
    4,
    dicom({ transferSyntax: JPEG, photometric: 'YBR_FULL_422', offsets: 'basic' }, jpegFrame),
  ),
  single(
    'DICOM, JPEG, extended offsets',
    2,
    dicom({ transferSyntax: JPEG, photometric: 'YBR_FULL_422', offsets: 'extended' }, jpegFrame),
  ),
  single('DICOM, JPEG, no offsets', 2, dicom({ transferSyntax: JPEG, photometric: 'YBR_FULL_422' }, jpegFrame)),
  dicomWeb(METADATA, 3),
  dicomWeb('instances/1.2.826.0.1.3680043.10.9999.1/frames/2', 2),
  mirax('m/Slidedat.ini', 3, 'plain'),
  mirax('m/Index.dat', 4, 'plain'),
  mirax('m/Data0000.dat', 2, 'deflated'),
  deepZoom('d.dzi', 2),
  deepZoom('d_files/5/0_0.jpg', 1),
  golden('ome/planar-four-uint8.ome.tif', 3),
  golden('ome/stack-tzc-float.ome.tif', 1),
  golden('ome/interleaved-two-int16.ome.tif', 0.5),
  single('CZI, one image', 4, async () => {
    const whole = CZI_CASES.find(({ name }) => name === 'czi-whole');
    if (!whole) throw new RangeError('no whole CZI');
    const bytes = await whole.make();
    if (!(bytes instanceof Uint8Array)) throw new RangeError('CZI is one file');
    return bytes;
  }),
  golden('czi/gray16-two-channels-z.czi', 2),
  golden('czi/bgr24-scenes-jpeg.czi', 0.3),
  golden('czi/bgr24-scenes-zstd1.czi', 0.3),
];

/** As much data as header, so that mutants of both are read and refused. */
const numbers = Uint8Array.from({ length: 264 }, (_, i) => (i * 5) & 255);
const tensors: StoredTensors = new Map([
  ['encoder.weight', { dtype: 'f32', shape: [10, 6], bytes: numbers.subarray(0, 240) }],
  ['encoder.bias', { dtype: 'f16', shape: [4], bytes: numbers.subarray(240, 248) }],
  ['count', { dtype: 'i64', shape: [], bytes: numbers.subarray(248, 256) }],
  ['mask', { dtype: 'bool', shape: [8], bytes: numbers.subarray(256, 264) }],
]);

/** Weight files that a user imports. */
export const WEIGHT_SEEDS: readonly Seed[] = [
  single('safetensors', 4, async () => toSafetensors(tensors)),
  ...['strides', 'parameter', 'legacy-strides', 'dtypes'].map((name) => golden(`torch/${name}.pth`, 4)),
  golden('torch/legacy.pth', 1),
  golden('torch/nested.pth', 1),
];

/** Number of mutants of a seed, when `total` are made of all. */
export function mutantsOf(seed: Seed, total: number): number {
  const sum = [...IMAGE_SEEDS, ...MAKER_SEEDS, ...WEIGHT_SEEDS].reduce((all, { weight }) => all + weight, 0);
  return Math.ceil((total * seed.weight) / sum);
}
