/** From the files of a model to a model that runs, on a backend that was seen to reproduce its golden bag. */
import * as tf from '@tensorflow/tfjs-core';
import { AppError, assert, isAppError } from '../errors.ts';
import { type PooledBag, poolAttention } from './attention-mil.ts';
import { abandonWasm, type Backend, openBackend } from './backend.ts';
import type { BackendName, BackendReport } from './backend-report.ts';
import { type DeviceNetwork, uploadNetwork } from './encoder.ts';
import { type ModelFiles, readModelFile } from './files.ts';
import { type ModelManifest, weightsPath } from './manifest.ts';
import { buildNetwork, largestBufferBytes, type Network } from './network.ts';
import { parseSafetensors } from './safetensors.ts';
import { type StoredTensors, sizeOf } from './stored-tensor.ts';
import { loadTfjsEncoder, parseTfjsModel, shardPaths, type TfjsArtifacts } from './tfjs-encoder.ts';
import { isTorchCheckpoint, parseTorchCheckpoint } from './torch-checkpoint.ts';

/** A model on its backend: owned, and disposed, by whoever loaded it. */
export interface Model {
  readonly manifest: ModelManifest;
  /** Of the logit. */
  readonly bias: number;
  readonly backend: BackendReport;
  /** Tiles that run in one step: what the device's limits hold and what leaves Cancel answered in time. */
  readonly batchTiles: number;
  /**
   * Score before the softmax [count] and value w·h, without the bias, [count] of each tile; rgb is [count,T,T,3] uint8
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

export interface TileOutputs {
  readonly scores: Float32Array;
  readonly values: Float32Array;
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
/** A canary's score may differ this much between two batches of one device. */
const CANARY_TOLERANCE = 1e-3;

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

async function start(files: ModelFiles, input: Input, options: LoadOptions): Promise<Model> {
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
  input: Input,
  candidates: readonly BackendName[],
  earlier: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Model> {
  const { manifest } = files;
  const path = weightsPath(manifest);
  const network = buildNetwork(manifest, parseWeights(await readModelFile(files, path, signal), path), path);
  const own = await readEncoder(files, signal);
  const golden = await readGolden(files, input, signal);

  const forced = candidates.length === 1;
  const reasons = [...earlier];
  for (const name of candidates) {
    signal?.throwIfAborted();
    try {
      const backend = await openBackend(name, { allowSoftware: forced });
      return await startModel(manifest, { network, own, input }, golden, backend, reasons);
    } catch (error) {
      if (!isAppError(error, 'gpu/unavailable', 'gpu/lost', 'gpu/out-of-memory') || forced) throw error;
      reasons.push(`${name}: ${error.info.reason}`);
    }
  }
  // Each of them computes rightly elsewhere, so it is the golden bag that does not belong to these weights.
  throw new AppError({
    code: 'model/invalid',
    path: manifest.golden.expected,
    problem: `no backend reproduces the golden bag (${reasons.join('; ')})`,
  });
}

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
  const path = weightsPath(manifest);
  const network = buildNetwork(manifest, parseWeights(await readModelFile(files, path, signal), path), path);
  const own = await readEncoder(files, signal);
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

/** Tensors of a weight file, whichever format its bytes are of. @throws model/invalid */
export function parseWeights(bytes: Uint8Array, path: string): StoredTensors {
  return isTorchCheckpoint(bytes) ? parseTorchCheckpoint(bytes, path) : parseSafetensors(bytes, path);
}

/** What goes into a network, tile by tile. */
interface Input {
  /** Of one tile, as the first layer takes it. */
  readonly shape: readonly number[];
  /** Of one tile, as it is handed over. */
  readonly bytes: number;
  /** Bytes of any number of tiles -> float32 for the first layer. */
  readonly prepare: (bytes: Uint8Array) => Float32Array;
}

function tileInput({ bag, input }: ModelManifest): Input {
  const shape = [bag.tilePx, bag.tilePx, 3];
  return { shape, bytes: sizeOf(shape), prepare: normaliser(input) };
}

function featureInput(dim: number): Input {
  return {
    shape: [dim],
    bytes: 4 * dim,
    // Copied, because features may lie at any offset of a file.
    prepare: (bytes) => new Float32Array(bytes.slice().buffer),
  };
}

interface Golden {
  /** N tiles, as Input has them. */
  readonly tiles: Uint8Array;
  readonly count: number;
  readonly probability: number;
  readonly weights: readonly number[];
}

async function readGolden(files: ModelFiles, input: Input, signal: AbortSignal | undefined): Promise<Golden> {
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

/** What is put on a backend. */
interface Parts {
  readonly network: Network;
  readonly own: TfjsArtifacts | undefined;
  readonly input: Input;
}

/** Channels that an encoder of unknown layers is taken to have at full size, for the size of a first batch. */
const GUESSED_CHANNELS = 64;

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

/** Uploads the weights, checks the golden bag, and makes the model. @throws gpu/unavailable when the numbers are wrong */
async function startModel(
  manifest: ModelManifest,
  { network, own, input }: Parts,
  golden: Golden,
  backend: Backend,
  reasons: readonly string[],
): Promise<Model> {
  backend.select();
  const device = await uploadNetwork(network, own);
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

    const guard = backend.name === 'webgpu' ? { canary, expected: firstOf(first) } : undefined;
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

function computing(backend: Backend, device: DeviceNetwork, input: Input): Compute {
  return async (tiles, count) => {
    const prepared = input.prepare(tiles);
    const both = await backend.run(() => device.compute(prepared, [count, ...input.shape]));
    return { scores: both.subarray(0, count), values: both.subarray(count) };
  };
}

type Compute = (tiles: Uint8Array, count: number) => Promise<TileOutputs>;

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

/** Runs a batch step by step; between two steps the thread takes its messages, so a cancel gets through. */
async function inSteps(
  tiles: Uint8Array,
  count: number,
  tileBytes: number,
  step: number,
  compute: Compute,
  signal?: AbortSignal,
): Promise<TileOutputs> {
  const scores = new Float32Array(count);
  const values = new Float32Array(count);
  for (let first = 0; first < count; first += step) {
    signal?.throwIfAborted();
    const end = Math.min(first + step, count);
    const outputs = await compute(tiles.subarray(first * tileBytes, end * tileBytes), end - first);
    scores.set(outputs.scores, first);
    values.set(outputs.values, first);
    await nextTask();
  }
  signal?.throwIfAborted();
  return { scores, values };
}

/**
 * Refuses outputs that are no numbers; on a GPU each step also carries one tile whose result is known, because a device
 * in trouble answers with zeros and not with an error.
 */
function guarded(compute: Compute, guard: { canary: Uint8Array; expected: readonly number[] } | undefined): Compute {
  return async (tiles, count) => {
    let input = tiles;
    if (guard) {
      input = new Uint8Array(tiles.length + guard.canary.length);
      input.set(tiles);
      input.set(guard.canary, tiles.length);
    }
    const all = await compute(input, guard ? count + 1 : count);
    const scores = all.scores.subarray(0, count);
    const values = all.values.subarray(0, count);
    const found = [all.scores[count] ?? 0, all.values[count] ?? 0];
    const off = guard
      ? Math.max(...guard.expected.map((value, i) => Math.abs(value - (found[i] ?? 0)) / (1 + Math.abs(value))))
      : 0;
    if (!(off <= CANARY_TOLERANCE) || !scores.every(Number.isFinite) || !values.every(Number.isFinite)) {
      throw new AppError({ code: 'gpu/lost', reason: 'its results went wrong in the middle of a run' });
    }
    return { scores, values };
  };
}

function firstOf({ scores, values }: TileOutputs): readonly number[] {
  return [scores[0] ?? 0, values[0] ?? 0];
}

/** Largest differences of a pooled bag from the golden one; NaN stays NaN and fails every comparison. */
function compare(pooled: PooledBag, golden: Golden): BackendReport['selfTest'] {
  const attention = golden.weights.map((weight, k) => Math.abs(weight - (pooled.weights[k] ?? Number.NaN)));
  return { probability: Math.abs(pooled.probability - golden.probability), attention: Math.max(...attention) };
}

/** uint8 RGB -> (v * scale - mean) / std per channel, through a table of 256 values a channel. */
function normaliser({ scale, mean, std }: ModelManifest['input']): (rgb: Uint8Array) => Float32Array {
  const table = new Float32Array(3 * 256);
  for (let channel = 0; channel < 3; channel++) {
    for (let v = 0; v < 256; v++) {
      table[channel * 256 + v] = (v * scale - (mean[channel] ?? 0)) / (std[channel] ?? 1);
    }
  }
  return (rgb) => {
    const out = new Float32Array(rgb.length);
    for (let i = 0; i < rgb.length; i += 3) {
      out[i] = table[rgb[i] ?? 0] ?? 0;
      out[i + 1] = table[256 + (rgb[i + 1] ?? 0)] ?? 0;
      out[i + 2] = table[512 + (rgb[i + 2] ?? 0)] ?? 0;
    }
    return out;
  };
}

/** Resolves in a new task, after messages that wait; setTimeout would be held back to 4 ms. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
