/** How a model is named and described on the screen. */
import type { ModelManifest } from '../../model/manifest.ts';
import { count } from '../../words/numbers.ts';

/** A shipped model has a version; the user's own is always marked. */
export function modelName({ name, version, imported }: ModelManifest): string {
  return imported === undefined ? `${name} ${version}` : `${name} (imported)`;
}

/** What stands behind the numbers of an imported model. */
export function goldenWords({ golden }: NonNullable<ModelManifest['imported']>): string {
  return golden === 'brought'
    ? 'It reproduces the reference result that came with it.'
    : 'It brought no reference result, so nothing says that its numbers here are those of its training. One was computed here, to compare this computer’s processors with each other.';
}

/** What the model is a case of; the article on which milscope is built. */
export const METHOD =
  'Attention-based multiple-instance learning (Ilse, Tomczak and Welling 2018), on slides as in Glaser 2021.';

/** What it reached, never without an interval that says how sure that is. */
export function figuresWords(metrics: ModelManifest['metrics']): string {
  if (metrics === null) return 'Not measured.';
  const { auroc, ci95, accuracy, n, dataset } = metrics;
  const [low, high] = ci95.map((end) => end.toFixed(3));
  // A resampled interval has no width where all pairs are in order, which says nothing of other images.
  const interval =
    low === high && auroc === 1
      ? 'all pairs in order, interval not stated'
      : low === high
        ? 'interval not stated'
        : `95 % interval ${low}–${high}`;
  return `AUROC ${auroc.toFixed(3)} (${interval}), accuracy ${accuracy.toFixed(2)}, on ${count(n)} images: ${dataset}.`;
}

/** The network in one line: "CNN of 4 blocks (16, 32, 64, 128), gated attention (64)". */
export function networkWords({ encoder, head }: Pick<ModelManifest, 'encoder' | 'head'>): string {
  return `${encoderWords(encoder)}, ${head.kind === 'gated-attention' ? 'gated attention' : 'attention'} (${head.hiddenDim})`;
}

function encoderWords(encoder: ModelManifest['encoder']): string {
  switch (encoder.kind) {
    case 'seed-cnn':
      return 'Network of Glaser 2021, tiles of 128 px';
    case 'compact-cnn':
      return `CNN of ${encoder.channels.length} blocks (${encoder.channels.join(', ')})`;
    case 'tfjs':
      return `Its own TensorFlow.js encoder, ${encoder.inputDim} features a tile`;
    case 'features':
      return `No encoder: over ${encoder.inputDim} stored features a tile`;
  }
}
