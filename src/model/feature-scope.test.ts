import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { isAppError } from '../errors.ts';
import { formulaModel } from '../testing/formula-model.ts';
import expected from '../testing/goldens/torch/expected.json' with { type: 'json' };
import { modelFolder } from '../testing/model-folder.ts';
import { provideNodeWebgpu } from '../testing/node-webgpu.ts';
import type { BackendName } from './backend-report.ts';
import { weightFiles } from './catalog.ts';
import { type ModelFiles, readModelFile, sha256Hex } from './files.ts';
import { importedFiles, importModel } from './import.ts';
import { loadModel } from './load.ts';
import { parseManifest } from './manifest.ts';
import { parseSafetensors, toSafetensors } from './safetensors.ts';
import { type StoredTensor, toFloat32 } from './stored-tensor.ts';

const noWebgpu = await provideNodeWebgpu();
const BACKENDS: readonly BackendName[] = noWebgpu === undefined ? ['cpu', 'wasm', 'webgpu'] : ['cpu', 'wasm'];
/** The software adapter computes on the same cores as everything else on the machine. */
const PATIENCE = { timeout: 240_000 };

/** Of each tile of the formula's small model: what PyTorch's blocks of 8, 12 and 16 channels have as means. */
const { blockMeans } = expected.small;
const CHANNELS = [8, 12, 16];

interface Reference {
  readonly blocks: number;
  readonly mean: readonly number[];
  readonly whitening: readonly number[];
  readonly golden: readonly number[];
}

/** A mean that is PyTorch's of the first tile, and a matrix that mixes the figures. */
function referenceOf(blocks: number): Reference {
  const dim = CHANNELS.slice(0, blocks).reduce((sum, channels) => sum + channels, 0);
  const mean = (blockMeans[0] ?? []).slice(0, dim);
  const whitening = Array.from({ length: dim * dim }, (_, i) => Math.cos(i) + (i % (dim + 1) === 0 ? 3 : 0));
  return { blocks, mean, whitening, golden: distances(mean, whitening) };
}

/** |(f - mean) W|² of each tile, f being PyTorch's. */
function distances(mean: readonly number[], whitening: readonly number[]): number[] {
  const dim = mean.length;
  return blockMeans.map((figures) => {
    let sum = 0;
    for (let j = 0; j < dim; j++) {
      let one = 0;
      for (let i = 0; i < dim; i++) one += ((figures[i] ?? 0) - (mean[i] ?? 0)) * (whitening[i * dim + j] ?? 0);
      sum += one * one;
    }
    return sum;
  });
}

const f32 = (shape: readonly number[], values: readonly number[]): StoredTensor => ({
  dtype: 'f32',
  shape,
  bytes: new Uint8Array(Float32Array.from(values).buffer),
});

function fileOf({ mean, whitening, golden }: Reference): Map<string, StoredTensor> {
  return new Map([
    ['mean', f32([mean.length], mean)],
    ['whitening', f32([mean.length, mean.length], whitening)],
    ['golden', f32([golden.length], golden)],
  ]);
}

/** The formula's small model with a feature reference, its manifest parsed anew. */
async function withFile(bytes: Uint8Array<ArrayBuffer>, blocks: number) {
  const { files, tiles, count } = await formulaModel('small');
  const entry = { path: 'features.safetensors', bytes: bytes.length, sha256: await sha256Hex(bytes) };
  const { scope } = files.manifest;
  const manifest = parseManifest(
    {
      ...files.manifest,
      scope: { ...scope, features: { file: entry.path, blocks, limit: 1.5 } },
      // In front of the weights, for which it must not be taken.
      files: [entry, ...files.manifest.files],
    },
    'manifest.json',
  );
  const whole: ModelFiles = {
    manifest,
    read: async (file) => (file === entry.path ? bytes.slice().buffer : files.read(file)),
  };
  return { files: whole, tiles, count };
}

const withReference = (reference: Reference) => withFile(toSafetensors(fileOf(reference)), reference.blocks);

