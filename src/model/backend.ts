/**
 * The tfjs backends: the only place that selects one, owns the GPU device, and knows when its numbers cannot be
 * trusted. tfjs-webgpu returns zeros where a buffer exceeds a limit, so every run is wrapped in error scopes.
 */
import * as tf from '@tensorflow/tfjs-core';
import { AppError, type ErrorInfo, isAbort } from '../errors.ts';
import { readWasm } from '../slide/codecs/wasm.ts';
import type { BackendName } from './backend-report.ts';

/** A backend that works in this thread; several models share it. */
export interface Backend {
  readonly name: BackendName;
  /** Adapter or instruction set, for a person. */
  readonly device: string;
  readonly software: boolean;
  /** Largest buffer that one kernel may bind, bytes; Infinity where there is no limit but memory. */
  readonly maxBufferBytes: number;
  /** Makes it the current backend; what follows in the same synchronous block runs on it. */
  select(): void;
  /**
   * Values of the tensor that `compute` makes, which is then disposed.
   * @throws gpu/lost, gpu/out-of-memory; never returns numbers that the device made under an error
   */
  run(compute: () => tf.Tensor): Promise<Float32Array>;
}

interface OpenOptions {
  /** Accept an adapter that is a program on the CPU; tests do, users would wait 240 times longer than with wasm. */
  readonly allowSoftware: boolean;
}

/** Opens a backend of this thread, or returns the one that is open. @throws gpu/unavailable with the reason */
export async function openBackend(name: BackendName, options: OpenOptions): Promise<Backend> {
  // Or else it greets every user of Node with an advertisement on the console.
  tf.enableProdMode();
  switch (name) {
    case 'webgpu':
      // One after another: two at once would each take the device from the other.
      opening = opening.then(
        () => openWebgpu(options),
        () => openWebgpu(options),
      );
      return opening as Promise<Backend>;
    case 'wasm':
      wasm ??= openWasm().catch((error: unknown) => {
        wasm = undefined;
        throw error;
      });
      return wasm;
    case 'cpu':
      return openCpu();
  }
}

let wasm: Promise<Backend> | undefined;
let opening: Promise<Backend | undefined> = Promise.resolve(undefined);
let gpu: { readonly device: GPUDevice; readonly backend: Backend; readonly isLost: () => boolean } | undefined;

function unavailable(reason: string, cause?: unknown): AppError {
  return new AppError({ code: 'gpu/unavailable', reason }, { cause });
}

async function openCpu(): Promise<Backend> {
  await import('@tensorflow/tfjs-backend-cpu');
  await activate('cpu');
  return hostBackend('cpu', 'JavaScript');
}

const WASM_BINARY = '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm';

async function openWasm(): Promise<Backend> {
  const module = await import('@tensorflow/tfjs-backend-wasm');
  const env = tf.env();
  // The threaded build needs SharedArrayBuffer and a worker script that breaks when it is minified.
  env.set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  if (!(await env.getAsync('WASM_HAS_SIMD_SUPPORT'))) throw unavailable('this browser has no WebAssembly SIMD');
  const bytes = await readWasm(WASM_BINARY);
  // tfjs waits for ever for a binary that does not compile, so that is found out first.
  await WebAssembly.compile(bytes).catch((error: unknown) => {
    throw unavailable('the wasm binary of tfjs does not compile', error);
  });
  // tfjs can only fetch its binary by address; the doors provide bytes, so its fetch answers with them, this once.
  const platform = env.platform;
  const fetchOfPlatform = platform.fetch;
  platform.fetch = async () => new Response(bytes);
  try {
    module.setWasmPaths('/', true);
    await activate('wasm');
  } finally {
    platform.fetch = fetchOfPlatform;
  }
  return hostBackend('wasm', 'WebAssembly SIMD');
}

/**
 * Gives up the memory of the wasm backend, after a network of unknown making failed in it: an allocation that failed
 * half-way leaves it damaged, and every later run would fail or be wrong. Models that lie there are lost (gpu/lost) and
 * open themselves anew; so does the backend, when it is next asked for.
 */
export function abandonWasm(): void {
  const instance = tf.findBackend('wasm');
  const factory = tf.findBackendFactory('wasm');
  wasm = undefined;
  wasmGeneration++;
  if (!instance || !factory) return;
  // Not asked to free anything in a heap that may be broken: it goes as a whole, to the garbage collector.
  Object.assign(instance, { dispose: () => undefined, disposeData: () => true });
  tf.removeBackend('wasm');
  tf.registerBackend('wasm', factory);
}

/** Counts the instances, so that a model can tell whether its own is still in use. */
let wasmGeneration = 0;

async function activate(name: BackendName): Promise<void> {
  if (!(await tf.setBackend(name))) throw unavailable(`tfjs could not start its ${name} backend`);
}

/** A backend that computes in this thread's own memory. */
function hostBackend(name: 'wasm' | 'cpu', device: string): Backend {
  const generation = wasmGeneration;
  const select = () => {
    if (name === 'wasm' && generation !== wasmGeneration) {
      throw new AppError({ code: 'gpu/lost', reason: 'its memory was given up after an import had failed in it' });
    }
    // Synchronous for a backend that has started.
    if (tf.getBackend() !== name) void tf.setBackend(name);
  };
  return {
    name,
    device,
    software: false,
    maxBufferBytes: Number.POSITIVE_INFINITY,
    select,
    async run(compute) {
      select();
      let tensor: tf.Tensor | undefined;
      try {
        tensor = compute();
        return Float32Array.from(await tensor.data<'float32'>());
      } catch (error) {
        // What engines throw when an ArrayBuffer or a WebAssembly.Memory cannot grow.
        if (error instanceof RangeError || error instanceof WebAssembly.RuntimeError) {
          throw new AppError({ code: 'gpu/out-of-memory', reason: `${name}: ${error.message}` }, { cause: error });
        }
        throw error;
      } finally {
        tensor?.dispose();
      }
    },
  };
}

