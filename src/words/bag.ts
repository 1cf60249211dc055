/** How tiles are chosen, in words. */
import type { BagSpec } from '../tiling/bag.ts';
import { rounded } from './numbers.ts';

type Value = string | number | undefined;

/** The values of a BagSpec as they stand in the params of a note. */
export interface BagValues {
  readonly protocol?: Value;
  readonly tilePx?: Value;
  readonly mpp?: Value;
  readonly count?: Value;
  readonly downsample?: Value;
}

/** "all tissue in tiles of 128 px at 1.24 µm/px" */
export function bagWords(spec: BagSpec | BagValues): string {
  const { protocol, tilePx, mpp, count, downsample }: BagValues = spec;
  return protocol === 'darkest'
    ? `the ${shown(count)} darkest tiles of ${shown(tilePx)} px near ${shown(downsample)}x downsample`
    : `all tissue in tiles of ${shown(tilePx)} px at ${shown(mpp)} µm/px`;
}

/** A value of a sentence; a dash where a file left it out. */
export function shown(value: Value): string {
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : rounded(value);
  return value ?? '–';
}
