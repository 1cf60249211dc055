/** What a person does with models: chooses one, runs it on the slide on screen, cancels. */
import { isAbort } from '../../errors.ts';
import { runsOnSlides } from '../../model/catalog.ts';
import type { ModelManifest } from '../../model/manifest.ts';
import { resultContext } from '../../report/result.ts';
import type { AnalysisClient } from '../../worker/connect.ts';
import type { AnalysisProgress } from '../../worker/protocol.ts';
import { type BagChoice, bagOf, DARKEST_16, mppOf } from '../state/made-with.ts';
import { withRun } from '../state/run-record.ts';
import { changeSlide, type RunProgress, type ScreenStore, slideOnScreen } from '../state/screen.ts';
import { currentSettings } from '../state/shown-run.ts';
import { toErrorInfo } from '../state/to-error-info.ts';

export interface RunServices {
  readonly analysis: Pick<AnalysisClient, 'prepare' | 'analyze'>;
  /** Those shipped with the page. */
  readonly models: readonly ModelManifest[];
}

export interface RunActions {
  chooseModel(modelId: string): void;
  chooseBag(choice: BagChoice): void;
  run(): Promise<void>;
  cancel(): void;
}

/** What opening a slide and importing a model do to the model; no person does it directly. */
export interface ModelTurns {
  /** Loads and checks the current model, unless that was begun. */
  prepareOnce(): void;
  /** Makes a model the current one, again if it is already, and prepares it where a slide is on screen. */
  choose(modelId: string): void;
  /** Makes a model the current one for a slide that is about to be shown. */
  chooseForNext(modelId: string): void;
}

export function createRunActions(
  store: ScreenStore,
  { analysis, models }: RunServices,
): { readonly actions: RunActions; readonly turns: ModelTurns } {
  let running: AbortController | undefined;
  let preparing: AbortController | undefined;

  const findModel = (modelId: string) =>
    models.find(({ id }) => id === modelId) ?? store.getState().imported.find(({ id }) => id === modelId);

  /** Loads and checks the model while the person looks at the slide, so that Run starts at once. */
  const prepare = async () => {
    preparing?.abort();
    const controller = new AbortController();
    preparing = controller;
    const { modelId, forcedBackend } = store.getState();
    const model = findModel(modelId);
    if (model !== undefined && !runsOnSlides(model)) {
      store.setState({ backend: { status: 'unknown' } });
      return;
    }
    store.setState({ backend: { status: 'checking' } });
    try {
      const report = await analysis.prepare({ modelId, backend: forcedBackend }, { signal: controller.signal });
      if (preparing === controller) store.setState({ backend: { status: 'ready', report } });
    } catch (error) {
      if (preparing !== controller) return;
      store.setState({
        backend: isAbort(error) ? { status: 'unknown' } : { status: 'failed', error: toErrorInfo(error) },
      });
    }
  };

  const chooseForNext = (modelId: string) => {
    preparing?.abort();
    preparing = undefined;
    store.setState({ modelId, backend: { status: 'unknown' } });
  };

  const choose = (modelId: string) => {
    chooseForNext(modelId);
    // What a person chose stays, also for the slide after the sample.
    store.setState({ modelBeforeSample: undefined });
    const { run } = store.getState();
    if (slideOnScreen(store.getState()) !== undefined && run.status !== 'running') void prepare();
  };

  const cancel = () => {
    running?.abort();
    running = undefined;
    const { run } = store.getState();
    if (run.status === 'running' || run.status === 'needs-mpp')
      store.setState({ run: { status: 'cancelled', slideKey: run.slideKey } });
  };

  const run = async () => {
    const { modelId, bagChoice, forcedBackend } = store.getState();
    const slide = slideOnScreen(store.getState());
    const model = findModel(modelId);
    if (slide === undefined) return;
    running?.abort();
    running = undefined;
    const slideKey = slide.key;
    const madeWith = currentSettings(slide, model, bagChoice);
    if (model === undefined || madeWith === undefined) {
      store.setState({ run: { status: 'failed', slideKey, error: { code: 'model/unknown', id: modelId } } });
      return;
    }
    if (bagOf(model, bagChoice).protocol === 'tissue-grid' && mppOf(slide) === undefined) {
      store.setState({ run: { status: 'needs-mpp', slideKey } });
      return;
    }
    const controller = new AbortController();
    running = controller;
    const runId = crypto.randomUUID();
    const userMpp = slide.info.mpp === undefined ? slide.userMpp : undefined;
    const show = (progress: RunProgress) =>
      store.setState({ run: { status: 'running', slideKey, runId, madeWith, progress } });
    let progress: RunProgress = {
      stage: 'model',
      tilesDone: 0,
      tilesTotal: 0,
      tilesPerSecond: 0,
      secondsLeft: undefined,
      bag: undefined,
      scores: new Float32Array(0),
    };
    store.setState({ chosenTile: undefined });
    show(progress);
    try {
      const prediction = await analysis.analyze(
        {
          file: slide.file,
          name: slide.info.name,
          companions: slide.companions,
          series: slide.info.series?.open,
          modelId,
          mpp: userMpp,
          bag: bagChoice === 'darkest-16' ? DARKEST_16 : undefined,
          backend: forcedBackend,
        },
        {
          signal: controller.signal,
          onProgress: (news) => {
            if (running !== controller) return;
            progress = mergeProgress(progress, news);
            show(progress);
          },
        },
      );
      if (running !== controller) return;
      running = undefined;
      const context = resultContext({
        info: slide.info,
        manifest: model,
        userMpp,
        bagSpec: bagOf(model, bagChoice),
        date: new Date(),
        withName: false,
      });
      const record = { id: runId, source: 'model', prediction, madeWith, context, origin: 'computed' } as const;
      changeSlide(store, slideKey, (one) => ({ ...one, runs: withRun(one.runs, record) }));
      store.setState({
        run: { status: 'done', slideKey, runId },
        backend: { status: 'ready', report: prediction.backend },
      });
    } catch (error) {
      if (running !== controller) return;
      running = undefined;
      store.setState({
        run: isAbort(error)
          ? { status: 'cancelled', slideKey }
          : { status: 'failed', slideKey, error: toErrorInfo(error) },
      });
    }
  };

  return {
    actions: {
      chooseModel: (modelId) => {
        if (modelId !== store.getState().modelId) choose(modelId);
      },
      chooseBag: (bagChoice) => store.setState({ bagChoice }),
      run,
      cancel,
    },
    turns: {
      prepareOnce: () => {
        if (store.getState().backend.status === 'unknown') void prepare();
      },
      choose,
      chooseForNext,
    },
  };
}

/** Adds what is new: the bag comes once, scores come in pieces. A new array each time, because states are compared. */
export function mergeProgress(before: RunProgress, news: AnalysisProgress): RunProgress {
  const bag = news.bag ?? before.bag;
  let { scores } = before;
  if (news.bag !== undefined) scores = new Float32Array(news.bag.count).fill(Number.NaN);
  if (news.scores.length > 0) {
    scores = scores.slice();
    scores.set(news.scores.subarray(0, Math.max(0, scores.length - news.scoresFirst)), news.scoresFirst);
  }
  return {
    stage: news.stage,
    tilesDone: news.tilesDone,
    tilesTotal: news.tilesTotal,
    tilesPerSecond: news.tilesPerSecond,
    secondsLeft: news.secondsLeft,
    bag,
    scores,
  };
}
