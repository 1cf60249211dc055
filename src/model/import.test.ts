import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { isAppError } from '../errors.ts';
import { formulaModel, formulaWeights } from '../testing/formula-model.ts';
import { formulaFeatures, formulaParameter } from '../testing/formula-weights.ts';
import expected from '../testing/goldens/torch/expected.json' with { type: 'json' };
import heads from '../testing/goldens/torch/heads.json' with { type: 'json' };
import { modelFolder } from '../testing/model-folder.ts';
import { poolAttention } from './attention-mil.ts';
import { type ImportSource, importedFiles, importModel, planImport } from './import.ts';
import { loadHead, loadModel } from './load.ts';
import { parseSafetensors, toSafetensors } from './safetensors.ts';
import type { StoredTensor } from './stored-tensor.ts';

const source = (name: string, bytes: Uint8Array<ArrayBuffer>): ImportSource => ({
  name,
  sizeBytes: bytes.length,
  read: async () => bytes.slice().buffer,
});
const golden = (file: string) => new Uint8Array(readFileSync(path.resolve('src/testing/goldens/torch', file)));

/** Formula tensors of any names and shapes as a safetensors file. */
function weights(shapes: Readonly<Record<string, readonly number[]>>): Uint8Array<ArrayBuffer> {
  const entries = Object.entries(shapes).map(([name, shape], i): [string, StoredTensor] => [
    name,
    { dtype: 'f32', shape, bytes: new Uint8Array(formulaParameter(i, name, shape).buffer) },
  ]);
  return toSafetensors(new Map(entries));
}

async function problemOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (isAppError(error, 'model/invalid')) return error.info.problem;
  throw error ?? new Error('was not refused');
}

const SMALL_INPUT = { color: 'rgb', ...expected.input, mean: [0.7, 0.5, 0.6], std: [0.2, 0.25, 0.15] } as const;
const SMALL = {
  input: SMALL_INPUT,
  temperature: expected.small.temperature,
  bag: { protocol: 'tissue-grid', tilePx: 64, mpp: 1, minTissue: 0.5, maxTiles: 100, seed: 1 },
} as const;

