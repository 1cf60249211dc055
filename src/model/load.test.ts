import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { isAbort, isAppError } from '../errors.ts';
import { type FormulaModelName, formulaModel } from '../testing/formula-model.ts';
import { modelFolder } from '../testing/model-folder.ts';
import { provideNodeWebgpu } from '../testing/node-webgpu.ts';
import { poolAttention } from './attention-mil.ts';
import { openBackend } from './backend.ts';
import type { ModelFiles } from './files.ts';
import { type LoadOptions, loadModel } from './load.ts';

const noWebgpu = await provideNodeWebgpu();
const devices = recordDevices();
/** The software adapter computes on the same cores as everything else on the machine. */
const PATIENCE = { timeout: 240_000 };
const onWebgpu = noWebgpu === undefined ? it : it.skip;
const why = noWebgpu === undefined ? '' : ` (${noWebgpu})`;

/** Needs no backend, unlike tf.memory(). */
const tensorCount = () => tf.engine().state.numTensors;

type FormulaOptions = Parameters<typeof formulaModel>[1];
const checkpoint = (file: string): FormulaOptions => ({
  weights: new Uint8Array(readFileSync(path.resolve('src/testing/goldens/torch', file))),
  path: 'weights.pth',
});

/** Loads, runs the golden bag as if it were any bag, and compares with what PyTorch computed. */
async function expectParity(name: FormulaModelName, backend: 'cpu' | 'wasm' | 'webgpu', options: FormulaOptions = {}) {
  const { files, tiles, count, torch } = await formulaModel(name, options);
  const before = tensorCount();
  const model = await loadModel(files, { backend });
  expect(model.backend.name).toBe(backend);
  const { scores, values } = await model.forward(tiles, count);
  const pooled = poolAttention(scores, values, model.bias, files.manifest.decision.temperature);
  model.dispose();
  expect(tensorCount()).toBe(before);
  expect(Math.abs(pooled.probability - torch.probability)).toBeLessThan(1e-5);
  torch.weights.forEach((weight, k) => {
    expect(Math.abs(weight - (pooled.weights[k] ?? Number.NaN)), `attention of tile ${k}`).toBeLessThan(1e-5);
  });
  expect(pooled.weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12);
}

describe.each(['cpu', 'wasm'] as const)('equals PyTorch to 1e-5 on %s', (backend) => {
  it('seed, 22.5 million weights', () => expectParity('seed', backend));
  it('compact', () => expectParity('compact', backend));
  it('compact of another depth, width and tile size', () => expectParity('small', backend));
  it.each(['compact.pth', 'nested.pth', 'legacy.pth'])('%s of torch.save', (file) =>
    expectParity('small', backend, checkpoint(file)),
  );
});

describe(`equals PyTorch to 1e-5 on webgpu${why}`, () => {
  // The software adapter takes seconds for a tile of the seed's network: two tiles, run once, by the self-test itself.
  onWebgpu('seed, 22.5 million weights', PATIENCE, async () => {
    const { files } = await formulaModel('seed', { count: 2 });
    const before = tensorCount();
    const model = await loadModel(files, { backend: 'webgpu' });
    expect(model.backend).toMatchObject({ name: 'webgpu', software: true });
    expect(model.backend.selfTest.probability).toBeLessThan(1e-5);
    expect(model.backend.selfTest.attention).toBeLessThan(1e-5);
    model.dispose();
    expect(tensorCount()).toBe(before);
  });
  onWebgpu('compact.pth of torch.save', PATIENCE, () => expectParity('small', 'webgpu', checkpoint('compact.pth')));
});

describe('shipped models', () => {
  const folders = readdirSync('models', { withFileTypes: true }).filter((entry) => entry.isDirectory());
  it('are there', () => expect(folders.length).toBeGreaterThan(0));
  it.each(folders.map((entry) => entry.name))('%s reproduces its golden bag on cpu and wasm', async (id) => {
    const files = await modelFolder(path.resolve('models', id));
    expect(files.manifest.id).toBe(id);
    for (const backend of ['cpu', 'wasm'] as const) (await loadModel(files, { backend })).dispose();
  });
});

