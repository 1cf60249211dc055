import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import * as layers from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { isAppError } from '../errors.ts';
import { formulaParameter, formulaTiles } from '../testing/formula-weights.ts';
import { provideNodeWebgpu } from '../testing/node-webgpu.ts';
import { type ImportSource, importModel, planImport } from './import.ts';
import { loadModel } from './load.ts';
import { toSafetensors } from './safetensors.ts';

const noWebgpu = await provideNodeWebgpu();
/** The software adapter computes on the same cores as everything else on the machine. */
const PATIENCE = { timeout: 120_000 };
const SIDE = 32;
const SHAPES = {
  'attention.0.weight': [3, 6],
  'attention.0.bias': [3],
  'attention.2.weight': [1, 3],
  'attention.2.bias': [1],
  'classifier.weight': [1, 6],
  'classifier.bias': [1],
} as const;
const parameter = (name: keyof typeof SHAPES) =>
  formulaParameter(Object.keys(SHAPES).indexOf(name), name, SHAPES[name]);

const source = (name: string, bytes: Uint8Array<ArrayBuffer>): ImportSource => ({
  name,
  sizeBytes: bytes.length,
  read: async () => bytes.slice().buffer,
});
const text = (json: unknown) => new TextEncoder().encode(JSON.stringify(json));
const head = source(
  'head.safetensors',
  toSafetensors(
    new Map(
      Object.entries(SHAPES).map(([name, shape]) => [
        name,
        { dtype: 'f32', shape, bytes: new Uint8Array(parameter(name as keyof typeof SHAPES).buffer) },
      ]),
    ),
  ),
);

/** A folder as the converters write it, in two shards. */
function folder(json: Record<string, unknown>, weights: tf.io.WeightsManifestEntry[], data: Uint8Array<ArrayBuffer>) {
  const cut = 40;
  const manifest = [{ paths: ['group1-shard1of2.bin', 'group1-shard2of2.bin'], weights }];
  return [
    source('enc/model.json', text({ ...json, weightsManifest: manifest })),
    source('enc/group1-shard1of2.bin', data.slice(0, cut)),
    source('enc/group1-shard2of2.bin', data.slice(cut)),
  ];
}

const kernel = formulaParameter(20, 'conv', [3, 3, 3, 6]);
const bytesOf = (...arrays: readonly ArrayBufferView[]) =>
  new Uint8Array(arrays.flatMap((one) => [...new Uint8Array(one.buffer, one.byteOffset, one.byteLength)]));

/** The kernel as the converter writes it with --quantize_uint8 or --quantize_uint16: v * scale + min. */
function quantised(dtype: 'uint8' | 'uint16') {
  const min = Math.min(...kernel);
  const scale = (Math.max(...kernel) - min) / (dtype === 'uint8' ? 255 : 65_535);
  const levels = [...kernel].map((v) => Math.round((v - min) / scale));
  return {
    spec: { quantization: { dtype, min, scale } },
    data: dtype === 'uint8' ? Uint8Array.from(levels) : Uint16Array.from(levels),
    kernel: Float32Array.from(levels, (v) => v * scale + min),
  };
}

