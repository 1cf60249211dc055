/** The manifest of a model folder: its type and its parser. */
import type { BagSpec } from '../tiling/bag.ts';

export interface ModelFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface ModelManifest {
  readonly formatVersion: 1;
  readonly id: string;
  readonly name: string;
  readonly version: string;
  /** Order of the probabilities, for example ['benign','malignant']. */
  readonly classes: readonly string[];
  readonly positiveClass: string;
  readonly license: string;
  readonly intendedUse: string;
  readonly limitations: readonly string[];
  readonly bag: BagSpec;
  /** x = (v * scale - mean) / std for v in 0..255, per channel. */
  readonly input: {
    readonly color: 'rgb';
    readonly scale: number;
    readonly mean: readonly [number, number, number];
    readonly std: readonly [number, number, number];
  };
  readonly encoder:
    | { readonly kind: 'seed-cnn'; readonly featureDim: number }
    /** Channels of the strided conv blocks, in order. */
    | { readonly kind: 'compact-cnn'; readonly featureDim: number; readonly channels: readonly number[] };
  readonly head: { readonly kind: 'attention' | 'gated-attention'; readonly hiddenDim: number };
  /** What it was trained on; outside it the app says so. */
  readonly scope: { readonly tissue: string; readonly stain: string; readonly mppRange: readonly [number, number] };
  /** p = sigmoid(logit / temperature); positive when p >= threshold. */
  readonly decision: { readonly threshold: number; readonly temperature: number; readonly chosenOn: string };
  readonly needs: { readonly gpuBytes: number; readonly features: readonly string[] };
  /** Every file of the folder but the manifest and the card. */
  readonly files: readonly ModelFile[];
  readonly golden: {
    /** uint8 RGB tiles [N,T,T,3], raw. */
    readonly input: string;
    /** JSON { probability, weights[N], logit }. */
    readonly expected: string;
    readonly tolerance: { readonly probability: number; readonly attention: number };
  };
  readonly training: {
    readonly data: string;
    readonly splits: string;
    readonly commit: string;
    readonly date: string;
    readonly seed: number;
  };
  readonly metrics: {
    readonly auroc: number;
    readonly ci95: readonly [number, number];
    readonly accuracy: number;
    readonly n: number;
    readonly dataset: string;
  };
}
