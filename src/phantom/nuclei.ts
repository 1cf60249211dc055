/** Nuclei: small pictures of each kind, and where they lie. Positions are level-0 px. */
import { clamp01, cosine, sine } from './arithmetic.ts';
import { type Core, patternAt, tissueDepth } from './cores.ts';
import { CELL, type Gland } from './glands.ts';
import { type Random, seededRandom } from './random.ts';

export type NucleusKind = 'luminal' | 'basal' | 'malignant' | 'spindle' | 'lymphocyte';

/** Radii in px (0.48 µm), haematoxylin in units of optical density. */
const LOOKS: Readonly<
  Record<
    NucleusKind,
    {
      long: readonly [number, number];
      short: readonly [number, number];
      dye: readonly [number, number];
      nucleolus: number;
    }
  >
> = {
  luminal: { long: [6.6, 8.2], short: [4.8, 5.9], dye: [0.75, 1.0], nucleolus: 0 },
  basal: { long: [5.5, 8], short: [2.8, 3.6], dye: [0.85, 1.1], nucleolus: 0 },
  malignant: { long: [7.0, 9.6], short: [6.0, 8.2], dye: [0.62, 1.0], nucleolus: 0.8 },
  spindle: { long: [8, 14], short: [2.0, 3.0], dye: [0.7, 1.0], nucleolus: 0 },
  lymphocyte: { long: [4.6, 5.4], short: [4.4, 5.2], dye: [1.15, 1.4], nucleolus: 0 },
};
const KINDS: readonly NucleusKind[] = ['luminal', 'basal', 'malignant', 'spindle', 'lymphocyte'];
const TURNS = 12;
const VARIANTS = 6;
/** Half the side of a picture, px. */
export const SPRITE_HALF = 15;
export const SPRITE_SIDE = 2 * SPRITE_HALF + 1;

/** Pictures of all nuclei: per picture SPRITE_SIDE² of cover (0..1) and as many of haematoxylin. */
export interface NucleusSprites {
  readonly cover: Float32Array;
  readonly dye: Float32Array;
}

export function drawNuclei(seed: number): NucleusSprites {
  const area = SPRITE_SIDE * SPRITE_SIDE;
  const count = KINDS.length * TURNS * VARIANTS;
  const cover = new Float32Array(count * area);
  const dye = new Float32Array(count * area);
  KINDS.forEach((kind, k) => {
    for (let turn = 0; turn < TURNS; turn++)
      for (let variant = 0; variant < VARIANTS; variant++) {
        const sprite = (k * TURNS + turn) * VARIANTS + variant;
        drawNucleus(seededRandom(seed, sprite), kind, turn, sprite * area, cover, dye);
      }
  });
  return { cover, dye };
}

function drawNucleus(
  random: Random,
  kind: NucleusKind,
  turn: number,
  at: number,
  cover: Float32Array,
  dye: Float32Array,
) {
  const look = LOOKS[kind];
  const long = random.between(...look.long);
  const short = random.between(...look.short);
  const depth = random.between(...look.dye);
  const angle = (turn * Math.PI) / TURNS;
  const c = cosine(angle);
  const s = sine(angle);
  const bend = random.between(-0.02, 0.02);
  const clumps = Array.from({ length: 7 }, () => ({
    x: random.between(-0.8, 0.8) * long,
    y: random.between(-0.8, 0.8) * short,
    r: random.between(0.9, 2),
    dye: random.between(-0.2, 0.34),
  }));
  const prominence = look.nucleolus * random.between(0.1, 1);
  const spot = {
    x: random.between(-0.4, 0.4) * long,
    y: random.between(-0.4, 0.4) * short,
    r: random.between(1.4, 2.3),
  };
  for (let j = -SPRITE_HALF; j <= SPRITE_HALF; j++)
    for (let i = -SPRITE_HALF; i <= SPRITE_HALF; i++) {
      const x = i * c + j * s;
      const y = j * c - i * s + bend * x * x;
      const rho = Math.sqrt((x * x) / (long * long) + (y * y) / (short * short));
      const inside = (1 - rho) * short;
      const alpha = clamp01((inside + 0.9) / 1.8);
      if (alpha === 0) continue;
      // A membrane darker than the inside, chromatin in clumps, and in cancer a nucleolus.
      let value = depth * (0.86 + 0.24 * clamp01(1 - Math.abs(inside - 1) / 1.4));
      for (const clump of clumps) value += clump.dye * bump(x - clump.x, y - clump.y, clump.r);
      if (look.nucleolus > 0) value += prominence * bump(x - spot.x, y - spot.y, spot.r);
      const pixel = at + (j + SPRITE_HALF) * SPRITE_SIDE + i + SPRITE_HALF;
      cover[pixel] = alpha;
      dye[pixel] = Math.max(0.2, value);
    }
}

