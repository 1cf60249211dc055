import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { blobSource } from '../slide/blob-source.ts';
import { openSlide, singleFile } from '../slide/open.ts';
import { readRegion } from '../slide/region.ts';
import type { Slide } from '../slide/slide.ts';
import { type BiopsySpec, planBiopsy } from './biopsy.ts';
import { SHARP_SCANNER } from './scanner.ts';
import { writePhantomSlide } from './slide-file.ts';

const SPEC: BiopsySpec = {
  seed: 11,
  width: 1216,
  height: 784,
  cores: 1,
  gleason: [5, 5],
  lesionShare: 0.4,
  stainVariation: 1,
  fold: false,
  pen: true,
  scanner: SHARP_SCANNER,
};

describe('a phantom written as a slide', () => {
  const biopsy = planBiopsy(SPEC);
  const progress: [number, number][] = [];
  let bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  let slide: Slide;

  beforeAll(async () => {
    const file = new Uint8Array(4 * 2 ** 20);
    const size = await writePhantomSlide(biopsy, (offset, part) => file.set(part, offset), {
      onProgress: (done, total) => progress.push([done, total]),
    });
    bytes = file.slice(0, size);
    slide = await openSlide(singleFile(blobSource(new Blob([bytes]), 'phantom.tiff')));
  });

  it('is the same file on every machine', () => {
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(
      'fb819845838e357445f92a1a8710b088d1271bdfc60141c85c4b3125c4c91036',
    );
  });

  it("has PANDA's layout", () => {
    const { levels, mpp } = slide.info;
    expect(levels.map(({ width, height }) => [width, height])).toEqual([
      [1216, 784],
      [304, 196],
      [76, 49],
    ]);
    expect(levels.map((level) => level.downsample)).toEqual([1, 4, 16]);
    expect(mpp?.x).toBeCloseTo(0.48, 8);
  });

  it('shows on each level what was painted, averaged', async () => {
    const painted = biopsy.paint({ x: 0, y: 0, width: SPEC.width, height: SPEC.height });
    for (const { index, width, height, downsample } of slide.info.levels) {
      const read = await readRegion(slide, { level: index, x: 0, y: 0, width, height });
      let difference = 0;
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++) {
          let sum = 0;
          for (let j = 0; j < downsample; j++)
            for (let i = 0; i < downsample; i++)
              sum += painted.data[((y * downsample + j) * SPEC.width + x * downsample + i) * 3 + 1] ?? 0;
          difference += Math.abs((read.data[(y * width + x) * 3 + 1] ?? 0) - sum / downsample ** 2);
        }
      // What JPEG at quality 80 changes in green.
      expect(difference / (width * height)).toBeLessThan(6);
    }
  });

  it('states the pixel size of its scanner, and is smaller where the scanner compresses harder', async () => {
    const other = planBiopsy({ ...SPEC, scanner: { mpp: 0.46, blur: 0.8, quality: 60 } });
    const file = new Uint8Array(4 * 2 ** 20);
    const size = await writePhantomSlide(other, (offset, part) => file.set(part, offset));
    const opened = await openSlide(singleFile(blobSource(new Blob([file.slice(0, size)]), 'phantom.tiff')));
    expect(opened.info.mpp?.x).toBeCloseTo(0.46, 8);
    expect(size).toBeLessThan(bytes.length * 0.8);
  });

  it('tells how far it is', () => {
    expect(progress).toHaveLength(6);
    expect(progress.at(-1)).toEqual([6, 6]);
  });
});
