/**
 * A user's own model: from the files that were dropped to a model folder in memory. First a plan, which is shown (what
 * was found, which tensor becomes which parameter, what had to be assumed), then the import, which changes nothing
 * unless it succeeds whole.
 */
import { AppError, isAppError } from '../errors.ts';
import { abandonWasm } from './backend.ts';
import { importedId } from './catalog.ts';
import { type ModelFiles, readModelFile, sha256Hex } from './files.ts';
import { GOLDEN_EXPECTED, GOLDEN_INPUT, goldenOf, makeGolden } from './import-golden.ts';
import { assumedSettings, type ImportSettings, manifestOf, settingSentences } from './import-settings.ts';
import { type ImportSource, parseJson, readSource, sourceAt } from './import-sources.ts';
import { readWeights } from './import-weights.ts';
import { loadHead, loadModel } from './load.ts';
import { type ModelManifest, parseManifest } from './manifest.ts';
import { referenceBackend } from './reference.ts';
import { toSafetensors } from './safetensors.ts';
import type { MappingRow } from './weight-mapping.ts';

// What callers hand over; where it is defined, its parts are at home.
export type { ImportSettings, ImportSource };

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

const MANIFEST = 'manifest.json';
const WEIGHTS = 'weights.safetensors';

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

// Files of weights

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
    // So that a result says which weights it came from, those of its encoder among them.
    version: (await hashOf([...contents.values()])).slice(0, 8),
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

/** sha256 of one file, or of the hashes of several in their order, lower-case hex. */
async function hashOf(files: readonly Uint8Array<ArrayBuffer>[]): Promise<string> {
  const hashes = await Promise.all(files.map(sha256Hex));
  const [only] = hashes;
  return only !== undefined && hashes.length === 1 ? only : sha256Hex(new TextEncoder().encode(hashes.join('\n')));
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
        problem: `the model does not reproduce the reference result that came with it: ${error.info.reason}`,
      },
      { cause: error },
    );
  }
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
