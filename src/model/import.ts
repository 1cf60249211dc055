/**
 * A user's own model: from the files that were dropped to a model folder in memory. First a plan, which is shown (what
 * was found, which tensor becomes which parameter, what had to be assumed), then the import, which changes nothing
 * unless it succeeds whole.
 */
import { AppError, assert, isAppError } from '../errors.ts';
import type { BagSpec } from '../tiling/bag.ts';
import { poolAttention } from './attention-mil.ts';
import { abandonWasm } from './backend.ts';
import { importedId, isWeightsPath } from './catalog.ts';
import { type ModelFiles, readModelFile, sha256Hex } from './files.ts';
import { loadHead, loadModel, parseWeights, probeEncoder, referenceBackend, runReference } from './load.ts';
import { type ModelManifest, parseManifest } from './manifest.ts';
import { toSafetensors } from './safetensors.ts';
import { isTfjsModel, parseTfjsModel, shardPaths } from './tfjs-encoder.ts';
import { isTorchCheckpoint } from './torch-checkpoint.ts';
import { MappingProblem, type MappingRow, mapWeights, type WeightMapping } from './weight-mapping.ts';

/** One dropped file. */
export interface ImportSource {
  /** Path inside the dropped folder, or the bare name. */
  readonly name: string;
  readonly sizeBytes: number;
  read(): Promise<ArrayBuffer>;
}

/** What a file of weights does not say; shown for the user to correct. */
export interface ImportSettings {
  readonly name: string;
  readonly bag: BagSpec;
  /** x = (v * scale - mean) / std */
  readonly input: ModelManifest['input'];
  /** [negative, positive] */
  readonly classes: readonly [string, string];
  readonly threshold: number;
  readonly temperature: number;
  readonly tissue: string;
  readonly stain: string;
}

/** What an import will do: plain data, shown before it is done. */
export interface ImportPlan {
  /** 'folder': a whole model folder with its manifest; 'head': over stored features, so it cannot run on slides. */
  readonly kind: 'folder' | 'model' | 'head';
  readonly manifestId: string;
  readonly encoder: ModelManifest['encoder'];
  readonly head: ModelManifest['head'];
  readonly mapping: readonly MappingRow[];
  /** Tensors that only training needs. */
  readonly unused: readonly string[];
  /** Sentences about what the file does not say. */
  readonly assumptions: readonly string[];
  /** Used where nothing else is given; undefined for a folder, which says all of it. */
  readonly settings: ImportSettings | undefined;
  /** True where a golden bag came with it. */
  readonly bringsGolden: boolean;
}

/** A model folder in memory: `contents` holds every file, manifest.json among them, for a disk or a database. */
export interface ImportedModel extends ModelFiles {
  readonly contents: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
}

/** More than any model a browser can run; a file beyond it is not even read. */
const MAX_FILE_BYTES = 2 ** 30;
const MANIFEST = 'manifest.json';
const WEIGHTS = 'weights.safetensors';
const OWN_ENCODER = 'encoder/model.json';
const GOLDEN_INPUT = 'golden/input.bin';
const GOLDEN_EXPECTED = 'golden/expected.json';
/** Of a golden bag computed elsewhere, in whatever precision, and of one that backends compare among each other. */
const GOLDEN_TOLERANCE = 1e-4;

/**
 * What importing these files would do. @throws model/invalid when they hold no model that milscope can run: with the
 * layer, the tensor or the global that stands in the way
 */
export async function planImport(sources: readonly ImportSource[], signal?: AbortSignal): Promise<ImportPlan> {
  const folder = await readFolder(sources, signal);
  if (folder) {
    const { manifest } = folder;
    return {
      kind: 'folder',
      manifestId: manifest.id,
      encoder: manifest.encoder,
      head: manifest.head,
      mapping: [],
      unused: [],
      assumptions: [],
      settings: undefined,
      bringsGolden: true,
    };
  }
  const { source, mapping, own } = await readWeights(sources, signal);
  const settings = assumedSettings(source.name, mapping.encoder, own);
  return {
    kind: mapping.encoder.kind === 'features' ? 'head' : 'model',
    manifestId: importedId(settings.name),
    encoder: mapping.encoder,
    head: mapping.head,
    mapping: mapping.rows,
    unused: mapping.unused,
    assumptions: [...mapping.assumptions, ...settingSentences(settings, mapping.encoder)],
    settings,
    bringsGolden: goldenOf(sources) !== undefined,
  };
}

