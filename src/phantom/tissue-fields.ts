/** What lies where in one region, on a grid of CELL px: the ground that a region is painted from. */
import type { Rect } from '../geometry.ts';
import { type Core, patternAt, tissueDepth } from './cores.ts';
import { CELL, type Gland, HALO } from './glands.ts';
import { smoothNoise } from './noise.ts';

/** Px around a region that the fields also cover, since fibres and edges look beyond it. */
const MARGIN = 48;

export interface TissueFields {
  /** First cell and size of the grid. */
  readonly col: number;
  readonly row: number;
  readonly cols: number;
  readonly rows: number;
  /** [rows, cols] px inside the tissue. */
  readonly tissue: Float32Array;
  /** [rows, cols] px inside a gland; -HALO far from any. */
  readonly gland: Float32Array;
  /** [rows, cols] px inside a lumen. */
  readonly lumen: Float32Array;
  /** [rows, cols] index of the gland that is nearest, -1 where there is none. */
  readonly owner: Int32Array;
  /** [rows, cols] unit vector along the fibres of the stroma. */
  readonly fibreX: Float32Array;
  readonly fibreY: Float32Array;
  /** [rows, cols] 0..1: share of the stroma that is loose and cellular, as around cancer. */
  readonly loose: Float32Array;
  /** [rows, cols] thickness of the section, about 1. */
  readonly thickness: Float32Array;
}

/** The fields around a region in level-0 px; undefined where it holds no tissue at all. */
export function layFields(
  cores: readonly Core[],
  glands: readonly Gland[],
  glandsIn: (rect: Rect) => readonly number[],
  seed: number,
  region: Rect,
): TissueFields | undefined {
  const col = Math.floor((region.x - MARGIN) / CELL);
  const row = Math.floor((region.y - MARGIN) / CELL);
  const cols = Math.ceil((region.x + region.width + MARGIN) / CELL) - col + 2;
  const rows = Math.ceil((region.y + region.height + MARGIN) / CELL) - row + 2;
  const size = cols * rows;
  const tissue = new Float32Array(size);
  let deepest = -1e6;
  for (let j = 0; j < rows; j++)
    for (let i = 0; i < cols; i++) {
      const depth = tissueDepth(cores, (col + i) * CELL, (row + j) * CELL);
      tissue[j * cols + i] = depth;
      if (depth > deepest) deepest = depth;
    }
  if (deepest < -8) return undefined;

  const gland = new Float32Array(size).fill(-HALO);
  const lumen = new Float32Array(size).fill(-1000);
  const owner = new Int32Array(size).fill(-1);
  const covered = { x: col * CELL, y: row * CELL, width: cols * CELL, height: rows * CELL };
  for (const index of glandsIn(covered)) {
    const one = glands[index] as Gland;
    const fromJ = Math.max(0, one.row - row);
    const toJ = Math.min(rows, one.row + one.rows - row);
    const fromI = Math.max(0, one.col - col);
    const toI = Math.min(cols, one.col + one.cols - col);
    for (let j = fromJ; j < toJ; j++)
      for (let i = fromI; i < toI; i++) {
        const at = j * cols + i;
        const there = (j + row - one.row) * one.cols + i + col - one.col;
        const depth = one.edge[there] as number;
        if (depth <= (gland[at] as number)) continue;
        gland[at] = depth;
        lumen[at] = one.lumen[there] as number;
        owner[at] = index;
      }
  }

  const fibreX = new Float32Array(size);
  const fibreY = new Float32Array(size);
  const loose = new Float32Array(size);
  const thickness = new Float32Array(size);
  for (let j = 0; j < rows; j++)
    for (let i = 0; i < cols; i++) {
      const at = j * cols + i;
      if ((tissue[at] as number) < -8) continue;
      const x = (col + i) * CELL;
      const y = (row + j) * CELL;
      // Muscle runs along the core in waves and bends around glands.
      let fx = 1;
      let fy = 1.1 * smoothNoise(x / 420, y / 260, seed) + 0.5 * smoothNoise(x / 130, y / 110, seed + 1);
      const near = 1 + (gland[at] as number) / HALO;
      if (near > 0 && i > 0 && j > 0 && i < cols - 1 && j < rows - 1) {
        const gx = (gland[at + 1] as number) - (gland[at - 1] as number);
        const gy = (gland[at + cols] as number) - (gland[at - cols] as number);
        const steep = Math.sqrt(gx * gx + gy * gy);
        if (steep > 0.5) {
          const pull = 3 * near * near;
          const sign = fx * -gy + fy * gx < 0 ? -1 : 1;
          fx += (sign * pull * -gy) / steep;
          fy += (sign * pull * gx) / steep;
        }
      }
      const length = Math.sqrt(fx * fx + fy * fy) || 1;
      fibreX[at] = fx / length;
      fibreY[at] = fy / length;
      const isCancer = patternAt(cores, x, y) !== 0;
      loose[at] = (isCancer ? 0.55 : 0.3) + 0.35 * smoothNoise(x / 190, y / 150, seed + 3);
      thickness[at] = 1 + 0.1 * smoothNoise(x / 340, y / 280, seed + 2);
    }
  return { col, row, cols, rows, tissue, gland, lumen, owner, fibreX, fibreY, loose, thickness };
}
