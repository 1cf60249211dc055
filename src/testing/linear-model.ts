/** A small real model for tests of the core: score and value of a tile are linear in its mean colour. */

import type { RunnableModel } from '../analysis/analyze.ts';
import type { ModelManifest } from '../model/manifest.ts';
import type { BagSpec } from '../tiling/bag.ts';

export interface LinearModelOptions {
  readonly bag: BagSpec;
  readonly batchTiles?: number;
  /** Weights of mean red, green and blue (0..1) in the score before softmax. */
  readonly score?: readonly [number, number, number];
  /** The same for the value w·h. */
  readonly value?: readonly [number, number, number];
  readonly bias?: number;
  readonly manifest?: Partial<ModelManifest>;
  /** Called after each forward with the number of tiles. */
  readonly onForward?: (count: number) => void;
}

/** Runs in plain arithmetic; forward is asynchronous like that of a real backend. */
export function linearModel(options: LinearModelOptions): RunnableModel {
  const { bag, score = [0, -4, 0], value = [0, -6, 0], bias = 3 } = options;
  return {
    manifest: { ...manifestFor(bag), ...options.manifest },
    bias,
    backend: { name: 'cpu', device: 'test', software: false, selfTest: { probability: 0, attention: 0 }, reasons: [] },
    batchTiles: options.batchTiles ?? 16,
    forward: async (rgb, count, signal) => {
      await new Promise((resolve) => setTimeout(resolve));
      signal?.throwIfAborted();
      const scores = new Float32Array(count);
      const values = new Float32Array(count);
      const length = rgb.length / count;
      for (let k = 0; k < count; k++) {
        const mean = meanColour(rgb.subarray(k * length, (k + 1) * length));
        scores[k] = dot(score, mean);
        values[k] = dot(value, mean);
      }
      options.onForward?.(count);
      return { scores, values };
    },
  };
}

/** Mean red, green and blue of a tile, 0..1. */
export function meanColour(rgb: Uint8Array): [number, number, number] {
  const sum: [number, number, number] = [0, 0, 0];
  for (let i = 0; i < rgb.length; i += 3) {
    sum[0] += rgb[i] as number;
    sum[1] += rgb[i + 1] as number;
    sum[2] += rgb[i + 2] as number;
  }
  const scale = 3 / 255 / rgb.length;
  return [sum[0] * scale, sum[1] * scale, sum[2] * scale];
}

function dot(a: readonly [number, number, number], b: readonly [number, number, number]): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

function manifestFor(bag: BagSpec): ModelManifest {
  return {
    formatVersion: 1,
    id: 'linear',
    name: 'Linear test model',
    version: '1.0.0',
    classes: ['benign', 'malignant'],
    positiveClass: 'malignant',
    license: 'MIT',
    intendedUse: 'Tests.',
    limitations: [],
    bag,
    input: { color: 'rgb', scale: 1 / 255, mean: [0, 0, 0], std: [1, 1, 1] },
    encoder: { kind: 'compact-cnn', featureDim: 3, channels: [] },
    head: { kind: 'attention', hiddenDim: 1 },
    scope: { tissue: 'painted tissue', stain: 'H&E', mppRange: [0.2, 1.2] },
    decision: { threshold: 0.5, temperature: 1, chosenOn: 'nothing' },
    needs: { gpuBytes: 0, features: [] },
    files: [],
    golden: { input: '', expected: '', tolerance: { probability: 1e-5, attention: 1e-5 } },
    training: { data: '', splits: '', commit: '', date: '', seed: 1 },
    metrics: { auroc: 0.5, ci95: [0, 1], accuracy: 0.5, n: 0, dataset: '' },
  };
}
