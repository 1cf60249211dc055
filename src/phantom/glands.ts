/** Glands: where they lie and what shape they have. Positions are level-0 px. */

import { cosine, sine } from './arithmetic.ts';
import { type Core, type Pattern, patternAt, tissueDepth } from './cores.ts';
import { smoothNoise } from './noise.ts';
import type { Random } from './random.ts';

/** Side of a cell of the fields that shapes are kept in, px. */
export const CELL = 4;

export interface Gland {
  /** 0 = benign. */
  readonly pattern: Pattern | 0;
  readonly seed: number;
  /** First cell, and number of cells. */
  readonly col: number;
  readonly row: number;
  readonly cols: number;
  readonly rows: number;
  /** [rows, cols] px inside the gland's outline at the cell's corner; negative outside, where it fades to -HALO. */
  readonly edge: Float32Array;
  /** [rows, cols] px inside a lumen; negative in the epithelium. */
  readonly lumen: Float32Array;
  /** 0..1: how full of pink secretion the lumen is. */
  readonly secretion: number;
}

/** How far outside its outline a gland's field reaches, px: there the fibres of the stroma bend around it. */
export const HALO = 56;

interface Circle {
  readonly x: number;
  readonly y: number;
  readonly r: number;
}

/** A gland before its field is drawn: a union of circles, and the holes punched into it. */
interface Outline {
  readonly circles: readonly Circle[];
  readonly holes: readonly Circle[];
  /** Height of the epithelium where the lumen follows the outline; undefined where only `holes` are open. */
  readonly epithelium: number | undefined;
  /** Amplitude of the waves of the outline, px. */
  readonly waves: number;
  /** Radius of a circle around all of it. */
  readonly reach: number;
}

/** Fills the cores: first the cancer, then benign glands in what is left. */
export function plantGlands(random: Random, cores: readonly Core[], crowding: number): Gland[] {
  const glands: Gland[] = [];
  const taken = new Map<string, Circle[]>();
  const size = 256;
  const key = (col: number, row: number) => `${col},${row}`;
  const isFree = (circle: Circle, gap: number) => {
    const reach = circle.r + gap;
    for (let row = Math.floor((circle.y - reach - 300) / size); row <= (circle.y + reach + 300) / size; row++)
      for (let col = Math.floor((circle.x - reach - 300) / size); col <= (circle.x + reach + 300) / size; col++)
        for (const other of taken.get(key(col, row)) ?? []) {
          const dx = other.x - circle.x;
          const dy = other.y - circle.y;
          const least = other.r + reach;
          if (dx * dx + dy * dy < least * least) return false;
        }
    return true;
  };
  const plant = (pattern: Pattern | 0, x: number, y: number, outline: Outline, gap: number) => {
    const placed = outline.circles.map((c) => ({ x: x + c.x, y: y + c.y, r: c.r }));
    if (!placed.every((circle) => isFree(circle, gap))) return false;
    for (const circle of placed) {
      const at = key(Math.floor(circle.x / size), Math.floor(circle.y / size));
      const list = taken.get(at);
      if (list === undefined) taken.set(at, [circle]);
      else list.push(circle);
    }
    glands.push(drawGland(random, pattern, x, y, outline));
    return true;
  };

  for (const core of cores) {
    const width = widthOf(core);
    const top = topOf(core);
    for (const lesion of core.lesions) {
      const area = (lesion.to - lesion.from) * width;
      const tries = Math.ceil(area / (lesion.pattern === 3 ? 500 : 900));
      for (let i = 0; i < tries; i++) {
        const x = core.x + random.between(lesion.from - 110, lesion.to + 110);
        const y = random.between(top, top + width);
        const late = i / tries;
        const outline = malignantOutline(random, lesion.pattern, late);
        const gap = lesion.pattern === 5 ? random.between(3, 10) : random.between(7, 16);
        if (patternAt(cores, x, y) !== lesion.pattern || tissueDepth(cores, x, y) < 12) continue;
        plant(lesion.pattern, x, y, outline, gap);
      }
    }
    const tries = Math.ceil((core.length * width * crowding) / 3200);
    for (let i = 0; i < tries; i++) {
      const x = core.x + random.unit() * core.length;
      const y = random.between(top, top + width);
      const outline = benignOutline(random, i / tries);
      const gap = random.between(20, 60);
      if (tissueDepth(cores, x, y) < outline.reach * 0.35) continue;
      const touches = outline.circles.some((c) => patternAt(cores, x + c.x, y + c.y) !== 0);
      if (!touches) plant(0, x, y, outline, gap);
    }
  }
  return glands;
}