/** conv 3x3 stride 2 'same', ReLU, global mean, as a graph of TensorFlow; `planar` takes [B,3,T,T]. */
function graphModel(planar = false, stored?: ReturnType<typeof quantised>): ImportSource[] {
  const s = (value: string) => ({ s: Buffer.from(value).toString('base64') });
  const dims = planar ? ['-1', '3', `${SIDE}`, `${SIDE}`] : ['-1', `${SIDE}`, `${SIDE}`, '3'];
  const constant = (name: string, dtype: string) => ({
    name,
    op: 'Const',
    attr: { dtype: { type: dtype }, value: { tensor: { dtype, tensorShape: {} } } },
  });
  const node = [
    {
      name: 'x',
      op: 'Placeholder',
      attr: { dtype: { type: 'DT_FLOAT' }, shape: { shape: { dim: dims.map((size) => ({ size })) } } },
    },
    constant('w', 'DT_FLOAT'),
    constant('axes', 'DT_INT32'),
    ...(planar
      ? [constant('perm', 'DT_INT32'), { name: 'nhwc', op: 'Transpose', input: ['x', 'perm'], attr: {} }]
      : []),
    {
      name: 'conv',
      op: 'Conv2D',
      input: [planar ? 'nhwc' : 'x', 'w'],
      attr: {
        strides: { list: { i: ['1', '2', '2', '1'] } },
        dilations: { list: { i: ['1', '1', '1', '1'] } },
        padding: s('SAME'),
        data_format: s('NHWC'),
      },
    },
    { name: 'relu', op: 'Relu', input: ['conv'], attr: {} },
    { name: 'mean', op: 'Mean', input: ['relu', 'axes'], attr: { keep_dims: { b: false } } },
  ];
  return folder(
    { format: 'graph-model', modelTopology: { node, versions: {} } },
    [
      { name: 'w', shape: [3, 3, 3, 6], dtype: 'float32', ...stored?.spec },
      { name: 'axes', shape: [2], dtype: 'int32' },
      ...(planar ? [{ name: 'perm', shape: [4], dtype: 'int32' as const }] : []),
    ],
    bytesOf(stored?.data ?? kernel, new Int32Array([1, 2]), new Int32Array(planar ? [0, 2, 3, 1] : [])),
  );
}

async function layersModel(): Promise<ImportSource[]> {
  await tf.setBackend('cpu');
  const model = layers.sequential({
    layers: [
      layers.layers.conv2d({
        inputShape: [SIDE, SIDE, 3],
        filters: 6,
        kernelSize: 3,
        strides: 2,
        padding: 'same',
        useBias: false,
        activation: 'relu',
      }),
      layers.layers.globalAveragePooling2d({}),
    ],
  });
  model.setWeights([tf.tensor4d(kernel, [3, 3, 3, 6])]);
  let saved: tf.io.ModelArtifacts | undefined;
  await model.save(
    tf.io.withSaveHandler(async (artifacts) => {
      saved = artifacts;
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
    }),
  );
  model.dispose();
  if (!saved?.weightSpecs || !(saved.weightData instanceof ArrayBuffer)) throw new Error('was not saved');
  const json = JSON.parse(JSON.stringify({ format: 'layers-model', modelTopology: saved.modelTopology }));
  return folder(json, saved.weightSpecs, new Uint8Array(saved.weightData));
}

/** Features of the same encoder written with plain loops, then the head, in float64. */
function byHand(
  tile: Uint8Array,
  mean: readonly number[],
  std: readonly number[],
  kernel: Float32Array,
): { score: number; value: number } {
  const out = SIDE / 2;
  const features = Array.from({ length: 6 }, (_, o) => {
    let sum = 0;
    for (let y = 0; y < out; y++) {
      for (let x = 0; x < out; x++) {
        let acc = 0;
        // 'same' with stride 2 on an even side pads one row and column, at the end.
        for (let ky = 0; ky < 3; ky++) {
          for (let kx = 0; kx < 3; kx++) {
            const [iy, ix] = [2 * y + ky, 2 * x + kx];
            if (iy >= SIDE || ix >= SIDE) continue;
            for (let c = 0; c < 3; c++) {
              const v = ((tile[(iy * SIDE + ix) * 3 + c] ?? 0) / 255 - (mean[c] ?? 0)) / (std[c] ?? 1);
              acc += v * (kernel[((ky * 3 + kx) * 3 + c) * 6 + o] ?? 0);
            }
          }
        }
        sum += Math.max(0, acc);
      }
    }
    return sum / (out * out);
  });
  const dot = (w: Float32Array, row: number) => features.reduce((sum, f, i) => sum + f * (w[row * 6 + i] ?? 0), 0);
  const hidden = [0, 1, 2].map((j) =>
    Math.tanh(dot(parameter('attention.0.weight'), j) + (parameter('attention.0.bias')[j] ?? 0)),
  );
  const score = hidden.reduce(
    (sum, h, j) => sum + h * (parameter('attention.2.weight')[j] ?? 0),
    parameter('attention.2.bias')[0] ?? 0,
  );
  return { score, value: dot(parameter('classifier.weight'), 0) };
}

