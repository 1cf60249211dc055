/** What the page and the terminal tell about a model before it is loaded: plain data, and nothing here needs tfjs. */
import type { BagSpec } from '../tiling/bag.ts';
import type { ModelManifest } from './manifest.ts';

export interface ModelSummary {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly classes: readonly string[];
  readonly positiveClass: string;
  readonly tissue: string;
  readonly stain: string;
  /** µm per px of the slides it was trained on, smallest and largest. */
  readonly mppRange: readonly [number, number];
  readonly bag: BagSpec;
  readonly threshold: number;
  readonly metrics: ModelManifest['metrics'];
  readonly license: string;
  readonly intendedUse: string;
  readonly limitations: readonly string[];
  /** Bytes to fetch before it can run. */
  readonly downloadBytes: number;
}

/** What there is to say about the model of a manifest. */
export function summarise(manifest: ModelManifest): ModelSummary {
  const { id, name, version, classes, positiveClass, scope, bag, decision, metrics, golden } = manifest;
  // Curves and other files of the folder are for readers; they are not fetched.
  const isFetched = (path: string) => path === golden.input || path === golden.expected || isWeightsPath(path);
  return {
    id,
    name,
    version,
    classes,
    positiveClass,
    tissue: scope.tissue,
    stain: scope.stain,
    mppRange: scope.mppRange,
    bag,
    threshold: decision.threshold,
    metrics,
    license: manifest.license,
    intendedUse: manifest.intendedUse,
    limitations: manifest.limitations,
    downloadBytes: manifest.files.reduce((sum, file) => sum + (isFetched(file.path) ? file.bytes : 0), 0),
  };
}

/** True for the name of a file that can hold weights. */
export function isWeightsPath(path: string): boolean {
  return /\.(safetensors|pth|pt)$/.test(path);
}

/** Models in the order in which they are offered: the default first, then by name. */
export function inOrderOfOffer<T extends { readonly id: string; readonly name: string }>(
  models: readonly T[],
): readonly T[] {
  return [...models].sort(
    (a, b) =>
      Number(b.id === DEFAULT_MODEL_ID) - Number(a.id === DEFAULT_MODEL_ID) || a.name.localeCompare(b.name, 'en'),
  );
}

/** Offered first: small, and fast on every backend. */
export const DEFAULT_MODEL_ID = 'compact-glas';

/** One sentence: what the model was trained on and how well it did there. */
export function describeModel({ tissue, stain, metrics }: ModelSummary): string {
  const [low, high] = metrics.ci95;
  const percent = (value: number) => `${Math.round(100 * value)} %`;
  return `Trained on ${tissue} (${stain}); AUROC ${metrics.auroc.toFixed(2)} (95 % interval ${low.toFixed(2)} to ${high.toFixed(2)}), accuracy ${percent(metrics.accuracy)} on ${metrics.n} images of ${metrics.dataset}.`;
}