/** Names by which software rasterisers call themselves in an adapter's info. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|softpipe|basic render|\bwarp\b|software/i;

async function openWebgpu({ allowSoftware }: OpenOptions): Promise<Backend> {
  if (gpu && !gpu.isLost()) {
    if (gpu.backend.software && !allowSoftware) throw unavailable(softwareReason(gpu.backend.device));
    return gpu.backend;
  }
  const source: GPU | undefined = globalThis.navigator?.gpu;
  if (!source) throw unavailable('this browser has no WebGPU');
  const adapter = await source.requestAdapter({ powerPreference: 'high-performance' }).catch(() => null);
  if (!adapter) throw unavailable('WebGPU found no graphics card that it may use');
  const { info } = adapter;
  const words = [info.vendor, info.architecture, info.device, info.description].filter((word) => word);
  const name = info.description || words.join(' ') || 'unnamed adapter';
  const software = info.isFallbackAdapter || SOFTWARE.test(words.join(' '));
  if (software && !allowSoftware) throw unavailable(softwareReason(name));

  const { limits } = adapter;
  const device = await adapter
    .requestDevice({
      requiredLimits: {
        // tfjs compiles its kernels for what the adapter has, not for the small defaults.
        maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
        maxComputeWorkgroupsPerDimension: limits.maxComputeWorkgroupsPerDimension,
        maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
        maxBufferSize: limits.maxBufferSize,
        maxComputeWorkgroupSizeX: limits.maxComputeWorkgroupSizeX,
        maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
      },
    })
    .catch((error: unknown) => {
      throw unavailable(`${name} gave no device`, error);
    });

  const module = await import('@tensorflow/tfjs-backend-webgpu');
  // Our own factory instead of the one that importing it registers: the device must be ours, to see it lost and to
  // put error scopes around what runs on it.
  tf.removeBackend('webgpu');
  tf.registerBackend('webgpu', () => new module.WebGPUBackend(device, info), 0);
  await activate('webgpu');

  let lost: string | undefined;
  void device.lost.then(({ reason, message }) => {
    lost = message || reason || 'unknown reason';
  });
  const isLost = () => lost !== undefined;
  const backend = webgpuBackend(device, name, software, () => lost);
  gpu = { device, backend, isLost };
  return backend;
}

function softwareReason(name: string): string {
  return `the adapter ${name} is software, far slower than wasm`;
}

function webgpuBackend(device: GPUDevice, name: string, software: boolean, lost: () => string | undefined): Backend {
  const select = () => {
    const reason = lost();
    if (reason !== undefined || gpu?.device !== device) {
      throw new AppError({ code: 'gpu/lost', reason: reason ?? 'another device took its place' });
    }
    if (tf.getBackend() !== 'webgpu') void tf.setBackend('webgpu');
  };
  return {
    name: 'webgpu',
    device: name,
    software,
    maxBufferBytes: Math.min(device.limits.maxStorageBufferBindingSize, device.limits.maxBufferSize),
    select,
    async run(compute) {
      select();
      const filters = ['validation', 'internal', 'out-of-memory'] as const;
      for (const filter of filters) device.pushErrorScope(filter);
      let tensor: tf.Tensor | undefined;
      let reading: Promise<Float32Array> | undefined;
      let failure: unknown;
      try {
        tensor = compute();
        // Encodes, submits and maps before it first waits, so all of it lies inside the scopes.
        reading = tensor.data<'float32'>();
      } catch (error) {
        failure = error;
      }
      const scopes = filters.map(() => device.popErrorScope());
      try {
        const [values, errors] = await Promise.all([
          reading?.catch((error: unknown) => {
            failure ??= error;
            return undefined;
          }),
          Promise.all(scopes).catch((error: unknown) => {
            failure ??= error;
            return [];
          }),
        ]);
        const info = faultOf(lost(), errors, failure);
        if (info) throw new AppError(info, { cause: failure });
        if (values === undefined) throw failure;
        return Float32Array.from(values);
      } finally {
        tensor?.dispose();
      }
    },
  };
}

/** What went wrong on the device, if anything did. */
function faultOf(
  lost: string | undefined,
  errors: readonly (GPUError | null)[],
  failure: unknown,
): ErrorInfo | undefined {
  // The promise of a lost device is settled after the reads that failed by it; those fail as aborted.
  if (lost !== undefined || isAbort(failure)) {
    return { code: 'gpu/lost', reason: lost ?? 'the device went away while it was computing' };
  }
  const error = errors.find((one) => one !== null);
  if (error) {
    const isMemory = error.constructor.name === 'GPUOutOfMemoryError' || LIMIT.test(error.message);
    return { code: isMemory ? 'gpu/out-of-memory' : 'gpu/lost', reason: firstLine(error.message) };
  }
  return failure instanceof RangeError ? { code: 'gpu/out-of-memory', reason: failure.message } : undefined;
}

/** A buffer beyond a limit is reported as a validation error, but the cure is the same: a smaller batch. */
const LIMIT = /exceed|larger than|too large|out of memory|max\w*(Size|Limit)/i;

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? text;
}