describe('an encoder in TensorFlow.js format under an attention head', () => {
  const backends = noWebgpu === undefined ? (['cpu', 'wasm', 'webgpu'] as const) : (['cpu', 'wasm'] as const);
  it.each([
    ['graph model', async () => graphModel(), kernel],
    ['graph model that takes colours first', async () => graphModel(true), kernel],
    ['graph model of bytes', async () => graphModel(false, quantised('uint8')), quantised('uint8').kernel],
    ['graph model of 16-bit numbers', async () => graphModel(false, quantised('uint16')), quantised('uint16').kernel],
    ['layers model', layersModel, kernel],
  ])(
    `%s, on ${backends.join(', ')}${noWebgpu === undefined ? '' : ` (${noWebgpu})`}`,
    PATIENCE,
    async (_, make, weights) => {
      const sources = [...(await make()), head];
      const before = tf.engine().state.numTensors;
      const plan = await planImport(sources);
      expect(plan).toMatchObject({
        kind: 'model',
        encoder: { kind: 'tfjs', inputDim: 6, projected: false },
        settings: { bag: { tilePx: SIDE } },
      });
      expect(plan.assumptions.join(' ')).not.toMatch(/no encoder/);
      const files = await importModel(sources);
      expect([...files.contents.keys()]).toContain('encoder/group1-shard2of2.bin');
      const tiles = formulaTiles(5, SIDE);
      for (const backend of backends) {
        const model = await loadModel(files, { backend });
        expect(model.backend.name).toBe(backend);
        const { scores, values } = await model.forward(tiles, 5);
        model.dispose();
        const { mean, std } = files.manifest.input;
        for (let k = 0; k < 5; k++) {
          const { score, value } = byHand(
            tiles.subarray(k * SIDE * SIDE * 3, (k + 1) * SIDE * SIDE * 3),
            mean,
            std,
            weights,
          );
          expect(scores[k], `${backend}, score ${k}`).toBeCloseTo(score, 4);
          expect(values[k], `${backend}, value ${k}`).toBeCloseTo(value, 4);
        }
      }
      expect(tf.engine().state.numTensors).toBe(before);
    },
  );
});

it('is another model with another encoder under the same head, and a result says so', async () => {
  const one = await importModel([...graphModel(), head]);
  const other = await importModel([...graphModel(false, quantised('uint8')), head]);
  expect(one.manifest.version).toMatch(/^[0-9a-f]{8}$/);
  expect(other.manifest.version).not.toBe(one.manifest.version);
  expect((await importModel([...graphModel(), head])).manifest.version).toBe(one.manifest.version);
});

