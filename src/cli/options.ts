/** Parsers of option values; each says what it wanted. */
import { AppError } from '../errors.ts';
import { PLAUSIBLE_MPP } from '../slide/pixel-size.ts';
import type { BagSpec } from '../tiling/bag.ts';

function usage(problem: string): never {
  throw new AppError({ code: 'usage', problem });
}

/** A parser for commander: an integer in [least, most]. */
export function integer(name: string, least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^-?\d+$/.test(text.trim()) || value < least || value > most)
      usage(`${name} must be an integer from ${least} to ${most}, not ${text}.`);
    return value;
  };
}

/** A parser for commander: a number in [least, most]. */
export function decimal(name: string, least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !(value >= least && value <= most))
      usage(`${name} must be a number from ${least} to ${most}, not ${text}.`);
    return value;
  };
}

/** A parser for commander: one of some words. */
export function oneOf<W extends string>(name: string, words: readonly W[]): (text: string) => W {
  return (text) => words.find((word) => word === text) ?? usage(`${name} must be ${words.join(' or ')}, not ${text}.`);
}

/** µm per level-0 px that a slide can have. */
export const mppOption = decimal('--mpp', ...PLAUSIBLE_MPP);

/** Number of an image in a file that has several. */
export const seriesOption = integer('--series', 0, 100_000);
export const SERIES_WORDS = 'image of a file with several (see `inspect`), by default the largest';

export const BAG_NAMES = ['darkest-16', 'tissue-grid'] as const;
export type BagName = (typeof BAG_NAMES)[number];

/** What the tissue grid of `tiles` is made of where options do not say otherwise. */
export const DEFAULT_GRID = { tilePx: 128, mpp: 1.24, minTissue: 0.5, maxTiles: 4096, seed: 1 } as const;

/** The spec that a name stands for; `own` is the model's, which is kept where it is of that name. */
export function bagSpec(name: BagName, own?: BagSpec): BagSpec {
  const wanted = name === 'tissue-grid' ? 'tissue-grid' : 'darkest';
  if (own?.protocol === wanted) return own;
  const tilePx = own?.tilePx ?? 128;
  return wanted === 'darkest'
    ? { protocol: 'darkest', tilePx, count: 16, downsample: 16 }
    : { protocol: 'tissue-grid', ...DEFAULT_GRID, tilePx };
}
