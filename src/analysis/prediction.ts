/** The result of one run: plain data, crosses the worker boundary and goes into exports. */
import type { BackendReport } from '../model/backend-report.ts';
import type { TileBag } from '../tiling/bag.ts';

export type { BackendReport };

export interface Attention {
  readonly bag: TileBag;
  /** [N] float32, before softmax, comparable across bags. */
  readonly scores: Float32Array;
  /** [N] float32, sums to 1: what the model used. */
  readonly weights: Float32Array;
  /**
   * [N] float64, log-odds of the positive class: a_k (w·h_k) / temperature. With the prediction's `bias` they add up to
   * the calibrated logit ln(p / q), p and q the probabilities of the two classes. Undefined for a head that is not linear.
   */
  readonly contributions: Float64Array | undefined;
  /** [N] float32, probability of the bag that holds this one tile. */
  readonly tileProbabilities: Float32Array | undefined;
}

export const NOTE_CODES = [
  'mpp-assumed',
  'bag-capped',
  'bag-differs-from-training',
  'few-tiles',
  'level-upsampled',
  'tiles-missing',
  'out-of-scope',
  'unlike-training',
  'features-unlike-training',
  'attention-uniform',
] as const;

export type NoteCode = (typeof NOTE_CODES)[number];

/** Something the reader of the number must know. Worded by `words/notes.ts`; `params` are the values in its sentence. */
export interface Note {
  readonly code: NoteCode;
  readonly params: Readonly<Record<string, string | number>>;
}

/** What a scope was decided by; 'organ' is for a person to say, since no figure can tell one from another. */
export const SCOPE_REASONS = ['pixel-size', 'appearance', 'features', 'organ'] as const;

export type ScopeReason = (typeof SCOPE_REASONS)[number];

export const SCOPE_STATES = ['inside', 'outside', 'unmeasured'] as const;

/**
 * Whether the slide is of the kind that the model was made for. 'unmeasured': nobody measured what the model may read, or
 * what would be held against it is unknown of this slide. `reasons` say what lies outside, or what was not measured; empty
 * inside.
 */
export interface Scope {
  readonly state: (typeof SCOPE_STATES)[number];
  readonly reasons: readonly ScopeReason[];
}

export interface BagPrediction {
  readonly slideId: string;
  /** id@version */
  readonly modelId: string;
  readonly classes: readonly string[];
  /** [C] float32, raw: before the temperature. The head has one logit, of the positive class; the other is 0. */
  readonly logits: Float32Array;
  /** [C] float64, calibrated, sums to 1, in the order of classes. */
  readonly probabilities: Float64Array;
  readonly positiveClass: string;
  readonly scope: Scope;
  /** The class that is called; null outside the scope, and where the model states no threshold. */
  readonly label: string | null;
  /** As the model states it, of the probability of the positive class; null where it states none. Not applied where `label` is null. */
  readonly threshold: number | null;
  /** Of the calibrated logit: the model's bias divided by the temperature. */
  readonly bias: number;
  /** Raw logits are divided by it. */
  readonly temperature: number;
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

/** Probability of the positive class, calibrated. */
export function positiveProbability({
  classes,
  positiveClass,
  probabilities,
}: Pick<BagPrediction, 'classes' | 'positiveClass' | 'probabilities'>): number {
  return probabilities[classes.indexOf(positiveClass)] ?? Number.NaN;
}