/**
 * The model of these files, checked: it reproduces the golden bag that came with it, or is given one, computed by the
 * cpu backend, so that every other backend is still held against it.
 * @throws model/invalid, model/integrity, model/missing-file
 */
export async function importModel(
  sources: readonly ImportSource[],
  changed: Partial<ImportSettings> = {},
  signal?: AbortSignal,
): Promise<ImportedModel> {
  const folder = await readFolder(sources, signal);
  try {
    const model = folder ? await importFolder(folder, sources, signal) : await importWeights(sources, changed, signal);
    await checkGolden(model, signal);
    return model;
  } catch (error) {
    // Other models share its memory with the one that did not fit.
    if (isAppError(error, 'gpu/out-of-memory')) abandonWasm();
    throw error;
  }
}

/** An imported model from the files that ImportedModel.contents had. @throws model/invalid, model/missing-file */
export function importedFiles(contents: ReadonlyMap<string, Uint8Array<ArrayBuffer>>): ImportedModel {
  const bytes = contents.get(MANIFEST);
  if (!bytes) throw new AppError({ code: 'model/missing-file', path: MANIFEST });
  return {
    manifest: parseManifest(parseJson(bytes, MANIFEST), MANIFEST),
    contents,
    async read(path) {
      const file = contents.get(path);
      if (!file) throw new AppError({ code: 'model/missing-file', path });
      return file.slice().buffer;
    },
  };
}

// A whole folder

interface Folder {
  readonly manifest: ModelManifest;
  /** Prefix of the names of its files. */
  readonly root: string;
}

async function readFolder(sources: readonly ImportSource[], signal?: AbortSignal): Promise<Folder | undefined> {
  const source = sources.find(({ name }) => name === MANIFEST || name.endsWith(`/${MANIFEST}`));
  if (!source) return undefined;
  const manifest = parseManifest(parseJson(await readSource(source, signal), source.name), source.name);
  return { manifest, root: source.name.slice(0, -MANIFEST.length) };
}

async function importFolder(
  { manifest, root }: Folder,
  sources: readonly ImportSource[],
  signal?: AbortSignal,
): Promise<ImportedModel> {
  const given: ModelFiles = {
    manifest,
    async read(path) {
      const source = sourceAt(sources, `${root}${path}`);
      if (!source) throw new AppError({ code: 'model/missing-file', path });
      return (await readSource(source, signal)).buffer;
    },
  };
  const contents = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const { path } of manifest.files) {
    const bytes = await readModelFile(given, path, signal);
    contents.set(path, new Uint8Array(bytes));
  }
  return withManifest(contents, {
    ...manifest,
    id: importedId(manifest.id),
    imported: {
      from: root === '' ? MANIFEST : root.replace(/\/$/, ''),
      date: new Date().toISOString(),
      golden: 'brought',
    },
  });
}

// A file of weights

interface Weights {
  /** The file with the head, or with all of it. */
  readonly source: ImportSource;
  /** Its encoder is 'tfjs' where one came with it. */
  readonly mapping: WeightMapping;
  readonly own: OwnEncoder | undefined;
}

interface OwnEncoder {
  readonly tilePx: number | undefined;
  /** model.json and its shards, by their paths in the folder of the imported model. */
  readonly contents: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
}

async function readWeights(sources: readonly ImportSource[], signal?: AbortSignal): Promise<Weights> {
  const encoder = await readOwnEncoder(sources, signal);
  const candidates = sources.filter(({ name }) => isWeightsPath(name.toLowerCase()));
  const source = candidates[0] ?? (sources.length === 1 && !encoder ? sources[0] : undefined);
  if (!source || candidates.length > 1) {
    const problem = encoder
      ? 'it is an encoder; drop it together with one file of weights (.safetensors, .pth, .pt) of an attention head over its features'
      : 'there is neither a manifest.json nor a file of weights (.safetensors, .pth, .pt) among them';
    throw new AppError({
      code: 'model/invalid',
      path:
        sources
          .map(({ name }) => name)
          .join(', ')
          .slice(0, 200) || 'nothing',
      problem:
        candidates.length > 1
          ? 'there are several files of weights and no manifest.json that says which one is meant'
          : problem,
    });
  }
  const fail = (problem: string, cause?: unknown): never => {
    throw new AppError({ code: 'model/invalid', path: source.name, problem }, { cause });
  };
  const bytes = await readSource(source, signal);
  refuseForeign(bytes, source.name);
  const tensors = parseWeights(bytes, source.name);
  let mapping: WeightMapping;
  try {
    mapping = mapWeights(tensors);
  } catch (error) {
    if (!(error instanceof MappingProblem)) throw error;
    return fail(error.message, error);
  }
  if (!encoder) return { source, mapping, own: undefined };
  const { encoder: found } = mapping;
  if (found.kind !== 'features') return fail('it has an encoder of its own, and another one came with it');
  if (found.inputDim !== encoder.dim) {
    return fail(`it takes ${found.inputDim} numbers a tile, and the encoder that came with it gives ${encoder.dim}`);
  }
  return { source, mapping: { ...mapping, encoder: { ...found, kind: 'tfjs', model: OWN_ENCODER } }, own: encoder };
}

