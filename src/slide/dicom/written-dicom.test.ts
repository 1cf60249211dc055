import { describe, expect, it } from 'vitest';
import { paintBlock } from '../../testing/synthetic-slide.ts';
import { type DicomSpec, dicomBytes } from '../../testing/written/dicom.ts';
import { paint } from '../../testing/written/paint.ts';
import { blobSource } from '../blob-source.ts';
import { encodeHtj2k } from '../codecs/htj2k.ts';
import { openSlide } from '../open.ts';
import { readRegion } from '../region.ts';

const TOTAL = [300, 200] as const;
const TILE = [128, 96] as const;
const COLS = 3;
const ROWS = 3;

/** Frame pixels at a place of the level; what lies outside the level is painted on. */
const frameAt = (x: number, y: number) => paintBlock(paint, 1, { x, y, width: TILE[0], height: TILE[1] }).data;
const grid = Array.from(
  { length: COLS * ROWS },
  (_, i) => [(i % COLS) * TILE[0], Math.floor(i / COLS) * TILE[1]] as const,
);
const rawFrames = grid.map(([x, y]) => frameAt(x, y));

const base: DicomSpec = {
  transferSyntax: '1.2.840.10008.1.2.1',
  total: TOTAL,
  tile: TILE,
  frames: rawFrames,
  encapsulated: false,
  offsets: 'none',
  samples: 3,
  photometric: 'RGB',
  positions: undefined,
  concatenationOffset: undefined,
  instance: 1,
  mm: 0.0005,
};

async function openAll(files: readonly Uint8Array[]) {
  const all = new Map(files.map((bytes, i) => [`${i}.dcm`, blobSource(new Blob([bytes.slice()]), `${i}.dcm`)]));
  const [main] = all.values();
  if (!main) throw new Error('no file');
  return openSlide({ main, find: (name) => all.get(name), list: () => [...all.keys()] });
}

const expected = paintBlock(paint, 1, { x: 0, y: 0, width: TOTAL[0], height: TOTAL[1] }).data;

async function pixelsOf(files: readonly Uint8Array[]): Promise<Uint8Array> {
  const slide = await openAll(files);
  expect(slide.info.mpp).toEqual({ x: 0.5, y: 0.5, origin: 'vendor' });
  expect(slide.info.objectivePower).toBe(20);
  return (await readRegion(slide, { level: 0, x: 0, y: 0, width: TOTAL[0], height: TOTAL[1] })).data;
}

const coded = async () =>
  Promise.all(
    rawFrames.map((data) =>
      encodeHtj2k({ width: TILE[0], height: TILE[1], components: 3, bits: 8, data: data.slice() }),
    ),
  );

/** RLE by literal runs only. */
function rle(data: Uint8Array): Uint8Array {
  const pixels = data.length / 3;
  const planes = [0, 1, 2].map((c) => {
    const out: number[] = [];
    for (let i = 0; i < pixels; i += 128) {
      const count = Math.min(128, pixels - i);
      out.push(count - 1);
      for (let k = 0; k < count; k++) out.push(data[(i + k) * 3 + c] ?? 0);
    }
    return Uint8Array.from(out);
  });
  const header = new Uint32Array(16);
  header[0] = 3;
  let at = 64;
  for (const [i, plane] of planes.entries()) {
    header[i + 1] = at;
    at += plane.length;
  }
  return new Uint8Array([...new Uint8Array(header.buffer), ...planes.flatMap((plane) => [...plane])]);
}

describe('DICOM slides we write, pixel for pixel as painted', () => {
  it('uncompressed, TILED_FULL', async () => {
    expect(await pixelsOf([dicomBytes(base)])).toEqual(expected);
  });
  it('TILED_SPARSE with frames in any order, off the grid, one missing', async () => {
    const positions = [
      [172, 0],
      [0, 104],
      [0, 0],
      [100, 50],
    ] as const;
    const sparse = dicomBytes({ ...base, positions, frames: positions.map(([x, y]) => frameAt(x, y)) });
    const pixels = await pixelsOf([sparse]);
    const covered = (x: number, y: number) =>
      positions.some(([left, top]) => x >= left && x < left + TILE[0] && y >= top && y < top + TILE[1]);
    for (let y = 0; y < TOTAL[1]; y += 3)
      for (let x = 0; x < TOTAL[0]; x += 3) {
        const at = (y * TOTAL[0] + x) * 3;
        expect([...pixels.subarray(at, at + 3)]).toEqual(covered(x, y) ? [...paint(x, y)] : [255, 255, 255]);
      }
  });
  it('a concatenation of two files, given in the wrong order', async () => {
    const part = (from: number, to: number, instance: number) =>
      dicomBytes({ ...base, frames: rawFrames.slice(from, to), concatenationOffset: from, instance });
    expect(await pixelsOf([part(4, 9, 2), part(0, 4, 1)])).toEqual(expected);
  });
  for (const offsets of ['basic', 'none', 'extended'] as const)
    it(`HTJ2K frames with ${offsets} offsets`, async () => {
      const file = { ...base, frames: await coded(), encapsulated: true, offsets };
      expect(await pixelsOf([dicomBytes({ ...file, transferSyntax: '1.2.840.10008.1.2.4.201' })])).toEqual(expected);
    });
  it('RLE frames', async () => {
    const file = { ...base, frames: rawFrames.map(rle), encapsulated: true, offsets: 'basic' } as const;
    expect(await pixelsOf([dicomBytes({ ...file, transferSyntax: '1.2.840.10008.1.2.5' })])).toEqual(expected);
  });
});

describe('DICOM that makes no sense', () => {
  it.each([
    ['frames cut off', dicomBytes(base).slice(0, -9000), 'slide/corrupt'],
    ['fewer positions than frames', dicomBytes({ ...base, positions: [[0, 0]] }), 'slide/corrupt'],
    [
      'thousands of frames in one place',
      dicomBytes({
        ...base,
        tile: [1, 1],
        frames: Array.from({ length: 50_000 }, () => new Uint8Array(3)),
        positions: Array.from({ length: 50_000 }, () => [0, 0] as const),
      }),
      'slide/corrupt',
    ],
    ['an unknown transfer syntax', dicomBytes({ ...base, transferSyntax: '1.2.3' }), 'slide/unsupported'],
    ['video', dicomBytes({ ...base, transferSyntax: '1.2.840.10008.1.2.4.100' }), 'slide/unsupported'],
    ['deflated', dicomBytes({ ...base, transferSyntax: '1.2.840.10008.1.2.1.99' }), 'slide/unsupported'],
    ['a palette', dicomBytes({ ...base, photometric: 'PALETTE COLOR' }), 'slide/unsupported'],
    ['only the preamble', dicomBytes(base).slice(0, 140), 'slide/corrupt'],
    ['no size', dicomBytes({ ...base, total: [0, 0] }), 'slide/corrupt'],
  ])('%s', async (_, bytes, code) => {
    await expect(openAll([bytes])).rejects.toMatchObject({ info: { code } });
  });
});
