/** The one analysis worker: owns the GPU device, keeps models loaded, and runs `analyze` while slide workers decode. */
import { analyze } from '../analysis/analyze.ts';
import { AppError } from '../errors.ts';
import type { BackendName } from '../model/backend-report.ts';
import type { ModelFiles } from '../model/files.ts';
import type { ImportSource } from '../model/import.ts';
import { loadModel, type Model } from '../model/load.ts';
import { parseManifest } from '../model/manifest.ts';
import { openSlide } from '../slide/open.ts';
import type { Slide } from '../slide/slide.ts';
import { readBatches } from '../tiling/batches.ts';
import { type BatchReader, feedBatches, moveBatch, sliceBag } from './batch-feed.ts';
import { givenFiles } from './dropped-files.ts';
import { openImportedModels } from './imported-models.ts';
import { holdLifeline } from './lifeline.ts';
import { modelFileUrl, shippedModels } from './model-urls.ts';
import type { AnalysisCalls, AnalysisProgress, CompanionFile, SlideCalls } from './protocol.ts';
import { connect, type Port, type Remote, serve } from './rpc.ts';
import { provideWasmAssets } from './wasm-assets.ts';

provideWasmAssets();
holdLifeline(self as unknown as Worker);

/** The weights of the seed's network alone are 88 MB on the graphics card. */
const MODELS_KEPT = 2;

/** Models stay loaded, the last used at the end: hashing and uploading the seed's weights takes a second. */
const models = new Map<string, Promise<Model>>();

const importedModels = openImportedModels();

/** Of the run under way: which worker of the pool is behind which connection. */
const tileRemotes = new Map<number, Remote<SlideCalls>>();

serve<AnalysisCalls>(self as unknown as Port, {
  async prepare({ modelId, backend }, { signal }) {
    return (await readyModel(modelId, backend, signal)).backend;
  },

  async analyze(
    { file, name, companions, series, modelId, mpp, bag, backend, tilePorts },
    { signal, progress, transfer },
  ) {
    const readers = new Map<number, BatchReader>();
    const remotes = tilePorts.map(({ workerId, port }) => {
      const remote = connect<SlideCalls>(port, { name: 'slide', onCrash: () => readers.delete(workerId) });
      tileRemotes.set(workerId, remote);
      return { workerId, remote };
    });
    let slide: Slide | undefined;
    try {
      progress(LOADING);
      const opened = await openSlide(await givenFiles(file, name, companions, signal), signal, series);
      slide = opened;
      // Until a worker has opened the slide the others, or this one, read its share. One in one piece this one reads alone.
      if (!opened.info.isOnePiece)
        for (const { workerId, remote } of remotes)
          remote.call('open', { file, name, companions, series }, { signal }).then(
            ({ id }) => readers.set(workerId, remoteReader(remote, id)),
            () => undefined,
          );
      const prediction = await analyze(opened, await readyModel(modelId, backend, signal), {
        mpp,
        bag,
        batches: (planned, batchTiles, stop) =>
          feedBatches(planned, batchTiles, () => [...readers.values()], localReader(opened), stop),
        signal,
        onProgress: (value) => progress(value),
      });
      const { attention } = prediction;
      const arrays = [
        prediction.logits,
        prediction.probabilities,
        attention.scores,
        attention.weights,
        attention.contributions,
        attention.tileProbabilities,
        attention.bag.xy,
        attention.bag.tissueFraction,
      ];
      transfer(...new Set(arrays.flatMap((one) => (one ? [one.buffer as ArrayBuffer] : []))));
      return prediction;
    } finally {
      const slideId = slide?.info.id;
      for (const { workerId, port } of tilePorts) {
        if (slideId !== undefined)
          tileRemotes
            .get(workerId)
            ?.call('close', { slideId })
            .catch(() => undefined);
        tileRemotes.delete(workerId);
        port.close();
      }
      await slide?.close();
    }
  },

  async planImport({ files }, { signal }) {
    const { planImport } = await import('../model/import.ts');
    return planImport(toSources(files), signal);
  },

  async importModel({ files, settings }, { signal }) {
    const { importModel } = await import('../model/import.ts');
    const { manifest, contents } = await importModel(toSources(files), settings, signal);
    signal.throwIfAborted();
    await importedModels.keep(manifest, contents);
    return manifest;
  },

  tileWorkerLost({ workerId }) {
    tileRemotes.get(workerId)?.fail('it was replaced');
  },
});

/** Before `analyze` has anything to say. */
const LOADING: AnalysisProgress = {
  stage: 'model',
  tilesDone: 0,
  tilesTotal: 0,
  tilesPerSecond: 0,
  secondsLeft: undefined,
  bag: undefined,
  scoresFirst: 0,
  scores: new Float32Array(),
};

/** A cancelled run leaves the loading alone: the next run will want the model. */
async function readyModel(modelId: string, backend: BackendName | undefined, signal: AbortSignal): Promise<Model> {
  const files = await modelFiles(modelId);
  // One imported again under the same id is another model.
  const key = `${modelId} ${files.manifest.imported?.date ?? 'shipped'} ${backend ?? 'best'}`;
  const loading = models.get(key) ?? loadModel(files, { backend });
  // Taken out and put in again: the map is in the order of last use.
  models.delete(key);
  models.set(key, loading);
  loading.catch(() => models.delete(key));
  for (const [oldKey, old] of [...models].slice(0, -MODELS_KEPT)) {
    models.delete(oldKey);
    old.then((model) => model.dispose()).catch(() => undefined);
  }
  return await Promise.race([loading, whenAborted(signal)]);
}

function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

async function modelFiles(modelId: string): Promise<ModelFiles> {
  const files = shippedModel(modelId) ?? (await importedModels.find(modelId));
  if (!files) throw new AppError({ code: 'model/unknown', id: modelId });
  // What the database kept is checked like any other manifest.
  return { ...files, manifest: parseManifest(files.manifest, 'manifest.json') };
}

function shippedModel(modelId: string): ModelFiles | undefined {
  const manifest = shippedModels.find(({ id }) => id === modelId);
  if (!manifest) return undefined;
  return {
    manifest,
    async read(path) {
      const url = modelFileUrl(modelId, path);
      const response = url === undefined ? undefined : await fetch(url).catch(() => undefined);
      if (!response?.ok) throw new AppError({ code: 'model/missing-file', path });
      return response.arrayBuffer();
    },
  };
}

function toSources(files: readonly CompanionFile[]): readonly ImportSource[] {
  return files.map(({ path, file }) => ({
    name: path,
    sizeBytes: file.size,
    async read() {
      try {
        return await file.arrayBuffer();
      } catch (cause) {
        throw new AppError({ code: 'model/invalid', path, problem: 'it can no longer be read' }, { cause });
      }
    },
  }));
}

function remoteReader(remote: Remote<SlideCalls>, slideId: string): BatchReader {
  return {
    pending: remote.pending,
    async read(bag, first, count, signal) {
      const input = { slideId, bag: sliceBag(bag, first, count), first: 0, count };
      return moveBatch(await remote.call('batch', input, { signal }), first);
    },
  };
}

function localReader(slide: Slide): BatchReader {
  return {
    pending: () => 0,
    async read(bag, first, count, signal) {
      for await (const batch of readBatches(slide, bag, { batchTiles: count, first, count, signal })) return batch;
      throw new AppError({ code: 'internal', reason: `tiles ${first} to ${first + count} are not in the bag` });
    },
  };
}