async function problemOf(files: ModelFiles): Promise<string> {
  try {
    (await loadModel(files, { backend: 'cpu' })).dispose();
  } catch (error) {
    if (isAppError(error, 'model/invalid')) return `${error.info.path}: ${error.info.problem}`;
    if (isAppError(error, 'gpu/unavailable')) return error.info.reason;
    if (isAppError(error, 'model/integrity') || isAppError(error, 'model/missing-file')) {
      return `${error.info.code} ${error.info.path}`;
    }
    throw error;
  }
  return 'accepted';
}

describe('distance of a tile by its features', () => {
  it.each([1, 2, 3])('equals PyTorch’s on every backend, over the first %i blocks', PATIENCE, async (blocks) => {
    const reference = referenceOf(blocks);
    const { files, tiles, count } = await withReference(reference);
    for (const backend of BACKENDS) {
      const model = await loadModel(files, { backend });
      const { scores, values, featureDistances } = await model.forward(tiles, count);
      model.dispose();
      expect([scores.length, values.length, featureDistances?.length], backend).toEqual([count, count, count]);
      // The first tile is the mean itself, so there only rounding is left.
      expect(featureDistances?.[0], backend).toBeLessThan(1e-6);
      reference.golden.forEach((wanted, k) => {
        const off = Math.abs((featureDistances?.[k] ?? Number.NaN) - wanted) / (1 + wanted);
        expect(off, `${backend}, tile ${k}`).toBeLessThan(1e-4);
      });
      expected.small.scores.forEach((score, k) => {
        expect(scores[k]).toBeCloseTo(score, 5);
      });
    }
  });

  it('is the same in any step and any bag', async () => {
    const reference = referenceOf(2);
    const { files, tiles, count } = await withReference(reference);
    const model = await loadModel(files, { backend: 'wasm' });
    const many = 2 * model.batchTiles + 1;
    const size = tiles.length / count;
    const rgb = new Uint8Array(many * size);
    for (let k = 0; k < many; k++) rgb.set(tiles.subarray((k % count) * size, ((k % count) + 1) * size), k * size);
    const { featureDistances } = await model.forward(rgb, many);
    model.dispose();
    expect(featureDistances).toHaveLength(many);
    featureDistances?.forEach((distance, k) => {
      const wanted = reference.golden[k % count] ?? Number.NaN;
      expect(Math.abs(distance - wanted) / (1 + wanted)).toBeLessThan(1e-4);
    });
  });

  it('is not given by a model that does not say how training tiles lay', async () => {
    const { files, tiles, count } = await formulaModel('small');
    const model = await loadModel(files, { backend: 'cpu' });
    expect(await model.forward(tiles, count)).not.toHaveProperty('featureDistances');
    model.dispose();
  });

  it('comes along when a folder is imported', async () => {
    const { files, tiles, count } = await withReference(referenceOf(2));
    const bytes = new TextEncoder().encode(JSON.stringify(files.manifest));
    const sources = [
      { name: 'm/manifest.json', sizeBytes: bytes.length, read: async () => bytes.slice().buffer },
      ...files.manifest.files.map((file) => ({
        name: `m/${file.path}`,
        sizeBytes: file.bytes,
        read: () => files.read(file.path),
      })),
    ];
    const { contents } = await importModel(sources);
    const model = await loadModel(importedFiles(contents), { backend: 'cpu' });
    expect((await model.forward(tiles, count)).featureDistances).toHaveLength(count);
    model.dispose();
  });

  const shipped = readdirSync('models', { withFileTypes: true }).filter((entry) => entry.isDirectory());
  it.each(shipped.map(({ name }) => name))(
    'of the golden bag of %s is what training computed',
    PATIENCE,
    async (id) => {
      const files = await modelFolder(path.resolve('models', id));
      const { scope, golden, bag } = files.manifest;
      // Only drawings are so unlike all else that this check tells them apart.
      expect(scope.features !== undefined).toBe(id === 'compact-phantom');
      if (scope.features === undefined) return;
      expect(weightFiles(files.manifest).map((file) => file.path)).toEqual(['weights.safetensors']);
      const tensor = parseSafetensors(await readModelFile(files, scope.features.file), scope.features.file).get(
        'golden',
      );
      const wanted = tensor ? toFloat32(tensor) : new Float32Array(0);
      const tiles = await readModelFile(files, golden.input);
      const count = tiles.length / (3 * bag.tilePx ** 2);
      expect(wanted).toHaveLength(count);
      for (const backend of BACKENDS) {
        const model = await loadModel(files, { backend });
        const { featureDistances } = await model.forward(tiles, count);
        model.dispose();
        wanted.forEach((distance, k) => {
          expect((featureDistances?.[k] ?? Number.NaN) / distance, `${backend}, tile ${k}`).toBeCloseTo(1, 4);
          // H&E drawn by other means is no phantom of a biopsy.
          expect(distance).toBeGreaterThan(scope.features?.limit ?? Number.POSITIVE_INFINITY);
        });
      }
    },
  );
});

