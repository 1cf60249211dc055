/** What the reader of a number must know, decided in one place; `words/notes.ts` says it. */
import type { ModelManifest } from '../model/manifest.ts';
import { meanMpp } from '../slide/pixel-size.ts';
import type { SlideInfo } from '../slide/slide.ts';
import type { BagSpec, TileBag } from '../tiling/bag.ts';
import type { Note, NoteCode, Scope } from './prediction.ts';
import type { ScopeFacts } from './scope.ts';

export interface RunFacts {
  readonly info: SlideInfo;
  readonly manifest: ModelManifest;
  /** Used for this run. */
  readonly spec: BagSpec;
  /** Tiles that went into the result. */
  readonly bag: TileBag;
  /** µm per level-0 px as the user gave it. */
  readonly userMpp: number | undefined;
  /** Tiles of the plan that could not be read. */
  readonly failed: number;
  /** [N] sums to 1. */
  readonly weights: Float32Array | Float64Array;
  /** What the scope was decided by, and what was decided. */
  readonly scopeFacts: ScopeFacts;
  readonly scope: Scope;
}

/** Fewer tiles than this are a glimpse of a slide: one tile more or less changes the result. */
const FEW_TILES = 4;

/** All notes of a run, what changes the meaning of the number first. */
export function noteRun(facts: RunFacts): Note[] {
  return [
    outOfScope(facts),
    unlikeTraining(facts, 'appearance'),
    unlikeTraining(facts, 'features'),
    attentionUniform(facts.weights),
    bagDiffers(facts),
    levelUpsampled(facts),
    mppAssumed(facts),
    fewTiles(facts),
    tilesMissing(facts),
    bagCapped(facts),
  ].filter((note) => note !== undefined);
}

/**
 * True when attention tells nothing apart: the effective number of tiles 1 / sum(a^2) is above 95 % of N, and no tile
 * weighs more than 1.5 times uniform.
 */
export function isUniform(weights: ArrayLike<number>): boolean {
  const n = weights.length;
  if (n < 2) return false;
  let squares = 0;
  let largest = 0;
  for (let k = 0; k < n; k++) {
    const weight = weights[k] as number;
    squares += weight * weight;
    largest = Math.max(largest, weight);
  }
  return 1 / squares > 0.95 * n && largest * n < 1.5;
}

/** A note; values that are not there are left out. */
function note(code: NoteCode, params: Readonly<Record<string, string | number | undefined>> = {}): Note {
  const known = Object.entries(params).filter((entry): entry is [string, string | number] => entry[1] !== undefined);
  return { code, params: Object.fromEntries(known) };
}

function attentionUniform(weights: ArrayLike<number>): Note | undefined {
  return isUniform(weights) ? note('attention-uniform') : undefined;
}

/** The pixel size lies outside, or is unknown where it matters. */
function outOfScope({ manifest, scope, scopeFacts }: RunFacts): Note | undefined {
  if (!scope.reasons.includes('pixel-size')) return undefined;
  const { tissue, stain, mppRange } = manifest.scope;
  return note('out-of-scope', { tissue, stain, lowMpp: mppRange[0], highMpp: mppRange[1], mpp: scopeFacts.mpp });
}

function unlikeTraining(
  { manifest, scope, scopeFacts }: RunFacts,
  reason: 'appearance' | 'features',
): Note | undefined {
  if (scope.state !== 'outside' || !scope.reasons.includes(reason)) return undefined;
  const { tissue, stain } = manifest.scope;
  const { tiles, unlikeAppearance, unlikeFeatures } = scopeFacts;
  return reason === 'appearance'
    ? note('unlike-training', { tissue, stain, unlike: unlikeAppearance, tiles })
    : note('features-unlike-training', { tissue, stain, unlike: unlikeFeatures, tiles });
}

function bagDiffers({ manifest, spec }: RunFacts): Note | undefined {
  if (isSameSpec(manifest.bag, spec)) return undefined;
  return note('bag-differs-from-training', { ...specParams('used', spec), ...specParams('trained', manifest.bag) });
}

/** True for two specs that choose the same tiles of any slide. */
export function isSameSpec(a: BagSpec, b: BagSpec): boolean {
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])] as (keyof BagSpec)[];
  return keys.every((key) => a[key] === b[key]);
}

/** usedProtocol, usedTilePx, ... */
function specParams(which: 'used' | 'trained', spec: BagSpec): Record<string, string | number> {
  return Object.fromEntries(
    Object.entries(spec).map(([key, value]) => [`${which}${key.charAt(0).toUpperCase()}${key.slice(1)}`, value]),
  );
}

function levelUpsampled({ info, bag, spec }: RunFacts): Note | undefined {
  const level = info.levels[bag.level];
  if (spec.protocol !== 'tissue-grid' || level === undefined || bag.spanPx / level.downsample > bag.tilePx * 0.99) {
    return undefined;
  }
  return note('level-upsampled', { mpp: spec.mpp });
}

function mppAssumed({ info, userMpp }: RunFacts): Note | undefined {
  if (userMpp === undefined) return undefined;
  return note('mpp-assumed', { mpp: userMpp, slideMpp: meanMpp(info.mpp) });
}

function fewTiles({ info, bag, spec }: RunFacts): Note | undefined {
  if (spec.protocol === 'darkest') {
    let blank = 0;
    for (let i = 0; i < bag.count; i++) if (isOutside(info, bag, i)) blank++;
    return blank === 0 ? undefined : note('few-tiles', { tiles: bag.count, blank });
  }
  return bag.count >= FEW_TILES ? undefined : note('few-tiles', { tiles: bag.count });
}

function isOutside(info: SlideInfo, bag: TileBag, index: number): boolean {
  const x = bag.xy[2 * index] as number;
  const y = bag.xy[2 * index + 1] as number;
  return x >= info.width || y >= info.height || x + bag.spanPx <= 0 || y + bag.spanPx <= 0;
}

function tilesMissing({ bag, failed }: RunFacts): Note | undefined {
  const { unreadable } = bag.rejected;
  if (unreadable === 0) return undefined;
  return note('tiles-missing', { tiles: unreadable, place: failed === unreadable ? 'tissue' : 'slide' });
}

function bagCapped({ bag, spec }: RunFacts): Note | undefined {
  if (spec.protocol !== 'tissue-grid' || bag.rejected.cap === 0) return undefined;
  return note('bag-capped', { tiles: bag.count + bag.rejected.cap, used: bag.count });
}
