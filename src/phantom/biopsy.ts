/** A whole synthetic biopsy: planned once, painted region by region. */
import type { Rect } from '../geometry.ts';
import type { Pixels } from '../slide/slide.ts';
import { type Fold, foldAt, paintPen, planFold, planPen } from './artefacts.ts';
import { type Core, type Lesion, type Pattern, patternAt, planCore, tissueDepth } from './cores.ts';
import { CELL, type Gland, plantGlands } from './glands.ts';
import { drawNuclei, plantNuclei, SPRITE_HALF, SPRITE_SIDE } from './nuclei.ts';
import { latticeHash, seededRandom } from './random.ts';
import { mixStain, type Stain, transmit } from './stain.ts';
import { layFields, type TissueFields } from './tissue-fields.ts';

export interface BiopsySpec {
  /** Everything random follows from it. */
  readonly seed: number;
  /** Level-0 px at 0.48 µm. */
  readonly width: number;
  readonly height: number;
  readonly cores: number;
  /** Primary and secondary pattern; undefined is a benign biopsy. */
  readonly gleason: readonly [Pattern, Pattern] | undefined;
  /** Share of one core's length that is cancer, 0..1. */
  readonly lesionShare: number;
  /** 0 = one laboratory, 1 = as laboratories differ. */
  readonly stainVariation: number;
  readonly fold: boolean;
  readonly pen: boolean;
}

/** Pixel size of every phantom, µm per level-0 px: that of the scanners behind PANDA. */
export const PHANTOM_MPP = 0.48;

export interface Biopsy {
  readonly spec: BiopsySpec;
  /** RGB of a rectangle in level-0 px; the same pixels however the slide is divided. */
  paint(region: Rect): Pixels;
  /** True where a level-0 position lies in cancer (glands and the stroma between them). */
  isLesion(x: number, y: number): boolean;
  /**
   * [height / step, width / step] uint8 in row-major order, one value for each step x step px: 0 background, 1 benign
   * tissue, 3 4 5 cancer of that Gleason pattern.
   */
  mask(step: number): { readonly width: number; readonly height: number; readonly data: Uint8Array };
}

/** Plans where everything lies; painting happens later and needs memory for one region only. */
export function planBiopsy(spec: BiopsySpec): Biopsy {
  const random = seededRandom(spec.seed, 1);
  const cores = planCores(spec);
  const glands = plantGlands(seededRandom(spec.seed, 2), cores, random.between(0.75, 1.2));
  const inflammation = random.chance(0.5) ? random.between(1, 5) : 0.4;
  const nuclei = plantNuclei(seededRandom(spec.seed, 3), spec, cores, glands, inflammation);
  const sprites = drawNuclei(spec.seed);
  const stain = mixStain(seededRandom(spec.seed, 4), spec.stainVariation);
  const folds = spec.fold ? cores.slice(0, 1).map((core) => planFold(seededRandom(spec.seed, 5), core)) : [];
  const pen = spec.pen ? [planPen(seededRandom(spec.seed, 6), spec.width, spec.height)] : [];
  const glandsIn = indexGlands(glands);
  const grain = drawGrain(spec.seed);

  return {
    spec,
    paint(region) {
      const data = new Uint8Array(region.width * region.height * 3);
      const fields = layFields(cores, glands, glandsIn, spec.seed, region);
      if (fields === undefined) paintGlass(region, stain, grain, data);
      else {
        const dyes = paintTissue(region, fields, glands, folds, grain);
        nuclei.forEachIn(region.x, region.y, region.width, region.height, (i) => {
          const sprite = (nuclei.sprite[i] as number) * SPRITE_SIDE * SPRITE_SIDE;
          stampNucleus(region, dyes, sprites, sprite, nuclei.x[i] as number, nuclei.y[i] as number);
        });
        develop(region, dyes, stain, grain, data);
      }
      paintPen(region, pen, data);
      return { width: region.width, height: region.height, data };
    },
    isLesion: (x, y) => patternAt(cores, x, y) !== 0 && tissueDepth(cores, x, y) > 0,
    mask(step) {
      const width = Math.ceil(spec.width / step);
      const height = Math.ceil(spec.height / step);
      const data = new Uint8Array(width * height);
      for (let row = 0; row < height; row++)
        for (let col = 0; col < width; col++) {
          const x = (col + 0.5) * step;
          const y = (row + 0.5) * step;
          if (tissueDepth(cores, x, y) > 0) data[row * width + col] = patternAt(cores, x, y) || 1;
        }
      return { width, height, data };
    },
  };
}