async function readOwnEncoder(
  sources: readonly ImportSource[],
  signal?: AbortSignal,
): Promise<(OwnEncoder & { readonly dim: number }) | undefined> {
  for (const source of sources.filter(({ name }) => name.toLowerCase().endsWith('.json'))) {
    const bytes = await readSource(source, signal);
    let json: unknown;
    try {
      json = parseJson(bytes, source.name);
    } catch {
      continue;
    }
    if (!isTfjsModel(json)) continue;
    const root = source.name.slice(0, source.name.lastIndexOf('/') + 1);
    const contents = new Map([[OWN_ENCODER, bytes]]);
    const shards: Uint8Array[] = [];
    for (const path of shardPaths(json, source.name)) {
      const shard = sourceAt(sources, `${root}${path}`);
      if (!shard) throw new AppError({ code: 'model/missing-file', path: `${root}${path}` });
      const content = await readSource(shard, signal);
      shards.push(content);
      contents.set(`${OWN_ENCODER.slice(0, OWN_ENCODER.lastIndexOf('/') + 1)}${path}`, content);
    }
    const { tilePx, dim } = await probeEncoder(parseTfjsModel(json, shards, source.name));
    return { tilePx, dim, contents };
  }
  return undefined;
}

/** The file of this path; files chosen one by one come without their folder. */
function sourceAt(sources: readonly ImportSource[], path: string): ImportSource | undefined {
  return (
    sources.find(({ name }) => name === path) ??
    sources.find(({ name }) => name === path.slice(path.lastIndexOf('/') + 1))
  );
}

/** Formats that are recognised, so that nobody reads of a damaged safetensors header. @throws model/invalid */
function refuseForeign(bytes: Uint8Array, path: string): void {
  const fail = (problem: string): never => {
    throw new AppError({ code: 'model/invalid', path, problem });
  };
  const starts = (...signature: number[]) => signature.every((byte, i) => bytes[i] === byte);
  if (bytes.length === 0) fail('it is empty');
  if (isTorchCheckpoint(bytes)) return;
  if (starts(0x89, 0x48, 0x44, 0x46))
    fail('it is an HDF5 file (Keras, or stored features); save the weights as safetensors');
  if (starts(0x80))
    fail('it is a pickle that torch.save did not write; save state_dict() with torch.save, or as safetensors');
  if (starts(0x08) && /onnx|pytorch/i.test(new TextDecoder('latin1').decode(bytes.subarray(0, 64)))) {
    fail('it is an ONNX model; save the state_dict() with torch.save, or as safetensors');
  }
  if (starts(0x7b)) fail('it is JSON, a description without weights');
}

async function importWeights(
  sources: readonly ImportSource[],
  changed: Partial<ImportSettings>,
  signal?: AbortSignal,
): Promise<ImportedModel> {
  const { source, mapping, own } = await readWeights(sources, signal);
  const settings = { ...assumedSettings(source.name, mapping.encoder, own), ...changed };
  if (own?.tilePx !== undefined && settings.bag.tilePx !== own.tilePx) {
    throw new AppError({
      code: 'model/invalid',
      path: source.name,
      problem: `its encoder takes tiles of ${own.tilePx} px only`,
    });
  }
  const weights = toSafetensors(mapping.tensors);
  const contents = new Map([[WEIGHTS, weights], ...(own?.contents ?? [])]);
  const brought = goldenOf(sources);
  const draft = {
    ...manifestOf(mapping, settings, {
      from: source.name,
      date: new Date().toISOString(),
      golden: brought ? 'brought' : 'made-here',
    }),
    // So that a result says which weights it came from.
    version: (await sha256Hex(weights)).slice(0, 8),
  };
  const nothing = new Uint8Array(0);
  // Refuses settings that make no sense before they can ask for memory.
  const unchecked = await withManifest(
    new Map([...contents, [GOLDEN_INPUT, nothing], [GOLDEN_EXPECTED, nothing]]),
    draft,
  );
  const golden = brought
    ? { input: await readSource(brought.input, signal), expected: await readSource(brought.expected, signal) }
    : await makeGolden(unchecked, signal);
  return withManifest(new Map([...contents, [GOLDEN_INPUT, golden.input], [GOLDEN_EXPECTED, golden.expected]]), draft);
}

