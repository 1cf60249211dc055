/**
 * What the first blocks of an encoder make of training tiles, read from the folder of a model: by it a tile is found to be
 * of another kind, whatever its color. The figures of a tile are the means over the plane of every channel of those blocks,
 * after ReLU, block after block. @see training/features.py, which fits and writes it
 */
import { AppError } from '../errors.ts';
import { type ModelFiles, readModelFile } from './files.ts';
import type { HostArray } from './network.ts';
import { parseSafetensors } from './safetensors.ts';
import { toFloat32 } from './stored-tensor.ts';

/**
 * The distance of a tile with figures f is |(f - mean) whitening|²: its squared Mahalanobis distance from the training
 * tiles by figure, so near 1 for tiles like them. @see Lee et al. 2018, arXiv 1807.03888, eq. 2
 */
export interface FeatureReference {
  readonly blocks: number;
  /** [D] */
  readonly mean: HostArray;
  /** [D,D] */
  readonly whitening: HostArray;
  /** [N] distances of the tiles of the golden bag, by which a backend is judged. */
  readonly golden: Float32Array;
}

/**
 * The reference of the manifest's `scope.features`, which stands in its file as the float32 tensors `mean`, `whitening` and
 * `golden`; undefined where the manifest has none. `goldenTiles` is N.
 * @throws model/invalid, model/integrity, model/missing-file; AbortError
 */
export async function readFeatureReference(
  files: ModelFiles,
  goldenTiles: number,
  signal?: AbortSignal,
): Promise<FeatureReference | undefined> {
  const { scope, encoder } = files.manifest;
  if (scope.features === undefined || encoder.kind !== 'compact-cnn') return undefined;
  const { file, blocks } = scope.features;
  const tensors = parseSafetensors(await readModelFile(files, file, signal), file);
  const fail = (problem: string): never => {
    throw new AppError({ code: 'model/invalid', path: file, problem });
  };
  const read = (name: string, shape: readonly number[]): HostArray => {
    const tensor = tensors.get(name) ?? fail(`${name} is missing`);
    const found = tensor.shape.join('x') || 'of a scalar';
    const wanted = shape.join('x');
    if (tensor.dtype !== 'f32' || found !== wanted) {
      fail(`${name} has the type ${tensor.dtype} and the shape ${found}, this model needs f32 and ${wanted}`);
    }
    const data = toFloat32(tensor);
    return data.every(Number.isFinite) ? { shape, data } : fail(`${name} holds a value that is not a number`);
  };
  const figures = encoder.channels.slice(0, blocks).reduce((sum, channels) => sum + channels, 0);
  const reference = {
    blocks,
    mean: read('mean', [figures]),
    whitening: read('whitening', [figures, figures]),
    golden: read('golden', [goldenTiles]).data,
  };
  const extra = [...tensors.keys()].find((name) => !['mean', 'whitening', 'golden'].includes(name));
  return extra === undefined ? reference : fail(`${extra} is not part of it`);
}

/** Largest difference of the distances of the golden bag from those of the reference, relative to 1 + distance. */
export function featureDeviation(found: Float32Array | undefined, { golden }: FeatureReference): number {
  return Math.max(...Array.from(golden, (wanted, k) => Math.abs(wanted - (found?.[k] ?? Number.NaN)) / (1 + wanted)));
}