function planCores(spec: BiopsySpec): Core[] {
  const random = seededRandom(spec.seed, 7);
  const affected = spec.gleason === undefined ? -1 : random.integer(spec.cores);
  const margin = Math.round(Math.min(spec.width, spec.height) * 0.04);
  const pitch = (spec.height - 2 * margin) / spec.cores;
  return Array.from({ length: spec.cores }, (_, i) => {
    const short = random.between(0, 0.12) * spec.width;
    const length = spec.width - 2 * margin - short;
    const x = margin + random.unit() * short;
    const lesions: Lesion[] = [];
    if (i === affected && spec.gleason !== undefined) {
      const extent = length * spec.lesionShare;
      const from = (length - extent) * random.between(0.1, 0.9);
      const primary = extent * (spec.gleason[0] === spec.gleason[1] ? 1 : random.between(0.55, 0.75));
      lesions.push({ from, to: from + primary, pattern: spec.gleason[0] });
      if (primary < extent) lesions.push({ from: from + primary, to: from + extent, pattern: spec.gleason[1] });
    }
    return planCore(random, { x, y: margin + i * pitch, width: length, height: pitch }, lesions);
  });
}

/** Amounts of dye in a region: [height, width] each. */
interface Dyes {
  readonly haematoxylin: Float32Array;
  readonly eosin: Float32Array;
  /** 0..1 of each pixel that is tissue. */
  readonly cover: Float32Array;
  readonly thickness: Float32Array;
}

const GRAIN = 256;

/** Periodic pictures of noise, [GRAIN, GRAIN] in -1..1 each. */
interface Grain {
  readonly white: Float32Array;
  /** Blobs of some five px, as in cytoplasm. */
  readonly soft: Float32Array;
}

function drawGrain(seed: number): Grain {
  const white = Float32Array.from({ length: GRAIN * GRAIN }, (_, i) => latticeHash(i, 17, seed) / 0x80000000 - 1);
  const at = (x: number, y: number) => white[(y & (GRAIN - 1)) * GRAIN + (x & (GRAIN - 1))] as number;
  // Two passes of a running mean round the white noise off; its spread is then restored.
  const mean = (source: Float32Array, dx: number, dy: number) =>
    source.map((_, i) => {
      let sum = 0;
      for (let k = -2; k <= 2; k++) {
        const x = ((i & (GRAIN - 1)) + k * dx) & (GRAIN - 1);
        const y = (Math.floor(i / GRAIN) + k * dy) & (GRAIN - 1);
        sum += source[y * GRAIN + x] as number;
      }
      return sum / 5;
    });
  const smooth = mean(mean(white, 1, 0), 0, 1);
  const soft = smooth.map((value, i) => Math.max(-1, Math.min(1, value * 3.2 + 0.12 * at(i, i >> 8))));
  return { white, soft };
}

/** Noise of the scanner where there is nothing but glass; half a step for rounding is in it. */
function glassSpeck(grain: Grain, x: number, y: number): number {
  return 0.5 + 0.8 * (grain.white[(y & (GRAIN - 1)) * GRAIN + (x & (GRAIN - 1))] as number);
}

function paintGlass(region: Rect, stain: Stain, grain: Grain, data: Uint8Array): void {
  let to = 0;
  for (let y = region.y; y < region.y + region.height; y++) {
    for (let x = region.x; x < region.x + region.width; x++) {
      const speck = glassSpeck(grain, x, y);
      data[to++] = stain.white[0] + speck;
      data[to++] = stain.white[1] + speck;
      data[to++] = stain.white[2] + speck;
    }
  }
}