function goldenOf(sources: readonly ImportSource[]) {
  const find = (base: string) => sources.find(({ name }) => name === base || name.endsWith(`/${base}`));
  const input = find('input.bin');
  const expected = find('expected.json');
  return input && expected ? { input, expected } : undefined;
}

/** A bag and what the reference backend makes of it. */
async function makeGolden(files: ModelFiles, signal?: AbortSignal) {
  const { encoder, bag, decision } = files.manifest;
  const isHead = encoder.kind === 'features';
  const count = isHead ? 8 : 3;
  const input = isHead ? noiseFeatures(count * encoder.inputDim) : noiseTiles(count, bag.tilePx);
  const { scores, values, bias } = await runReference(files, input, count, signal);
  const pooled = poolAttention(scores, values, bias, decision.temperature);
  const expected = {
    probability: pooled.probability,
    logit: pooled.logit,
    weights: [...pooled.weights],
    scores: [...scores],
    values: [...values],
    bias,
  };
  return { input, expected: new TextEncoder().encode(`${JSON.stringify(expected, null, 1)}\n`) };
}

/** Loads it on the reference backend, which has no device that could be at fault. @throws model/invalid */
async function checkGolden(model: ImportedModel, signal?: AbortSignal): Promise<void> {
  const load = model.manifest.encoder.kind === 'features' ? loadHead : loadModel;
  try {
    (await load(model, { backend: referenceBackend(model.manifest), signal })).dispose();
  } catch (error) {
    if (!isAppError(error, 'gpu/unavailable')) throw error;
    throw new AppError(
      {
        code: 'model/invalid',
        path: model.manifest.golden.expected,
        problem: `the model does not reproduce the golden bag that came with it: ${error.info.reason}`,
      },
      { cause: error },
    );
  }
}

// What the weights do not say

/** The article's protocol for its network, 20x tissue tiles for any other: to be corrected by who trained it. */
function assumedSettings(
  fileName: string,
  encoder: ModelManifest['encoder'],
  own: OwnEncoder | undefined,
): ImportSettings {
  const base = fileName.slice(fileName.lastIndexOf('/') + 1).replace(/\.[^.]*$/, '');
  const tilePx = { 'seed-cnn': 128, 'compact-cnn': 128, features: 256, tfjs: own?.tilePx ?? 224 }[encoder.kind];
  return {
    name: base === '' ? 'model' : base.slice(0, 60),
    bag:
      encoder.kind === 'seed-cnn'
        ? { protocol: 'darkest', tilePx, count: 16, downsample: 16 }
        : { protocol: 'tissue-grid', tilePx, mpp: 0.5, minTissue: 0.5, maxTiles: 4096, seed: 1 },
    // Encoders that others trained began as a rule with ImageNet, and kept its constants.
    input:
      encoder.kind === 'tfjs'
        ? { color: 'rgb', scale: 1 / 255, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] }
        : { color: 'rgb', scale: 1 / 255, mean: [0, 0, 0], std: [1, 1, 1] },
    classes: ['benign', 'malignant'],
    threshold: 0.5,
    temperature: 1,
    tissue: 'unknown',
    stain: 'unknown',
  };
}

function settingSentences(settings: ImportSettings, encoder: ModelManifest['encoder']): readonly string[] {
  const { bag, input, classes, threshold } = settings;
  const tiles =
    bag.protocol === 'darkest'
      ? `the ${bag.count} darkest tiles of ${bag.tilePx} px at a downsample of ${bag.downsample}`
      : `all tissue in tiles of ${bag.tilePx} px at ${bag.mpp} µm/px`;
  const scaling =
    encoder.kind === 'features'
      ? ['It is a head over stored features: it has no encoder, so it runs on features and not on slides.']
      : [
          `Pixels are taken as (v × ${input.scale.toPrecision(4)} − [${input.mean.join(', ')}]) / [${input.std.join(', ')}].`,
        ];
  return [
    `A bag is taken to be ${tiles}; the file does not say how it was trained.`,
    ...scaling,
    `The output is taken as the probability of ${classes[1]} against ${classes[0]}, positive from ${threshold}.`,
  ];
}