describe('a checkpoint of our own network', () => {
  it('is matched by name, and computes what PyTorch computed', async () => {
    const sources = [source('runs/Best model (3).pth', golden('nested.pth'))];
    const plan = await planImport(sources);
    expect(plan).toMatchObject({ kind: 'model', manifestId: 'imported-best-model-3', bringsGolden: false });
    expect(plan.encoder).toEqual({ kind: 'compact-cnn', featureDim: 16, channels: [8, 12, 16] });
    expect(plan.mapping.every((row) => row.matchedBy === 'name' && row.tensor === row.parameter)).toBe(true);
    expect(plan.assumptions.join(' ')).toMatch(/0\.5 µm\/px; the file does not say/);

    const model = await importModel(sources, SMALL);
    expect(model.manifest.imported).toMatchObject({ from: 'runs/Best model (3).pth', golden: 'made-here' });
    expect(model.manifest.metrics).toBeNull();
    const { tiles, count, torch } = await formulaModel('small');
    const running = await loadModel(model, { backend: 'wasm' });
    const outputs = await running.forward(tiles, count);
    const pooled = poolAttention(outputs.scores, outputs.values, running.bias, SMALL.temperature);
    running.dispose();
    expect(Math.abs(pooled.probability - torch.probability)).toBeLessThan(1e-5);
    // What a disk or a database keeps is enough to have it back.
    expect(importedFiles(model.contents).manifest).toEqual(model.manifest);
  });

  it('of other names is matched by shape, and the gate by name or order', async () => {
    const renamed = new Map(
      [...parseSafetensors(formulaWeights('small'), 'w')].map(([name, tensor]) => [
        name
          .replace(/^/, 'net.')
          .replace('encoder.blocks', 'trunk')
          .replace('.conv.', '.0.')
          .replace('.bn.', '.1.')
          .replace('encoder.project', 'embed')
          .replace('attention.v', 'att_a')
          .replace('attention.u', 'att_b')
          .replace('attention.w', 'att_c')
          .replace('classifier', 'fc'),
        tensor,
      ]),
    );
    const sources = [source('other.safetensors', toSafetensors(renamed))];
    const plan = await planImport(sources);
    expect(Object.fromEntries(plan.mapping.map((row) => [row.parameter, row.tensor]))).toMatchObject({
      'encoder.blocks.0.conv.weight': 'net.trunk.0.0.weight',
      'encoder.blocks.2.bn.running_var': 'net.trunk.2.1.running_var',
      'encoder.project.bias': 'net.embed.bias',
      'attention.v.weight': 'net.att_a.weight',
      'attention.u.weight': 'net.att_b.weight',
      'attention.w.weight': 'net.att_c.weight',
      'classifier.weight': 'net.fc.weight',
    });
    const { contents } = await importModel(sources, SMALL);
    const stored = contents.get('weights.safetensors');
    expect(stored && parseSafetensors(stored, 'w')).toEqual(parseSafetensors(formulaWeights('small'), 'w'));
  });

  it('of the article, whatever its layers are called', async () => {
    const ours = [...parseSafetensors(formulaWeights('seed'), 'w')];
    const renamed = new Map(
      ours.map(([name, tensor]) => [
        name
          .replace('feature_extractor_part1', 'conv')
          .replace('feature_extractor_part2', 'dense')
          .replace('attention', 'scorer'),
        tensor,
      ]),
    );
    const plan = await planImport([source('model.pth', toSafetensors(renamed))]);
    expect(plan.encoder).toEqual({ kind: 'seed-cnn', featureDim: 512 });
    expect(plan.mapping.map((row) => row.parameter)).toEqual(ours.map(([name]) => name));
    expect(plan.mapping.map((row) => row.tensor)).toEqual([...renamed.keys()]);
    expect(plan.settings?.bag).toEqual({ protocol: 'darkest', tilePx: 128, count: 16, downsample: 16 });
  });

  it('is checked against the golden bag that it brings', async () => {
    const { tiles, torch } = await formulaModel('small');
    const text = (json: unknown) => new TextEncoder().encode(JSON.stringify(json));
    const sources = (result: unknown) => [
      source('m/weights.pth', golden('compact.pth')),
      source('m/golden/input.bin', tiles as Uint8Array<ArrayBuffer>),
      source('m/golden/expected.json', text(result)),
    ];
    const model = await importModel(sources(torch), SMALL);
    expect(model.manifest.imported?.golden).toBe('brought');
    const off = { ...torch, probability: torch.probability + 0.01 };
    expect(await problemOf(importModel(sources(off), SMALL))).toMatch(
      /does not reproduce the reference result.*1\.0e-2/,
    );
  });

  it('is refused by its own name where a weight is no number', async () => {
    const tensors = new Map(parseSafetensors(formulaWeights('small'), 'w'));
    const bias = tensors.get('classifier.bias');
    if (!bias) throw new Error('has a classifier');
    tensors.set('classifier.bias', { ...bias, bytes: new Uint8Array(Float32Array.of(Number.NaN).buffer) });
    await expect(importModel([source('diverged.safetensors', toSafetensors(tensors))], SMALL)).rejects.toThrow(
      /diverged\.safetensors is not valid: classifier\.bias holds a value that is not a number/,
    );
  });

  it('is refused with settings that make no sense, before they ask for memory', async () => {
    const sources = [source('m.pth', golden('compact.pth'))];
    const bag = { ...SMALL.bag, tilePx: 1_000_000 };
    expect(await problemOf(importModel(sources, { ...SMALL, bag }))).toBe('bag.tilePx must be at most 4096');
  });
});

describe('a model folder', () => {
  const folder = async (): Promise<ImportSource[]> => {
    const { manifest, read } = await modelFolder(path.resolve('models/compact-glas'));
    const files = await Promise.all(
      manifest.files.map(async (file) => source(`mine/${file.path}`, new Uint8Array(await read(file.path)))),
    );
    return [source('mine/manifest.json', new Uint8Array(readFileSync('models/compact-glas/manifest.json'))), ...files];
  };

  it('is taken as it is, and marked as imported', async () => {
    const sources = await folder();
    expect(await planImport(sources)).toMatchObject({ kind: 'folder', manifestId: 'compact-glas', bringsGolden: true });
    const { manifest, contents } = await importModel(sources);
    expect(manifest).toMatchObject({ id: 'imported-compact-glas', imported: { from: 'mine', golden: 'brought' } });
    expect([...contents.keys()].sort()).toEqual([
      'curves.svg',
      'golden/expected.json',
      'golden/input.bin',
      'manifest.json',
      'weights.safetensors',
    ]);
  });

  it('with a file missing or changed is refused by its name', async () => {
    const sources = await folder();
    await expect(importModel(sources.filter(({ name }) => !name.endsWith('.safetensors')))).rejects.toThrow(
      /weights\.safetensors is missing/,
    );
    const changed = sources.map((one) =>
      one.name.endsWith('input.bin') ? source(one.name, new Uint8Array(one.sizeBytes)) : one,
    );
    await expect(importModel(changed)).rejects.toThrow(/golden\/input\.bin is not the one the manifest names/);
  });
});