/** Everything but nuclei: stroma, epithelium, lumens. */
function paintTissue(
  region: Rect,
  fields: TissueFields,
  glands: readonly Gland[],
  folds: readonly Fold[],
  grain: Grain,
): Dyes {
  const size = region.width * region.height;
  const haematoxylin = new Float32Array(size);
  const eosin = new Float32Array(size);
  const cover = new Float32Array(size);
  const thickness = new Float32Array(size).fill(1);
  const fibres = combFibres(region, fields, grain);
  const { cols } = fields;
  let at = 0;
  for (let py = 0; py < region.height; py++) {
    const y = region.y + py;
    const cellRow = Math.floor(y / CELL);
    const fy = (y - cellRow * CELL) / CELL;
    const line = (y & (GRAIN - 1)) * GRAIN;
    for (let px = 0; px < region.width; px++, at++) {
      const x = region.x + px;
      const cellCol = Math.floor(x / CELL);
      const fx = (x - cellCol * CELL) / CELL;
      const cell = (cellRow - fields.row) * cols + cellCol - fields.col;
      const tissue = mix(fields.tissue, cell, cols, fx, fy);
      const cut = tissue + 0.5;
      if (cut <= 0) continue;
      cover[at] = Math.min(1, cut);
      let thick = mix(fields.thickness, cell, cols, fx, fy);
      for (const fold of folds) thick += 0.9 * foldAt(fold, x, y);
      thickness[at] = thick;
      const fine = grain.white[line + (x & (GRAIN - 1))] as number;
      const coarse = grain.soft[line + (x & (GRAIN - 1))] as number;
      const gland = mix(fields.gland, cell, cols, fx, fy);
      const loose = fields.loose[cell] as number;

      let h = 0;
      let e = 0;
      if (gland < 0.7) {
        const strand = ((y >> 1) - fields.row * 2) * fibres.width + (x >> 1) - fields.col * 2;
        const fibre = mix(fibres.data, strand, fibres.width, (x & 1) / 2, (y & 1) / 2);
        // Bundles of muscle and collagen; where the tissue is loose, pale gaps open between them.
        const bundle = 0.47 + 0.17 * fibre - 0.1 * loose;
        const gap = fibre + 1.05 - 0.6 * loose;
        e = bundle * (gap <= 0 ? 0.25 : gap < 0.5 ? 0.25 + 1.5 * gap : 1) + 0.025 * coarse + 0.02 * fine;
        h = 0.07 + 0.05 * loose + 0.03 * fibre;
        // A thin, denser sheath lies around each gland.
        if (gland > -7) e += 0.14 * (1 + gland / 7);
      }
      if (gland > -0.7) {
        const owner = glands[fields.owner[cell] as number];
        const lumen = mix(fields.lumen, cell, cols, fx, fy);
        let inH: number;
        let inE: number;
        if (owner === undefined || owner.pattern === 0) {
          // Benign cells are tall and clear towards the lumen.
          const apical = gland > 26 ? 1 : gland / 26;
          inH = 0.2 - 0.07 * apical + 0.035 * coarse + 0.02 * fine;
          inE = 0.36 - 0.06 * apical + 0.06 * coarse + 0.03 * fine;
        } else {
          // Cancer's cytoplasm takes up both dyes.
          inH = 0.3 + 0.05 * coarse + 0.03 * fine;
          inE = 0.42 + 0.08 * coarse + 0.03 * fine;
        }
        if (lumen > -0.7) {
          const secretion = owner === undefined ? 0 : owner.secretion;
          const fill = secretion * (0.55 + 0.35 * coarse) * (lumen > 6 ? 1 : Math.max(0, lumen) / 6);
          const open = lumen > 0.7 ? 1 : (lumen + 0.7) / 1.4;
          inH += (0.015 + 0.05 * fill - inH) * open;
          inE += (0.02 + 0.5 * fill - inE) * open;
        } else if (lumen > -3.5) {
          // The border of the cells towards the lumen.
          inE += 0.12;
          inH += 0.04;
        }
        const inside = gland > 0.7 ? 1 : (gland + 0.7) / 1.4;
        h += (inH - h) * inside;
        e += (inE - e) * inside;
      }
      haematoxylin[at] = h;
      eosin[at] = e;
    }
  }
  return { haematoxylin, eosin, cover, thickness };
}

/** Value between the corners of a cell. */
function mix(field: Float32Array, cell: number, cols: number, fx: number, fy: number): number {
  const a = field[cell] as number;
  const b = field[cell + 1] as number;
  const c = field[cell + cols] as number;
  const d = field[cell + cols + 1] as number;
  const top = a + (b - a) * fx;
  return top + (c + (d - c) * fx - top) * fy;
}

/**
 * White noise smeared along the fibres, at half the resolution: about -1..1, [rows*2, cols*2] from the fields' corner.
 * @see Cabral and Leedom 1993, line integral convolution
 */
