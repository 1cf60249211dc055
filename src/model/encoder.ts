/** The networks on a tfjs backend: weights are uploaded once and stay there until disposed. */
import * as tf from '@tensorflow/tfjs-core';
import type { FeatureReference } from './feature-scope.ts';
import type { HostArray, Linear, Network } from './network.ts';
import { loadTfjsEncoder, type TfjsArtifacts } from './tfjs-encoder.ts';

/** A network whose weights lie on the current backend. */
export interface DeviceNetwork {
  /**
   * Normalised tiles [B,T,T,3], or features [B,D], float32 -> [2,B]: scores, then values; with a feature reference [3,B]:
   * distances from it last. The caller disposes the result.
   */
  compute(input: Float32Array, shape: readonly number[]): tf.Tensor2D;
  /** Frees the weights. */
  dispose(): void;
}

type DeviceLayer =
  | {
      readonly kind: 'conv';
      readonly filter: tf.Tensor4D;
      readonly bias: tf.Tensor1D;
      readonly stride: number;
      readonly pad: number;
    }
  | { readonly kind: 'maxpool' | 'flatten' | 'mean-and-max' }
  | { readonly kind: 'dense'; readonly weights: tf.Tensor2D; readonly bias: tf.Tensor1D };

/**
 * Uploads the weights to the backend that is current now; the network must be used while it is current. `own` is an
 * encoder that runs before the layers of the network, `reference` what the first blocks of the network are held against.
 * @throws model/invalid
 */
export async function uploadNetwork(
  network: Network,
  own?: TfjsArtifacts,
  reference?: FeatureReference,
): Promise<DeviceNetwork> {
  const encoder = own && (await loadTfjsEncoder(own));
  const owned: tf.Tensor[] = [];
  const keep = <T extends tf.Tensor>(array: HostArray): T => {
    const tensor = tf.tensor(array.data, [...array.shape], 'float32') as T;
    owned.push(tensor);
    return tensor;
  };
  const linear = ({ weights, bias }: Linear) => ({
    weights: keep<tf.Tensor2D>(weights),
    bias: keep<tf.Tensor1D>(bias),
  });
  const layers = network.encoder.map((layer): DeviceLayer => {
    if (layer.kind === 'conv') {
      return { ...layer, filter: keep<tf.Tensor4D>(layer.filter), bias: keep<tf.Tensor1D>(layer.bias) };
    }
    return layer.kind === 'dense' ? { kind: 'dense', ...linear(layer) } : layer;
  });
  const v = linear(network.attention.v);
  const u = network.attention.u && linear(network.attention.u);
  const w = linear(network.attention.w);
  const classifier = keep<tf.Tensor2D>(network.classifier);
  const center = reference && keep<tf.Tensor1D>(reference.mean);
  const whitening = reference && keep<tf.Tensor2D>(reference.whitening);
  // A block is one strided convolution.
  const figured: readonly DeviceLayer[] = layers
    .filter((layer) => layer.kind === 'conv')
    .slice(0, reference?.blocks ?? 0);

  return {
    compute: (input, shape) =>
      tf.tidy(() => {
        const tiles = tf.tensor(input, [...shape]);
        const count = shape[0] ?? 0;
        const encoded = encoder ? encoder.encode(tiles as tf.Tensor4D) : tiles;
        const figures: tf.Tensor[] = [];
        const features = layers.reduce<tf.Tensor>((x, layer) => {
          const y = applyLayer(x, layer);
          if (figured.includes(layer)) figures.push(planeMeans(y as tf.Tensor4D));
          return y;
        }, encoded) as tf.Tensor2D;
        const hidden = tf.tanh(affine(features, v));
        const gated = u ? tf.mul(hidden, tf.sigmoid(affine(features, u))) : hidden;
        const scores: tf.Tensor = affine(gated as tf.Tensor2D, w);
        const values: tf.Tensor = tf.matMul(features, classifier);
        const rows = [scores, values];
        if (center && whitening) {
          const away = tf.matMul(tf.sub(tf.concat(figures, 1), center) as tf.Tensor2D, whitening);
          rows.push(tf.sum(tf.square(away), 1));
        }
        return tf.concat(
          rows.map((row) => tf.reshape(row, [1, count])),
          0,
        ) as tf.Tensor2D;
      }),
    dispose() {
      tf.dispose(owned.splice(0));
      encoder?.dispose();
    },
  };
}

function affine(x: tf.Tensor2D, { weights, bias }: { weights: tf.Tensor2D; bias: tf.Tensor1D }): tf.Tensor2D {
  return tf.fused.matMul({ a: x, b: weights, bias }) as tf.Tensor2D;
}

/** [B,h,w,c] -> [B,c]. By pooling, since wasm's tf.mean transposes first, which takes six times as long. */
function planeMeans(x: tf.Tensor4D): tf.Tensor2D {
  const [count, height, width, channels] = x.shape;
  return tf.reshape(tf.avgPool(x, [height, width], 1, 'valid'), [count, channels]);
}

function applyLayer(x: tf.Tensor, layer: DeviceLayer): tf.Tensor {
  switch (layer.kind) {
    case 'conv': {
      const { filter, bias, stride, pad } = layer;
      return tf.fused.conv2d({
        x: x as tf.Tensor4D,
        filter,
        bias,
        strides: stride,
        // Explicit, because TensorFlow's 'same' pads a strided layer at the end only.
        pad:
          pad === 0
            ? 'valid'
            : [
                [0, 0],
                [pad, pad],
                [pad, pad],
                [0, 0],
              ],
        activation: 'relu',
      });
    }
    case 'maxpool':
      return tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid');
    case 'flatten':
      return tf.reshape(x, [x.shape[0] ?? 0, -1]);
    case 'mean-and-max':
      return tf.concat([tf.mean(x, [1, 2]), tf.max(x, [1, 2])], 1);
    case 'dense':
      return tf.fused.matMul({ a: x as tf.Tensor2D, b: layer.weights, bias: layer.bias, activation: 'relu' });
  }
}
