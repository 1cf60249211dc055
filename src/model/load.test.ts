import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { modelFolder } from '../testing/model-folder.ts';
import { provideNodeWebgpu } from '../testing/node-webgpu.ts';
import { loadModel } from './load.ts';

const noWebgpu = await provideNodeWebgpu();
const files = await modelFolder(path.resolve('models/compact-glas'));

describe.each(['cpu', 'wasm', 'webgpu'] as const)('%s', (backend) => {
  it.skipIf(backend === 'webgpu' && noWebgpu !== undefined)('reproduces the golden bag', async () => {
    const model = await loadModel(files, { backend });
    const t = files.manifest.bag.tilePx;
    const n = backend === 'webgpu' ? 2 : 64;
    await model.forward(new Uint8Array(n * t * t * 3).fill(200), n);
    model.dispose();
    expect(model.backend.name).toBe(backend);
  });
});
