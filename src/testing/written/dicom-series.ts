/** A DICOM series of every kind of instance, small: what the tests of DICOMweb put on their server. */
import { encodeJpeg } from '../../slide/codecs/jpeg.ts';
import { paintBlock } from '../synthetic-slide.ts';
import { type DicomSpec, dicomBytes } from './dicom.ts';
import { paint } from './paint.ts';

const JPEG = '1.2.840.10008.1.2.4.50';
const RAW = '1.2.840.10008.1.2.1';
const TILE = [128, 96] as const;

/** The head of an ICC profile: enough to be named, and to be looked for at another address. */
export function smallProfile(): Uint8Array {
  const bytes = new Uint8Array(184);
  const view = new DataView(bytes.buffer);
  const text = (at: number, value: string) => bytes.set(new TextEncoder().encode(value), at);
  view.setUint32(0, bytes.length);
  text(12, 'scnrRGB XYZ ');
  text(36, 'acsp');
  view.setUint32(128, 1);
  text(132, 'desc');
  view.setUint32(136, 144);
  view.setUint32(140, 40);
  text(144, 'desc');
  view.setUint32(152, 14);
  text(156, 'milscope test\0');
  return bytes;
}

const frameAt = (downsample: number, [x, y]: readonly [number, number]) =>
  paintBlock(paint, downsample, { x, y, width: TILE[0], height: TILE[1] }).data;
const coded = (data: Uint8Array) => encodeJpeg({ width: TILE[0], height: TILE[1], components: 3, data }, 85, '420');

/**
 * Files by name: 300 x 200 px at 0.5 µm in a concatenation of two JPEG instances, 150 x 100 px TILED_SPARSE off the grid, a
 * plain label, an overview.
 */
export async function dicomSeries(): Promise<Map<string, Uint8Array>> {
  const base: DicomSpec = {
    transferSyntax: JPEG,
    total: [300, 200],
    tile: TILE,
    frames: [],
    encapsulated: true,
    offsets: 'basic',
    samples: 3,
    photometric: 'YBR_FULL_422',
    positions: undefined,
    concatenationOffset: undefined,
    instance: 1,
    mm: 0.0005,
    profile: smallProfile(),
  };
  const grid = Array.from({ length: 9 }, (_, i) => [(i % 3) * TILE[0], Math.floor(i / 3) * TILE[1]] as const);
  const frames = await Promise.all(grid.map((at) => coded(frameAt(1, at))));
  const positions = [
    [22, 4],
    [0, 0],
  ] as const;
  const sparse = await Promise.all(positions.map((at) => coded(frameAt(2, at))));
  const plain = (size: readonly [number, number]): Partial<DicomSpec> => ({
    transferSyntax: RAW,
    encapsulated: false,
    photometric: 'RGB',
    total: size,
    tile: size,
    frames: [paintBlock(paint, 4, { x: 0, y: 0, width: size[0], height: size[1] }).data],
  });
  const specs: Readonly<Record<string, Partial<DicomSpec>>> = {
    'level-0-a.dcm': { frames: frames.slice(0, 4), concatenationOffset: 0, instance: 1 },
    'level-0-b.dcm': { frames: frames.slice(4), concatenationOffset: 4, instance: 2 },
    'level-1.dcm': { total: [150, 100], frames: sparse, positions, mm: 0.001, instance: 3 },
    'label.dcm': { ...plain([60, 40]), kind: 'LABEL', instance: 4 },
    'overview.dcm': { ...plain([75, 33]), kind: 'OVERVIEW', instance: 5 },
  };
  return new Map(Object.entries(specs).map(([name, spec]) => [name, dicomBytes({ ...base, ...spec })]));
}
