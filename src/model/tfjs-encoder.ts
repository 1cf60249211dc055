/**
 * A user's own encoder in TensorFlow.js format, graph or layers: model.json names the network and its shards of weights.
 * Nothing in it is code; an operation or a layer that tfjs does not know is refused by its name.
 * @see https://www.tensorflow.org/js/guide/save_load
 */
import * as tf from '@tensorflow/tfjs-core';
import { AppError, isAppError } from '../errors.ts';
import { sizeOf } from './stored-tensor.ts';

export interface TfjsArtifacts {
  readonly format: 'graph-model' | 'layers-model';
  /** Path of model.json, for errors. */
  readonly path: string;
  readonly artifacts: tf.io.ModelArtifacts;
}

/** An encoder whose weights lie on the backend that was current when it was loaded. */
export interface DeviceEncoder {
  /** Side of its tiles, px; undefined where it takes any. */
  readonly tilePx: number | undefined;
  /** Normalised tiles [B,T,T,3] -> features [B,D]; the caller disposes them. @throws model/invalid */
  encode(tiles: tf.Tensor4D): tf.Tensor2D;
  dispose(): void;
}

/** Of all weights as float32, which they become however shards store them: more than any browser can run. */
const MAX_WEIGHT_BYTES = 2 ** 30;

/** Numbers that a layer may make of one tile; of more, tfjs-wasm overwrites its own memory before it notices. */
const MAX_ACTIVATION = 2 ** 28;

/** Bytes of one number as shards store it. */
const SHARD_BYTES: Readonly<Record<string, number>> = {
  float32: 4,
  int32: 4,
  bool: 1,
  float16: 2,
  uint8: 1,
  uint16: 2,
};

/** True for a parsed JSON that is the model.json of TensorFlow.js. */
export function isTfjsModel(json: unknown): boolean {
  return typeof json === 'object' && json !== null && 'modelTopology' in json && 'weightsManifest' in json;
}

/** Paths of the shards that a model.json names, relative to it. @throws model/invalid */
export function shardPaths(json: unknown, path: string): readonly string[] {
  return groupsOf(json, path).flatMap(({ paths }) => paths);
}

/**
 * The network and its weights, checked against each other; shards are in the order of shardPaths.
 * @throws model/invalid
 */
export function parseTfjsModel(json: unknown, shards: readonly Uint8Array[], path: string): TfjsArtifacts {
  const fail = (problem: string): never => {
    throw new AppError({ code: 'model/invalid', path, problem });
  };
  const { modelTopology: topology, signature, userDefinedMetadata, modelInitializer } = json as tf.io.ModelJSON;
  if (typeof topology !== 'object' || topology === null) fail('its modelTopology is no object');
  if ('node' in topology && !(Array.isArray(topology.node) && 'versions' in topology)) fail('its graph is damaged');
  if (modelInitializer !== undefined) fail('it has an initializer (tables of words), which no encoder of tiles needs');
  const specs = groupsOf(json, path).flatMap(({ weights }) => weights);
  const needed = specs.reduce((sum, { name, shape, dtype, quantization }) => {
    const width = SHARD_BYTES[quantization?.dtype ?? dtype];
    if (width === undefined) return fail(`its weight ${name} has the type ${dtype}`);
    return sum + width * sizeOf(shape);
  }, 0);
  const numbers = specs.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  if (numbers * 4 > MAX_WEIGHT_BYTES) fail('its weights are larger than 1 GB');
  const total = shards.reduce((sum, shard) => sum + shard.length, 0);
  if (needed !== total) fail(`its weights need ${needed} bytes, its shards hold ${total}`);
  const weightData = new Uint8Array(total);
  let at = 0;
  for (const shard of shards) {
    weightData.set(shard, at);
    at += shard.length;
  }
  return {
    // Only a graph has nodes; `format` is missing in files of old converters.
    format: 'node' in (topology as object) ? 'graph-model' : 'layers-model',
    path,
    artifacts: {
      modelTopology: topology,
      weightSpecs: specs,
      weightData: weightData.buffer,
      ...(signature === undefined ? {} : { signature }),
      ...(userDefinedMetadata === undefined ? {} : { userDefinedMetadata }),
    },
  };
}

interface Group {
  readonly paths: readonly string[];
  readonly weights: tf.io.WeightsManifestEntry[];
}

