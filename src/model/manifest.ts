/** The manifest of a model folder: its type and its strict parser. */
import type { BagSpec } from '../tiling/bag.ts';
import { weightFiles } from './catalog.ts';
import { type Fields, fieldsOf } from './fields.ts';

export interface ModelFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Figures that describe a tile, see analysis/appearance.ts. */
export const APPEARANCE_FIGURES = 7;

/** What training tiles looked like, in those figures. @see training/appearance.py */
export interface Appearance {
  /** [7] */
  readonly mean: readonly number[];
  /** [7,7] row-major: the inverse of their covariance. */
  readonly precision: readonly number[];
  /** Distance that 99 % of them keep. */
  readonly limit: number;
}

/** What the first blocks of the encoder make of training tiles. @see training/features.py */
export interface FeatureScope {
  /** Path of its numbers, in files; see feature-scope.ts. */
  readonly file: string;
  /** First blocks of the encoder whose channels are averaged over the tile. */
  readonly blocks: number;
  /** Distance beyond which a tile is unlike those of training. */
  readonly limit: number;
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
    | { readonly kind: 'compact-cnn'; readonly featureDim: number; readonly channels: readonly number[] }
    /** The user's own, in TensorFlow.js format: [B,T,T,3] -> [B,inputDim], then as for 'features'. */
    | {
        readonly kind: 'tfjs';
        readonly featureDim: number;
        readonly inputDim: number;
        readonly projected: boolean;
        /** Path of its model.json, in files with its shards. */
        readonly model: string;
      }
    /** No encoder: a head over stored features [N,inputDim], with a dense layer to featureDim and ReLU if projected. */
    | {
        readonly kind: 'features';
        readonly featureDim: number;
        readonly inputDim: number;
        readonly projected: boolean;
      };
  readonly head: { readonly kind: 'attention' | 'gated-attention'; readonly hiddenDim: number };
  /** What it was trained on; outside it the app says so. */
  readonly scope: {
    readonly tissue: string;
    readonly stain: string;
    readonly mppRange: readonly [number, number];
    /** Absent where nobody measured it, as for a model of the user's own. */
    readonly appearance?: Appearance;
    /** What its features look like on the slides of training; absent where nobody measured it. */
    readonly features?: FeatureScope;
  };
  /** p = sigmoid(logit / temperature); positive when p >= threshold. With a threshold of null no class is ever called. */
  readonly decision: { readonly threshold: number | null; readonly temperature: number; readonly chosenOn: string };
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
  /** null where nobody measured it, as for a model of the user's own. */
  readonly metrics: {
    readonly auroc: number;
    /** Of the AUROC. */
    readonly ci95: readonly [number, number];
    /** Newcombe's where all pairs are in order: the bootstrap's has no width there. */
    readonly ci95Method?: 'bootstrap' | 'newcombe';
    readonly accuracy: number;
    readonly n: number;
    readonly dataset: string;
  } | null;
  /** Only in a model that a user brought: where it came from. */
  readonly imported?: {
    /** Names of the files that were given. */
    readonly from: string;
    /** When, ISO 8601. */
    readonly date: string;
    /** 'brought': the golden result came with the model; 'made-here': computed at import, so it guards the backends only. */
    readonly golden: 'brought' | 'made-here';
  };
}

/**
 * Manifest from the parsed JSON of `path`. Fields that are not in the type are refused too: a misspelt one would
 * otherwise be ignored silently.
 * @throws model/invalid naming the field
 */
