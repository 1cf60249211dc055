/** Which tiles of a slide make a bag. */
import { AppError } from '../errors.ts';
import { meanMpp } from '../slide/pixel-size.ts';
import type { Slide } from '../slide/slide.ts';
import type { Coverage } from './coverage.ts';
import { nearestLevel, planDarkest } from './darkest.ts';
import { planTissueGrid } from './tissue-grid.ts';

/** How a bag is made; stands in the model's manifest. */
export type BagSpec =
  /** The seed's: the `count` darkest tiles of the level nearest to `downsample`. */
  | { readonly protocol: 'darkest'; readonly tilePx: number; readonly count: number; readonly downsample: number }
  | {
      readonly protocol: 'tissue-grid';
      /** Side given to the encoder, px. */
      readonly tilePx: number;
      /** µm per px wanted. */
      readonly mpp: number;
      /** Smallest share of tissue in a tile, 0..1. */
      readonly minTissue: number;
      readonly maxTiles: number;
      /** Of the sampling when there are more than maxTiles. */
      readonly seed: number;
    };

/** Why a candidate tile is not in the bag, and how many of each; with the tiles of the bag they add up to `candidates`. */
export interface Rejected {
  readonly background: number;
  readonly pen: number;
  readonly black: number;
  readonly blur: number;
  /** Mostly in parts of the slide that could not be decoded while the bag was planned. */
  readonly unreadable: number;
  /** Not among the `count` darkest, or beyond maxTiles. */
  readonly cap: number;
}

/** The chosen tiles: coordinates only, pixels stream as TileBatch. */
export interface TileBag {
  readonly slideId: string;
  readonly protocol: BagSpec['protocol'];
  /** N */
  readonly count: number;
  /** [N,2] int32, top-left, level-0 px. May be negative or past the edge where a tile is padding. */
  readonly xy: Int32Array;
  /** Side of a tile, level-0 px. */
  readonly spanPx: number;
  /** Side of a tile as the encoder sees it, px. */
  readonly tilePx: number;
  /** µm/px delivered; undefined when the slide does not say its pixel size (protocol 'darkest' does not need it). */
  readonly mpp: number | undefined;
  /** Level read. */
  readonly level: number;
  /** [N] float32, 0..1; of what lies on the slide, along an axis on which the whole picture is shorter than a tile. */
  readonly tissueFraction: Float32Array;
  /** Tiles looked at, before any was rejected. Cells of the grid that could never be a tile, slivers at the edge, are none. */
  readonly candidates: number;
  readonly rejected: Rejected;
  /** What became of each cell of the grid; undefined in a part of a bag, and in results of versions that did not say. */
  readonly coverage: Coverage | undefined;
}

/** Pixels of consecutive tiles of a bag: rgb is [count,tilePx,tilePx,3] uint8. */
export interface TileBatch {
  readonly first: number;
  readonly count: number;
  readonly rgb: Uint8Array;
  /** Indices (into the bag) of tiles that could not be decoded; their pixels are background. */
  readonly failed: readonly number[];
}

export interface PlanOptions {
  /** µm per level-0 px as the user gave it; the slide's own otherwise. */
  readonly mpp?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Chooses the tiles of a bag: same slide and spec, same bag, on every machine. 'darkest' is in order of darkness,
 * 'tissue-grid' in Morton order, so that any run of tiles is a compact patch of the slide.
 * @throws slide/no-mpp when a tissue-grid has no pixel size, bag/no-tissue, slide/read-failed
 */
export async function planBag(slide: Slide, spec: BagSpec, options: PlanOptions = {}): Promise<TileBag> {
  const { info } = slide;
  const mpp = options.mpp ?? meanMpp(info.mpp);
  options.signal?.throwIfAborted();
  if (spec.protocol === 'darkest') {
    const level = nearestLevel(info.levels, spec.downsample);
    if (level === undefined) throw new AppError({ code: 'slide/corrupt', where: 'no levels' });
    return planDarkest(slide, level, spec, mpp, options.signal);
  }
  if (mpp === undefined) throw new AppError({ code: 'slide/no-mpp' });
  return planTissueGrid(slide, spec, mpp, options.signal);
}
