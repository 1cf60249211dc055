/** From the files of a model to a model that runs, on a backend that was seen to reproduce its golden bag. */
import { AppError, assert, isAppError } from '../errors.ts';
import { poolAttention } from './attention-mil.ts';
import { type Backend, openBackend } from './backend.ts';
import type { BackendName, BackendReport } from './backend-report.ts';
import { type DeviceNetwork, uploadNetwork } from './encoder.ts';
import { type FeatureReference, featureDeviation, readFeatureReference } from './feature-scope.ts';
import type { ModelFiles } from './files.ts';
import { compare, type Golden, readGolden } from './golden-bag.ts';
import type { ModelManifest } from './manifest.ts';
import { largestBufferBytes, type Network } from './network.ts';
import { featureInput, type NetworkInput, tileInput } from './network-input.ts';
import { readNetwork } from './read-network.ts';
import { type Compute, computing, guarded, inSteps, outputsAt, type TileOutputs } from './steps.ts';
import { sizeOf } from './stored-tensor.ts';
import type { TfjsArtifacts } from './tfjs-encoder.ts';

/** A model on its backend: owned, and disposed, by whoever loaded it. */
export interface Model {
  readonly manifest: ModelManifest;
  /** Of the logit. */
  readonly bias: number;
  readonly backend: BackendReport;
  /** Tiles that run in one step: what the device's limits hold and what leaves Cancel answered in time. */
  readonly batchTiles: number;
  /**
   * Score before the softmax [count] and value w·h, without the bias, [count] of each tile, and where the manifest has
   * `scope.features` how far its features lie from those of training, [count]; rgb is [count,T,T,3] uint8
   * with T the tilePx of the manifest. Any count; it runs in steps of at most batchTiles.
   * A device that is lost is replaced and the step repeated; `backend` and `batchTiles` are then those of the new one.
   * @throws gpu/lost when it is lost again and again, gpu/out-of-memory when even one tile does not fit; AbortError
   *   between two steps
   */
  forward(rgb: Uint8Array, count: number, signal?: AbortSignal): Promise<TileOutputs>;
  /** Frees the weights; the model cannot run afterwards. */
  dispose(): void;
}

/** A head over stored features; otherwise as a model of tiles. */
export interface Head extends Omit<Model, 'forward'> {
  /** As Model.forward; features are [count,D] float32 with D the inputDim of the manifest's encoder. */
  forward(features: Float32Array, count: number, signal?: AbortSignal): Promise<TileOutputs>;
}

