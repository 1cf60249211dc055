/** A whole synthetic biopsy: planned once, painted region by region. */
import type { Rect } from '../geometry.ts';
import type { Pixels } from '../slide/slide.ts';
import { paintPen, planFold, planPen } from './artefacts.ts';
import { type Core, type Lesion, type Pattern, patternAt, planCore, tissueDepth } from './cores.ts';
import { CELL, type Gland, plantGlands } from './glands.ts';
import { drawGrain } from './grain.ts';
import { drawNuclei, plantNuclei, SPRITE_SIDE } from './nuclei.ts';
import { develop, paintGlass, paintTissue, stampNucleus } from './paint.ts';
import { seededRandom } from './random.ts';
import { defocus, type Scanner } from './scanner.ts';
import { mixStain } from './stain.ts';
import { layFields } from './tissue-fields.ts';

export interface BiopsySpec {
  /** Everything random follows from it. */
  readonly seed: number;
  /** Level-0 px. */
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
  readonly scanner: Scanner;
}

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

  const draw = (region: Rect): Uint8Array => {
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
    return data;
  };

  return {
    spec,
    paint: (region) => defocus(draw, region, spec.scanner.blur),
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
