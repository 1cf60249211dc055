import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { isAbort, isAppError } from '../errors.ts';
import { type FormulaModelName, formulaModel } from '../testing/formula-model.ts';
import { modelFolder } from '../testing/model-folder.ts';
import { provideNodeWebgpu } from '../testing/node-webgpu.ts';
import { poolAttention } from './attention-mil.ts';
import { loadModel } from './load.ts';

const noWebgpu = await provideNodeWebgpu();
const BACKENDS = ['cpu', 'wasm', 'webgpu'] as const;
type Name = (typeof BACKENDS)[number];
/** Skips webgpu with the reason in the name where this machine has no software adapter. */
const on = (backend: Name) => (backend === 'webgpu' && noWebgpu !== undefined ? it.skip : it);
const label = (backend: Name) =>
  backend === 'webgpu' && noWebgpu !== undefined ? `${backend} (${noWebgpu})` : backend;

/** Largest differences from PyTorch over the bag. */
async function differences(name: FormulaModelName, backend: Name, options: Parameters<typeof formulaModel>[1] = {}) {
  const { files, tiles, count, torch } = await formulaModel(name, options);
  const before = tf.memory().numTensors;
  const model = await loadModel(files, { backend });
  const { scores, values } = await model.forward(tiles, count);
  const pooled = poolAttention(scores, values, model.bias, files.manifest.decision.temperature);
  const report = model.backend;
  model.dispose();
  return {
    report,
    leaked: tf.memory().numTensors - before,
    probability: Math.abs(pooled.probability - torch.probability),
    attention: Math.max(...torch.weights.map((weight, k) => Math.abs(weight - (pooled.weights[k] ?? Number.NaN)))),
    sum: pooled.weights.reduce((sum, weight) => sum + weight, 0),
  };
}

describe.each(BACKENDS)('equals PyTorch to 1e-5 on %s', (backend) => {
  // SwiftShader needs seconds for a tile of the seed's network, so there it gets two.
  const cases: readonly [string, FormulaModelName, Parameters<typeof formulaModel>[1]][] = [
    ['seed, 22.5 million weights', 'seed', backend === 'webgpu' ? { count: 2 } : {}],
    ['compact', 'compact', {}],
    ['another depth and tile size', 'small', {}],
  ];
  for (const [title, name, options] of cases) {
    on(backend)(`${title} (${label(backend)})`, async () => {
      const { report, leaked, probability, attention, sum } = await differences(name, backend, options);
      expect(report.name).toBe(backend);
      expect(probability).toBeLessThan(1e-5);
      expect(attention).toBeLessThan(1e-5);
      expect(sum).toBeCloseTo(1, 12);
      expect(report.selfTest.attention).toBeLessThan(1e-5);
      expect(leaked).toBe(0);
    });
  }

  on(backend)(`a checkpoint of torch.save (${label(backend)})`, async () => {
    for (const file of ['compact.pth', 'nested.pth', 'legacy.pth']) {
      const weights = new Uint8Array(readFileSync(path.resolve('src/testing/goldens/torch', file)));
      const { probability, attention } = await differences('small', backend, { weights, path: 'weights.pth' });
      expect(Math.max(probability, attention), file).toBeLessThan(1e-5);
    }
  });

  on(backend)(`the shipped model's own golden bag (${label(backend)})`, async () => {
    const model = await loadModel(await modelFolder(path.resolve('models/compact-glas')), { backend });
    expect(model.backend.selfTest.probability).toBeLessThan(1e-5);
    model.dispose();
  });
});
