/** What answers for a model that nobody has computed elsewhere: the backend without a device that could be at fault. */
import * as tf from '@tensorflow/tfjs-core';
import { AppError, isAppError } from '../errors.ts';
import { abandonWasm, openBackend } from './backend.ts';
import type { BackendName } from './backend-report.ts';
import { uploadNetwork } from './encoder.ts';
import type { ModelFiles } from './files.ts';
import type { ModelManifest } from './manifest.ts';
import { featureInput, tileInput } from './network-input.ts';
import { readNetwork } from './read-network.ts';
import { computing, inSteps, type TileOutputs } from './steps.ts';
import { loadTfjsEncoder, type TfjsArtifacts } from './tfjs-encoder.ts';

/**
 * The backend that answers for a model that brings no golden bag: the plainest, but an encoder of the user's own may
 * take minutes a tile there.
 */
export function referenceBackend(manifest: ModelManifest): BackendName {
  return manifest.encoder.kind === 'tfjs' ? 'wasm' : 'cpu';
}

/** What the network of these files makes of some tiles on the reference backend; for making their golden bag. */
export async function runReference(
  files: ModelFiles,
  tiles: Uint8Array,
  count: number,
  signal?: AbortSignal,
): Promise<TileOutputs & { readonly bias: number }> {
  const { manifest } = files;
  const { encoder } = manifest;
  const input = encoder.kind === 'features' ? featureInput(encoder.inputDim) : tileInput(manifest);
  const { network, own } = await readNetwork(files, signal);
  const backend = await openBackend(referenceBackend(manifest), { allowSoftware: false });
  backend.select();
  const device = await uploadNetwork(network, own);
  try {
    const outputs = await inSteps(tiles, count, input.bytes, 1, computing(backend, device, input), signal);
    return { ...outputs, bias: network.bias };
  } finally {
    device.dispose();
  }
}

/** What an encoder of the user's own takes and gives, found out with one tile. @throws model/invalid */
export async function probeEncoder(
  own: TfjsArtifacts,
): Promise<{ readonly tilePx: number | undefined; readonly dim: number }> {
  const backend = await openBackend('wasm', { allowSoftware: false });
  try {
    backend.select();
    const encoder = await loadTfjsEncoder(own);
    try {
      const side = encoder.tilePx ?? PROBE_PX;
      const features = await backend.run(() => tf.tidy(() => encoder.encode(tf.zeros([1, side, side, 3]))));
      return { tilePx: encoder.tilePx, dim: features.length };
    } finally {
      encoder.dispose();
    }
  } catch (error) {
    abandonWasm();
    // The last two from freeing what lies in a memory that is broken already.
    const isMemory =
      isAppError(error, 'gpu/out-of-memory') ||
      error instanceof RangeError ||
      error instanceof WebAssembly.RuntimeError;
    if (!isMemory) throw error;
    const problem = 'it needs more memory for one tile than there is';
    throw new AppError({ code: 'model/invalid', path: own.path, problem }, { cause: error });
  }
}

/** Side of the tile for an encoder that takes any: what most of them were trained on. */
const PROBE_PX = 224;