describe('what is refused', () => {
  async function problemOf(promise: Promise<unknown>): Promise<string> {
    const error = await promise.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (isAppError(error, 'model/invalid', 'model/missing-file')) return error.message;
    throw error ?? new Error('was not refused');
  }
  const edited = async (
    edit: (json: {
      modelTopology: { node: { name: string; op: string }[] };
      weightsManifest: { weights: { shape: number[] }[] }[];
    }) => void,
  ) => {
    const [model, ...shards] = graphModel();
    const json = JSON.parse(new TextDecoder().decode(await model?.read()));
    edit(json);
    return [source('enc/model.json', text(json)), ...shards, head];
  };

  it('an encoder alone', async () => {
    expect(await problemOf(planImport(graphModel()))).toMatch(/drop it together with one file of weights/);
  });

  it('a head of another width', async () => {
    const wide = source(
      'h.safetensors',
      toSafetensors(
        new Map([
          ['attention.0.weight', { dtype: 'f32', shape: [3, 8], bytes: new Uint8Array(96) }],
          ['attention.2.weight', { dtype: 'f32', shape: [1, 3], bytes: new Uint8Array(12) }],
          ['classifier.weight', { dtype: 'f32', shape: [1, 8], bytes: new Uint8Array(32) }],
        ]),
      ),
    );
    expect(await problemOf(planImport([...graphModel(), wide]))).toMatch(
      /takes 8 numbers a tile, and the encoder that came with it gives 6/,
    );
  });

  it('an operation that tfjs does not have, by its name', async () => {
    const sources = await edited((json) => {
      for (const node of json.modelTopology.node) if (node.op === 'Relu') node.op = 'PyFunc';
    });
    expect(await problemOf(planImport(sources))).toMatch(/TensorFlow\.js cannot run it: .*PyFunc/);
  });

  it('an output that is not one row of features for each tile', async () => {
    const sources = await edited((json) => {
      const { modelTopology } = json;
      modelTopology.node = modelTopology.node.filter(({ name }) => name !== 'mean' && name !== 'axes');
    });
    expect(await problemOf(planImport(sources))).toMatch(/it gives \[1, 16, 16, 6\] for 1 tiles/);
  });

  it('a layer that fills the memory, and what is open stays right', PATIENCE, async () => {
    const files = await importModel([...graphModel(), head]);
    const model = await loadModel(files, { backend: 'wasm' });
    const tiles = formulaTiles(2, SIDE);
    const before = await model.forward(tiles, 2);
    // 3,072 x 10 million weights, which no shard brings.
    const dense = { class_name: 'Dense', config: { name: 'd', units: 1e7, activation: 'linear', use_bias: true } };
    const flatten = { class_name: 'Flatten', config: { name: 'f', batch_input_shape: [null, SIDE, SIDE, 3] } };
    const enlarge = {
      class_name: 'UpSampling2D',
      config: { name: 'u', size: [2800, 2800], batch_input_shape: [null, SIDE, SIDE, 3] },
    };
    const refusal = (list: readonly object[]) => {
      const modelTopology = { class_name: 'Sequential', config: { name: 's', layers: list } };
      return problemOf(planImport([source('model.json', text({ modelTopology, weightsManifest: [] })), head]));
    };
    expect(await refusal([enlarge])).toMatch(/is not valid: its layer u makes more than 1 GB of one tile/);
    expect(await refusal([flatten, dense])).toMatch(/is not valid: it needs more memory for one tile than there is/);
    // Its backend was given up under it; it opens itself anew and computes the same.
    expect(await model.forward(tiles, 2)).toEqual(before);
    expect(model.backend).toMatchObject({ name: 'wasm', reasons: [expect.stringMatching(/an import had failed/)] });
    model.dispose();
    expect(await planImport([...graphModel(), head])).toMatchObject({ kind: 'model' });
  });

  it('a graph that is none', async () => {
    const sources = await edited((json) => {
      Object.assign(json.modelTopology, { node: 5 });
    });
    expect(await problemOf(planImport(sources))).toMatch(/its graph is damaged/);
  });

  it('shards that are missing, short, or outside the folder', async () => {
    const [model, first, second] = graphModel();
    if (!model || !first || !second) throw new Error('three files');
    expect(await problemOf(planImport([model, first, head]))).toMatch(/group1-shard2of2\.bin is missing/);
    const short = source(second.name, new Uint8Array(second.sizeBytes - 4));
    expect(await problemOf(planImport([model, first, short, head]))).toMatch(
      /its weights need 656 bytes, its shards hold 652/,
    );
    const huge = await edited((json) => {
      const weight = json.weightsManifest[0]?.weights[0];
      if (weight) weight.shape = [2 ** 20, 2 ** 20];
    });
    expect(await problemOf(planImport(huge))).toMatch(/its weights are larger than 1 GB/);
    const outside = text({ modelTopology: {}, weightsManifest: [{ paths: ['../../secret'], weights: [] }] });
    expect(await problemOf(planImport([source('model.json', outside), head]))).toMatch(/weightsManifest is damaged/);
  });
});