function widthOf(core: Core): number {
  return 2.4 * core.half.reduce((a, b) => Math.max(a, b), 0);
}

function topOf(core: Core): number {
  const middle = core.centre.reduce((a, b) => a + b, 0) / core.centre.length;
  return middle - widthOf(core) / 2;
}

/** A wide gland of several lobes; later attempts are smaller, to fill the gaps. */
function benignOutline(random: Random, late: number): Outline {
  const reach = random.between(120, 290) * (1 - 0.55 * late);
  const circles: Circle[] = [{ x: 0, y: 0, r: reach * random.between(0.42, 0.58) }];
  const lobes = 3 + random.integer(5);
  const turn = random.between(0, 6.28);
  const stretch = random.between(0.65, 1);
  const tilt = random.between(0, 3.14);
  for (let i = 0; i < lobes; i++) {
    const angle = turn + ((i + random.between(-0.3, 0.3)) * 6.2832) / lobes;
    const r = Math.max(38, reach * random.between(0.26, 0.42));
    const away = (reach - r) * random.between(0.7, 1);
    const along = away * cosine(angle);
    const across = away * sine(angle) * stretch;
    circles.push({
      x: along * cosine(tilt) - across * sine(tilt),
      y: along * sine(tilt) + across * cosine(tilt),
      r,
    });
  }
  return { circles, holes: [], epithelium: random.between(24, 30), waves: 7, reach };
}

function malignantOutline(random: Random, pattern: Pattern, late: number): Outline {
  if (pattern === 3) {
    const r = random.between(30, 58) * (1 - 0.35 * late);
    const circles: Circle[] = [{ x: 0, y: 0, r }];
    if (random.chance(0.45))
      circles.push({ x: r * random.between(0.4, 0.9), y: r * random.between(-0.7, 0.7), r: r * 0.75 });
    return { circles, holes: [], epithelium: Math.min(r - 7, random.between(19, 25)), waves: 3, reach: r * 1.8 };
  }
  if (pattern === 4) return random.chance(0.5) ? cribriform(random, late) : fused(random, late);
  const r = random.between(60, 150) * (1 - 0.75 * late);
  const circles: Circle[] = [{ x: 0, y: 0, r }];
  const lobes = late > 0.4 ? 0 : 1 + random.integer(3);
  for (let i = 0; i < lobes; i++) {
    const angle = random.between(0, 6.28);
    circles.push({ x: r * cosine(angle), y: r * sine(angle), r: r * random.between(0.5, 0.9) });
  }
  return { circles, holes: [], epithelium: undefined, waves: Math.min(12, r / 4), reach: r * 2 };
}

/** One mass with punched-out holes. */
function cribriform(random: Random, late: number): Outline {
  const r = random.between(70, 140) * (1 - 0.6 * late);
  const circles: Circle[] = [{ x: 0, y: 0, r }];
  if (random.chance(0.6)) {
    const angle = random.between(0, 6.28);
    circles.push({ x: 0.9 * r * cosine(angle), y: 0.9 * r * sine(angle), r: r * random.between(0.5, 0.85) });
  }
  const holes: Circle[] = [];
  const pitch = random.between(38, 50);
  for (let y = -2 * r; y < 2 * r; y += pitch)
    for (let x = -2 * r; x < 2 * r; x += pitch) {
      const hole = {
        x: x + random.between(-11, 11),
        y: y + random.between(-11, 11),
        r: random.between(6, 14),
      };
      const isInside = circles.some((c) => {
        const room = c.r - hole.r - 19;
        const dx = hole.x - c.x;
        const dy = hole.y - c.y;
        return room > 0 && dx * dx + dy * dy < room * room;
      });
      if (isInside && random.chance(0.85)) holes.push(hole);
    }
  return { circles, holes, epithelium: undefined, waves: 5, reach: r * 2 };
}