export interface LoadOptions {
  /** Use this backend or fail; undefined takes the fastest that gives the right numbers. */
  readonly backend?: BackendName | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** From the fastest to the one that always works. */
const CANDIDATES: readonly BackendName[] = ['webgpu', 'wasm', 'cpu'];
/** More tiles in a step gain nothing and hold more memory. */
const MAX_BATCH = 32;
/** A step should not be longer than this: Cancel is answered between two steps, and within half a second. */
const STEP_SECONDS = 0.25;
/** A first run slower than this is not repeated only to take its time. */
const WARM_UP_SECONDS = 2;

/**
 * The model on the fastest backend that reproduces its golden bag; the report says which ones were passed over, and why.
 * @throws model/invalid, model/integrity, model/missing-file, gpu/unavailable when the forced backend cannot be used,
 *   gpu/lost, gpu/out-of-memory; AbortError
 */
export async function loadModel(files: ModelFiles, options: LoadOptions = {}): Promise<Model> {
  const { encoder } = files.manifest;
  if (encoder.kind === 'features') {
    throw new AppError({
      code: 'model/invalid',
      path: 'manifest.json',
      problem: `it is a head over stored features of ${encoder.inputDim} numbers a tile; without the encoder that made them it cannot run on a slide`,
    });
  }
  return start(files, tileInput(files.manifest), options);
}

/**
 * A head over stored features: as loadModel, but what goes in are the features of tiles, made elsewhere.
 * @throws as loadModel; model/invalid for a model that takes tiles
 */
export async function loadHead(files: ModelFiles, options: LoadOptions = {}): Promise<Head> {
  const { encoder } = files.manifest;
  if (encoder.kind !== 'features') {
    throw new AppError({
      code: 'model/invalid',
      path: 'manifest.json',
      problem: 'it is a model of tiles, not a head over features',
    });
  }
  const model = await start(files, featureInput(encoder.inputDim), options);
  return {
    manifest: model.manifest,
    bias: model.bias,
    get backend() {
      return model.backend;
    },
    get batchTiles() {
      return model.batchTiles;
    },
    forward: (features, count, signal) =>
      model.forward(new Uint8Array(features.buffer, features.byteOffset, features.byteLength), count, signal),
    dispose: model.dispose,
  };
}

/** Opens the model, and opens it anew when its device is lost: at most this often, then without a GPU. */
const MAX_RECOVERIES = 2;

async function start(files: ModelFiles, input: NetworkInput, options: LoadOptions): Promise<Model> {
  const forced = options.backend;
  let current = await open(files, input, forced === undefined ? CANDIDATES : [forced], [], options.signal);
  const losses: string[] = [];
  let recovering: Promise<Model> | undefined;
  let disposed = false;

  // Drivers restart and laptops switch cards: what was computed stands, the step that failed is computed again.
  const recover = async (reason: string): Promise<Model> => {
    losses.push(`${current.backend.name}: lost (${reason})`);
    current.dispose();
    const candidates = losses.length > MAX_RECOVERIES ? CANDIDATES.filter((name) => name !== 'webgpu') : CANDIDATES;
    current = await open(files, input, forced === undefined ? candidates : [forced], losses, undefined);
    if (disposed) current.dispose();
    return current;
  };

  return {
    manifest: current.manifest,
    bias: current.bias,
    get backend() {
      return current.backend;
    },
    get batchTiles() {
      return current.batchTiles;
    },
    async forward(tiles, count, signal) {
      for (;;) {
        const model = await (recovering ?? current);
        try {
          return await model.forward(tiles, count, signal);
        } catch (error) {
          if (!isAppError(error, 'gpu/lost') || disposed) throw error;
          if (forced !== undefined && losses.length >= MAX_RECOVERIES) throw error;
          // Another call may have seen the loss first.
          if (model !== current) continue;
          recovering ??= recover(error.info.reason).finally(() => {
            recovering = undefined;
          });
          await recovering;
        }
      }
    },
    dispose() {
      disposed = true;
      current.dispose();
    },
  };
}

/** The model on the first of the candidates that reproduces its golden bag; one alone must. */
async function open(
  files: ModelFiles,
  input: NetworkInput,
  candidates: readonly BackendName[],
  earlier: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Model> {
  const { manifest } = files;
  const { network, own } = await readNetwork(files, signal);
  const golden = await readGolden(files, input, signal);
  const reference = await readFeatureReference(files, golden.count, signal);

  const forced = candidates.length === 1;
  const reasons = [...earlier];
  for (const name of candidates) {
    signal?.throwIfAborted();
    try {
      const backend = await openBackend(name, { allowSoftware: forced });
      return await startModel(manifest, { network, own, reference, input }, golden, backend, reasons);
    } catch (error) {
      if (!isAppError(error, 'gpu/unavailable', 'gpu/lost', 'gpu/out-of-memory') || forced) throw error;
      reasons.push(`${name}: ${error.info.reason}`);
    }
  }
  // Each of them computes rightly elsewhere, so it is the golden bag that does not belong to these weights.
  throw new AppError({
    code: 'model/invalid',
    path: manifest.golden.expected,
    problem: `nothing on this computer reproduces the reference result (${reasons.join('; ')})`,
  });
}

/** What is put on a backend. */
interface Parts {
  readonly network: Network;
  readonly own: TfjsArtifacts | undefined;
  readonly reference: FeatureReference | undefined;
  readonly input: NetworkInput;
}

/** Channels that an encoder of unknown layers is taken to have at full size, for the size of a first batch. */
const GUESSED_CHANNELS = 64;
/** Of the distances of features: far below what lies between tissue and what a model was trained on. */
const FEATURE_TOLERANCE = 1e-3;

/** Uploads the weights, checks the golden bag, and makes the model. @throws gpu/unavailable when the numbers are wrong */
async function startModel(
  manifest: ModelManifest,
  { network, own, reference, input }: Parts,
  golden: Golden,
  backend: Backend,
  reasons: readonly string[],
): Promise<Model> {
  backend.select();
  const device = await uploadNetwork(network, own, reference);
  try {
    const compute = computing(backend, device, input);
    const bytesPerTile = own
      ? 4 * sizeOf(input.shape) * GUESSED_CHANNELS
      : largestBufferBytes(network.encoder, input.shape);
    // One more for the canary.
    const fitting = Math.floor(backend.maxBufferBytes / bytesPerTile) - 1;
    if (fitting < 1) throw new AppError({ code: 'gpu/unavailable', reason: 'its buffers are too small for one tile' });

    let started = performance.now();
    const first = await inSteps(golden.tiles, golden.count, input.bytes, Math.min(fitting, MAX_BATCH), compute);
    const selfTest = compare(
      poolAttention(first.scores, first.values, network.bias, manifest.decision.temperature),
      golden,
    );
    const { tolerance } = manifest.golden;
    if (!(selfTest.probability <= tolerance.probability && selfTest.attention <= tolerance.attention)) {
      const off = `probability off by ${selfTest.probability.toExponential(1)}, attention by ${selfTest.attention.toExponential(1)}`;
      throw new AppError({ code: 'gpu/unavailable', reason: `${backend.device} computes wrong numbers (${off})` });
    }
    const deviation = reference ? featureDeviation(first.featureDistances, reference) : 0;
    if (!(deviation <= FEATURE_TOLERANCE)) {
      const off = `distances of features off by ${deviation.toExponential(1)}`;
      throw new AppError({ code: 'gpu/unavailable', reason: `${backend.device} computes wrong numbers (${off})` });
    }
    const canary = golden.tiles.subarray(0, input.bytes);
    let seconds = (performance.now() - started) / 1000;
    if (seconds < WARM_UP_SECONDS) {
      // The first run also compiled; the second one tells how fast the device is.
      started = performance.now();
      await inSteps(golden.tiles, golden.count, input.bytes, Math.min(fitting, MAX_BATCH), compute);
      seconds = (performance.now() - started) / 1000;
    }
    const secondsPerTile = seconds / golden.count;
    const batchTiles = Math.max(1, Math.min(MAX_BATCH, fitting, Math.floor(STEP_SECONDS / secondsPerTile)));

    const guard = backend.name === 'webgpu' ? { canary, expected: outputsAt(first, 0) } : undefined;
    const report: BackendReport = {
      name: backend.name,
      device: backend.device,
      software: backend.software,
      selfTest,
      reasons: [...reasons],
    };
    return runningModel(manifest, network.bias, report, batchTiles, device, input.bytes, guarded(compute, guard));
  } catch (error) {
    device.dispose();
    throw error;
  }
}

function runningModel(
  manifest: ModelManifest,
  bias: number,
  backend: BackendReport,
  batchTiles: number,
  device: DeviceNetwork,
  tileBytes: number,
  compute: Compute,
): Model {
  let disposed = false;
  // Shrinks when memory runs out and stays small: the next batch would fail again.
  let step = batchTiles;
  return {
    manifest,
    bias,
    backend,
    batchTiles,
    async forward(tiles, count, signal) {
      assert(!disposed, 'the model was disposed');
      assert(tiles.length === count * tileBytes, `${count} tiles of ${tileBytes} bytes, not ${tiles.length} bytes`);
      for (;;) {
        try {
          return await inSteps(tiles, count, tileBytes, step, compute, signal);
        } catch (error) {
          if (!isAppError(error, 'gpu/out-of-memory') || step === 1) throw error;
          step = Math.max(1, Math.floor(step / 2));
        }
      }
    },
    dispose() {
      if (disposed) return;
      disposed = true;
      device.dispose();
    },
  };
}
