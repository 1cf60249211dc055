/** From what lies where to colours: glass, tissue as amounts of dye, nuclei stamped into it, and the light that is left. */
import type { Rect } from '../geometry.ts';
import { type Fold, foldAt } from './artefacts.ts';
import { combFibres } from './fibres.ts';
import { CELL, type Gland } from './glands.ts';
import { GRAIN, type Grain } from './grain.ts';
import { SPRITE_HALF, SPRITE_SIDE } from './nuclei.ts';
import { type Stain, transmit } from './stain.ts';
import type { TissueFields } from './tissue-fields.ts';

/** Amounts of dye in a region: [height, width] each. */
export interface Dyes {
  readonly haematoxylin: Float32Array;
  readonly eosin: Float32Array;
  /** 0..1 of each pixel that is tissue. */
  readonly cover: Float32Array;
  readonly thickness: Float32Array;
}

/** Noise of the scanner where there is nothing but glass; half a step for rounding is in it. */
function glassSpeck(grain: Grain, x: number, y: number): number {
  return 0.5 + 0.8 * (grain.white[(y & (GRAIN - 1)) * GRAIN + (x & (GRAIN - 1))] as number);
}

export function paintGlass(region: Rect, stain: Stain, grain: Grain, data: Uint8Array): void {
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
export function paintTissue(
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

export function stampNucleus(
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
export function develop(region: Rect, dyes: Dyes, stain: Stain, grain: Grain, data: Uint8Array): void {
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
