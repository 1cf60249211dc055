/** From the files of a model to its network in memory, and to the encoder that a user's model may bring. */
import { AppError } from '../errors.ts';
import { type ModelFiles, readModelFile } from './files.ts';
import { weightsPath } from './manifest.ts';
import { buildNetwork, type Network } from './network.ts';
import { parseSafetensors } from './safetensors.ts';
import type { StoredTensors } from './stored-tensor.ts';
import { parseTfjsModel, shardPaths, type TfjsArtifacts } from './tfjs-encoder.ts';
import { isTorchCheckpoint, parseTorchCheckpoint } from './torch-checkpoint.ts';

/** The network of the manifest with its weights. @throws model/invalid, model/integrity, model/missing-file; AbortError */
export async function readNetwork(
  files: ModelFiles,
  signal?: AbortSignal,
): Promise<{ readonly network: Network; readonly own: TfjsArtifacts | undefined }> {
  const { manifest } = files;
  const path = weightsPath(manifest);
  const network = buildNetwork(manifest, parseWeights(await readModelFile(files, path, signal), path), path);
  return { network, own: await readEncoder(files, signal) };
}

/** Tensors of a weight file, whichever format its bytes are of. @throws model/invalid */
export function parseWeights(bytes: Uint8Array, path: string): StoredTensors {
  return isTorchCheckpoint(bytes) ? parseTorchCheckpoint(bytes, path) : parseSafetensors(bytes, path);
}

/** The user's own encoder, if the model has one. @throws model/invalid */
async function readEncoder(files: ModelFiles, signal?: AbortSignal): Promise<TfjsArtifacts | undefined> {
  const { encoder } = files.manifest;
  if (encoder.kind !== 'tfjs') return undefined;
  const path = encoder.model;
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(await readModelFile(files, path, signal)));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new AppError({ code: 'model/invalid', path, problem: 'it is not JSON' }, { cause: error });
  }
  const shards: Uint8Array[] = [];
  for (const shard of shardPaths(json, path)) shards.push(await readModelFile(files, `${folder}${shard}`, signal));
  return parseTfjsModel(json, shards, path);
}
