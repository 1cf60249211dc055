/** For tests of actions: a page whose workers are answered by hand, in the order that a test wants. */
import type { BagPrediction } from '../../analysis/prediction.ts';
import type { ImportPlan } from '../../model/import.ts';
import type { ModelManifest } from '../../model/manifest.ts';
import type { SlideInfo } from '../../slide/slide.ts';
import type { BagSpec, TileBag } from '../../tiling/bag.ts';
import type { AnalysisProgress } from '../../worker/protocol.ts';
import { createActions, type Services } from '../state/actions.ts';
import { createScreenStore, type ScreenStore, slideOnScreen } from '../state/screen.ts';
import { selectShownRun } from '../state/shown-run.ts';

export const info = (id: string, mpp: number | undefined): SlideInfo => ({
  id,
  name: `${id}.svs`,
  format: 'aperio',
  formatLabel: 'Aperio SVS, JPEG',
  width: 1000,
  height: 800,
  levels: [{ index: 0, width: 1000, height: 800, downsample: 1, tileWidth: 240, tileHeight: 240 }],
  mpp: mpp === undefined ? undefined : { x: mpp, y: mpp, origin: 'vendor' },
  objectivePower: 20,
  bounds: { x: 0, y: 0, width: 1000, height: 800 },
  background: [255, 255, 255],
  properties: {},
  associated: [],
});

/** Of two channels, one of two images of its file. */
export const fluorescence = (id: string, open: number): SlideInfo => ({
  ...info(id, 0.5),
  channels: ['DAPI', 'CD8'].map((name) => ({
    ...{ name, color: [0, 0, 255], window: { low: 0, high: 100 }, range: { low: 0, high: 300 }, isShown: true },
  })),
  series: { images: [0, 1].map((index) => ({ index, name: '', width: 10, height: 10 })), open },
});

/** A result of tiles in one row, each with its contribution; of no tiles where none is given. */
export const prediction = (
  slideId: string,
  {
    contributions = [],
    probability = 0.8,
    modelId = 'm@1.0.0',
    left = 0,
  }: {
    readonly contributions?: readonly number[];
    readonly probability?: number;
    readonly modelId?: string;
    /** Of the first tile, level-0 px. */
    readonly left?: number;
  } = {},
): BagPrediction => {
  const count = contributions.length;
  const odds = Math.log(probability / (1 - probability));
  const bag: TileBag = {
    slideId,
    protocol: 'tissue-grid',
    count,
    xy: Int32Array.from(contributions.flatMap((_, i) => [left + 256 * i, 0])),
    spanPx: 256,
    tilePx: 128,
    mpp: 1,
    level: 0,
    tissueFraction: new Float32Array(count).fill(1),
    candidates: count,
    rejected: { background: 0, pen: 0, black: 0, blur: 0, cap: 0, unreadable: 0 },
    coverage: undefined,
  };
  return {
    slideId,
    modelId,
    classes: ['benign', 'malignant'],
    logits: new Float32Array([0, odds]),
    probabilities: new Float64Array([1 - probability, probability]),
    positiveClass: 'malignant',
    scope: { state: 'inside', reasons: [] },
    label: probability >= 0.5 ? 'malignant' : 'benign',
    threshold: 0.5,
    bias: odds - contributions.reduce((sum, one) => sum + one, 0),
    temperature: 1,
    attention: {
      bag,
      scores: new Float32Array(count),
      weights: new Float32Array(count).fill(1 / Math.max(1, count)),
      contributions: count === 0 ? undefined : Float64Array.from(contributions),
      tileProbabilities: undefined,
    },
    notes: [],
    backend: { name: 'cpu', device: 'test', software: true, selfTest: { probability: 0, attention: 0 }, reasons: [] },
    elapsedMs: { tissue: 0, tiles: 0, encode: 0, head: 0, total: 0 },
  };
};

export const IMPORTED = {
  id: 'imported-mine',
  name: 'mine',
  bag: { protocol: 'tissue-grid' },
  encoder: { kind: 'compact-cnn' },
  imported: { from: 'mine.pth', date: '2026-01-01', golden: 'made-here' },
  scope: { tissue: 'tissue', stain: 'H&E', mppRange: [0.05, 10] },
} as unknown as ModelManifest;
/** Tiles of a model, of either kind. */
const BAGS: Readonly<Record<BagSpec['protocol'], BagSpec>> = {
  'tissue-grid': { protocol: 'tissue-grid', tilePx: 128, mpp: 1, minTissue: 0.5, maxTiles: 1000, seed: 1 },
  darkest: { protocol: 'darkest', tilePx: 64, count: 8, downsample: 8 },
};
/** The model that the person has, another, and the one that is made for the sample. */
const named = (id: string) =>
  ({
    id,
    name: id,
    version: '1.0.0',
    bag: BAGS['tissue-grid'],
    license: 'MIT',
    encoder: { kind: 'compact-cnn' },
    scope: { tissue: 'colon tissue', stain: 'H&E', mppRange: [0.05, 10] },
    files: [{ path: 'weights.safetensors', sha256: 'a'.repeat(64) }],
  }) as unknown as ModelManifest;
