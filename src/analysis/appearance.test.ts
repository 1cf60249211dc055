import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseManifest } from '../model/manifest.ts';
import { appearanceDistance, countUnlike, tileFigures } from './appearance.ts';

const identity = Array.from({ length: 49 }, (_, i) => (i % 8 === 0 ? 1 : 0));

describe('what a tile looks like', () => {
  it('is seven figures, here of a tile drawn by hand', () => {
    // Red 10 everywhere; green 0 and 20 in columns; blue 0 and 8 in rows. @see training/tests/test_appearance.py
    const rgb = Uint8Array.from([10, 0, 0, 10, 20, 0, 10, 0, 8, 10, 20, 8]);
    expect(Array.from(tileFigures(rgb, 2))).toEqual([10, 10, 4, 0, 10, 4, 10]);
  });

  it('is as far from training as its figures are, one by one', () => {
    const figures = Float64Array.from([3, 0, 0, 0, 0, 0, 4]);
    const mean = [0, 0, 0, 0, 0, 0, 0];
    expect(appearanceDistance(figures, { mean, precision: identity, limit: 1 })).toBeCloseTo(25 / 7, 12);
  });

  it('counts the tiles beyond the limit, but not those that could not be read', () => {
    const grey = (value: number) => new Array<number>(12).fill(value);
    const rgb = Uint8Array.from([...grey(100), ...grey(150), ...grey(101), ...grey(255)]);
    const appearance = { mean: [100, 100, 100, 0, 0, 0, 0], precision: identity, limit: 2 };
    expect(countUnlike({ first: 8, count: 4, rgb, failed: [] }, 2, appearance)).toBe(2);
    expect(countUnlike({ first: 8, count: 4, rgb, failed: [11] }, 2, appearance)).toBe(1);
  });

  const shipped = readdirSync('models').map((id) => path.join('models', id));
  it.each(shipped)('equals what was computed in Python on the golden bag of %s', (folder) => {
    const read = (file: string) => readFileSync(path.join(folder, file));
    const { bag, golden, scope } = parseManifest(JSON.parse(read('manifest.json').toString()), 'manifest.json');
    const { appearance } = scope;
    if (appearance === undefined) throw new Error('a shipped model says what its training tiles look like');
    const wanted: number[] = JSON.parse(read(golden.expected).toString()).appearance;
    const tiles = new Uint8Array(read(golden.input));
    const bytes = bag.tilePx ** 2 * 3;
    expect(wanted).toHaveLength(tiles.length / bytes);
    wanted.forEach((distance, k) => {
      const figures = tileFigures(tiles.subarray(k * bytes, (k + 1) * bytes), bag.tilePx);
      expect(appearanceDistance(figures, appearance) / distance).toBeCloseTo(1, 9);
    });
  });
});