function groupsOf(json: unknown, path: string): readonly Group[] {
  const groups = (json as { weightsManifest?: unknown }).weightsManifest;
  const isText = (value: unknown): value is string => typeof value === 'string';
  const isSide = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
  const isGroup = (group: Partial<Group> | null) =>
    Array.isArray(group?.paths) &&
    group.paths.every((one) => isText(one) && /^(?!.*\.\.)[\w.-]+(\/[\w.-]+)*$/.test(one)) &&
    Array.isArray(group.weights) &&
    group.weights.every(
      (one) => isText(one?.name) && isText(one.dtype) && Array.isArray(one.shape) && one.shape.every(isSide),
    );
  if (!Array.isArray(groups) || !groups.every(isGroup)) {
    throw new AppError({ code: 'model/invalid', path, problem: 'its weightsManifest is damaged' });
  }
  return groups as readonly Group[];
}

/** Loads the encoder on the current backend. @throws model/invalid naming the layer or operation that tfjs lacks */
export async function loadTfjsEncoder({ format, path, artifacts }: TfjsArtifacts): Promise<DeviceEncoder> {
  const fail = (problem: string, cause?: unknown): never => {
    throw new AppError({ code: 'model/invalid', path, problem }, { cause });
  };
  const refuse = (cause: unknown): never => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    if (cause instanceof RangeError || cause instanceof WebAssembly.RuntimeError)
      return fail('it needs more memory for one tile than there is', cause);
    return fail(`TensorFlow.js cannot run it: ${reason.split('\n', 1)[0]?.slice(0, 200)}`, cause);
  };
  let model: tf.InferenceModel & { dispose(): void };
  try {
    if (format === 'graph-model') {
      const { loadGraphModelSync } = await import('@tensorflow/tfjs-converter');
      model = loadGraphModelSync(tf.io.fromMemorySync(artifacts));
    } else {
      const { loadLayersModel } = await import('@tensorflow/tfjs-layers');
      const layers = await loadLayersModel(tf.io.fromMemory(artifacts));
      for (const { name, outputShape } of layers.layers) {
        // A layer with several outputs has a list of shapes; a side that is not known before a tile comes is null.
        const shapes = (Array.isArray(outputShape[0]) ? outputShape : [outputShape]) as (number | null)[][];
        if (shapes.some((shape) => sizeOf(shape.map((side) => side ?? 1)) > MAX_ACTIVATION)) {
          layers.dispose();
          return fail(`its layer ${name.slice(0, 80)} makes more than 1 GB of one tile`);
        }
      }
      model = layers as unknown as tf.InferenceModel & { dispose(): void };
    }
  } catch (error) {
    if (isAppError(error)) throw error;
    return refuse(error);
  }
  const shape = model.inputs.length === 1 ? model.inputs[0]?.shape : undefined;
  if (shape?.length !== 4) {
    model.dispose();
    return fail('it does not take one image');
  }
  // Converted from PyTorch the colours come first.
  const isChannelsFirst = shape[1] === 3 && shape[3] !== 3;
  const [height, width] = isChannelsFirst ? [shape[2], shape[3]] : [shape[1], shape[2]];
  if (height !== width && (height ?? 0) > 0 && (width ?? 0) > 0) {
    model.dispose();
    return fail(`it takes images of ${width} x ${height} px, and tiles are square`);
  }
  return {
    tilePx: height !== null && height !== undefined && height > 0 ? height : undefined,
    encode: (tiles) =>
      tf.tidy(() => {
        const count = tiles.shape[0];
        let output: unknown;
        try {
          output = model.predict(isChannelsFirst ? tf.transpose(tiles, [0, 3, 1, 2]) : tiles, {});
        } catch (error) {
          return refuse(error);
        }
        if (!(output instanceof tf.Tensor)) return fail('it gives more than one output');
        const dim = sizeOf(output.shape) / count;
        // [B,D], or the same with planes of one pixel.
        if (
          output.shape[0] !== count ||
          output.shape.filter((side: number) => side !== 1).length > (count === 1 ? 1 : 2)
        ) {
          return fail(`it gives [${output.shape.join(', ')}] for ${count} tiles, not one row of features for each`);
        }
        return tf.reshape(output, [count, dim]) as tf.Tensor2D;
      }),
    dispose: () => model.dispose(),
  };
}