describe('choice of a backend', () => {
  it('passes over a software adapter and says so', async () => {
    const model = await loadModel((await formulaModel('small')).files);
    expect(model.backend.name).toBe('wasm');
    expect(model.backend.software).toBe(false);
    expect(model.backend.reasons).toHaveLength(1);
    expect(model.backend.reasons[0]).toMatch(noWebgpu === undefined ? /^webgpu: .*software/ : /^webgpu: /);
    model.dispose();
  });

  it('does not use a backend whose numbers are wrong, and frees its weights', async () => {
    const { files, torch } = await formulaModel('small');
    const wrong = await withGolden(files, { ...torch, probability: torch.probability + 1e-3 });
    const before = tensorCount();
    await expectRejection(loadModel(wrong, { backend: 'wasm' }), 'gpu/unavailable', /wrong numbers.*1\.0e-3/);
    // Wrong on every backend: then it is the golden result that does not belong to the weights.
    await expectRejection(loadModel(wrong), 'model/invalid', /nothing on this computer reproduces.*wasm: .*cpu: /);
    expect(tensorCount()).toBe(before);
  });

  it('forced to WebGPU fails where there is none, instead of taking another', async () => {
    const navigator = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
    const { files } = await formulaModel('small');
    try {
      Object.defineProperty(globalThis, 'navigator', {
        value: { gpu: { requestAdapter: async () => null } },
        configurable: true,
      });
      const { openBackend } = await freshBackend();
      await expect(openBackend('webgpu', { allowSoftware: true })).rejects.toThrow(
        /No usable GPU: WebGPU found no graphics card/,
      );
      Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true });
      await expect(openBackend('webgpu', { allowSoftware: true })).rejects.toThrow(
        /No usable GPU: this browser has no WebGPU/,
      );
    } finally {
      if (navigator) Object.defineProperty(globalThis, 'navigator', navigator);
    }
    expect(files.manifest.id).toBe('formula-small');
  });
});

describe('a running model', () => {
  it('gives each tile the same result in any bag and any step', async () => {
    const { files, tiles, count } = await formulaModel('small');
    const model = await loadModel(files, { backend: 'wasm' });
    const size = tiles.length / count;
    const many = 3 * model.batchTiles + 1;
    const rgb = new Uint8Array(many * size);
    for (let k = 0; k < many; k++) rgb.set(tiles.subarray((k % count) * size, ((k % count) + 1) * size), k * size);
    const before = tensorCount();
    const all = await model.forward(rgb, many);
    expect(tensorCount()).toBe(before);
    const one = await model.forward(tiles, count);
    all.scores.forEach((score, k) => {
      expect(score).toBeCloseTo(one.scores[k % count] ?? Number.NaN, 6);
    });
    expect((await model.forward(new Uint8Array(0), 0)).scores).toHaveLength(0);
    model.dispose();
  });

  it('stops between two steps when it is aborted, and runs again afterwards', async () => {
    const { files } = await formulaModel('small');
    const model = await loadModel(files, { backend: 'wasm' });
    const { tilePx } = files.manifest.bag;
    const many = 20 * model.batchTiles;
    const rgb = new Uint8Array(many * tilePx * tilePx * 3);
    const controller = new AbortController();
    const running = model.forward(rgb, many, controller.signal).then(
      () => 'finished',
      (error: unknown) => isAbort(error),
    );
    setTimeout(() => controller.abort(), 1);
    expect(await running).toBe(true);
    expect((await model.forward(rgb.subarray(0, rgb.length / many), 1)).scores).toHaveLength(1);
    model.dispose();
    model.dispose();
    await expectRejection(model.forward(rgb, 1), 'internal', /disposed/);
  });

  it('runs beside a model on another backend', async () => {
    const { files, tiles, count, torch } = await formulaModel('small');
    const [a, b] = [await loadModel(files, { backend: 'cpu' }), await loadModel(files, { backend: 'wasm' })];
    const [fromA, fromB] = await Promise.all([a.forward(tiles, count), b.forward(tiles, count)]);
    for (const outputs of [fromA, fromB]) {
      torch.scores.forEach((score, k) => {
        expect(outputs.scores[k]).toBeCloseTo(score, 5);
      });
    }
    a.dispose();
    b.dispose();
  });

  onWebgpu(`goes on with a new device when its GPU is lost${why}`, PATIENCE, async () => {
    const { files, tiles, count, torch } = await formulaModel('small');
    const expectRight = ({ scores }: { readonly scores: Float32Array }) => {
      torch.scores.forEach((score, k) => {
        expect(scores[k]).toBeCloseTo(score, 5);
      });
    };
    const model = await loadModel(files, { backend: 'webgpu' });
    const other = await loadModel(files, { backend: 'webgpu' });
    const before = tensorCount();
    for (const device of devices.made) device.destroy();
    // Two at once: one recovery must do for both.
    const both = await Promise.all([model.forward(tiles, count), model.forward(tiles, count)]);
    both.forEach(expectRight);
    expect(model.backend).toMatchObject({ name: 'webgpu', reasons: [expect.stringMatching(/^webgpu: lost/)] });
    // Freed late, when its device is gone and another has taken its place.
    other.dispose();
    expect(tensorCount()).toBeLessThan(before);
    model.dispose();
  });

  onWebgpu(`says that a buffer is too large, where tfjs alone would answer with zeros${why}`, async () => {
    for (const device of devices.made) device.destroy();
    await devices.made.at(-1)?.lost;
    devices.limits = { maxBufferSize: 2 ** 28, maxStorageBufferBindingSize: 2 ** 27 };
    const backend = await openBackend('webgpu', { allowSoftware: true });
    devices.limits = undefined;
    expect(backend.maxBufferBytes).toBe(2 ** 27);
    const numbers = 2 ** 27 / 4;
    const sumOf = (size: number) => backend.run(() => tf.tidy(() => tf.sum(tf.fill([size], 1))));
    expect([...(await sumOf(numbers / 64))]).toEqual([numbers / 64]);
    await expectRejection(sumOf(numbers * 4), 'gpu/out-of-memory', /./);
    expect([...(await sumOf(1000))]).toEqual([1000]);
  });
});