describe('what is refused, with a sentence', () => {
  const plan = (name: string, bytes: Uint8Array<ArrayBuffer>) => problemOf(planImport([source(name, bytes)]));
  const text = (value: string) => new TextEncoder().encode(value);
  it.each([
    ['nothing', 'm.pth', text(''), /it is empty/],
    ['a pickle bomb', 'm.pth', golden('asks-system.pth'), /asks for posix\.system/],
    ['a whole module', 'm.pth', golden('asks-module.pth'), /asks for torch\.nn\.modules\.linear\.Linear/],
    [
      'a zip bomb',
      'm.pth',
      zipSync({ 'a/data.pkl': [new Uint8Array(2 ** 24), { level: 9 }] }) as Uint8Array<ArrayBuffer>,
      /is compressed/,
    ],
    ['a truncated file', 'm.pth', golden('compact.pth').slice(0, 9000), /damaged or cut off/],
    ['HDF5', 'm.h5', new Uint8Array([0x89, 0x48, 0x44, 0x46, 0, 0, 0, 0]), /HDF5/],
    ['a bare pickle', 'm.pt', new Uint8Array([0x80, 4, 0x2e]), /pickle that torch\.save did not write/],
    [
      'TensorFlow.js without weights',
      'model.json',
      text('{"modelTopology": {}}'),
      /JSON, a description without weights/,
    ],
    [
      'more layers than could be tried in every order',
      'many.safetensors',
      weights(Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`l${i}.weight`, [1, 1]]))),
      /do not join into.*l0 1x1, .*\.\.\./,
    ],
    ['a file without a tensor', 'e.safetensors', weights({}), /it holds no tensors/],
    [
      'a program of TorchScript',
      'scripted.pt',
      zipSync({
        's/data.pkl': [new Uint8Array(9), { level: 0 }],
        's/code/__torch__/net.py': text('def forward'),
      }) as Uint8Array<ArrayBuffer>,
      /TorchScript program.*save the state_dict\(\)/,
    ],
    [
      'a convolution of another network',
      'r.safetensors',
      weights({ 'conv1.weight': [64, 3, 7, 7], 'fc.weight': [2, 64], 'fc.bias': [2] }),
      /3→64 7x7.*no network that milscope knows/,
    ],
    [
      'a head that attends per class',
      'h.safetensors',
      weights({ 'attention.0.weight': [8, 16], 'attention.2.weight': [2, 8], 'classifier.weight': [1, 16] }),
      /attends once for each class/,
    ],
    [
      'a classifier of three classes',
      'h.safetensors',
      weights({ 'attention.0.weight': [8, 16], 'attention.2.weight': [1, 8], 'classifier.weight': [3, 16] }),
      /do not join into/,
    ],
    [
      'a layer too many',
      'h.safetensors',
      weights({
        'norm.weight': [16],
        'attention.0.weight': [8, 16],
        'attention.2.weight': [1, 8],
        'classifier.weight': [1, 16],
      }),
      /has layers that no network of milscope has: norm \(16\)/,
    ],
  ])('%s', async (_, name, bytes, reason) => {
    expect(await plan(name, bytes)).toMatch(reason);
  });

  it('several files of weights, or none', async () => {
    const one = source('a.pth', golden('compact.pth'));
    expect(await problemOf(planImport([one, { ...one, name: 'b.pth' }]))).toMatch(/several files of weights/);
    expect(
      await problemOf(
        planImport([
          { ...one, name: 'a.txt' },
          { ...one, name: 'b.txt' },
        ]),
      ),
    ).toMatch(/neither a manifest\.json nor/);
    expect(await problemOf(planImport([]))).toMatch(/neither/);
  });

  it('a file larger than any model, without reading it', async () => {
    const huge: ImportSource = { name: 'm.pth', sizeBytes: 2 ** 31, read: () => Promise.reject(new Error('was read')) };
    expect(await problemOf(planImport([huge]))).toBe('it is larger than 1 GB');
  });
});

