/** What a file of weights does not say: assumed in sentences that are shown, and written into the manifest. */
import { PLAUSIBLE_MPP } from '../slide/pixel-size.ts';
import type { BagSpec } from '../tiling/bag.ts';
import { importedId } from './catalog.ts';
import { GOLDEN_EXPECTED, GOLDEN_INPUT } from './import-golden.ts';
import type { OwnEncoder } from './import-weights.ts';
import type { ModelManifest } from './manifest.ts';
import type { WeightMapping } from './weight-mapping.ts';

/** Of a golden bag computed elsewhere, in whatever precision, and of one that backends compare among each other. */
const GOLDEN_TOLERANCE = 1e-4;

/** What a file of weights does not say; shown for the user to correct. */
export interface ImportSettings {
  readonly name: string;
  readonly bag: BagSpec;
  /** x = (v * scale - mean) / std */
  readonly input: ModelManifest['input'];
  /** [negative, positive] */
  readonly classes: readonly [string, string];
  readonly threshold: number;
  readonly temperature: number;
  readonly tissue: string;
  readonly stain: string;
}

/** The article's protocol for its network, 20x tissue tiles for any other: to be corrected by who trained it. */
export function assumedSettings(
  fileName: string,
  encoder: ModelManifest['encoder'],
  own: OwnEncoder | undefined,
): ImportSettings {
  const base = fileName.slice(fileName.lastIndexOf('/') + 1).replace(/\.[^.]*$/, '');
  const tilePx = { 'seed-cnn': 128, 'compact-cnn': 128, features: 256, tfjs: own?.tilePx ?? 224 }[encoder.kind];
  return {
    name: base === '' ? 'model' : base.slice(0, 60),
    bag:
      encoder.kind === 'seed-cnn'
        ? { protocol: 'darkest', tilePx, count: 16, downsample: 16 }
        : { protocol: 'tissue-grid', tilePx, mpp: 0.5, minTissue: 0.5, maxTiles: 4096, seed: 1 },
    // Encoders that others trained began as a rule with ImageNet, and kept its constants.
    input:
      encoder.kind === 'tfjs'
        ? { color: 'rgb', scale: 1 / 255, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] }
        : { color: 'rgb', scale: 1 / 255, mean: [0, 0, 0], std: [1, 1, 1] },
    classes: ['benign', 'malignant'],
    threshold: 0.5,
    temperature: 1,
    tissue: 'unknown',
    stain: 'unknown',
  };
}

/** The settings in words, to be read before the model is used. */
export function settingSentences(settings: ImportSettings, encoder: ModelManifest['encoder']): readonly string[] {
  const { bag, input, classes, threshold } = settings;
  const tiles =
    bag.protocol === 'darkest'
      ? `the ${bag.count} darkest tiles of ${bag.tilePx} px at a downsample of ${bag.downsample}`
      : `all tissue in tiles of ${bag.tilePx} px at ${bag.mpp} µm/px`;
  const scaling =
    encoder.kind === 'features'
      ? ['It is a head over stored features: it has no encoder, so it runs on features and not on slides.']
      : [
          `Pixels are taken as (v × ${input.scale.toPrecision(4)} − [${input.mean.join(', ')}]) / [${input.std.join(', ')}].`,
        ];
  return [
    `A bag is taken to be ${tiles}; the file does not say how it was trained.`,
    ...scaling,
    `The output is taken as the probability of ${classes[1]} against ${classes[0]}, positive from ${threshold}.`,
  ];
}

/** The manifest of an import, without its files. */
export function manifestOf(
  mapping: WeightMapping,
  settings: ImportSettings,
  imported: NonNullable<ModelManifest['imported']>,
): ModelManifest {
  const bytes = [...mapping.tensors.values()].reduce((sum, tensor) => sum + tensor.bytes.length, 0);
  return {
    formatVersion: 1,
    id: importedId(settings.name),
    name: settings.name,
    version: '0',
    classes: settings.classes,
    positiveClass: settings.classes[1],
    license: 'As its owner says; milscope does not know.',
    intendedUse: 'Research use only, not for diagnosis.',
    limitations: [
      `Imported by the user from ${imported.from}; nobody has measured here what it can do.`,
      ...mapping.assumptions,
      ...settingSentences(settings, mapping.encoder),
    ],
    bag: settings.bag,
    input: settings.input,
    encoder: mapping.encoder,
    head: mapping.head,
    scope: { tissue: settings.tissue, stain: settings.stain, mppRange: PLAUSIBLE_MPP },
    decision: { threshold: settings.threshold, temperature: settings.temperature, chosenOn: 'nothing; set at import' },
    // As the exporter has it: weights twice, for upload and use, and activations with head-room.
    needs: { gpuBytes: 4 * bytes + 64 * 2 ** 20, features: [] },
    files: [],
    golden: {
      input: GOLDEN_INPUT,
      expected: GOLDEN_EXPECTED,
      tolerance: { probability: GOLDEN_TOLERANCE, attention: GOLDEN_TOLERANCE },
    },
    training: { data: 'unknown', splits: 'unknown', commit: 'unknown', date: 'unknown', seed: 0 },
    metrics: null,
    imported,
  };
}