function bump(x: number, y: number, radius: number): number {
  const t = clamp01(1 - (x * x + y * y) / (4 * radius * radius));
  return t * t;
}

/** All nuclei of a biopsy, findable by place. */
export interface Nuclei {
  readonly count: number;
  /** Centre, px. */
  readonly x: Int32Array;
  readonly y: Int32Array;
  /** Which picture. */
  readonly sprite: Uint16Array;
  /** Calls back for each nucleus whose picture may touch the rectangle, always in the same order of overlap. */
  forEachIn(x: number, y: number, width: number, height: number, visit: (index: number) => void): void;
}

const BUCKET = 64;

export function plantNuclei(
  random: Random,
  size: { readonly width: number; readonly height: number },
  cores: readonly Core[],
  glands: readonly Gland[],
  inflammation: number,
): Nuclei {
  const xs: number[] = [];
  const ys: number[] = [];
  const sprites: number[] = [];
  const columns = Math.ceil(size.width / BUCKET) + 1;
  const buckets = new Map<number, number[]>();
  const bucketOf = (x: number, y: number) => Math.floor(y / BUCKET) * columns + Math.floor(x / BUCKET);

  const isCrowded = (x: number, y: number, gap: number) => {
    for (let row = Math.floor((y - gap) / BUCKET); row <= (y + gap) / BUCKET; row++)
      for (let col = Math.floor((x - gap) / BUCKET); col <= (x + gap) / BUCKET; col++)
        for (const i of buckets.get(row * columns + col) ?? []) {
          const dx = (xs[i] as number) - x;
          const dy = (ys[i] as number) - y;
          if (dx * dx + dy * dy < gap * gap) return true;
        }
    return false;
  };
  const plant = (kind: NucleusKind, x: number, y: number, dirX: number, dirY: number, gap: number) => {
    if (x < 20 || y < 20 || x >= size.width - 20 || y >= size.height - 20) return;
    if (isCrowded(x, y, gap) || tissueDepth(cores, x, y) < 5) return;
    const px = Math.round(x);
    const py = Math.round(y);
    const at = bucketOf(px, py);
    const list = buckets.get(at);
    if (list === undefined) buckets.set(at, [xs.length]);
    else list.push(xs.length);
    xs.push(px);
    ys.push(py);
    const turn = nearestTurn(dirX, dirY);
    sprites.push((KINDS.indexOf(kind) * TURNS + turn) * VARIANTS + random.integer(VARIANTS));
  };

  for (const gland of glands) lineGland(random, gland, plant);
  const depthAt = glandLookup(glands);
  for (const core of cores) {
    const half = core.half.reduce((a, b) => Math.max(a, b), 0) + 20;
    const middle = core.centre.reduce((a, b) => a + b, 0) / core.centre.length;
    const area = core.length * half * 2;
    for (let i = 0; i < area / 1500; i++) {
      const x = core.x + random.unit() * core.length;
      const y = middle + random.between(-1.3, 1.3) * half;
      const turn = random.between(-0.5, 0.5);
      if (depthAt(x, y) > -5) continue;
      const pattern = patternAt(cores, x, y);
      // Between sheets of pattern 5 single cancer cells lie in the stroma.
      if (pattern === 5 && random.chance(0.5)) plant('malignant', x, y, 1, turn * 4, 13);
      else plant('spindle', x, y, 1, turn, 13);
    }
    for (let nest = 0; nest < Math.round((area / 1e6) * inflammation); nest++) {
      const x = core.x + random.unit() * core.length;
      const y = middle + random.between(-1, 1) * half;
      const spread = random.between(40, 130);
      for (let i = 0; i < spread * 1.6; i++) {
        const px = x + spread * (random.unit() + random.unit() - 1);
        const py = y + spread * (random.unit() + random.unit() - 1);
        if (depthAt(px, py) < -6) plant('lymphocyte', px, py, 1, 0, 11);
      }
    }
  }

  return {
    count: xs.length,
    x: Int32Array.from(xs),
    y: Int32Array.from(ys),
    sprite: Uint16Array.from(sprites),
    forEachIn(x, y, width, height, visit) {
      const lastRow = Math.floor((y + height + SPRITE_HALF) / BUCKET);
      const lastCol = Math.floor((x + width + SPRITE_HALF) / BUCKET);
      for (let row = Math.max(0, Math.floor((y - SPRITE_HALF) / BUCKET)); row <= lastRow; row++)
        for (let col = Math.max(0, Math.floor((x - SPRITE_HALF) / BUCKET)); col <= lastCol && col < columns; col++)
          for (const index of buckets.get(row * columns + col) ?? []) visit(index);
    },
  };
}