describe('a feature reference', () => {
  const good = referenceOf(2);
  const problemWith = async (change: (tensors: Map<string, StoredTensor>) => void): Promise<string> => {
    const tensors = fileOf(good);
    change(tensors);
    return problemOf((await withFile(toSafetensors(tensors), 2)).files);
  };

  it('is refused by the tensor that is wrong', async () => {
    const at = 'features.safetensors: ';
    expect(await problemWith(() => {})).toBe('accepted');
    expect(await problemWith((t) => t.delete('mean'))).toBe(`${at}mean is missing`);
    expect(await problemWith((t) => t.delete('golden'))).toBe(`${at}golden is missing`);
    expect(await problemWith((t) => t.set('more', f32([1], [0])))).toBe(`${at}more is not part of it`);
    expect(await problemWith((t) => t.set('whitening', f32([400], good.whitening)))).toBe(
      `${at}whitening has the type f32 and the shape 400, this model needs f32 and 20x20`,
    );
    expect(await problemWith((t) => t.set('mean', f32([20], [...good.mean.slice(1), Number.NaN])))).toBe(
      `${at}mean holds a value that is not a number`,
    );
    expect(await problemWith((t) => t.set('golden', f32([4], good.golden.slice(1))))).toBe(
      `${at}golden has the type f32 and the shape 4, this model needs f32 and 5`,
    );
    const wide: StoredTensor = { dtype: 'f64', shape: [20], bytes: new Uint8Array(160) };
    expect(await problemWith((t) => t.set('mean', wide))).toBe(
      `${at}mean has the type f64 and the shape 20, this model needs f32 and 20`,
    );
  });

  it('of other blocks, cut short, changed or absent is refused by name', async () => {
    const bytes = toSafetensors(fileOf(good));
    expect(await problemOf((await withFile(bytes, 1)).files)).toMatch(/mean has .* needs f32 and 8$/);
    expect(await problemOf((await withFile(bytes.slice(0, 100), 2)).files)).toMatch(/^features\.safetensors: /);
    const { files } = await withFile(bytes, 2);
    const changed = new Uint8Array(bytes);
    changed[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    const read = (given: Uint8Array<ArrayBuffer>) => (file: string) =>
      file === 'features.safetensors' ? Promise.resolve(given.slice().buffer) : files.read(file);
    expect(await problemOf({ ...files, read: read(changed) })).toBe('model/integrity features.safetensors');
    const unlisted = { ...files.manifest, files: files.manifest.files.slice(1) };
    expect(await problemOf({ ...files, manifest: unlisted })).toBe('model/missing-file features.safetensors');
  });

  it('whose golden distances a backend does not reproduce keeps it from being used', async () => {
    const golden = good.golden.map((distance, k) => (k === 3 ? distance * 1.01 : distance));
    const { files } = await withReference({ ...good, golden });
    expect(await problemOf(files)).toMatch(/wrong numbers \(distances of features off by/);
  });
});
