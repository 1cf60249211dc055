/** What a picture of the view is made of: its size, and the parts of the slide that are read for it. Pure. */
import type { Rect } from '../../../geometry.ts';
import type { SlideInfo } from '../../../slide/slide.ts';
import { type Affine, applyAffine, scaleOf } from '../../../viewer/affine.ts';

/** The view to take a picture of. */
export interface ViewOnScreen {
  /** CSS px. */
  readonly width: number;
  readonly height: number;
  /** Level-0 px to CSS px of the view. */
  readonly affine: Affine;
}

export interface PicturePlan {
  /** Of the view's part of the picture, px. */
  readonly width: number;
  readonly height: number;
  /** px of the picture for one CSS px of the view. */
  readonly ratio: number;
  /** Level-0 px to px of the picture. */
  readonly affine: Affine;
}

/** Chosen widths, px. */
export const WIDTHS = [2000, 4000, 8000] as const;
export const LEAST_WIDTH = 320;
export const MOST_WIDTH = 8000;

/**
 * Longest side and most px of a canvas that today's browsers draw: what Chrome and Safari hold.
 * @see https://developer.mozilla.org/en-US/docs/Web/HTML/Element/canvas#maximum_canvas_size
 */
export const MOST_SIDE = 16_384;
export const MOST_PIXELS = 16_384 * 16_384;

/** The view at another width: the same centre, turn and mirror, with as much of the slide in it. */
export function planPicture({ width, height, affine }: ViewOnScreen, widthPx: number): PicturePlan {
  const ratio = widthPx / width;
  return {
    width: widthPx,
    height: Math.max(1, Math.round(height * ratio)),
    ratio,
    affine: scaled(affine, ratio),
  };
}

/** The widest picture of the view that a canvas can hold, px: less than `MOST_WIDTH` only of a view that is very high. */
export function widestPicture({ width, height }: Pick<ViewOnScreen, 'width' | 'height'>): number {
  // Below the view stand the words: a tenth of the side is left for them.
  const room = 0.9 * MOST_SIDE;
  return Math.min(MOST_WIDTH, Math.floor((room * width) / Math.max(height, 1)));
}

function scaled({ a, b, c, d, e, f }: Affine, by: number): Affine {
  return { a: a * by, b: b * by, c: c * by, d: d * by, e: e * by, f: f * by };
}

/** A part of the picture and what is read for it. */
export interface Block {
  /** px of the picture, whole. */
  readonly picture: Rect;
  /** px of the reduced level, whole, with a margin around what the part shows. */
  readonly source: Rect;
}

export interface ReadingPlan {
  readonly level: number;
  /** px of the level on one px that is read, along each axis: a power of 2. */
  readonly factor: number;
  /** px that are read to px of the picture. */
  readonly affine: Affine;
  /** In reading order. They cover all of the picture that shows the slide, and none lies over another. */
  readonly blocks: readonly Block[];
}

/** Side of what is read at once, px: the most that `readReduced` gives. */
const MOST_READ = 1024;
/** Side of what it is made of, px of the level: a worker that is silent for long is taken for hung. */
const MOST_DECODED = 8192;
/** Less would be little but margin. */
const LEAST_READ = 64;
/** Around a part, px that are read: what smoothing looks at. */
const MARGIN = 4;
/** Parts begin at multiples of it, so that smoothing takes the same px together on both sides of a border. */
const STEP = 8;
/** Of a picture that shows few px of the slide, px. */
const MOST_BLOCK = 2048;
/** A level that has so much of the px that are wanted has enough. */
const ENOUGH = 0.99;

/**
 * Reads the smallest level with at least one px for each px of the picture, made smaller by a power of 2 where even that has
 * twice as many; the largest level where none has enough.
 */
export function planReading(
  { width, height, levels }: Pick<SlideInfo, 'width' | 'height' | 'levels'>,
  picture: PicturePlan,
): ReadingPlan {
  const wanted = scaleOf(picture.affine);
  const bySize = [...levels].sort((one, other) => one.width - other.width);
  const level = bySize.find((one) => one.width / width >= ENOUGH * wanted) ?? bySize.at(-1);
  if (level === undefined) throw new Error('a slide has at least one level');
  const spare = level.width / width / wanted / ENOUGH;
  const factor = 2 ** Math.max(0, Math.floor(Math.log2(spare)));
  const [perX, perY] = [(width * factor) / level.width, (height * factor) / level.height];
  const { a, b, c, d, e, f } = picture.affine;
  const affine = { a: a * perX, b: b * perX, c: c * perY, d: d * perY, e, f };
  const whole = { width: Math.ceil(level.width / factor), height: Math.ceil(level.height / factor) };
  return { level: level.index, factor, affine, blocks: blocksOf(affine, picture, whole, readAtOnce(factor)) };
}

function readAtOnce(factor: number): number {
  return Math.max(LEAST_READ, Math.min(MOST_READ, MOST_DECODED / factor));
}

function blocksOf(
  affine: Affine,
  picture: Pick<PicturePlan, 'width' | 'height'>,
  whole: { readonly width: number; readonly height: number },
  most: number,
): Block[] {
  const back = inverse(affine);
  // px that are read along one side of the box around a part, for each px of the part.
  const spread = Math.max(Math.abs(back.a) + Math.abs(back.c), Math.abs(back.b) + Math.abs(back.d));
  const side = Math.max(1, Math.min(MOST_BLOCK, Math.floor((most - 2 * (MARGIN + STEP)) / spread)));
  const blocks: Block[] = [];
  for (let y = 0; y < picture.height; y += side) {
    for (let x = 0; x < picture.width; x += side) {
      const part = {
        x,
        y,
        width: Math.min(side, picture.width - x),
        height: Math.min(side, picture.height - y),
      };
      const source = sourceOf(part, back, whole);
      if (source !== undefined) blocks.push({ picture: part, source });
    }
  }
  return blocks;
}

/** The box around a part of the picture, in px that are read; undefined where it shows none of the slide. */
function sourceOf(
  part: Rect,
  back: Affine,
  whole: { readonly width: number; readonly height: number },
): Rect | undefined {
  const corners = [
    applyAffine(back, part.x, part.y),
    applyAffine(back, part.x + part.width, part.y),
    applyAffine(back, part.x, part.y + part.height),
    applyAffine(back, part.x + part.width, part.y + part.height),
  ];
  const [left, right] = span(
    corners.map(({ x }) => x),
    whole.width,
  );
  const [top, bottom] = span(
    corners.map(({ y }) => y),
    whole.height,
  );
  if (left >= right || top >= bottom) return undefined;
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** Whole px around these places, with the margin, inside 0..`most`. */
function span(places: readonly number[], most: number): readonly [number, number] {
  const from = Math.floor((Math.min(...places) - MARGIN) / STEP) * STEP;
  const to = Math.ceil((Math.max(...places) + MARGIN) / STEP) * STEP;
  return [Math.max(0, from), Math.min(most, to)];
}

/** From px of the picture to px that are read. */
export function inverse({ a, b, c, d, e, f }: Affine): Affine {
  const det = a * d - b * c;
  return {
    a: d / det,
    b: -b / det,
    c: -c / det,
    d: a / det,
    e: (c * f - d * e) / det,
    f: (b * e - a * f) / det,
  };
}