describe('model files', () => {
  const load = (files: ModelFiles, options: LoadOptions = { backend: 'cpu' }) => loadModel(files, options);

  it('with a byte changed are refused, each by its name', async () => {
    const { files } = await formulaModel('small');
    for (const file of files.manifest.files) {
      const changed: ModelFiles = {
        manifest: files.manifest,
        async read(name) {
          const bytes = new Uint8Array(await files.read(name));
          if (name === file.path) bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
          return bytes.buffer;
        },
      };
      await expectRejection(load(changed), 'model/integrity', new RegExp(file.path));
    }
  });

  it('that are missing are named', async () => {
    const files = await modelFolder(path.resolve('models/compact-glas'));
    const elsewhere: ModelFiles = { ...files, read: (name) => files.read(`nowhere/${name}`) };
    await expectRejection(load(elsewhere), 'model/missing-file', /weights\.safetensors/);
  });

  it('of another network are refused by the tensor that does not fit', async () => {
    const { files } = await formulaModel('small');
    const { encoder, head } = files.manifest;
    const wider = { ...files, manifest: { ...files.manifest, head: { ...head, hiddenDim: 9 } } };
    await expectRejection(
      load(wider),
      'model/invalid',
      /attention\.v\.weight has the shape 8x16, the network needs 9x16/,
    );
    if (encoder.kind !== 'compact-cnn') throw new Error('the small model is a compact one');
    const deeper = { ...files, manifest: { ...files.manifest, encoder: { ...encoder, channels: [8, 12, 16, 16] } } };
    await expectRejection(load(deeper), 'model/invalid', /encoder\.blocks\.3\.\S+ is missing/);
    const ungated = { ...files, manifest: { ...files.manifest, head: { ...head, kind: 'attention' as const } } };
    await expectRejection(load(ungated), 'model/invalid', /attention\.u\.weight is not part of this network/);
  });

  it('whose loading is aborted reject as aborted', async () => {
    const { files } = await formulaModel('small');
    const aborted = await loadModel(files, { signal: AbortSignal.abort() }).catch((error: unknown) => error);
    expect(isAbort(aborted)).toBe(true);
  });
});

async function expectRejection(promise: Promise<unknown>, code: string, message: RegExp): Promise<void> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isAppError(error)) throw error ?? new Error('was not rejected');
  expect(error.info.code).toBe(code);
  expect(error.message).toMatch(message);
}

/** The files with another golden result, rightly hashed. */
async function withGolden(files: ModelFiles, expected: unknown): Promise<ModelFiles> {
  const { sha256Hex } = await import('./files.ts');
  const bytes = new TextEncoder().encode(JSON.stringify(expected));
  const entry = { path: files.manifest.golden.expected, bytes: bytes.length, sha256: await sha256Hex(bytes) };
  return {
    manifest: {
      ...files.manifest,
      files: files.manifest.files.map((file) => (file.path === entry.path ? entry : file)),
    },
    read: (name) => (name === entry.path ? Promise.resolve(bytes.slice().buffer) : files.read(name)),
  };
}

/** The module as a new thread would have it, with no device open yet. */
async function freshBackend(): Promise<typeof import('./backend.ts')> {
  const { vi } = await import('vitest');
  vi.resetModules();
  return import('./backend.ts');
}

interface Devices {
  /** Every device so far, so that a test can take one away as a driver does. */
  readonly made: GPUDevice[];
  /** Of a weaker adapter: instead of those that are asked for. */
  limits: Record<string, number> | undefined;
}

/** Sees every device that is made from now on. */
function recordDevices(): Devices {
  const devices: Devices = { made: [], limits: undefined };
  if (noWebgpu !== undefined) return devices;
  const adapters = globalThis.GPUAdapter.prototype;
  const original = adapters.requestDevice;
  adapters.requestDevice = async function (this: GPUAdapter, descriptor) {
    const requiredLimits = { ...descriptor?.requiredLimits, ...devices.limits };
    const device = await original.call(this, { ...descriptor, requiredLimits });
    devices.made.push(device);
    return device;
  };
  return devices;
}