function combFibres(region: Rect, fields: TissueFields, grain: Grain): { width: number; data: Float32Array } {
  const width = fields.cols * 2;
  const height = fields.rows * 2;
  const data = new Float32Array(width * height);
  const firstI = Math.max(0, (region.x >> 1) - fields.col * 2);
  const lastI = Math.min(width - 1, ((region.x + region.width) >> 1) + 1 - fields.col * 2);
  const firstJ = Math.max(0, (region.y >> 1) - fields.row * 2);
  const lastJ = Math.min(height - 1, ((region.y + region.height) >> 1) + 1 - fields.row * 2);
  const steps = 9;
  for (let j = firstJ; j <= lastJ; j++)
    for (let i = firstI; i <= lastI; i++) {
      const start = (j >> 1) * fields.cols + (i >> 1);
      if ((fields.gland[start] as number) > 12 || (fields.tissue[start] as number) < -8) continue;
      let sum = 0;
      for (let way = -1; way <= 1; way += 2) {
        let x = i + 0.5;
        let y = j + 0.5;
        let lastX = way * (fields.fibreX[start] as number);
        let lastY = way * (fields.fibreY[start] as number);
        for (let step = 0; step < steps; step++) {
          const col = Math.floor(x);
          const row = Math.floor(y);
          // Two widths of strand: single fibres, and bundles three times as wide.
          sum += grain.white[
            ((row + fields.row * 2) & (GRAIN - 1)) * GRAIN + ((col + fields.col * 2) & (GRAIN - 1))
          ] as number;
          const wideRow = Math.floor((row + fields.row * 2) / 3);
          const wideCol = Math.floor((col + fields.col * 2) / 3);
          sum += 1.1 * (grain.white[((wideRow + 91) & (GRAIN - 1)) * GRAIN + (wideCol & (GRAIN - 1))] as number);
          const cell = (row >> 1) * fields.cols + (col >> 1);
          let dx = fields.fibreX[cell] as number;
          let dy = fields.fibreY[cell] as number;
          if (dx === 0 && dy === 0) break;
          if (dx * lastX + dy * lastY < 0) {
            dx = -dx;
            dy = -dy;
          }
          x += dx;
          y += dy;
          lastX = dx;
          lastY = dy;
        }
      }
      data[j * width + i] = sum / 6.4;
    }
  return { width, data };
}

function stampNucleus(
  region: Rect,
  dyes: Dyes,
  sprites: { readonly cover: Float32Array; readonly dye: Float32Array },
  sprite: number,
  x: number,
  y: number,
): void {
  const left = x - SPRITE_HALF - region.x;
  const top = y - SPRITE_HALF - region.y;
  const toJ = Math.min(SPRITE_SIDE, region.height - top);
  const toI = Math.min(SPRITE_SIDE, region.width - left);
  for (let j = Math.max(0, -top); j < toJ; j++)
    for (let i = Math.max(0, -left); i < toI; i++) {
      const from = sprite + j * SPRITE_SIDE + i;
      const alpha = sprites.cover[from] as number;
      if (alpha === 0) continue;
      const to = (top + j) * region.width + left + i;
      const h = dyes.haematoxylin[to] as number;
      const e = dyes.eosin[to] as number;
      dyes.haematoxylin[to] = h + ((sprites.dye[from] as number) - h) * alpha;
      dyes.eosin[to] = e + (0.22 - e) * alpha;
    }
}

/** From dyes to RGB. */
function develop(region: Rect, dyes: Dyes, stain: Stain, grain: Grain, data: Uint8Array): void {
  let at = 0;
  let to = 0;
  const [hr, hg, hb] = stain.haematoxylin;
  const [er, eg, eb] = stain.eosin;
  const [wr, wg, wb] = stain.white;
  for (let y = region.y; y < region.y + region.height; y++) {
    const line = ((y + 37) & (GRAIN - 1)) * GRAIN;
    for (let x = region.x; x < region.x + region.width; x++, at++) {
      const cover = dyes.cover[at] as number;
      const noise = grain.white[line + ((x + 101) & (GRAIN - 1))] as number;
      if (cover === 0) {
        const speck = glassSpeck(grain, x, y);
        data[to++] = wr + speck;
        data[to++] = wg + speck;
        data[to++] = wb + speck;
        continue;
      }
      const amount = cover * (dyes.thickness[at] as number);
      const h = (dyes.haematoxylin[at] as number) * amount;
      const e = (dyes.eosin[at] as number) * amount;
      const speck = 0.5 + 2 * noise;
      data[to++] = Math.max(0, wr * transmit(h * hr + e * er) + speck);
      data[to++] = Math.max(0, wg * transmit(h * hg + e * eg) + speck);
      data[to++] = Math.max(0, wb * transmit(h * hb + e * eb) + speck);
    }
  }
}

/** Which glands may touch a rectangle, in order of their index. */
function indexGlands(glands: readonly Gland[]): (rect: Rect) => readonly number[] {
  const size = 512;
  const found = new Map<string, number[]>();
  glands.forEach((gland, index) => {
    const right = (gland.col + gland.cols) * CELL;
    const bottom = (gland.row + gland.rows) * CELL;
    for (let row = Math.floor((gland.row * CELL) / size); row * size <= bottom; row++)
      for (let col = Math.floor((gland.col * CELL) / size); col * size <= right; col++) {
        const list = found.get(`${col},${row}`);
        if (list === undefined) found.set(`${col},${row}`, [index]);
        else list.push(index);
      }
  });
  return (rect) => {
    const near = new Set<number>();
    for (let row = Math.floor(rect.y / size); row * size <= rect.y + rect.height; row++)
      for (let col = Math.floor(rect.x / size); col * size <= rect.x + rect.width; col++)
        for (const index of found.get(`${col},${row}`) ?? []) near.add(index);
    return [...near].sort((a, b) => a - b);
  };
}
