/**
 * The two networks as a list of layers with their weights on the host, in TensorFlow's layouts, built from tensors in
 * PyTorch's layouts and names. Neither batch normalisation nor dropout is left: the first is folded, the second is
 * idle outside training.
 */
import { AppError, assert } from '../errors.ts';
import type { ModelManifest } from './manifest.ts';
import { type StoredTensor, type StoredTensors, sizeOf, toFloat32 } from './stored-tensor.ts';

export interface HostArray {
  readonly shape: readonly number[];
  readonly data: Float32Array<ArrayBuffer>;
}

export type Layer =
  /** filter [kh,kw,in,out], bias [out], `pad` zeros on all four sides, then ReLU. */
  | {
      readonly kind: 'conv';
      readonly filter: HostArray;
      readonly bias: HostArray;
      readonly stride: number;
      readonly pad: number;
    }
  /** 2x2, stride 2; an odd last row or column is dropped, as in PyTorch. */
  | { readonly kind: 'maxpool' }
  /** [B,h,w,c] -> [B, h*w*c] */
  | { readonly kind: 'flatten' }
  /** [B,h,w,c] -> [B,2c]: mean over the plane, then its maximum. */
  | { readonly kind: 'mean-and-max' }
  /** weights [in,out], bias [out], then ReLU. */
  | { readonly kind: 'dense'; readonly weights: HostArray; readonly bias: HostArray };

/** A dense layer without an activation. */
export interface Linear {
  readonly weights: HostArray;
  readonly bias: HostArray;
}

export interface Network {
  /** [B,T,T,3] normalised float32, or stored features -> features [B,D] */
  readonly encoder: readonly Layer[];
  /** score = w(tanh(v h) * sigmoid(u h)); the factor of u only where the head is gated. */
  readonly attention: { readonly v: Linear; readonly u: Linear | undefined; readonly w: Linear };
  /** value = w h, [D,1] */
  readonly classifier: HostArray;
  /** Of the logit. */
  readonly bias: number;
}

/** One tensor that a network needs, as PyTorch names and shapes it. */
export interface ParameterSpec {
  readonly name: string;
  readonly shape: readonly number[];
}

/** Constant of torch.nn.BatchNorm2d that training/networks.py leaves at its default. */
const BATCH_NORM_EPS = 1e-5;
/** Of the seed's network: fixed by its flattened layer of 43,200. */
const SEED = { channels: [36, 48], kernels: [4, 3], planeSide: 30, tilePx: 128 } as const;

/** Every tensor that the network of the manifest needs. @see training/networks.py */
export function requiredParameters(manifest: Pick<ModelManifest, 'encoder' | 'head'>): readonly ParameterSpec[] {
  const { encoder, head } = manifest;
  const linear = (name: string, out: number, into: number): ParameterSpec[] => [
    { name: `${name}.weight`, shape: [out, into] },
    { name: `${name}.bias`, shape: [out] },
  ];
  const conv = (name: string, out: number, into: number, side: number): ParameterSpec => ({
    name: `${name}.weight`,
    shape: [out, into, side, side],
  });
  const features = encoder.featureDim;
  const names = parameterNames(manifest);

  const encoding: ParameterSpec[] = [];
  if (encoder.kind === 'seed-cnn') {
    const [first, second] = SEED.channels;
    encoding.push(
      conv('feature_extractor_part1.0', first, 3, SEED.kernels[0]),
      { name: 'feature_extractor_part1.0.bias', shape: [first] },
      conv('feature_extractor_part1.3', second, first, SEED.kernels[1]),
      { name: 'feature_extractor_part1.3.bias', shape: [second] },
      ...linear('feature_extractor_part2.0', features, second * SEED.planeSide ** 2),
      ...linear('feature_extractor_part2.3', features, features),
    );
  } else if (encoder.kind === 'features' || encoder.kind === 'tfjs') {
    if (encoder.projected) encoding.push(...linear('projection', features, encoder.inputDim));
  } else {
    let into = 3;
    encoder.channels.forEach((out, i) => {
      encoding.push(conv(`encoder.blocks.${i}.conv`, out, into, 3));
      for (const part of ['weight', 'bias', 'running_mean', 'running_var']) {
        encoding.push({ name: `encoder.blocks.${i}.bn.${part}`, shape: [out] });
      }
      into = out;
    });
    encoding.push(...linear('encoder.project', features, 2 * into));
  }
  return [
    ...encoding,
    ...linear(names.v, head.hiddenDim, features),
    ...(names.u === undefined ? [] : linear(names.u, head.hiddenDim, features)),
    ...linear(names.w, 1, head.hiddenDim),
    ...linear(names.classifier, 1, features),
  ];
}

