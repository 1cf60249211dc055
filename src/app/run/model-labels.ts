/** How a model is named and described on the screen. */
import type { ModelManifest } from '../../model/manifest.ts';

/** A shipped model has a version; the user's own is always marked. */
export function modelName({ name, version, imported }: ModelManifest): string {
  return imported === undefined ? `${name} ${version}` : `${name} (imported)`;
}

/** What stands behind the numbers of an imported model. */
export function goldenWords({ golden }: NonNullable<ModelManifest['imported']>): string {
  return golden === 'brought'
    ? 'It gives the reference result that came with it.'
    : 'It brought no reference result, so nothing says that its numbers here are those of its training. One was computed here, to compare this computer’s processor and graphics card with each other.';
}

/** The network in one line: "CNN of 4 blocks (16, 32, 64, 128), gated attention (64)". */
export function networkWords({ encoder, head }: Pick<ModelManifest, 'encoder' | 'head'>): string {
  return `${encoderWords(encoder)}, ${head.kind === 'gated-attention' ? 'gated attention' : 'attention'} (${head.hiddenDim})`;
}

function encoderWords(encoder: ModelManifest['encoder']): string {
  switch (encoder.kind) {
    case 'seed-cnn':
      return 'The article’s network, tiles of 128 px';
    case 'compact-cnn':
      return `CNN of ${encoder.channels.length} blocks (${encoder.channels.join(', ')})`;
    case 'tfjs':
      return `Its own TensorFlow.js encoder, ${encoder.inputDim} features a tile`;
    case 'features':
      return `No encoder: over ${encoder.inputDim} stored features a tile`;
  }
}
