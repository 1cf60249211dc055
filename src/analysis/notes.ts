/** What the reader of a number must know, decided and worded in one place. */
import type { ModelManifest } from '../model/manifest.ts';
import type { SlideInfo } from '../slide/slide.ts';
import type { BagSpec, TileBag } from '../tiling/bag.ts';
import type { Note } from './prediction.ts';

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
  /** Tiles of the bag that look unlike those of training; undefined where the model does not say how those looked. */
  readonly unlike: number | undefined;
}

/** One tile in a hundred of the training slides is beyond the limit; where more than half of a slide is, it is another kind. */
const UNLIKE_SHARE = 0.5;

/** Fewer tiles than this are a glimpse of a slide: one tile more or less changes the result. */
const FEW_TILES = 4;

/** All notes of a run, what changes the meaning of the number first. */
export function noteRun(facts: RunFacts): Note[] {
  return [
    outOfScope(facts),
    unlikeTraining(facts),
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

function attentionUniform(weights: ArrayLike<number>): Note | undefined {
  if (!isUniform(weights)) return undefined;
  return {
    code: 'attention-uniform',
    text: 'The model looked at all tiles nearly alike: the heatmap and the order of the tiles say nothing.',
  };
}

function outOfScope({ info, manifest, userMpp }: RunFacts): Note | undefined {
  const [low, high] = manifest.scope.mppRange;
  const range = `${number(low)} to ${number(high)} µm/px`;
  const mpp = userMpp ?? (info.mpp === undefined ? undefined : (info.mpp.x + info.mpp.y) / 2);
  const scope = `The model was made for ${manifest.scope.tissue}, ${manifest.scope.stain}, at ${range}`;
  if (mpp === undefined) {
    return { code: 'out-of-scope', text: `${scope}; the pixel size of this slide is unknown, so it may lie outside.` };
  }
  if (mpp >= low && mpp <= high) return undefined;
  return {
    code: 'out-of-scope',
    text: `${scope}; this slide has ${number(mpp)} µm/px. Its result is not to be relied on.`,
  };
}

function unlikeTraining({ manifest, bag, unlike }: RunFacts): Note | undefined {
  if (unlike === undefined || unlike <= UNLIKE_SHARE * bag.count) return undefined;
  const share = unlike === bag.count ? 'all' : `${Math.floor((unlike / bag.count) * 100)} % of the`;
  return {
    code: 'unlike-training',
    text: `Outside what this model was made for: ${share} tiles look unlike its training images (${manifest.scope.tissue}, ${manifest.scope.stain}) in colour or texture.`,
  };
}

function bagDiffers({ manifest, spec }: RunFacts): Note | undefined {
  if (isSameSpec(manifest.bag, spec)) return undefined;
  return {
    code: 'bag-differs-from-training',
    text: `The tiles were cut as ${inWords(spec)}, but the model was trained on ${inWords(manifest.bag)}.`,
  };
}

function isSameSpec(a: BagSpec, b: BagSpec): boolean {
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])] as (keyof BagSpec)[];
  return keys.every((key) => a[key] === b[key]);
}

function inWords(spec: BagSpec): string {
  return spec.protocol === 'darkest'
    ? `the ${spec.count} darkest tiles of ${spec.tilePx} px near ${number(spec.downsample)}x downsample`
    : `all tissue in tiles of ${spec.tilePx} px at ${number(spec.mpp)} µm/px`;
}

function levelUpsampled({ info, bag, spec }: RunFacts): Note | undefined {
  const level = info.levels[bag.level];
  if (spec.protocol !== 'tissue-grid' || level === undefined || bag.spanPx / level.downsample > bag.tilePx * 0.99) {
    return undefined;
  }
  return {
    code: 'level-upsampled',
    text: `The slide is coarser than the ${number(spec.mpp)} µm/px the model works at; its pixels were enlarged.`,
  };
}

function mppAssumed({ info, userMpp }: RunFacts): Note | undefined {
  if (userMpp === undefined) return undefined;
  const own = info.mpp === undefined ? 'the slide does not say its own' : `the slide says ${number(info.mpp.x)}`;
  return { code: 'mpp-assumed', text: `The pixel size of ${number(userMpp)} µm/px was given by hand; ${own}.` };
}

function fewTiles({ info, bag, spec }: RunFacts): Note | undefined {
  if (spec.protocol === 'darkest') {
    let blank = 0;
    for (let i = 0; i < bag.count; i++) if (isOutside(info, bag, i)) blank++;
    if (blank === 0) return undefined;
    return {
      code: 'few-tiles',
      text: `The slide has only ${bag.count - blank} of the ${bag.count} tiles; ${blank} are white.`,
    };
  }
  if (bag.count >= FEW_TILES) return undefined;
  return {
    code: 'few-tiles',
    text: `Only ${tiles(bag.count)} of tissue: the result hangs on ${bag.count === 1 ? 'it alone' : 'each of them'}.`,
  };
}

function isOutside(info: SlideInfo, bag: TileBag, index: number): boolean {
  const x = bag.xy[2 * index] as number;
  const y = bag.xy[2 * index + 1] as number;
  return x >= info.width || y >= info.height || x + bag.spanPx <= 0 || y + bag.spanPx <= 0;
}

function tilesMissing({ bag, failed }: RunFacts): Note | undefined {
  const { unreadable } = bag.rejected;
  if (unreadable === 0) return undefined;
  const where = failed === unreadable ? 'tissue' : 'the slide';
  return {
    code: 'tiles-missing',
    text: `${tiles(unreadable)} of ${where} could not be read and ${unreadable === 1 ? 'is' : 'are'} not part of the result.`,
  };
}

function bagCapped({ bag, spec }: RunFacts): Note | undefined {
  if (spec.protocol !== 'tissue-grid' || bag.rejected.cap === 0) return undefined;
  return {
    code: 'bag-capped',
    text: `The slide has ${tiles(bag.count + bag.rejected.cap)} of tissue; ${bag.count} of them, drawn at random, were used.`,
  };
}

function tiles(count: number): string {
  return count === 1 ? '1 tile' : `${count} tiles`;
}

/** At most four significant digits. */
function number(value: number): string {
  return String(Number(value.toPrecision(4)));
}
