/** What a person can do. Each action writes only while its own controller is the current one. */
import type { BagPrediction } from '../analysis/prediction.ts';
import { AppError, isAbort, isAppError } from '../errors.ts';
import { runsOnSlides } from '../model/catalog.ts';
import type { ModelManifest } from '../model/manifest.ts';
import { nameOfUrl, parseAddress } from '../slide/address.ts';
import type { BagSpec } from '../tiling/bag.ts';
import type { FailedTile } from '../viewer/tile-source.ts';
import type { AnalysisClient } from '../worker/connect.ts';
import type { SlidePool } from '../worker/pool.ts';
import type { AnalysisProgress, RemoteFile } from '../worker/protocol.ts';
import { toInfo } from './caught.ts';
import { type ChannelSetting, changedSettings } from './channels.ts';
import type { DisplaySettings } from './display.ts';
import { type GivenFile, type GivenSlide, toGivenSlide } from './given-files.ts';
import { hasWeightsInside, isNamedLikeModel } from './given-model.ts';
import { createImportActions, type ImportActions, type ImportServices } from './import-actions.ts';
import {
  type BagChoice,
  type HeatmapSettings,
  mppOf,
  type OpenSlide,
  type RunProgress,
  type ScreenStore,
  slideOnScreen,
} from './store.ts';

/** The article's bag, whatever the model was trained with. */
const DARKEST_16: BagSpec = { protocol: 'darkest', tilePx: 128, count: 16, downsample: 16 };

/** µm/px that a slide can have: beyond it a number was mistyped. */
export const MPP_RANGE = [0.05, 10] as const;

export interface Services extends ImportServices {
  readonly slides: Pick<SlidePool, 'open' | 'close'>;
  readonly analysis: Pick<AnalysisClient, 'prepare' | 'analyze' | 'planImport' | 'importModel'>;
  /** Those shipped with the page. */
  readonly models: readonly ModelManifest[];
  /** The model that fits the built-in sample slide; others are for other tissue. */
  readonly sampleModelId: string;
  /** The built-in sample slide. */
  readonly readSample: (signal: AbortSignal) => Promise<File>;
}

export interface Actions extends ImportActions {
  /** Opens a slide, or begins the import of a model. */
  openFiles(files: readonly GivenFile[]): Promise<void>;
  /** Opens a slide on a server: the only thing that asks another origin for anything. */
  openAddress(address: string): Promise<void>;
  openSample(): Promise<void>;
  /** Takes the notice of a failed opening away; the slide before stays. */
  dismissError(): void;
  dismissNotice(): void;
  /** Takes away the notice that the slide on screen can no longer be read. */
  dismissReadError(): void;
  chooseModel(modelId: string): void;
  chooseBag(choice: BagChoice): void;
  /** µm per level-0 px of the slide on screen; a run that waits for it starts. */
  giveMpp(mpp: number): void;
  run(): Promise<void>;
  cancel(): void;
  setHeatmap(change: Partial<HeatmapSettings>): void;
  setDisplay(change: Partial<DisplaySettings>): void;
  /** One channel of the slide on screen. */
  setChannel(index: number, change: Partial<ChannelSetting>): void;
  /** All channels as models get them. */
  resetChannels(): void;
  /** Opens another image of the file on screen. */
  chooseSeries(series: number): Promise<void>;
  chooseTile(index: number | undefined): void;
  /** A tile of the view could not be read: a hole in the slide, or the end of its file. */
  tileFailed(slideId: string, error: unknown, tile: FailedTile): void;
  setKeys(hasKeys: boolean): void;
}

