/**
 * Which subblocks of a CZI are shown, and where: levels are the subblocks of one reduction, those that every scene has.
 * @see "ZISRAW (CZI) File Format Design Specification"; OpenSlide documentation, "Zeiss format"
 */
import { AppError } from '../../errors.ts';
import { pixelTypeOf } from './pixels.ts';
import type { Subblock } from './segments.ts';

/** px */
const MAX_EDGE = 2 ** 31;
/** Tiles times images on them, for all levels: what the index of places may hold. */
const MAX_PLACES = 4 * 2 ** 20;

/** The channels of one place. */
export interface CziPlace {
  /** Top-left on the level, px of the level. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly subblocks: readonly Subblock[];
}

export interface CziLevel {
  readonly width: number;
  readonly height: number;
  /** Pixels of the scanner per pixel of this level. */
  readonly reduction: number;
  /** In the order in which they are laid. */
  readonly places: readonly CziPlace[];
}

export const channelOf = ({ at }: Subblock) => at.C ?? 0;

/** The subblocks of one focal plane and time, and of the first of all other axes; colour: of the first channel. */
export function shownSubblocks(subblocks: readonly Subblock[]): Subblock[] {
  let left = [...subblocks];
  const keep = (axis: string, choose: (values: readonly number[]) => number | undefined) => {
    const values = [...new Set(left.map(({ at }) => at[axis] ?? 0))].sort((a, b) => a - b);
    if (values.length > 1) left = left.filter(({ at }) => (at[axis] ?? 0) === choose(values));
  };
  const middle = (values: readonly number[]) => values[Math.floor(values.length / 2)];
  keep('Z', middle);
  keep('T', middle);
  for (const axis of ['R', 'I', 'H', 'V', 'B']) keep(axis, ([lowest]) => lowest);
  if (left.some(({ pixelType }) => pixelTypeOf(pixelType).isColor)) keep('C', ([lowest]) => lowest);
  return left;
}

/** Pixels of the scanner per stored pixel. */
function reductionOf({ x, y }: Subblock): number {
  return Math.max(1, Math.round(Math.max(x.size / x.stored, y.size / y.stored)));
}

const scenesOf = (subblocks: readonly Subblock[]) => new Set(subblocks.map(({ at }) => at.S ?? 0));

/** Largest first. @throws slide/corrupt */
export function cziLevels(subblocks: readonly Subblock[]): CziLevel[] {
  const byReduction = new Map<number, Subblock[]>();
  for (const subblock of subblocks) {
    const reduction = reductionOf(subblock);
    const level = byReduction.get(reduction);
    if (level) level.push(subblock);
    else byReduction.set(reduction, [subblock]);
  }
  const [finest, ...coarser] = [...byReduction].sort(([a], [b]) => a - b);
  if (!finest) return [];
  const [x, y] = [extentOf(finest[1], 'x'), extentOf(finest[1], 'y')];
  if (x.size > MAX_EDGE || y.size > MAX_EDGE)
    throw new AppError({ code: 'slide/corrupt', where: `its images cover ${x.size} x ${y.size} px` });
  const scenes = [...scenesOf(finest[1])];
  const complete = coarser.filter(([, level]) => {
    const found = scenesOf(level);
    return scenes.every((scene) => found.has(scene));
  });
  let touched = 0;
  return [finest, ...complete].map(([reduction, level]): CziLevel => {
    const places = placesOf(level, x.low, y.low, reduction);
    for (const { width, height, subblocks } of places)
      touched += subblocks.length * (width / 512 + 2) * (height / 512 + 2);
    if (touched > MAX_PLACES) throw new AppError({ code: 'slide/corrupt', where: 'it claims too many large images' });
    return {
      width: Math.max(1, Math.ceil(x.size / reduction)),
      height: Math.max(1, Math.ceil(y.size / reduction)),
      reduction,
      places,
    };
  });
}

function extentOf(subblocks: readonly Subblock[], axis: 'x' | 'y'): { readonly low: number; readonly size: number } {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const { [axis]: at } of subblocks) {
    low = Math.min(low, at.start);
    high = Math.max(high, at.start + at.size);
  }
  return { low, size: high - low };
}

/** Subblocks that lie on one another as channels do, together; in the order of the mosaic. */
function placesOf(subblocks: readonly Subblock[], left: number, top: number, reduction: number): CziPlace[] {
  const places = new Map<string, CziPlace & { readonly subblocks: Subblock[] }>();
  for (const one of [...subblocks].sort((a, b) => (a.at.M ?? 0) - (b.at.M ?? 0))) {
    const place = {
      x: Math.round((one.x.start - left) / reduction),
      y: Math.round((one.y.start - top) / reduction),
      width: one.x.stored,
      height: one.y.stored,
    };
    const key = [place.x, place.y, place.width, place.height, one.at.S ?? 0, one.at.M ?? 0].join();
    const known = places.get(key);
    if (known) known.subblocks.push(one);
    else places.set(key, { ...place, subblocks: [one] });
  }
  return [...places.values()];
}