/** Small glands grown into each other, some without a lumen. */
function fused(random: Random, late: number): Outline {
  const circles: Circle[] = [{ x: 0, y: 0, r: random.between(24, 38) }];
  const holes: Circle[] = [];
  const count = Math.max(2, Math.round(random.between(6, 17) * (1 - 0.7 * late)));
  while (circles.length < count) {
    const root = circles[random.integer(circles.length)] as Circle;
    const angle = random.between(0, 6.28);
    const r = random.between(22, 36);
    const away = (root.r + r) * random.between(0.72, 0.9);
    circles.push({ x: root.x + away * cosine(angle), y: root.y + away * sine(angle), r });
  }
  for (const circle of circles) if (random.chance(0.55)) holes.push({ ...circle, r: random.between(4, 10) });
  const reach = circles.reduce((most, c) => Math.max(most, Math.sqrt(c.x * c.x + c.y * c.y) + c.r), 0);
  return { circles, holes, epithelium: undefined, waves: 3, reach };
}

function drawGland(random: Random, pattern: Pattern | 0, x: number, y: number, outline: Outline): Gland {
  const margin = HALO + outline.waves * 2;
  const left = outline.circles.reduce((least, c) => Math.min(least, c.x - c.r), 0) + x - margin;
  const right = outline.circles.reduce((most, c) => Math.max(most, c.x + c.r), 0) + x + margin;
  const top = outline.circles.reduce((least, c) => Math.min(least, c.y - c.r), 0) + y - margin;
  const bottom = outline.circles.reduce((most, c) => Math.max(most, c.y + c.r), 0) + y + margin;
  const col = Math.floor(left / CELL);
  const row = Math.floor(top / CELL);
  const cols = Math.ceil(right / CELL) - col + 1;
  const rows = Math.ceil(bottom / CELL) - row + 1;
  const edge = new Float32Array(cols * rows);
  const lumen = new Float32Array(cols * rows);
  const seed = random.integer(0x7fffffff);
  const soft = pattern === 0 ? 30 : 10;
  for (let j = 0; j < rows; j++) {
    const py = (row + j) * CELL;
    for (let i = 0; i < cols; i++) {
      const px = (col + i) * CELL;
      let depth = -1e6;
      for (const c of outline.circles) depth = softMax(depth, c.r - distance(px - x - c.x, py - y - c.y), soft);
      depth += outline.waves * (smoothNoise(px / 47, py / 47, seed) + 0.45 * smoothNoise(px / 17, py / 17, seed + 1));
      let open = -1e6;
      for (const hole of outline.holes) open = Math.max(open, hole.r - distance(px - x - hole.x, py - y - hole.y));
      if (outline.epithelium !== undefined) {
        // Benign epithelium heaps up into tufts and folds; cancer's is flat.
        const tufts = pattern === 0 ? 17 * Math.max(0, smoothNoise(px / 38, py / 38, seed + 2) - 0.25) : 0;
        const uneven =
          pattern === 0 ? 4 * smoothNoise(px / 23, py / 23, seed + 3) : 2 * smoothNoise(px / 15, py / 15, seed + 3);
        open = depth - outline.epithelium - tufts - uneven;
      } else if (outline.holes.length > 0) {
        open = Math.min(open + 2 * smoothNoise(px / 9, py / 9, seed + 3), depth - 12);
      }
      edge[j * cols + i] = Math.max(-HALO, depth);
      lumen[j * cols + i] = Math.max(-1000, open);
    }
  }
  const secretion = random.chance(pattern === 0 ? 0.25 : 0.4) ? random.between(0.2, 0.9) : random.between(0, 0.08);
  return { pattern, seed, col, row, cols, rows, edge, lumen, secretion };
}

function distance(dx: number, dy: number): number {
  return Math.sqrt(dx * dx + dy * dy);
}

/** The larger of two, rounded off over a width of `soft`. @see Quilez, polynomial smooth minimum */
function softMax(a: number, b: number, soft: number): number {
  const h = Math.max(0, soft - Math.abs(a - b)) / soft;
  return Math.max(a, b) + h * h * soft * 0.25;
}
