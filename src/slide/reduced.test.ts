import { describe, expect, it } from 'vitest';
import { AppError } from '../errors.ts';
import { readReduced } from './reduced.ts';
import type { Pixels, Slide, SlideInfo } from './slide.ts';

/** One level of 300 x 200 px in tiles of 60 x 40, of which one cannot be decoded. */
function stripes(): Slide & { readonly reads: string[] } {
  const level = { index: 0, width: 300, height: 200, downsample: 1, tileWidth: 60, tileHeight: 40 };
  const info = { width: 300, height: 200, levels: [level], background: [9, 8, 7] } as unknown as SlideInfo;
  const reads: string[] = [];
  return {
    info,
    reads,
    async readTile(index, col, row): Promise<Pixels> {
      reads.push(`${col},${row}`);
      if (col === 4 && row === 4) {
        throw new AppError({ code: 'slide/tile-failed', level: index, col, row, reason: 'bad' });
      }
      const data = Uint8Array.from({ length: 60 * 40 * 3 }, (_, i) => value(i % 3, i, col, row));
      return { width: 60, height: 40, data };
    },
    readAssociated: () => Promise.reject(new Error('none')),
    close: async () => undefined,
  };
}
const pixel = (x: number, y: number, c: number) => (x * 3 + y * 5 + c * 40) & 255;
const value = (c: number, i: number, col: number, row: number) =>
  pixel(col * 60 + (Math.floor(i / 3) % 60), row * 40 + Math.floor(i / 180), c);

describe('readReduced', () => {
  it('is the mean of blocks, across tiles, cut at the edge of the level', async () => {
    const region = { level: 0, factor: 16, x: 2, y: 1, width: 9, height: 6, every: 1 };
    const { data } = await readReduced(stripes(), region);
    for (const [u, v] of [
      [0, 0],
      [1, 2],
      [5, 5],
      [8, 3],
    ] as const) {
      for (let c = 0; c < 3; c++) {
        const block: number[] = [];
        for (let y = (v + 1) * 16; y < Math.min(200, (v + 2) * 16); y++)
          for (let x = (u + 2) * 16; x < Math.min(300, (u + 3) * 16); x++) block.push(pixel(x, y, c));
        expect(data[(v * 9 + u) * 3 + c]).toBe(Math.round(block.reduce((a, b) => a + b) / block.length));
      }
    }
  });

  it('has background outside, and grey where a tile cannot be decoded', async () => {
    const region = { level: 0, factor: 8, x: 36, y: 23, width: 4, height: 4, every: 1 };
    const { data } = await readReduced(stripes(), region);
    expect([...data.subarray(0, 3)]).toEqual([212, 212, 212]);
    expect([...data.subarray(-3)]).toEqual([9, 8, 7]);
  });

  it('reads one tile of each group at a glance, which fills the place of the group', async () => {
    const slide = stripes();
    const { data } = await readReduced(slide, { level: 0, factor: 4, x: 0, y: 0, width: 75, height: 50, every: 2 });
    expect(slide.reads).toEqual(['1,1', '3,1', '4,1', '1,3', '3,3', '4,3', '1,4', '3,4', '4,4']);
    // The group's first px is the mean of 2 x 2 px at the corner of its tile.
    const mean = [0, 1].flatMap((y) => [0, 1].map((x) => pixel(60 + x, 40 + y, 1))).reduce((a, b) => a + b) / 4;
    expect(data[1]).toBe(Math.round(mean));
    // No px of the level is left without a tile.
    for (let at = 0; at < 75 * 50; at++) expect(data.subarray(3 * at, 3 * at + 3)).not.toEqual(Uint8Array.of(9, 8, 7));
  });

  it('refuses what makes no sense', async () => {
    const region = { level: 0, factor: 4, x: 0, y: 0, width: 8, height: 8, every: 1 };
    for (const wrong of [{ level: 1 }, { factor: 3 }, { width: 0 }, { width: 5000 }, { x: -1 }, { every: 0.5 }]) {
      await expect(readReduced(stripes(), { ...region, ...wrong })).rejects.toThrow(/cannot be made smaller/);
    }
  });
});