export function parseManifest(json: unknown, path: string): ModelManifest {
  const root = fieldsOf(json, '', path);
  const manifest: ModelManifest = {
    formatVersion: root.literal('formatVersion', 1),
    id: root.match('id', /^[a-z0-9][a-z0-9-]{0,63}$/, 'lower-case letters, digits and hyphens'),
    name: root.text('name'),
    version: root.text('version'),
    classes: root.texts('classes'),
    positiveClass: root.text('positiveClass'),
    license: root.text('license'),
    intendedUse: root.text('intendedUse'),
    limitations: root.texts('limitations'),
    bag: root.object('bag', parseBag),
    input: root.object('input', (input) => ({
      color: input.literal('color', 'rgb'),
      scale: input.number('scale', { above: 0 }),
      mean: input.triple('mean', {}),
      std: input.triple('std', { above: 0 }),
    })),
    encoder: root.object('encoder', parseEncoder),
    head: root.object('head', (head) => ({
      kind: head.oneOf('kind', ['attention', 'gated-attention']),
      hiddenDim: head.integer('hiddenDim', 1, 65_536),
    })),
    scope: root.object('scope', (scope) => ({
      tissue: scope.text('tissue'),
      stain: scope.text('stain'),
      mppRange: scope.pair('mppRange', { above: 0 }),
      ...(scope.has('appearance') ? { appearance: scope.object('appearance', parseAppearance) } : {}),
      ...(scope.has('features') ? { features: scope.object('features', parseFeatures) } : {}),
    })),
    decision: root.object('decision', (decision) => ({
      threshold: decision.isNull('threshold') ? null : decision.number('threshold', { from: 0, to: 1 }),
      temperature: decision.number('temperature', { above: 0 }),
      chosenOn: decision.text('chosenOn'),
    })),
    needs: root.object('needs', (needs) => ({
      gpuBytes: needs.number('gpuBytes', { from: 0 }),
      features: needs.texts('features'),
    })),
    files: root.list('files', (file) => ({
      path: file.match('path', RELATIVE_PATH, 'a relative path inside the model folder'),
      bytes: file.integer('bytes', 0, Number.MAX_SAFE_INTEGER),
      sha256: file.match('sha256', /^[0-9a-f]{64}$/, '64 lower-case hex digits'),
    })),
    golden: root.object('golden', (golden) => ({
      input: golden.text('input'),
      expected: golden.text('expected'),
      tolerance: golden.object('tolerance', (tolerance) => ({
        probability: tolerance.number('probability', { above: 0, to: 0.01 }),
        attention: tolerance.number('attention', { above: 0, to: 0.01 }),
      })),
    })),
    training: root.object('training', (training) => ({
      data: training.text('data'),
      splits: training.text('splits'),
      commit: training.text('commit'),
      date: training.text('date'),
      seed: training.number('seed', {}),
    })),
    metrics: root.nullable('metrics', (metrics) => ({
      auroc: metrics.number('auroc', { from: 0, to: 1 }),
      ci95: metrics.pair('ci95', { from: 0, to: 1 }),
      ...(metrics.has('ci95Method') ? { ci95Method: metrics.oneOf('ci95Method', ['bootstrap', 'newcombe']) } : {}),
      accuracy: metrics.number('accuracy', { from: 0, to: 1 }),
      n: metrics.integer('n', 0, Number.MAX_SAFE_INTEGER),
      dataset: metrics.text('dataset'),
    })),
    ...(root.has('imported') ? { imported: root.object('imported', parseImported) } : {}),
  };
  root.end();
  checkTogether(manifest, root);
  return manifest;
}

/** No drive, no leading slash, no `..`, no backslash: a manifest cannot name a file outside its folder. */
const RELATIVE_PATH = /^(?!.*(^|\/)\.\.?(\/|$))[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+)*$/;

