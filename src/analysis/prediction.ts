/** The result of one run: plain data, crosses the worker boundary and goes into exports. */
import type { BackendReport } from '../model/backend-report.ts';
import type { TileBag } from '../tiling/bag.ts';

export type { BackendReport };

export interface Attention {
  readonly bag: TileBag;
  /** [N] before softmax, comparable across bags. */
  readonly scores: Float32Array;
  /** [N] sums to 1: what the model used. */
  readonly weights: Float32Array;
  /** [N] a_k (w·h_k); with the bias they add up to the logit. Undefined for a head that is not linear. */
  readonly contributions: Float32Array | undefined;
  /** [N] probability of the bag that holds this one tile. */
  readonly tileProbabilities: Float32Array | undefined;
}

export type NoteCode =
  | 'mpp-assumed'
  | 'bag-capped'
  | 'bag-differs-from-training'
  | 'few-tiles'
  | 'level-upsampled'
  | 'tiles-missing'
  | 'out-of-scope'
  | 'unlike-training'
  | 'attention-uniform';

/** Something the reader of the number must know; shown beside it and written in every export. */
export interface Note {
  readonly code: NoteCode;
  readonly text: string;
}

export interface BagPrediction {
  readonly slideId: string;
  /** id@version */
  readonly modelId: string;
  readonly classes: readonly string[];
  readonly logits: Float32Array;
  /** [C] calibrated, sums to 1, in the order of classes. */
  readonly probabilities: Float32Array;
  readonly positiveClass: string;
  readonly label: string;
  readonly threshold: number;
  readonly attention: Attention;
  readonly notes: readonly Note[];
  readonly backend: BackendReport;
  readonly elapsedMs: {
    readonly tissue: number;
    readonly tiles: number;
    readonly encode: number;
    readonly head: number;
    readonly total: number;
  };
}
