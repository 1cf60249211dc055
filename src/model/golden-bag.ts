/** The golden bag of a model: tiles whose result is known, by which every backend is judged before it is used. */
import { AppError } from '../errors.ts';
import type { PooledBag } from './attention-mil.ts';
import type { BackendReport } from './backend-report.ts';
import { type ModelFiles, readModelFile } from './files.ts';
import type { NetworkInput } from './network-input.ts';

/** A bag with the result that its network must give. */
export interface Golden {
  /** N tiles, as NetworkInput has them. */
  readonly tiles: Uint8Array;
  readonly count: number;
  readonly probability: number;
  readonly weights: readonly number[];
}

/** The golden bag of the manifest. @throws model/invalid, model/integrity, model/missing-file; AbortError */
export async function readGolden(
  files: ModelFiles,
  input: NetworkInput,
  signal: AbortSignal | undefined,
): Promise<Golden> {
  const { golden } = files.manifest;
  const tiles = await readModelFile(files, golden.input, signal);
  const text = new TextDecoder().decode(await readModelFile(files, golden.expected, signal));
  const fail = (path: string, problem: string): never => {
    throw new AppError({ code: 'model/invalid', path, problem });
  };
  let json: { probability?: unknown; weights?: unknown } | null = null;
  try {
    json = JSON.parse(text);
  } catch {
    fail(golden.expected, 'it is not JSON');
  }
  const count = tiles.length / input.bytes;
  if (!Number.isInteger(count) || count < 1) fail(golden.input, `it does not hold whole tiles of ${input.bytes} bytes`);
  const probability = json?.probability;
  const weights = json?.weights;
  if (typeof probability !== 'number' || !(probability >= 0 && probability <= 1)) {
    return fail(golden.expected, 'probability must be a number between 0 and 1');
  }
  if (!Array.isArray(weights) || weights.length !== count || !weights.every((one) => Number.isFinite(one))) {
    return fail(golden.expected, `weights must hold ${count} numbers, one for each tile of ${golden.input}`);
  }
  return { tiles, count, probability, weights };
}

/** Largest differences of a pooled bag from the golden one; NaN stays NaN and fails every comparison. */
export function compare(pooled: PooledBag, golden: Golden): BackendReport['selfTest'] {
  const attention = golden.weights.map((weight, k) => Math.abs(weight - (pooled.weights[k] ?? Number.NaN)));
  return { probability: Math.abs(pooled.probability - golden.probability), attention: Math.max(...attention) };
}