describe('a head over stored features', () => {
  it('computes what its layers say, and cannot run on slides', async () => {
    const shapes = {
      'proj.weight': [4, 6],
      'proj.bias': [4],
      'attention.0.weight': [3, 4],
      'attention.0.bias': [3],
      'attention.2.weight': [1, 3],
      'attention.2.bias': [1],
      'out.weight': [2, 4],
      'out.bias': [2],
    };
    const sources = [source('abmil.safetensors', weights(shapes))];
    expect(await planImport(sources)).toMatchObject({
      kind: 'head',
      encoder: { kind: 'features', inputDim: 6, featureDim: 4, projected: true },
    });
    const files = await importModel(sources);
    expect(await problemOf(loadModel(files))).toMatch(/head over stored features of 6 numbers/);
    const head = await loadHead(files, { backend: 'wasm' });
    const features = Float32Array.from({ length: 12 }, (_, i) => Math.sin(i));
    const { scores, values } = await head.forward(features, 2);
    head.dispose();

    // The same by hand, in float64.
    const p = (name: keyof typeof shapes) => [
      ...formulaParameter(Object.keys(shapes).indexOf(name), name, shapes[name]),
    ];
    const dense = (x: number[], w: number[], b: number[]) =>
      b.map((bias, o) => x.reduce((sum, value, i) => sum + value * (w[o * x.length + i] ?? 0), bias));
    for (const k of [0, 1]) {
      const h = dense([...features.subarray(6 * k, 6 * k + 6)], p('proj.weight'), p('proj.bias')).map((x) =>
        Math.max(0, x),
      );
      const a = dense(h, p('attention.0.weight'), p('attention.0.bias')).map(Math.tanh);
      const [score = 0] = dense(a, p('attention.2.weight'), p('attention.2.bias'));
      const [negative = 0, positive = 0] = dense(h, p('out.weight'), [0, 0]);
      expect(scores[k]).toBeCloseTo(score, 5);
      expect(values[k]).toBeCloseTo(positive - negative, 5);
    }
    const [b0 = 0, b1 = 0] = p('out.bias');
    expect(head.bias).toBeCloseTo(b1 - b0, 6);
  });
});

const shared = path.resolve(process.env.MILSCOPE_DATA ?? '../shared/data', 'checkpoints');
describe.skipIf(!existsSync(shared))(
  `checkpoints of other people${existsSync(shared) ? '' : ' (shared data absent, skipped)'}`,
  () => {
    const open = (name: string) => [source(name, new Uint8Array(readFileSync(path.join(shared, name))))];

    it('xMIL’s ABMIL imports as a head', async () => {
      const plan = await planImport(open('xmil-camelyon-abmil.pt'));
      expect(plan).toMatchObject({
        kind: 'head',
        encoder: { kind: 'features', inputDim: 768, featureDim: 256, projected: true },
        head: { kind: 'attention', hiddenDim: 128 },
      });
      expect(plan.mapping.map(({ parameter, tensor }) => `${parameter} = ${tensor}`)).toContain(
        'attention.v.weight = attention.0.weight',
      );
    });

    it.each(['xmil-camelyon-abmil.pt', 'clam-legacy-format.pt'] as const)(
      '%s computes what PyTorch computed',
      async (name) => {
        const files = await importModel(open(name));
        if (files.manifest.encoder.kind !== 'features') throw new Error('not a head');
        const head = await loadHead(files, { backend: 'wasm' });
        const { weights, probability } = heads[name];
        const count = weights.length;
        const { scores, values } = await head.forward(formulaFeatures(count * files.manifest.encoder.inputDim), count);
        const pooled = poolAttention(scores, values, head.bias, 1);
        head.dispose();
        expect(Math.abs(pooled.probability - probability)).toBeLessThan(1e-5);
        weights.forEach((weight, k) => {
          expect(Math.abs(weight - (pooled.weights[k] ?? Number.NaN)), `tile ${k}`).toBeLessThan(1e-5);
        });
      },
    );

    it('CLAM’s old format imports as a gated head', async () => {
      const plan = await planImport(open('clam-legacy-format.pt'));
      expect(plan).toMatchObject({
        kind: 'head',
        encoder: { kind: 'features', inputDim: 1024, featureDim: 512, projected: true },
        head: { kind: 'gated-attention', hiddenDim: 256 },
      });
      const rows = Object.fromEntries(plan.mapping.map(({ parameter, tensor }) => [parameter, tensor]));
      expect(rows['attention.v.weight']).toBe('attention_net.3.attention_a.0.weight');
      expect(rows['attention.u.weight']).toBe('attention_net.3.attention_b.0.weight');
      expect(plan.unused).toContain('instance_classifiers.0.weight');
    });

    it('a part of DSMIL is refused by what it lacks', async () => {
      expect(await problemOf(planImport(open('dsmil-partial.pth')))).toMatch(
        /no attention layer that gives one score for each tile.*b_classifier\.q 128x512/,
      );
    });
  },
);
