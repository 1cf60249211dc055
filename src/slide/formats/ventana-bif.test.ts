import { expect, it } from 'vitest';
import { bytesSource } from '../../testing/synthetic-slide.ts';
import { type BifSpec, bifBytes } from '../../testing/written/bif.ts';
import { openSlide, singleFile } from '../open.ts';
import { readRegion } from '../region.ts';

const area = { col: 0, row: 0, cols: 4, rows: 4, overlapX: 16, overlapY: 8, x: 0, y: 0, scanned: true };
const spec: BifSpec = { frame: 64, cols: 4, rows: 4, levels: 2, areas: [area], leftward: false };

async function pixels(of: BifSpec) {
  const slide = await openSlide(singleFile(bytesSource(await bifBytes(of))));
  const all = [];
  for (const { index: level, width, height } of slide.info.levels)
    all.push((await readRegion(slide, { level, x: 0, y: 0, width, height })).data);
  await slide.close();
  return all;
}

// OpenSlide 3.4.1 refuses LEFT; what it reads of the same frames joined to the right stands in written.json.
it('frames joined from right to left lie as the same frames joined from left to right', async () => {
  expect(await pixels({ ...spec, leftward: true })).toEqual(await pixels(spec));
});

it('without areas the levels are plain tiles', async () => {
  const bytes = await bifBytes({ ...spec, areas: [] });
  const slide = await openSlide(singleFile(bytesSource(bytes)));
  expect(slide.info.levels.map(({ width, height }) => [width, height])).toEqual([
    [256, 256],
    [128, 128],
  ]);
  expect(slide.info.associated).toEqual(['macro', 'thumbnail']);
  expect(slide.info.mpp).toEqual({ x: 0.465, y: 0.465, origin: 'vendor' });
});

it('tiles cut of a stitched level equal the region', async () => {
  const slide = await openSlide(singleFile(bytesSource(await bifBytes(spec))));
  const { data } = await readRegion(slide, { level: 0, x: 90, y: 70, width: 40, height: 30 });
  const whole = await readRegion(slide, { level: 0, x: 0, y: 0, width: slide.info.width, height: slide.info.height });
  for (let y = 0; y < 30; y++) {
    const from = ((y + 70) * slide.info.width + 90) * 3;
    expect(data.subarray(y * 120, y * 120 + 120)).toEqual(whole.data.subarray(from, from + 120));
  }
  await slide.close();
});
