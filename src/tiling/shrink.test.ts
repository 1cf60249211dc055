import { expect, it } from 'vitest';
import { shrink, shrinkFactor } from './shrink.ts';

const level = (tileWidth: number, tileHeight: number) => ({
  index: 0,
  width: 1000,
  height: 1000,
  downsample: 1,
  tileWidth,
  tileHeight,
});

it('takes a factor that no block of two tiles needs', () => {
  expect(shrinkFactor(level(256, 256), 2.48)).toBe(2);
  expect(shrinkFactor(level(240, 240), 7.9)).toBe(6);
  expect(shrinkFactor(level(256, 240), 31)).toBe(16);
  expect(shrinkFactor(level(257, 256), 9)).toBe(1);
  expect(shrinkFactor(level(256, 256), 0.5)).toBe(1);
});

it('averages blocks, and what is there of them at the edges', () => {
  const value = (x: number, y: number, c: number) => (x * 31 + y * 17 + c * 50) & 255;
  const [width, height] = [7, 5];
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) =>
    value(Math.floor(i / 3) % width, Math.floor(i / 3 / width), i % 3),
  );
  const small = shrink({ width, height, data }, 3);
  expect([small.width, small.height]).toEqual([3, 2]);
  for (let y = 0; y < 2; y++) {
    for (let x = 0; x < 3; x++) {
      for (let c = 0; c < 3; c++) {
        const block: number[] = [];
        for (let j = 3 * y; j < Math.min(height, 3 * y + 3); j++) {
          for (let i = 3 * x; i < Math.min(width, 3 * x + 3); i++) block.push(value(i, j, c));
        }
        const mean = block.reduce((a, b) => a + b) / block.length;
        expect(small.data[(y * 3 + x) * 3 + c]).toBe(Math.floor(mean + 0.5));
      }
    }
  }
});