/** The seed's modules are a torch Sequential, so its head is numbered; ours is named. */
function parameterNames({ encoder, head }: Pick<ModelManifest, 'encoder' | 'head'>) {
  const gated = head.kind === 'gated-attention';
  return encoder.kind === 'seed-cnn' && !gated
    ? { v: 'attention.0', u: undefined, w: 'attention.2', classifier: 'classifier.0' }
    : {
        v: 'attention.v',
        u: gated ? 'attention.u' : undefined,
        w: 'attention.w',
        classifier: encoder.kind === 'seed-cnn' ? 'classifier.0' : 'classifier',
      };
}

/**
 * The network of the manifest with the tensors of the file `path`.
 * @throws model/invalid when a tensor is missing, superfluous, of another shape, or holds a number that is not finite
 */
export function buildNetwork(manifest: ModelManifest, tensors: StoredTensors, path: string): Network {
  const fail = (problem: string): never => {
    throw new AppError({ code: 'model/invalid', path, problem });
  };
  const specs = new Map(requiredParameters(manifest).map((spec) => [spec.name, spec]));
  for (const name of tensors.keys()) {
    // Counters of BatchNorm; they matter to training only.
    if (!specs.has(name) && !name.endsWith('.num_batches_tracked')) fail(`${name} is not part of this network`);
  }
  const read = (name: string): HostArray => {
    const spec = specs.get(name);
    assert(spec, `the network has no parameter ${name}`);
    const tensor: StoredTensor = tensors.get(name) ?? fail(`${name} is missing`);
    const found = tensor.shape.join('x');
    const wanted = spec.shape.join('x');
    if (found !== wanted) fail(`${name} has the shape ${found || 'of a scalar'}, the network needs ${wanted}`);
    const data = toFloat32(tensor);
    if (!data.every(Number.isFinite)) fail(`${name} holds a value that is not a number`);
    return { shape: spec.shape, data };
  };
  const linear = (name: string): Linear => ({
    weights: toInputMajor(read(`${name}.weight`)),
    bias: read(`${name}.bias`),
  });

  const { encoder } = manifest;
  const layers: Layer[] = [];
  if (encoder.kind === 'seed-cnn') {
    for (const name of ['feature_extractor_part1.0', 'feature_extractor_part1.3']) {
      const filter = toFilter(read(`${name}.weight`));
      layers.push({ kind: 'conv', filter, bias: read(`${name}.bias`), stride: 1, pad: 0 }, { kind: 'maxpool' });
    }
    const flat = read('feature_extractor_part2.0.weight');
    layers.push(
      { kind: 'flatten' },
      {
        kind: 'dense',
        // PyTorch flattens channel by channel, TensorFlow pixel by pixel.
        weights: toInputMajor(flat, pixelMajorOrder(SEED.channels[1], SEED.planeSide ** 2)),
        bias: read('feature_extractor_part2.0.bias'),
      },
      { kind: 'dense', ...linear('feature_extractor_part2.3') },
    );
  } else if (encoder.kind === 'features' || encoder.kind === 'tfjs') {
    if (encoder.projected) layers.push({ kind: 'dense', ...linear('projection') });
  } else {
    encoder.channels.forEach((_, i) => {
      const [weight, bias, mean, variance] = ['weight', 'bias', 'running_mean', 'running_var'].map((part) =>
        read(`encoder.blocks.${i}.bn.${part}`),
      );
      assert(weight && bias && mean && variance, 'four tensors of BatchNorm');
      const folded = foldBatchNorm(read(`encoder.blocks.${i}.conv.weight`), { weight, bias, mean, variance });
      if (!folded.filter.data.every(Number.isFinite)) fail(`encoder.blocks.${i}.bn.running_var holds a negative value`);
      layers.push({ kind: 'conv', filter: toFilter(folded.filter), bias: folded.bias, stride: 2, pad: 1 });
    });
    layers.push({ kind: 'mean-and-max' }, { kind: 'dense', ...linear('encoder.project') });
  }

  const names = parameterNames(manifest);
  const classifier = linear(names.classifier);
  return {
    encoder: layers,
    attention: { v: linear(names.v), u: names.u === undefined ? undefined : linear(names.u), w: linear(names.w) },
    classifier: classifier.weights,
    bias: classifier.bias.data[0] ?? 0,
  };
}

