/** Whole models whose weights are a formula and whose golden result is PyTorch's: parity without 90 MB in the repository. */
import type { ModelFiles } from '../model/files.ts';
import { sha256Hex } from '../model/files.ts';
import { type ModelManifest, parseManifest } from '../model/manifest.ts';
import { toSafetensors } from '../model/safetensors.ts';
import { formulaParameter, formulaTiles } from './formula-weights.ts';
import expected from './goldens/torch/expected.json' with { type: 'json' };

export type FormulaModelName = 'seed' | 'compact' | 'small';

export interface FormulaModel {
  readonly files: ModelFiles;
  /** Tiles of the golden bag, [count,T,T,3]. */
  readonly tiles: Uint8Array;
  readonly count: number;
  /** What PyTorch computes for them, float32. */
  readonly torch: {
    readonly probability: number;
    readonly logit: number;
    readonly bias: number;
    readonly weights: readonly number[];
    readonly scores: readonly number[];
    readonly values: readonly number[];
  };
}

const NETWORKS: Readonly<Record<FormulaModelName, Pick<ModelManifest, 'encoder' | 'head'>>> = {
  seed: { encoder: { kind: 'seed-cnn', featureDim: 512 }, head: { kind: 'attention', hiddenDim: 128 } },
  compact: {
    encoder: { kind: 'compact-cnn', featureDim: 128, channels: [32, 48, 64, 96] },
    head: { kind: 'gated-attention', hiddenDim: 64 },
  },
  small: {
    encoder: { kind: 'compact-cnn', featureDim: 16, channels: [8, 12, 16] },
    head: { kind: 'gated-attention', hiddenDim: 8 },
  },
};

/** float32 weights of the formula as a .safetensors file. */
export function formulaWeights(name: FormulaModelName): Uint8Array<ArrayBuffer> {
  const parameters = expected[name].parameters as unknown as readonly (readonly [string, readonly number[]])[];
  return toSafetensors(
    new Map(
      parameters.map(([parameter, shape], index) => {
        const data = formulaParameter(index, parameter, shape);
        return [parameter, { dtype: 'f32', shape, bytes: new Uint8Array(data.buffer) }];
      }),
    ),
  );
}

/**
 * The model with `weights` (by default those of the formula) under `path`, which names their format. `count` takes only
 * the first tiles; their golden result is then pooled anew from PyTorch's scores and values.
 */
export async function formulaModel(
  name: FormulaModelName,
  options: { readonly weights?: Uint8Array<ArrayBuffer>; readonly path?: string; readonly count?: number } = {},
): Promise<FormulaModel> {
  const { parameters: _, ...whole } = expected[name];
  const count = options.count ?? whole.count;
  const { side, temperature } = whole;
  const torch = count === whole.count ? whole : pooled(whole, count);
  const tiles = formulaTiles(count, side);
  const path = options.path ?? 'weights.safetensors';
  const contents = new Map<string, Uint8Array<ArrayBuffer>>([
    [path, options.weights ?? formulaWeights(name)],
    ['golden/input.bin', tiles],
    ['golden/expected.json', new TextEncoder().encode(JSON.stringify(torch))],
  ]);
  const files = await Promise.all(
    [...contents].map(async ([file, bytes]) => ({ path: file, bytes: bytes.length, sha256: await sha256Hex(bytes) })),
  );
  const manifest = parseManifest(
    {
      formatVersion: 1,
      id: `formula-${name}`,
      name: `Formula ${name}`,
      version: '1.0.0',
      classes: ['benign', 'malignant'],
      positiveClass: 'malignant',
      license: 'MIT',
      intendedUse: 'Tests only.',
      limitations: ['Not trained.'],
      bag: { protocol: 'tissue-grid', tilePx: side, mpp: 1, minTissue: 0.5, maxTiles: 100, seed: 1 },
      input: { color: 'rgb', ...expected.input },
      ...NETWORKS[name],
      scope: { tissue: 'none', stain: 'none', mppRange: [0.1, 10] },
      decision: { threshold: 0.5, temperature, chosenOn: 'nothing' },
      needs: { gpuBytes: 2 ** 28, features: [] },
      files,
      golden: {
        input: 'golden/input.bin',
        expected: 'golden/expected.json',
        tolerance: { probability: 1e-5, attention: 1e-5 },
      },
      training: { data: 'none', splits: 'none', commit: 'none', date: 'none', seed: 0 },
      metrics: { auroc: 0.5, ci95: [0, 1], accuracy: 0.5, n: 0, dataset: 'none' },
    },
    'manifest.json',
  );
  return {
    files: { manifest, read: async (file) => contents.get(file)?.slice().buffer ?? Promise.reject(new Error(file)) },
    tiles,
    count,
    torch,
  };
}

/** Ilse et al. 2018, eq. 7, written out independently of model/attention-mil.ts. */
function pooled(torch: FormulaModel['torch'] & { readonly temperature: number }, count: number): FormulaModel['torch'] {
  const scores = torch.scores.slice(0, count);
  const values = torch.values.slice(0, count);
  const total = scores.reduce((sum, score) => sum + Math.exp(score), 0);
  const weights = scores.map((score) => Math.exp(score) / total);
  const logit = weights.reduce((sum, weight, k) => sum + weight * (values[k] ?? 0), torch.bias);
  return {
    probability: 1 / (1 + Math.exp(-logit / torch.temperature)),
    logit,
    bias: torch.bias,
    weights,
    scores,
    values,
  };
}
