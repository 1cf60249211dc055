import { expect, it } from 'vitest';
import type { Pixels } from '../slide/slide.ts';
import golden from './goldens/resample.json' with { type: 'json' };
import { planTaps, resample } from './resample.ts';

/** The picture of goldens/resample.py. */
function picture(width: number, height: number): Pixels {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const h = ((x * 37) ^ (y * 91)) & 255;
      data.set([h, (x * 5 + y * 3) & 255, (h * 7 + y) & 255], (y * width + x) * 3);
    }
  }
  return { width, height, data };
}

/** The part of a picture that taps need. */
function cut(source: Pixels, x0: number, y0: number, x1: number, y1: number): Pixels {
  const data = new Uint8Array((x1 - x0) * (y1 - y0) * 3);
  for (let y = y0; y < y1; y++) {
    for (let x = x0; x < x1; x++) {
      const [cx, cy] = [Math.min(source.width - 1, Math.max(0, x)), Math.min(source.height - 1, Math.max(0, y))];
      const at = (cy * source.width + cx) * 3;
      data.set(source.data.subarray(at, at + 3), ((y - y0) * (x1 - x0) + x - x0) * 3);
    }
  }
  return { width: x1 - x0, height: y1 - y0, data };
}

function resize(source: Pixels, x: number, y: number, span: number, side: number): Uint8Array {
  const across = planTaps(x, span, side);
  const down = planTaps(y, span, side);
  const out = new Uint8Array(side * side * 3);
  resample(cut(source, across.from, down.from, across.to, down.to), across, down, out, 0);
  return out;
}

const image = picture(48, 48);

it.each(Object.entries(golden.reduce))('shrinks by %s like Pillow, bit for bit', (factor, expected) => {
  expect([...resize(image, 0, 0, 48, 48 / Number(factor))]).toEqual(expected);
});

it('enlarges within 1 of Pillow', () => {
  const ours = resize(image, 0, 0, 48, 72);
  expect(
    Math.max(...golden.bilinear['72'].map((value, i) => Math.abs(value - (ours[i] as number)))),
  ).toBeLessThanOrEqual(1);
});

it('copies pixels at the same size, at the nearest place', () => {
  const ours = resize(image, 3.2, 4.9, 16.01, 16);
  expect([...ours]).toEqual([...cut(image, 3, 5, 19, 21).data]);
});

it('rounds halves up and the rest to the nearest', () => {
  const source: Pixels = { width: 3, height: 3, data: Uint8Array.from({ length: 27 }, (_, i) => (i < 15 ? 1 : 0)) };
  expect([...resize(source, 0, 0, 3, 1)]).toEqual([1, 1, 1]);
  const half: Pixels = { width: 2, height: 2, data: Uint8Array.from({ length: 12 }, (_, i) => (i < 6 ? 1 : 0)) };
  expect([...resize(half, 0, 0, 2, 1)]).toEqual([1, 1, 1]);
});

it('gives the exact mean of the area at any place and factor', () => {
  const [x0, y0, span] = [1.3, 2.7, 37.25];
  const side = 15;
  const ours = resize(image, x0, y0, span, side);
  const overlap = (i: number, low: number, high: number) => Math.max(0, Math.min(high, i + 1) - Math.max(low, i));
  for (const [i, j] of [
    [0, 0],
    [7, 3],
    [14, 14],
  ] as const) {
    let sum = 0;
    const [left, top, step] = [x0 + (i * span) / side, y0 + (j * span) / side, span / side];
    for (let y = 0; y < 48; y++) {
      for (let x = 0; x < 48; x++) {
        const area = overlap(x, left, left + step) * overlap(y, top, top + step);
        sum += area * (image.data[(y * 48 + x) * 3] as number);
      }
    }
    expect(Math.abs((ours[(j * side + i) * 3] as number) - sum / step ** 2)).toBeLessThanOrEqual(0.5 + 1e-9);
  }
});

it('does not reach for pixels of the neighbour by rounding errors', () => {
  for (let tile = 0; tile < 200; tile++) {
    const taps = planTaps(tile * 318 * (1 / 1.2), (318 * 1) / 1.2, 128);
    expect(taps.to - taps.from).toBeLessThanOrEqual(Math.ceil(318 / 1.2) + 1);
    expect(planTaps(tile * 256, 256, 128)).toMatchObject({ from: tile * 256, to: tile * 256 + 256 });
  }
});
