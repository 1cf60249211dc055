/** Smooth noise over the plane. */
import { latticeHash } from './random.ts';

/** Value noise of period 1 in lattice units, in [-1, 1], continuous with continuous slope. */
export function smoothNoise(x: number, y: number, seed: number): number {
  const col = Math.floor(x);
  const row = Math.floor(y);
  const fx = x - col;
  const fy = y - row;
  const sx = fx * fx * (3 - 2 * fx);
  const sy = fy * fy * (3 - 2 * fy);
  const a = latticeHash(col, row, seed);
  const b = latticeHash(col + 1, row, seed);
  const c = latticeHash(col, row + 1, seed);
  const d = latticeHash(col + 1, row + 1, seed);
  const top = a + (b - a) * sx;
  const bottom = c + (d - c) * sx;
  return (top + (bottom - top) * sy) / 0x80000000 - 1;
}
