import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Pixels } from '../slide/slide.ts';
import { type Biopsy, type BiopsySpec, planBiopsy } from './biopsy.ts';
import { SHARP_SCANNER } from './scanner.ts';

const SMALL: BiopsySpec = {
  seed: 7,
  width: 1800,
  height: 1100,
  cores: 2,
  gleason: [4, 3],
  lesionShare: 0.5,
  stainVariation: 1,
  fold: true,
  pen: true,
  scanner: SHARP_SCANNER,
};

const sha256 = (data: Uint8Array) => createHash('sha256').update(data).digest('hex');

function paintAll(biopsy: Biopsy, tile: number): Pixels {
  const { width, height } = biopsy.spec;
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y += tile)
    for (let x = 0; x < width; x += tile) {
      const region = { x, y, width: Math.min(tile, width - x), height: Math.min(tile, height - y) };
      const part = biopsy.paint(region);
      for (let row = 0; row < region.height; row++) {
        const line = part.data.subarray(row * region.width * 3, (row + 1) * region.width * 3);
        data.set(line, ((y + row) * width + x) * 3);
      }
    }
  return { width, height, data };
}

describe('a phantom biopsy', () => {
  const biopsy = planBiopsy(SMALL);
  const whole = paintAll(biopsy, 512);
  const pixel = (x: number, y: number) =>
    Array.from(whole.data.subarray((y * SMALL.width + x) * 3, (y * SMALL.width + x) * 3 + 3));

  it('has the same pixels on every machine', () => {
    expect(sha256(whole.data)).toBe('df458d64e0574b4d8a5dea8278fed94f75cf53651f6187bb78f96240727eba46');
  });

  it('has the same pixels however it is divided into regions', () => {
    expect(sha256(paintAll(planBiopsy(SMALL), 333).data)).toBe(sha256(whole.data));
  });

  it('has the same pixels however it is divided when the scanner is out of focus, and fewer sharp edges', () => {
    const soft = planBiopsy({ ...SMALL, scanner: { ...SHARP_SCANNER, blur: 0.9 } });
    const painted = paintAll(soft, 512);
    expect(sha256(paintAll(soft, 333).data)).toBe(sha256(painted.data));
    const steps = (data: Uint8Array) =>
      data.reduce((sum, value, i) => sum + (i < 3 ? 0 : Math.abs(value - (data[i - 3] ?? 0))), 0);
    expect(steps(painted.data) / steps(whole.data)).toBeLessThan(0.75);
  });

  it('differs with the seed', () => {
    const other = planBiopsy({ ...SMALL, seed: 8 }).paint({ x: 0, y: 0, width: 600, height: 600 });
    expect(sha256(other.data)).not.toBe(sha256(biopsy.paint({ x: 0, y: 0, width: 600, height: 600 }).data));
  });

  it('is near-white glass in the corners and stained tissue in the cores', () => {
    expect(Math.min(...pixel(3, SMALL.height / 2))).toBeGreaterThan(225);
    const mask = biopsy.mask(16);
    const tissue = mask.data.reduce((sum, value) => sum + (value > 0 ? 1 : 0), 0) / mask.data.length;
    expect(tissue).toBeGreaterThan(0.4);
    expect(tissue).toBeLessThan(0.85);
    let red = 0;
    let green = 0;
    let count = 0;
    mask.data.forEach((value, i) => {
      if (value === 0) return;
      const [r = 0, g = 0] = pixel((i % mask.width) * 16 + 8, Math.floor(i / mask.width) * 16 + 8);
      red += r;
      green += g;
      count++;
    });
    // H&E lets red pass and holds green back.
    expect(red / count - green / count).toBeGreaterThan(25);
  });

  it('has a lesion of about the share asked for, in one core, with both patterns', () => {
    const mask = biopsy.mask(8);
    const rows = [...mask.data].flatMap((value, i) => (value >= 3 ? [Math.floor(i / mask.width)] : []));
    expect(new Set(mask.data)).toEqual(new Set([0, 1, 3, 4]));
    const tissue = mask.data.reduce((sum, value) => sum + (value > 0 ? 1 : 0), 0);
    expect(rows.length / tissue).toBeGreaterThan(0.15);
    expect(rows.length / tissue).toBeLessThan(0.4);
    // The other core's half is free of it.
    expect(rows.every((row) => row * 8 < SMALL.height / 2) || rows.every((row) => row * 8 > SMALL.height / 2)).toBe(
      true,
    );
  });

  it('shows cancer where the mask says: more nuclei, so darker red light, than in benign tissue', () => {
    const plain = planBiopsy({ ...SMALL, fold: false, pen: false });
    const pixels = paintAll(plain, 512);
    const mask = plain.mask(8);
    const sums = { benign: [0, 0], lesion: [0, 0] };
    for (let y = 0; y < SMALL.height; y++)
      for (let x = 0; x < SMALL.width; x++) {
        const value = mask.data[Math.floor(y / 8) * mask.width + Math.floor(x / 8)] ?? 0;
        if (value === 0) continue;
        const sum = value >= 3 ? sums.lesion : sums.benign;
        sum[0] = (sum[0] ?? 0) + (pixels.data[(y * SMALL.width + x) * 3] ?? 0);
        sum[1] = (sum[1] ?? 0) + 1;
      }
    const mean = ([sum = 0, count = 1]: readonly number[]) => sum / count;
    expect(mean(sums.benign) - mean(sums.lesion)).toBeGreaterThan(10);
  });

  it('agrees with isLesion', () => {
    const mask = biopsy.mask(32);
    mask.data.forEach((value, i) => {
      const x = (i % mask.width) * 32 + 16;
      const y = Math.floor(i / mask.width) * 32 + 16;
      expect(biopsy.isLesion(x, y)).toBe(value >= 3);
    });
  });

  it('has no cancer where none was asked for', () => {
    const benign = planBiopsy({ ...SMALL, gleason: undefined });
    expect(new Set(benign.mask(8).data)).toEqual(new Set([0, 1]));
  });
});
