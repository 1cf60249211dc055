import { expect, it } from 'vitest';
import { AppError } from '../errors.ts';
import type { SlideInfo } from '../slide/slide.ts';
import { memorySlide } from '../testing/memory-slide.ts';
import { readOverviewOf } from './overview-reader.ts';

/** 63 tiles of a level that is slow, and a thumbnail. */
const info: SlideInfo = {
  ...memorySlide({ width: 4442, height: 3566, downsamples: [1, 2], tilePx: 256, paint: () => [0, 0, 0] }).info,
  associated: ['thumbnail', 'label', 'macro'],
};

const closed: string[] = [];
const bitmap = (name: string, width = 10, height = 8) =>
  ({ name, width, height, close: () => closed.push(name) }) as unknown as ImageBitmap;
const damaged = (): Promise<undefined> =>
  Promise.reject(new AppError({ code: 'slide/corrupt', where: 'its thumbnail' }));
const absent = async () => undefined;

it('takes the first source that gives a picture', async () => {
  const region = () => expect.unreachable('the thumbnail is there');
  const picture = await readOverviewOf(info, { thumbnail: async () => bitmap('t'), region });
  expect(picture).toMatchObject({ source: { kind: 'thumbnail' }, width: 10, height: 8 });
  expect(picture?.pieces).toMatchObject([{ left: 0, top: 0, bitmap: { name: 't' } }]);
});

it.each([
  ['absent', absent],
  ['damaged', damaged],
] as const)('reads the level, with its progress, where the thumbnail is %s', async (_, thumbnail) => {
  const seen: number[] = [];
  const region = async ({ level, width, height }: { level: number; width: number; height: number }) =>
    bitmap(`level ${level}`, width, height);
  const picture = await readOverviewOf(info, { thumbnail, region }, (share) => seen.push(share));
  expect(picture).toMatchObject({ source: { kind: 'level', level: 1 }, width: 2221, height: 1783 });
  const area = picture?.pieces.reduce((sum, { bitmap }) => sum + bitmap.width * bitmap.height, 0);
  expect(area).toBe(2221 * 1783);
  expect(seen).toEqual([1, 2, 3, 4, 5, 6].map((done) => done / 6));
});

it('gives none, and holds no bitmap, where a part of the level cannot be read', async () => {
  closed.length = 0;
  let asked = 0;
  const region = async () => {
    if (++asked === 4) throw new AppError({ code: 'slide/tile-failed', level: 1, col: 0, row: 0, reason: 'damaged' });
    return bitmap(`piece ${asked}`);
  };
  expect(await readOverviewOf(info, { thumbnail: async () => undefined, region })).toBeUndefined();
  expect(closed.length).toBe(5);
});

it('ends when nobody waits for it', async () => {
  const aborted = () => Promise.reject(new DOMException('The operation was aborted.', 'AbortError'));
  const region = () => expect.unreachable('nobody waits');
  await expect(readOverviewOf(info, { thumbnail: aborted, region })).rejects.toThrow(/abort/);
});