function manifestOf(
  mapping: WeightMapping,
  settings: ImportSettings,
  imported: NonNullable<ModelManifest['imported']>,
): ModelManifest {
  const bytes = [...mapping.tensors.values()].reduce((sum, tensor) => sum + tensor.bytes.length, 0);
  return {
    formatVersion: 1,
    id: importedId(settings.name),
    name: settings.name,
    version: '0',
    classes: settings.classes,
    positiveClass: settings.classes[1],
    license: 'As its owner says; milscope does not know.',
    intendedUse: 'Research use only, not for diagnosis.',
    limitations: [
      `Imported by the user from ${imported.from}; nobody has measured here what it can do.`,
      ...mapping.assumptions,
      ...settingSentences(settings, mapping.encoder),
    ],
    bag: settings.bag,
    input: settings.input,
    encoder: mapping.encoder,
    head: mapping.head,
    scope: { tissue: settings.tissue, stain: settings.stain, mppRange: [0.05, 10] },
    decision: { threshold: settings.threshold, temperature: settings.temperature, chosenOn: 'nothing; set at import' },
    // As the exporter has it: weights twice, for upload and use, and activations with head-room.
    needs: { gpuBytes: 4 * bytes + 64 * 2 ** 20, features: [] },
    files: [],
    golden: {
      input: GOLDEN_INPUT,
      expected: GOLDEN_EXPECTED,
      tolerance: { probability: GOLDEN_TOLERANCE, attention: GOLDEN_TOLERANCE },
    },
    training: { data: 'unknown', splits: 'unknown', commit: 'unknown', date: 'unknown', seed: 0 },
    metrics: null,
    imported,
  };
}

/** The folder with a manifest that names and hashes its files, parsed again so that a bad setting is refused here. */
async function withManifest(
  contents: ReadonlyMap<string, Uint8Array<ArrayBuffer>>,
  draft: ModelManifest,
): Promise<ImportedModel> {
  const files = await Promise.all(
    [...contents].map(async ([path, bytes]) => ({ path, bytes: bytes.length, sha256: await sha256Hex(bytes) })),
  );
  const json = new TextEncoder().encode(`${JSON.stringify({ ...draft, files }, null, 2)}\n`);
  return importedFiles(new Map([...contents, [MANIFEST, json]]));
}

async function readSource(source: ImportSource, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  signal?.throwIfAborted();
  if (source.sizeBytes > MAX_FILE_BYTES) {
    throw new AppError({ code: 'model/invalid', path: source.name, problem: 'it is larger than 1 GB' });
  }
  const bytes = new Uint8Array(await source.read());
  signal?.throwIfAborted();
  return bytes;
}

function parseJson(bytes: Uint8Array, path: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new AppError({ code: 'model/invalid', path, problem: 'it is not JSON' }, { cause });
  }
}

/** [count,side,side,3] uint8: waves of another colour and direction in each tile, with noise; the same everywhere. */
function noiseTiles(count: number, side: number): Uint8Array<ArrayBuffer> {
  assert(count > 0 && side > 0, 'a golden bag of some tiles');
  const random = generator(1);
  const out = new Uint8Array(count * side * side * 3);
  let i = 0;
  for (let k = 0; k < count; k++) {
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        for (let c = 0; c < 3; c++) {
          const wave = ((x * (k + 1) + y * (count - k) + 20 * c * k) >> 3) & 31;
          out[i++] = 120 + 40 * ((c + k) % 3) + wave + (random() & 15);
        }
      }
    }
  }
  return out;
}

/** Bytes of `size` float32 in -1..1. */
function noiseFeatures(size: number): Uint8Array<ArrayBuffer> {
  const random = generator(2);
  return new Uint8Array(Float32Array.from({ length: size }, () => random() / 2 ** 31 - 1).buffer);
}

/** uint32 numbers. @see Marsaglia 2003, "Xorshift RNGs" */
function generator(seed: number): () => number {
  let state = Math.imul(seed, 0x9e3779b1) >>> 0;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state;
  };
}