export const DRAWINGS = named('drawings');
export const MODELS: readonly ModelManifest[] = [named('m'), named('other'), DRAWINGS];
export const PLAN = { kind: 'model', manifestId: 'imported-mine' } as unknown as ImportPlan;

interface Pending<In, Out> {
  readonly input: In;
  readonly signal: AbortSignal | undefined;
  resolve(out: Out): void;
  reject(error: unknown): void;
}

/** What a worker would do is in the lists that come back, each to be resolved or rejected. */
export function setUp(protocol: 'tissue-grid' | 'darkest' = 'tissue-grid') {
  const opens: Pending<string, SlideInfo>[] = [];
  /** The image asked for at each opening. */
  const series: (number | undefined)[] = [];
  const runs: (Pending<{ mpp: number | undefined; series: number | undefined }, BagPrediction> & {
    onProgress: ((progress: AnalysisProgress) => void) | undefined;
  })[] = [];
  const closed: string[] = [];
  const plans: Pending<string, ImportPlan>[] = [];
  const imports: Pending<{ files: number; name: string | undefined }, ModelManifest>[] = [];
  const removed: string[] = [];
  const asked: string[] = [];
  const ask = <In, Out>(list: Pending<In, Out>[], input: In, signal: AbortSignal | undefined, more: object = {}) =>
    new Promise<Out>((resolve, reject) => {
      signal?.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')));
      list.push({ input, signal, resolve, reject, ...more });
    });
  const services: Services = {
    slides: {
      open: (_file, name, signal, _companions, image) => {
        series.push(image);
        return ask(opens, name, signal);
      },
      close: (id) => {
        closed.push(id);
      },
    },
    analysis: {
      prepare: async () => prediction('x').backend,
      analyze: (input, options) =>
        ask(
          runs as Pending<{ mpp: number | undefined; series: number | undefined }, BagPrediction>[],
          { mpp: input.mpp, series: input.series },
          options?.signal,
          { onProgress: options?.onProgress },
        ),
      planImport: (files, options) => ask(plans, files.map(({ path }) => path).join(), options?.signal),
      importModel: (files, settings, options) =>
        ask(imports, { files: files.length, name: settings.name }, options?.signal),
    },
    askToKeep: () => {
      asked.push('to keep');
    },
    importedModels: {
      list: async () => [IMPORTED],
      remove: async (id) => {
        removed.push(id);
      },
    },
    models: MODELS.map((model) => ({ ...model, bag: BAGS[protocol] })),
    sampleModelId: DRAWINGS.id,
    readSample: async () => new File([], 'sample.tiff'),
  };
  const store = createScreenStore('m', undefined);
  return {
    store,
    actions: createActions(store, services),
    opens,
    series,
    runs,
    closed,
    plans,
    imports,
    removed,
    asked,
  };
}

export type ByHand = ReturnType<typeof setUp>;

export const settle = () => new Promise((resolve) => setTimeout(resolve));
export const file = (name: string) => ({ path: name, file: new File([], name) });

/** Drops a file that turns out to be this slide. */
export async function openThis(all: ByHand, slide: SlideInfo) {
  const done = all.actions.openFiles([file(slide.name)]);
  await settle();
  all.opens.at(-1)?.resolve(slide);
  await done;
}

export const openOne = (all: ByHand, id: string, mpp: number | undefined) => openThis(all, info(id, mpp));

export const shownSlide = (store: ScreenStore) => slideOnScreen(store.getState());
export const shownId = (store: ScreenStore) => shownSlide(store)?.info.id;
/** The one value on screen of a run, as the page selects it. */
export const shownRun = ({ store }: Pick<ByHand, 'store'>) => {
  const screen = store.getState();
  return selectShownRun(
    screen,
    [...MODELS, ...screen.imported].find(({ id }) => id === screen.modelId),
  );
};

/** Runs the model on the slide on screen, to its end. */
export async function runOne(all: ByHand, slideId: string, given: BagPrediction = prediction(slideId)) {
  const done = all.actions.run();
  await settle();
  all.runs.at(-1)?.resolve(given);
  await done;
}