/** Rules that concern more than one field. */
function checkTogether(manifest: ModelManifest, root: Fields): void {
  // The head gives one logit, so the classes are the negative and the positive one.
  if (manifest.classes.length !== 2 || new Set(manifest.classes).size !== 2) {
    root.fail('classes', 'must be two different names');
  }
  if (!manifest.classes.includes(manifest.positiveClass)) root.fail('positiveClass', 'must be one of classes');
  if (manifest.scope.mppRange[0] > manifest.scope.mppRange[1])
    root.fail('scope.mppRange', 'must be [smallest, largest]');
  const paths = manifest.files.map((file) => file.path);
  if (new Set(paths).size !== paths.length) root.fail('files', 'names a path twice');
  checkFeatures(manifest, root);
  if (weightFiles(manifest).length !== 1)
    root.fail('files', 'must name exactly one file of weights (.safetensors, .pth or .pt)');
  for (const field of ['input', 'expected'] as const) {
    if (!paths.includes(manifest.golden[field])) root.fail(`golden.${field}`, 'must be one of files');
  }
  if (manifest.encoder.kind === 'tfjs' && !paths.includes(manifest.encoder.model)) {
    root.fail('encoder.model', 'must be one of files');
  }
  if (manifest.encoder.kind === 'seed-cnn' && manifest.bag.tilePx !== 128) {
    root.fail('bag.tilePx', 'must be 128 for the encoder seed-cnn');
  }
  if (manifest.encoder.kind === 'compact-cnn' && manifest.bag.tilePx % 2 ** manifest.encoder.channels.length !== 0) {
    root.fail('bag.tilePx', `must be a multiple of ${2 ** manifest.encoder.channels.length} for this encoder`);
  }
}

function checkFeatures({ scope, files, encoder }: ModelManifest, root: Fields): void {
  const { features } = scope;
  if (features === undefined) return;
  if (!files.some(({ path }) => path === features.file)) root.fail('scope.features.file', 'must be one of files');
  if (encoder.kind !== 'compact-cnn') root.fail('scope.features', 'needs the encoder compact-cnn');
  else if (features.blocks > encoder.channels.length)
    root.fail('scope.features.blocks', `must be at most ${encoder.channels.length}, the blocks of the encoder`);
}

/** Path of the file that holds the weights. */
export function weightsPath(manifest: ModelManifest): string {
  return weightFiles(manifest)[0]?.path ?? '';
}

function parseBag(bag: Fields): BagSpec {
  if (bag.oneOf('protocol', ['darkest', 'tissue-grid']) === 'darkest') {
    return {
      protocol: 'darkest',
      tilePx: bag.integer('tilePx', 16, 4096),
      count: bag.integer('count', 1, 1_000_000),
      downsample: bag.number('downsample', { from: 1 }),
    };
  }
  return {
    protocol: 'tissue-grid',
    tilePx: bag.integer('tilePx', 16, 4096),
    mpp: bag.number('mpp', { above: 0, to: 100 }),
    minTissue: bag.number('minTissue', { from: 0, to: 1 }),
    maxTiles: bag.integer('maxTiles', 1, 1_000_000),
    seed: bag.integer('seed', 0, 2 ** 32 - 1),
  };
}

function parseAppearance(appearance: Fields): Appearance {
  return {
    mean: appearance.numbers('mean', APPEARANCE_FIGURES),
    precision: appearance.numbers('precision', APPEARANCE_FIGURES ** 2),
    limit: appearance.number('limit', { above: 0 }),
  };
}

function parseFeatures(features: Fields): FeatureScope {
  return {
    file: features.text('file'),
    blocks: features.integer('blocks', 1, 64),
    limit: features.number('limit', { above: 0 }),
  };
}

function parseEncoder(encoder: Fields): ModelManifest['encoder'] {
  const kind = encoder.oneOf('kind', ['seed-cnn', 'compact-cnn', 'tfjs', 'features']);
  const featureDim = encoder.integer('featureDim', 1, 65_536);
  if (kind === 'seed-cnn') return { kind, featureDim };
  if (kind === 'features' || kind === 'tfjs') {
    const inputDim = encoder.integer('inputDim', 1, 65_536);
    const projected = encoder.boolean('projected');
    if (!projected && inputDim !== featureDim)
      encoder.fail('inputDim', 'must be featureDim where nothing is projected');
    if (kind === 'features') return { kind, featureDim, inputDim, projected };
    return { kind, featureDim, inputDim, projected, model: encoder.text('model') };
  }
  return { kind, featureDim, channels: encoder.integers('channels', 1, 4096) };
}

function parseImported(imported: Fields): NonNullable<ModelManifest['imported']> {
  return {
    from: imported.text('from'),
    date: imported.text('date'),
    golden: imported.oneOf('golden', ['brought', 'made-here']),
  };
}