type Plant = (kind: NucleusKind, x: number, y: number, dirX: number, dirY: number, gap: number) => void;

/** Rows of nuclei along the base of an epithelium, or a filling where there are no rows left. */
function lineGland(random: Random, gland: Gland, plant: Plant): void {
  const { cols, rows, edge, lumen } = gland;
  for (let j = 1; j < rows - 1; j++)
    for (let i = 1; i < cols - 1; i++) {
      const at = j * cols + i;
      const depth = edge[at] as number;
      if (depth < -3) continue;
      const open = lumen[at] as number;
      const slopeX = ((edge[at + 1] as number) - (edge[at - 1] as number)) / (2 * CELL);
      const slopeY = ((edge[at + cols] as number) - (edge[at - cols] as number)) / (2 * CELL);
      const steep = Math.sqrt(slopeX * slopeX + slopeY * slopeY);
      const x = (gland.col + i) * CELL;
      const y = (gland.row + j) * CELL;
      if (gland.pattern === 0 || gland.pattern === 3) {
        if (steep < 0.4) continue;
        const nx = slopeX / steep;
        const ny = slopeY / steep;
        const toRow = (target: number) => (target - depth) / steep;
        const isMalignant = gland.pattern === 3;
        const row = (isMalignant ? 10 : 14) + random.between(-2.5, 2.5);
        const step = toRow(row);
        if (Math.abs(step) < 5 && open + (row - depth) < -5)
          plant(isMalignant ? 'malignant' : 'luminal', x + nx * step, y + ny * step, nx, ny, isMalignant ? 12.5 : 10.5);
        const basal = toRow(3.5);
        if (!isMalignant && Math.abs(basal) < 4 && random.chance(0.25))
          plant('basal', x + nx * basal, y + ny * basal, -ny, nx, 12);
        // Tall benign epithelium is pseudostratified: a second, looser row.
        if (!isMalignant && depth > 20 && open < -9 && random.chance(0.05)) plant('luminal', x, y, nx, ny, 11.5);
      } else if (depth > 6 && open < -7 && random.chance(0.6)) {
        const px = x + random.between(-2, 2);
        const py = y + random.between(-2, 2);
        plant('malignant', px, py, random.between(-1, 1), random.between(-1, 1), gland.pattern === 5 ? 14.5 : 13.5);
      }
    }
}

/** How deep inside the nearest gland a point lies, px; -1000 far from all. */
function glandLookup(glands: readonly Gland[]): (x: number, y: number) => number {
  const size = 256;
  const found = new Map<string, Gland[]>();
  for (const gland of glands) {
    for (let row = Math.floor((gland.row * CELL) / size); row * size <= (gland.row + gland.rows) * CELL; row++)
      for (let col = Math.floor((gland.col * CELL) / size); col * size <= (gland.col + gland.cols) * CELL; col++) {
        const list = found.get(`${col},${row}`);
        if (list === undefined) found.set(`${col},${row}`, [gland]);
        else list.push(gland);
      }
  }
  return (x, y) => {
    let depth = -1000;
    const col = Math.round(x / CELL);
    const row = Math.round(y / CELL);
    for (const gland of found.get(`${Math.floor(x / size)},${Math.floor(y / size)}`) ?? []) {
      const i = col - gland.col;
      const j = row - gland.row;
      if (i < 0 || j < 0 || i >= gland.cols || j >= gland.rows) continue;
      depth = Math.max(depth, gland.edge[j * gland.cols + i] as number);
    }
    return depth;
  };
}

/** The one of TURNS directions of a half circle that is nearest to (x, y), without an arc tangent. */
function nearestTurn(x: number, y: number): number {
  let best = 0;
  let most = -1;
  for (let turn = 0; turn < TURNS; turn++) {
    const along = Math.abs(x * (COSINES[turn] as number) + y * (SINES[turn] as number));
    if (along > most) {
      most = along;
      best = turn;
    }
  }
  return best;
}

const COSINES = Array.from({ length: TURNS }, (_, turn) => cosine((turn * Math.PI) / TURNS));
const SINES = Array.from({ length: TURNS }, (_, turn) => sine((turn * Math.PI) / TURNS));