/**
 * Bytes of the largest buffer that one tile of `inputShape` ([T,T,3] or [D]) needs in any layer: its input, its output, or the unrolled
 * patches (im2col) that a backend may make for a convolution.
 */
export function largestBufferBytes(encoder: readonly Layer[], inputShape: readonly number[]): number {
  let side = inputShape.length === 3 ? (inputShape[0] ?? 1) : 1;
  let channels = inputShape.at(-1) ?? 1;
  let largest = sizeOf(inputShape);
  for (const layer of encoder) {
    if (layer.kind === 'conv') {
      const [kernel = 1, , into = 1, out = 1] = layer.filter.shape;
      side = Math.floor((side + 2 * layer.pad - kernel) / layer.stride) + 1;
      channels = out;
      // tfjs pads the unrolled depth to whole vectors of four, so the bound is rounded up.
      largest = Math.max(largest, side * side * Math.ceil((kernel * kernel * into) / 4) * 4);
    } else if (layer.kind === 'maxpool') {
      side = Math.floor(side / 2);
    } else if (layer.kind === 'dense') {
      channels = layer.bias.data.length;
      side = 1;
    }
    largest = Math.max(largest, side * side * channels);
  }
  return 4 * largest;
}

/** [out,in,kh,kw] -> [kh,kw,in,out] */
function toFilter({ shape, data }: HostArray): HostArray {
  const [out = 0, into = 0, kh = 0, kw = 0] = shape;
  const filter = new Float32Array(data.length);
  let at = 0;
  for (let o = 0; o < out; o++) {
    for (let i = 0; i < into; i++) {
      for (let yx = 0; yx < kh * kw; yx++) filter[(yx * into + i) * out + o] = data[at++] ?? 0;
    }
  }
  return { shape: [kh, kw, into, out], data: filter };
}

/** Rows of a matrix handled together in a transposition: sixteen float32 fill one line of the cache. */
const BLOCK = 16;

/** [out,in] -> [in,out]; input i of PyTorch becomes row order(i). */
function toInputMajor({ shape, data }: HostArray, order: (i: number) => number = (i) => i): HostArray {
  const [out = 0, into = 0] = shape;
  const weights = new Float32Array(data.length);
  for (let block = 0; block < out; block += BLOCK) {
    const end = Math.min(block + BLOCK, out);
    for (let i = 0; i < into; i++) {
      const row = order(i) * out;
      for (let o = block; o < end; o++) weights[row + o] = data[o * into + i] ?? 0;
    }
  }
  return { shape: [into, out], data: weights };
}

/** Index c*plane + p of a channel-major vector -> p*channels + c. */
function pixelMajorOrder(channels: number, plane: number): (i: number) => number {
  return (i) => (i % plane) * channels + Math.floor(i / plane);
}

interface BatchNorm {
  readonly weight: HostArray;
  readonly bias: HostArray;
  readonly mean: HostArray;
  readonly variance: HostArray;
}

/** conv [out,in,kh,kw] without bias, then BatchNorm -> one convolution with bias; computed in float64. */
function foldBatchNorm(conv: HostArray, norm: BatchNorm): { filter: HostArray; bias: HostArray } {
  const out = norm.bias.data.length;
  const each = sizeOf(conv.shape) / out;
  const filter = new Float32Array(conv.data.length);
  const bias = new Float32Array(out);
  for (let o = 0; o < out; o++) {
    const scale = (norm.weight.data[o] ?? 0) / Math.sqrt((norm.variance.data[o] ?? 0) + BATCH_NORM_EPS);
    bias[o] = (norm.bias.data[o] ?? 0) - (norm.mean.data[o] ?? 0) * scale;
    for (let i = o * each; i < (o + 1) * each; i++) filter[i] = (conv.data[i] ?? 0) * scale;
  }
  return { filter: { shape: conv.shape, data: filter }, bias: { shape: [out], data: bias } };
}
