import { describe, expect, it } from 'vitest';
import type { BagPrediction } from '../analysis/prediction.ts';
import { AppError } from '../errors.ts';
import type { ImportPlan } from '../model/import.ts';
import type { ModelManifest } from '../model/manifest.ts';
import type { SlideInfo } from '../slide/slide.ts';
import type { TileBag } from '../tiling/bag.ts';
import type { AnalysisProgress } from '../worker/protocol.ts';
import { type Actions, createActions, mergeProgress, type Services } from './actions.ts';
import { createScreenStore, mppOf, resultOnScreen, type ScreenStore, slideOnScreen } from './store.ts';

const info = (id: string, mpp: number | undefined): SlideInfo => ({
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

const prediction = (slideId: string): BagPrediction => {
  const bag: TileBag = {
    slideId,
    protocol: 'tissue-grid',
    count: 0,
    xy: new Int32Array(0),
    spanPx: 256,
    tilePx: 128,
    mpp: 1,
    level: 0,
    tissueFraction: new Float32Array(0),
    candidates: 0,
    rejected: { background: 0, pen: 0, black: 0, blur: 0, cap: 0, unreadable: 0 },
  };
  return {
    slideId,
    modelId: 'm@1.0.0',
    classes: ['benign', 'malignant'],
    logits: new Float32Array(2),
    probabilities: new Float32Array([0.2, 0.8]),
    positiveClass: 'malignant',
    label: 'malignant',
    threshold: 0.5,
    attention: {
      bag,
      scores: new Float32Array(0),
      weights: new Float32Array(0),
      contributions: undefined,
      tileProbabilities: undefined,
    },
    notes: [],
    backend: { name: 'cpu', device: 'test', software: true, selfTest: { probability: 0, attention: 0 }, reasons: [] },
    elapsedMs: { tissue: 0, tiles: 0, encode: 0, head: 0, total: 0 },
  };
};

const IMPORTED = {
  id: 'imported-mine',
  name: 'mine',
  bag: { protocol: 'tissue-grid' },
  encoder: { kind: 'compact-cnn' },
  imported: { from: 'mine.pth', date: '2026-01-01', golden: 'made-here' },
} as unknown as ModelManifest;
const PLAN = { kind: 'model', manifestId: 'imported-mine' } as unknown as ImportPlan;

interface Pending<In, Out> {
  readonly input: In;
  readonly signal: AbortSignal | undefined;
  resolve(out: Out): void;
  reject(error: unknown): void;
}

/** The other end of the wire, answered by hand: what a worker would do, in the order a test wants. */
function setUp(protocol: 'tissue-grid' | 'darkest' = 'tissue-grid') {
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
    models: [{ id: 'm', bag: { protocol }, encoder: { kind: 'compact-cnn' } } as unknown as ModelManifest],
    sampleModelId: 'none',
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

const settle = () => new Promise((resolve) => setTimeout(resolve));
const file = (name: string) => ({ path: name, file: new File([], name) });

async function openOne(all: ReturnType<typeof setUp>, id: string, mpp: number | undefined) {
  const done = all.actions.openFiles([file(`${id}.svs`)]);
  await settle();
  all.opens.at(-1)?.resolve(info(id, mpp));
  await done;
}

const shownId = (store: ScreenStore) => slideOnScreen(store.getState().slide)?.info.id;
const runStatus = (store: ScreenStore) => store.getState().run.status;
const runningNow = async (all: { actions: Actions }) => {
  const done = all.actions.run();
  await settle();
  return done;
};

describe('opening', () => {
  it('opens an address without asking for it itself, and says what is no address', async () => {
    const all = setUp();
    const done = all.actions.openAddress(' https://example.org/slides/CMU%201.svs#x ');
    await settle();
    expect(all.opens[0]?.input).toBe('CMU 1.svs');
    all.opens[0]?.resolve(info('remote', 0.5));
    await done;
    const shown = slideOnScreen(all.store.getState().slide);
    expect(shown?.file).toEqual({ url: 'https://example.org/slides/CMU%201.svs' });
    for (const bad of ['slide.svs', 'file:///etc/passwd', '']) {
      await all.actions.openAddress(bad);
      expect(all.store.getState().slide).toMatchObject({ status: 'failed', error: { code: 'usage' } });
      expect(shownId(all.store)).toBe('remote');
    }
    expect(all.opens).toHaveLength(1);
  });

  it('keeps the slide and its result on screen when the next file is no slide', async () => {
    const all = setUp();
    await openOne(all, 'first', 0.5);
    const done = all.actions.run();
    await settle();
    all.runs[0]?.resolve(prediction('first'));
    await done;
    const second = all.actions.openFiles([file('junk.svs')]);
    await settle();
    expect(all.store.getState().slide.status).toBe('opening');
    expect(shownId(all.store)).toBe('first');
    all.opens.at(-1)?.reject(new AppError({ code: 'slide/unrecognized', name: 'junk.svs' }));
    await second;
    const { slide, run } = all.store.getState();
    expect(slide).toMatchObject({ status: 'failed', error: { code: 'slide/unrecognized' } });
    expect(shownId(all.store)).toBe('first');
    expect(resultOnScreen(run, slideOnScreen(slide))?.slideId).toBe('first');
    expect(all.closed).toEqual([]);
    all.actions.dismissError();
    expect(all.store.getState().slide.status).toBe('open');
  });

  it('shows the last of two files dropped in a row, whichever opens first', async () => {
    const all = setUp();
    const slow = all.actions.openFiles([file('slow.svs')]);
    await settle();
    const fast = all.actions.openFiles([file('fast.svs')]);
    await settle();
    expect(all.opens[0]?.signal?.aborted).toBe(true);
    all.opens[1]?.resolve(info('fast', 0.5));
    await Promise.all([slow, fast]);
    expect(shownId(all.store)).toBe('fast');
    expect(all.store.getState().slide.status).toBe('open');
  });

  it('closes the slide it replaces and forgets its result', async () => {
    const all = setUp();
    await openOne(all, 'a', 0.5);
    await openOne(all, 'b', 0.5);
    expect(all.closed).toEqual(['a']);
    expect(all.store.getState().run).toEqual({ status: 'idle', previous: undefined });
  });

  it('says when more than one file was given', async () => {
    const all = setUp();
    const done = all.actions.openFiles([file('a.svs'), file('b.svs')]);
    await settle();
    all.opens[0]?.resolve(info('a', 0.5));
    await done;
    expect(all.store.getState().notice).toContain('a.svs');
  });

  it('counts a hole once, however often the view asks', async () => {
    const all = setUp();
    await openOne(all, 'a', 0.5);
    const tile = { level: 0, col: 1, row: 2 };
    const hole = new AppError({ code: 'slide/tile-failed', ...tile, reason: 'x' });
    all.actions.tileFailed('a', hole, tile);
    all.actions.tileFailed('a', hole, tile);
    all.actions.tileFailed('other', hole, tile);
    expect(slideOnScreen(all.store.getState().slide)?.holes).toBe(1);
    // One that ends the worker that decodes it, again when it is read anew, is one more.
    const crash = new AppError({ code: 'worker/crashed', worker: 'slide', reason: 'out of memory' });
    all.actions.tileFailed('a', crash, { level: 0, col: 2, row: 2 });
    expect(slideOnScreen(all.store.getState().slide)).toMatchObject({ holes: 2, readError: undefined });
    all.actions.tileFailed('a', new AppError({ code: 'slide/read-failed', name: 'a.svs', reason: 'gone' }), tile);
    expect(slideOnScreen(all.store.getState().slide)?.readError?.code).toBe('slide/read-failed');
  });
});

describe('channels and images of a file', () => {
  const of = (id: string, open: number): SlideInfo => ({
    ...info(id, 0.5),
    channels: ['DAPI', 'CD8'].map((name) => ({
      ...{ name, color: [0, 0, 255], window: { low: 0, high: 100 }, range: { low: 0, high: 300 }, isShown: true },
    })),
    series: { images: [0, 1].map((index) => ({ index, name: '', width: 10, height: 10 })), open },
  });
  const openThis = async (all: ReturnType<typeof setUp>, slide: SlideInfo) => {
    const done = all.actions.openFiles([file('a.ome.tif')]);
    await settle();
    all.opens.at(-1)?.resolve(slide);
    await done;
  };
  const channelsOf = (store: ScreenStore) => slideOnScreen(store.getState().slide)?.channels;

  it('are as models get them until one is changed, after a reset, and on the next slide', async () => {
    const all = setUp();
    await openThis(all, of('a', 0));
    expect(channelsOf(all.store)).toBeUndefined();
    all.actions.setChannel(1, { isOn: false });
    expect(channelsOf(all.store)?.map(({ isOn }) => isOn)).toEqual([true, false]);
    all.actions.resetChannels();
    expect(channelsOf(all.store)).toBeUndefined();
    all.actions.setChannel(0, { color: [255, 0, 0] });
    await openThis(all, of('b', 0));
    expect(channelsOf(all.store)).toBeUndefined();
    all.actions.setChannel(9, { isOn: false });
    expect(channelsOf(all.store)).toBeUndefined();
  });

  it('another image is another slide, without the result of the one before, and a run is of that image', async () => {
    const all = setUp();
    await openThis(all, of('large', 1));
    const first = runningNow(all);
    all.runs[0]?.resolve(prediction('large'));
    await first;
    expect(all.runs[0]?.input.series).toBe(1);
    await all.actions.chooseSeries(1);
    expect(all.opens).toHaveLength(1);
    const done = all.actions.chooseSeries(0);
    await settle();
    all.opens.at(-1)?.resolve(of('small', 0));
    await done;
    expect(all.series).toEqual([undefined, 0]);
    expect(all.closed).toEqual(['large']);
    const { slide, run } = all.store.getState();
    expect(resultOnScreen(run, slideOnScreen(slide))).toBeUndefined();
    const second = runningNow(all);
    await settle();
    expect(all.runs[1]?.input.series).toBe(0);
    all.runs[1]?.resolve(prediction('small'));
    await second;
  });
});

describe('running', () => {
  it('waits for the pixel size, starts when it is given, and remembers it for this slide only', async () => {
    const all = setUp();
    await openOne(all, 'a', undefined);
    await runningNow(all);
    expect(runStatus(all.store)).toBe('needs-mpp');
    expect(all.runs).toHaveLength(0);
    all.actions.giveMpp(0.5);
    await settle();
    expect(runStatus(all.store)).toBe('running');
    expect(all.runs[0]?.input.mpp).toBe(0.5);
    await openOne(all, 'b', undefined);
    const other = slideOnScreen(all.store.getState().slide);
    expect(other && mppOf(other)).toBeUndefined();
    await openOne(all, 'a', undefined);
    const again = slideOnScreen(all.store.getState().slide);
    expect(again && mppOf(again)).toBe(0.5);
  });

  it('asks for no pixel size where the bag needs none', async () => {
    const all = setUp('darkest');
    await openOne(all, 'a', undefined);
    void all.actions.run();
    await settle();
    expect(runStatus(all.store)).toBe('running');
  });

  it('is aborted by the next slide, and its late answer is not shown', async () => {
    const all = setUp();
    await openOne(all, 'a', 0.5);
    const done = all.actions.run();
    await settle();
    void all.actions.openFiles([file('b.svs')]);
    expect(all.runs[0]?.signal?.aborted).toBe(true);
    all.runs[0]?.resolve(prediction('a'));
    await done;
    expect(runStatus(all.store)).toBe('cancelled');
  });

  it('is cancelled at once and keeps the result before', async () => {
    const all = setUp();
    await openOne(all, 'a', 0.5);
    const first = all.actions.run();
    await settle();
    all.runs[0]?.resolve(prediction('a'));
    await first;
    void all.actions.run();
    await settle();
    all.actions.cancel();
    const { run, slide } = all.store.getState();
    expect(run.status).toBe('cancelled');
    expect(resultOnScreen(run, slideOnScreen(slide))).toBeDefined();
  });

  it('shows a failure beside the result before', async () => {
    const all = setUp();
    await openOne(all, 'a', 0.5);
    const first = all.actions.run();
    await settle();
    all.runs[0]?.resolve(prediction('a'));
    await first;
    const second = all.actions.run();
    await settle();
    all.runs[1]?.reject(new AppError({ code: 'gpu/lost', reason: 'reset' }));
    await second;
    const { run, slide } = all.store.getState();
    expect(run).toMatchObject({ status: 'failed', error: { code: 'gpu/lost' } });
    expect(resultOnScreen(run, slideOnScreen(slide))?.slideId).toBe('a');
  });

  it('fills the scores in as they come', () => {
    const bag = { ...prediction('a').attention.bag, count: 4 };
    const news = { stage: 'tiles', tilesDone: 0, tilesTotal: 4, tilesPerSecond: 0, secondsLeft: undefined } as const;
    const none = new Float32Array(0);
    const empty = { ...news, bag: undefined, scores: none };
    const planned = mergeProgress(empty, { ...news, bag, scoresFirst: 0, scores: none });
    expect([...planned.scores]).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.NaN]);
    const some = mergeProgress(planned, { ...news, bag: undefined, scoresFirst: 1, scores: new Float32Array([3, 4]) });
    expect([...some.scores]).toEqual([Number.NaN, 3, 4, Number.NaN]);
    expect(some.bag).toBe(bag);
    expect(some.scores).not.toBe(planned.scores);
  });
});

describe('a model of the user’s own', () => {
  it('is shown as a plan, then imported, chosen and listed', async () => {
    const all = setUp();
    await openOne(all, 'a', 0.5);
    const planning = all.actions.openFiles([file('mine.pth')]);
    expect(all.store.getState().importing).toEqual({ status: 'reading', name: 'mine.pth' });
    all.plans[0]?.resolve(PLAN);
    await planning;
    expect(all.store.getState().importing).toMatchObject({ status: 'planned', plan: PLAN });
    expect(all.opens).toHaveLength(1);
    expect(shownId(all.store)).toBe('a');

    const importing = all.actions.importModel({ name: 'mine' });
    expect(all.imports[0]?.input).toEqual({ files: 1, name: 'mine' });
    all.imports[0]?.resolve(IMPORTED);
    await importing;
    expect(all.store.getState()).toMatchObject({ importing: { status: 'done' }, modelId: 'imported-mine' });
    expect(all.store.getState().imported).toEqual([IMPORTED]);
    expect(all.asked).toEqual(['to keep']);

    const running = runningNow(all);
    await settle();
    expect(all.runs).toHaveLength(1);
    all.actions.cancel();
    await running;
  });

  it('that is refused changes nothing, and its plan can be corrected', async () => {
    const all = setUp();
    const planning = all.actions.planImport([file('bad.pth')]);
    all.plans[0]?.reject(new AppError({ code: 'model/invalid', path: 'bad.pth', problem: 'it is cut short' }));
    await planning;
    expect(all.store.getState().importing).toMatchObject({ status: 'failed', error: { code: 'model/invalid' } });

    const again = all.actions.planImport([file('good.pth')]);
    all.plans[1]?.resolve(PLAN);
    await again;
    const importing = all.actions.importModel({});
    all.imports[0]?.reject(new AppError({ code: 'model/not-kept', reason: 'there is no room for it' }));
    await importing;
    expect(all.store.getState()).toMatchObject({
      importing: { status: 'planned', plan: PLAN, error: { code: 'model/not-kept' } },
      imported: [],
      modelId: 'm',
    });
  });

  it('whose import is closed ends what is under way', async () => {
    const all = setUp();
    const planning = all.actions.planImport([file('mine.pth')]);
    all.actions.closeImport();
    await planning;
    expect(all.plans[0]?.signal?.aborted).toBe(true);
    expect(all.store.getState().importing).toEqual({ status: 'none' });
  });

  it('is there again at the next visit, and removing it brings the shipped one back', async () => {
    const all = setUp();
    await all.actions.listImported();
    all.actions.chooseModel('imported-mine');
    await all.actions.removeModel('imported-mine');
    expect(all.removed).toEqual(['imported-mine']);
    expect(all.store.getState()).toMatchObject({ modelId: 'm', imported: [] });
    expect(all.store.getState().notice).toMatch(/mine was removed/);
  });

  it('is recognised by its content when its name says nothing', async () => {
    const all = setUp();
    const weights = new File(['PK\x03\x04 archive/data.pkl '], 'best.model');
    const opening = all.actions.openFiles([{ path: 'best.model', file: weights }]);
    await settle();
    all.opens[0]?.reject(new AppError({ code: 'slide/unrecognized', name: 'best.model' }));
    await settle();
    all.plans[0]?.resolve(PLAN);
    await opening;
    expect(all.store.getState()).toMatchObject({ slide: { status: 'none' }, importing: { status: 'planned' } });
  });
});
