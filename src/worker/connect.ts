/** The page's end: makes the workers, and gives what app and viewer call. */
import type { BagPrediction } from '../analysis/prediction.ts';
import { isAppError } from '../errors.ts';
import type { BackendReport } from '../model/backend-report.ts';
import type { ImportPlan, ImportSettings } from '../model/import.ts';
import type { ModelManifest } from '../model/manifest.ts';
import { withLifeline } from './lifeline.ts';
import { createSlidePool, poolSize, type SlidePool } from './pool.ts';
import type { AnalysisCalls, AnalysisProgress, CompanionFile } from './protocol.ts';
import { connect, type Remote } from './rpc.ts';

export type AnalyzeInput = Omit<AnalysisCalls['analyze']['in'], 'tilePorts' | 'companions' | 'series'> & {
  readonly companions?: readonly CompanionFile[];
  readonly series?: number | undefined;
};

export interface AnalysisClient {
  /** Loads and checks a model ahead of the run. @throws model/*, gpu/*, worker/crashed */
  prepare(input: AnalysisCalls['prepare']['in'], options?: { readonly signal?: AbortSignal }): Promise<BackendReport>;
  /** One run, see analysis/analyze.ts. Aborting rejects at once, also in the middle of an inference call. */
  analyze(
    input: AnalyzeInput,
    options?: { readonly signal?: AbortSignal; readonly onProgress?: (progress: AnalysisProgress) => void },
  ): Promise<BagPrediction>;
  /** What importing these files as a model would do. Waits for a run under way. @throws model/* */
  planImport(files: readonly CompanionFile[], options?: { readonly signal?: AbortSignal }): Promise<ImportPlan>;
  /** Imports, checks and keeps a model. @throws model/* */
  importModel(
    files: readonly CompanionFile[],
    settings: Partial<ImportSettings>,
    options?: { readonly signal?: AbortSignal },
  ): Promise<ModelManifest>;
  dispose(): void;
}

/** The pool of slide workers, for the lifetime of the page. */
export function connectSlides(): SlidePool {
  return createSlidePool(
    () => withLifeline(new Worker(new URL('./slide.worker.ts', import.meta.url), { type: 'module', name: 'slide' })),
    poolSize(navigator.hardwareConcurrency),
  );
}

/** A cancelled run that has not stopped by then is in a long kernel: its worker is ended and made anew. */
const STOP_MS = 1_500;

/** The one analysis worker; its tiles are decoded by the workers of `slides`, or by itself when there are none. */
export function connectAnalysis(slides?: SlidePool): AnalysisClient {
  return createAnalysisClient(
    () =>
      withLifeline(new Worker(new URL('./analysis.worker.ts', import.meta.url), { type: 'module', name: 'analysis' })),
    slides,
  );
}

type AnalysisWorker = Pick<Worker, 'postMessage' | 'addEventListener' | 'terminate'>;

interface Running {
  readonly worker: AnalysisWorker;
  readonly remote: Remote<AnalysisCalls>;
}

/** As connectAnalysis, over workers that `spawn` makes. */
export function createAnalysisClient(spawn: () => AnalysisWorker, slides?: SlidePool): AnalysisClient {
  let running: Running | undefined;

  const start = (): Running => {
    if (running) return running;
    const worker = spawn();
    const made: Running = {
      worker,
      remote: connect<AnalysisCalls>(worker, {
        name: 'analysis',
        onCrash: () => {
          worker.terminate();
          if (running === made) running = undefined;
        },
      }),
    };
    running = made;
    return made;
  };

  /** The worker, once it has left behind every run that was cancelled. */
  const whenFree = async (): Promise<Remote<AnalysisCalls>> => {
    const { remote } = start();
    if (remote.pending() === 0) return remote;
    await remote.idle();
    return start().remote;
  };

  /** Gives a cancelled worker a moment to stop by itself, which keeps its model loaded; then ends it. */
  const stopSoon = (remote: Remote<AnalysisCalls>) => {
    const timer = setTimeout(() => remote.fail('it was busy when the run was cancelled'), STOP_MS);
    void remote.idle().then(() => clearTimeout(timer));
  };

  const ask = async <K extends 'prepare' | 'analyze' | 'planImport' | 'importModel'>(
    type: K,
    input: () => AnalysisCalls[K]['in'],
    transfer: (input: AnalysisCalls[K]['in']) => Transferable[],
    signal: AbortSignal | undefined,
    onProgress?: (progress: AnalysisCalls[K]['progress']) => void,
  ): Promise<AnalysisCalls[K]['out']> => {
    const remote = await unlessAborted(whenFree(), signal);
    const given = input();
    const onAbort = () => stopSoon(remote);
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      return await remote.call(type, given, { signal, onProgress, transfer: transfer(given) });
    } catch (error) {
      // Nothing on a lost device can be used again, so the next run starts with a fresh worker.
      if (isAppError(error, 'gpu/lost', 'gpu/out-of-memory')) remote.fail('the graphics card was lost');
      throw error;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  };

  const askPlainly = <K extends 'prepare' | 'planImport' | 'importModel'>(
    type: K,
    input: AnalysisCalls[K]['in'],
    signal: AbortSignal | undefined,
  ) =>
    ask(
      type,
      () => input,
      () => [],
      signal,
    );

  const stopListening = slides?.onWorkerLost((workerId) => {
    running?.remote.call('tileWorkerLost', { workerId }).catch(() => undefined);
  });

  return {
    prepare: (input, { signal } = {}) => askPlainly('prepare', input, signal),
    planImport: (files, { signal } = {}) => askPlainly('planImport', { files }, signal),
    importModel: (files, settings, { signal } = {}) => askPlainly('importModel', { files, settings }, signal),
    analyze: (input, { signal, onProgress } = {}) =>
      ask(
        'analyze',
        () => ({
          ...input,
          companions: input.companions ?? [],
          series: input.series,
          tilePorts: slides?.attach() ?? [],
        }),
        ({ tilePorts }) => tilePorts.map(({ port }) => port),
        signal,
        onProgress,
      ),
    dispose() {
      stopListening?.();
      running?.remote.fail('it was ended');
    },
  };
}

/** Rejects at once on abort; `promise` itself runs on. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const abort = () => reject(new DOMException('The operation was aborted.', 'AbortError'));
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