export function createActions(store: ScreenStore, services: Services): Actions {
  const { slides, analysis, models } = services;
  let opening: AbortController | undefined;
  let running: AbortController | undefined;
  let preparing: AbortController | undefined;
  /** Pixel sizes given by hand, by slide, until the page is left. */
  const givenMpp = new Map<string, number>();
  /** Tiles that failed on the slide on screen: each counts once, however often the view asks for it. */
  const holes = new Set<string>();

  const findModel = (modelId: string) =>
    models.find(({ id }) => id === modelId) ?? store.getState().imported.find(({ id }) => id === modelId);
  const onScreen = () => slideOnScreen(store.getState().slide);
  const lastResult = (): BagPrediction | undefined => {
    const { run } = store.getState();
    return run.status === 'done' ? run.prediction : run.previous;
  };

  const cancel = () => {
    running?.abort();
    running = undefined;
    const { status } = store.getState().run;
    if (status === 'running' || status === 'needs-mpp') {
      store.setState({ run: { status: 'cancelled', previous: lastResult() } });
    }
  };

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
      store.setState({ backend: isAbort(error) ? { status: 'unknown' } : { status: 'failed', error: toInfo(error) } });
    }
  };

  const choose = (modelId: string) => {
    preparing?.abort();
    preparing = undefined;
    store.setState({ modelId });
    if (onScreen() !== undefined && store.getState().run.status !== 'running') void prepare();
    else store.setState({ backend: { status: 'unknown' } });
  };
  const imports = createImportActions(store, services, choose);

  const open = async (
    name: string,
    read: (signal: AbortSignal) => Promise<GivenSlide | RemoteFile>,
    series?: number,
  ) => {
    opening?.abort();
    cancel();
    const controller = new AbortController();
    opening = controller;
    const previous = onScreen();
    store.setState({ slide: { status: 'opening', name, previous }, notice: undefined });
    let given: GivenSlide | RemoteFile | undefined;
    try {
      given = await read(controller.signal);
      const file = 'url' in given ? given : given.main.file;
      const companions = 'url' in given ? [] : given.companions;
      const info = await slides.open(file, name, controller.signal, companions, series);
      if (opening !== controller) {
        slides.close(info.id);
        return;
      }
      if (previous !== undefined) slides.close(previous.info.id);
      holes.clear();
      store.setState({
        slide: {
          status: 'open',
          slide: {
            ...{ info, file, companions, userMpp: givenMpp.get(info.id), channels: undefined },
            ...{ holes: 0, readError: undefined },
          },
        },
        run: { status: 'idle', previous: undefined },
        chosenTile: undefined,
        notice: unusedNotice(info.format, name, companions.length),
      });
      if (store.getState().backend.status === 'unknown') void prepare();
    } catch (error) {
      if (opening !== controller || isAbort(error)) return;
      // No slide, then perhaps a model under a name that does not say so.
      const dropped = given !== undefined && 'main' in given ? given.main : undefined;
      if (dropped && isAppError(error, 'slide/unrecognized') && (await hasWeightsInside(dropped.file))) {
        if (opening !== controller) return;
        store.setState({ slide: previous === undefined ? { status: 'none' } : { status: 'open', slide: previous } });
        return imports.planImport([dropped]);
      }
      store.setState({ slide: { status: 'failed', name, error: toInfo(error), previous } });
    }
  };

  const run = async () => {
    const slide = onScreen();
    const { modelId, bagChoice, forcedBackend } = store.getState();
    const model = findModel(modelId);
    if (slide === undefined) return;
    running?.abort();
    running = undefined;
    const previous = lastResult();
    if (model === undefined) {
      store.setState({ run: { status: 'failed', error: { code: 'model/unknown', id: modelId }, previous } });
      return;
    }
    const bag = bagChoice === 'darkest-16' ? DARKEST_16 : undefined;
    if ((bag ?? model.bag).protocol === 'tissue-grid' && mppOf(slide) === undefined) {
      store.setState({ run: { status: 'needs-mpp', previous } });
      return;
    }
    const controller = new AbortController();
    running = controller;
    const show = (progress: RunProgress) =>
      store.setState({ run: { status: 'running', modelId, progress, previous }, chosenTile: undefined });
    let progress: RunProgress = {
      stage: 'model',
      tilesDone: 0,
      tilesTotal: 0,
      tilesPerSecond: 0,
      secondsLeft: undefined,
      bag: undefined,
      scores: new Float32Array(0),
    };
    show(progress);
    try {
      const prediction = await analysis.analyze(
        {
          file: slide.file,
          name: slide.info.name,
          companions: slide.companions,
          series: slide.info.series?.open,
          modelId,
          mpp: slide.info.mpp === undefined ? slide.userMpp : undefined,
          bag,
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
      store.setState({
        run: { status: 'done', prediction },
        backend: { status: 'ready', report: prediction.backend },
      });
    } catch (error) {
      if (running !== controller) return;
      running = undefined;
      store.setState({
        run: isAbort(error) ? { status: 'cancelled', previous } : { status: 'failed', error: toInfo(error), previous },
      });
    }
  };

  const changeSlide = (slideId: string, change: (slide: OpenSlide) => OpenSlide) => {
    const { slide } = store.getState();
    const shown = slideOnScreen(slide);
    if (shown?.info.id !== slideId) return;
    const next = change(shown);
    if (slide.status === 'open') store.setState({ slide: { status: 'open', slide: next } });
    else if (slide.status !== 'none') store.setState({ slide: { ...slide, previous: next } });
  };

  return {
    ...imports,
    openFiles: async (files) => {
      if (isNamedLikeModel(files)) return imports.planImport(files);
      const given = toGivenSlide(files);
      if (given !== undefined) await open(given.main.file.name, async () => given);
    },
    openAddress: async (address) => {
      try {
        const { href } = readableAddress(address);
        await open(nameOfUrl(href), async () => ({ url: href }));
      } catch (error) {
        opening?.abort();
        opening = undefined;
        store.setState({ slide: { status: 'failed', name: address, error: toInfo(error), previous: onScreen() } });
      }
    },
    openSample: async () => {
      // A model for the sample's own kind of tissue, where one is shipped: the others are for tissue of other organs.
      const fitting = models.find(({ id }) => id === services.sampleModelId);
      if (fitting !== undefined && fitting.id !== store.getState().modelId) {
        preparing?.abort();
        preparing = undefined;
        store.setState({ modelId: fitting.id, backend: { status: 'unknown' } });
      }
      await open('prostate-phantom.tiff', async (signal) => {
        const file = await services.readSample(signal);
        return { main: { path: file.name, file }, companions: [] };
      });
    },
    dismissError: () => {
      const { slide, run } = store.getState();
      if (slide.status === 'failed') {
        store.setState({
          slide: slide.previous === undefined ? { status: 'none' } : { status: 'open', slide: slide.previous },
        });
      } else if (run.status === 'failed') store.setState({ run: { status: 'idle', previous: run.previous } });
    },
    dismissReadError: () => {
      const shown = onScreen();
      if (shown !== undefined) changeSlide(shown.info.id, (slide) => ({ ...slide, readError: undefined }));
    },
    dismissNotice: () => store.setState({ notice: undefined }),
    chooseModel: (modelId) => {
      if (modelId !== store.getState().modelId) choose(modelId);
    },
    chooseBag: (bagChoice) => store.setState({ bagChoice }),
    giveMpp: (mpp) => {
      const shown = onScreen();
      if (shown === undefined) return;
      givenMpp.set(shown.info.id, mpp);
      changeSlide(shown.info.id, (slide) => ({ ...slide, userMpp: mpp }));
      if (store.getState().run.status === 'needs-mpp') void run();
    },
    run,
    cancel,
    setHeatmap: (change) => store.setState(({ heatmap }) => ({ heatmap: { ...heatmap, ...change } })),
    setDisplay: (change) => store.setState(({ display }) => ({ display: { ...display, ...change } })),
    setChannel: (index, change) => {
      const shown = onScreen();
      if (shown?.info.channels === undefined) return;
      const channels = changedSettings(shown.info.channels, shown.channels, index, change);
      changeSlide(shown.info.id, (slide) => ({ ...slide, channels }));
    },
    resetChannels: () => {
      const shown = onScreen();
      if (shown !== undefined) changeSlide(shown.info.id, (slide) => ({ ...slide, channels: undefined }));
    },
    chooseSeries: async (series) => {
      const shown = onScreen();
      if (shown === undefined || series === shown.info.series?.open) return;
      const { file, companions, info } = shown;
      const read = async () =>
        'url' in file
          ? file
          : { main: { path: info.name, file: file instanceof File ? file : new File([file], info.name) }, companions };
      await open(info.name, read, series);
    },
    chooseTile: (chosenTile) => store.setState({ chosenTile }),
    tileFailed: (slideId, error, { level, col, row }) => {
      const info = toInfo(error);
      changeSlide(slideId, (slide) => {
        // A tile that ends its worker, the second time too, is as lost as one that cannot be decoded; the file is not.
        const isHole = info.code === 'slide/tile-failed' || info.code === 'worker/crashed' || info.code === 'internal';
        if (!isHole) return { ...slide, readError: info };
        holes.add(`${level}/${col}/${row}`);
        return { ...slide, holes: holes.size };
      });
    },
    setKeys: (hasKeys) => store.setState({ hasKeys }),
  };
}

/** @throws usage for what is no address, or what the browser would not let a page like this read */
function readableAddress(address: string): URL {
  const url = parseAddress(address);
  const isHere = /^(localhost|127\.0\.0\.1|\[::1\])$/.test(url.hostname);
  if (globalThis.location?.protocol === 'https:' && url.protocol === 'http:' && !isHere)
    throw new AppError({ code: 'usage', problem: 'This page was sent by https and can read https addresses only.' });
  return url;
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

/** Formats whose slides are several files. */
const SEVERAL_FILES: ReadonlySet<string> = new Set(['dicom-wsi', 'mirax', 'hamamatsu-vms', 'deep-zoom']);

/** What to say when files were given that are no part of the slide. */
function unusedNotice(format: string, name: string, others: number): string | undefined {
  if (others === 0 || SEVERAL_FILES.has(format)) return undefined;
  return `${others + 1} files were given; ${name} is shown. Open the others one at a time.`;
}

/** The sample slide from the page's own origin. @throws slide/read-failed */
export async function readSample(base: string, signal: AbortSignal): Promise<File> {
  const name = 'prostate-phantom.tiff';
  try {
    const response = await fetch(`${base}sample/${name}`, { signal });
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    return new File([await response.blob()], name);
  } catch (error) {
    if (isAbort(error)) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new AppError({ code: 'slide/read-failed', name: 'The sample slide', reason }, { cause: error });
  }
}
