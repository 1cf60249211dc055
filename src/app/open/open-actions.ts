/** How a slide comes on screen: dropped, by its address, from the page itself, or another image of its file. */
import { AppError, isAbort, isAppError } from '../../errors.ts';
import type { ModelManifest } from '../../model/manifest.ts';
import { nameOfUrl, parseAddress } from '../../slide/address.ts';
import type { SlideInfo } from '../../slide/slide.ts';
import type { SlidePool } from '../../worker/pool.ts';
import type { RemoteFile } from '../../worker/protocol.ts';
import type { ImportActions } from '../import/import-actions.ts';
import { isNamedJson, type ResultFileActions } from '../result/result-file-actions.ts';
import type { ModelTurns, RunActions } from '../run/run-actions.ts';
import { type Screen, type ScreenStore, type SlideRecord, slideOnScreen } from '../state/screen.ts';
import { toErrorInfo } from '../state/to-error-info.ts';
import { type GivenFile, type GivenSlide, toGivenSlide } from './files-of-drop.ts';
import { hasWeightsInside, isNamedLikeModel } from './is-model.ts';

export interface OpenServices {
  readonly slides: Pick<SlidePool, 'open' | 'close'>;
  /** Those shipped with the page. */
  readonly models: readonly ModelManifest[];
  /** The model that fits the built-in sample slide; others are for other tissue. */
  readonly sampleModelId: string;
  /** The built-in sample slide. */
  readonly readSample: (signal: AbortSignal) => Promise<File>;
}

export interface OpenActions {
  /** Opens a slide, begins the import of a model, or shows a result that was exported. */
  openFiles(files: readonly GivenFile[]): Promise<void>;
  /** The same for files that are still being listed; a later opening takes their place also before they are. */
  openDropped(listing: Promise<readonly GivenFile[]>): Promise<void>;
  /** Opens a slide on a server: the only thing that asks another origin for anything. */
  openAddress(address: string): Promise<void>;
  openSample(): Promise<void>;
  /** Opens another image of the file on screen. */
  chooseSeries(series: number): Promise<void>;
}

/** What opening a slide ends, begins or asks of the rest. */
export interface AroundOpening {
  readonly cancel: RunActions['cancel'];
  readonly planImport: ImportActions['planImport'];
  readonly results: ResultFileActions;
  readonly turns: ModelTurns;
  /** Pixel sizes given by hand, by slide. */
  readonly givenMpp: ReadonlyMap<string, number>;
}

/** Another slide, another image of the one on screen, or the sample. */
interface Purpose {
  readonly series?: number;
  readonly imageOf?: SlideRecord;
  readonly isSample?: boolean;
}

export function createOpenActions(
  store: ScreenStore,
  { slides, models, sampleModelId, readSample }: OpenServices,
  { cancel, planImport, results, turns, givenMpp }: AroundOpening,
): OpenActions {
  let current: AbortController | undefined;
  let opened = 0;
  /** What was asked for is numbered in its order; the number of the last opening that began. */
  let asked = 0;
  let begun = 0;

  /** Takes the place of every opening that has not come to its end. */
  const begin = (number = ++asked) => {
    begun = number;
    current?.abort();
    const controller = new AbortController();
    current = controller;
    return { signal: controller.signal, isOver: () => current !== controller };
  };
  type Turn = ReturnType<typeof begin>;

  const open = async (
    { signal, isOver }: Turn,
    name: string,
    read: (signal: AbortSignal) => Promise<GivenSlide | RemoteFile>,
    purpose: Purpose = {},
  ) => {
    store.setState({ opening: { status: 'opening', name }, notice: undefined });
    let given: GivenSlide | RemoteFile | undefined;
    try {
      given = await read(signal);
      const file = 'url' in given ? given : given.main.file;
      const companions = 'url' in given ? [] : given.companions;
      const info = await slides.open(file, name, signal, companions, purpose.series);
      if (isOver()) {
        slides.close(info.id);
        return;
      }
      // Not before: a file that is no slide must not end a run.
      cancel();
      const before = slideOnScreen(store.getState());
      if (before !== undefined) slides.close(before.info.id);
      const slide =
        purpose.imageOf !== undefined && before?.key === purpose.imageOf.key
          ? otherImage(before, info, givenMpp.get(info.id))
          : newRecord(++opened, { info, file, companions, userMpp: givenMpp.get(info.id) });
      chooseModelFor(purpose);
      store.setState({
        ...shownAlone(slide),
        notice: unusedNotice(info.format, name, companions.length),
      });
      turns.prepareOnce();
    } catch (error) {
      if (isOver() || isAbort(error)) return;
      // No slide, then perhaps a model under a name that does not say so.
      const dropped = given !== undefined && 'main' in given ? given.main : undefined;
      if (dropped && isAppError(error, 'slide/unrecognized') && (await hasWeightsInside(dropped.file))) {
        if (isOver()) return;
        store.setState({ opening: { status: 'none' } });
        return planImport([dropped]);
      }
      store.setState({ opening: { status: 'failed', name, error: toErrorInfo(error) } });
    }
  };

  /** The sample brings the model made for drawings along; every other slide brings back the one the person had. */
  const chooseModelFor = ({ isSample, imageOf }: Purpose) => {
    if (imageOf !== undefined) return;
    const { modelId, modelBeforeSample } = store.getState();
    if (isSample) {
      if (modelId === sampleModelId || !models.some(({ id }) => id === sampleModelId)) return;
      turns.chooseForNext(sampleModelId);
      store.setState({ modelBeforeSample: modelId });
    } else if (modelBeforeSample !== undefined) {
      turns.chooseForNext(modelBeforeSample);
      store.setState({ modelBeforeSample: undefined });
    }
  };

  /** Listing is over, and nothing is opened by it. */
  const endListing = () => {
    if (store.getState().opening.status === 'listing') store.setState({ opening: { status: 'none' } });
  };

  /** A slide, a model or a result, or one of them with its result. A result alone takes no place of an opening. */
  const openListed = async (number: number, files: readonly GivenFile[]) => {
    const found = files.some(isNamedJson) ? await results.resultsAmong(files) : [];
    if (number < begun) return;
    const rest = files.filter((one) => !found.includes(one));
    if (isNamedLikeModel(rest)) {
      begin(number);
      store.setState({ opening: { status: 'none' } });
      await planImport(rest);
    } else if (files.length > 0 && files.every(isNamedJson)) {
      endListing();
      // What is in the first of them is no result: the reader says why.
      if (found.length === 0) await results.openResults(rest.slice(0, 1));
    } else {
      const turn = begin(number);
      const given = toGivenSlide(rest);
      if (given === undefined) store.setState({ opening: { status: 'none' } });
      else await open(turn, given.main.file.name, async () => given);
    }
    await results.openResults(found);
  };

  return {
    openFiles: (files) => openListed(++asked, files),
    openDropped: async (listing) => {
      const number = ++asked;
      if (store.getState().opening.status !== 'opening') store.setState({ opening: { status: 'listing' } });
      try {
        const files = await listing;
        // What was asked for later has begun.
        if (number > begun) await openListed(number, files);
      } catch (error) {
        if (number > begun)
          store.setState({ opening: { status: 'failed', name: 'The folder', error: toErrorInfo(error) } });
      }
    },
    openAddress: async (address) => {
      const turn = begin();
      try {
        const { href } = readableAddress(address);
        await open(turn, nameOfUrl(href), async () => ({ url: href }));
      } catch (error) {
        store.setState({ opening: { status: 'failed', name: address, error: toErrorInfo(error) } });
      }
    },
    openSample: () =>
      open(
        begin(),
        SAMPLE_NAME,
        async (signal) => {
          const file = await readSample(signal);
          return { main: { path: file.name, file }, companions: [] };
        },
        { isSample: true },
      ),
    chooseSeries: async (series) => {
      const shown = slideOnScreen(store.getState());
      if (shown === undefined || series === shown.info.series?.open) return;
      const { file, companions, info } = shown;
      const read = async () =>
        'url' in file
          ? file
          : { main: { path: info.name, file: file instanceof File ? file : new File([file], info.name) }, companions };
      await open(begin(), info.name, read, { series, imageOf: shown });
    },
  };
}

function newRecord(number: number, slide: Pick<SlideRecord, 'info' | 'file' | 'companions' | 'userMpp'>): SlideRecord {
  return {
    ...{ key: `slide-${number}`, number, ...slide, caseId: undefined, channels: undefined },
    ...{ holes: 0, readError: undefined, views: new Map(), runs: [] },
  };
}

/** The same file with another of its images: its runs stay, each known to be of its own image. */
function otherImage(slide: SlideRecord, info: SlideInfo, userMpp: number | undefined): SlideRecord {
  return { ...slide, info, userMpp, channels: undefined, holes: 0, readError: undefined };
}

/** The one slide on screen; the one before is forgotten with its results. */
function shownAlone(slide: SlideRecord): Partial<Screen> {
  return {
    slides: new Map([[slide.key, slide]]),
    shownSlide: slide.key,
    opening: { status: 'none' },
    run: { status: 'idle' },
    chosenTile: undefined,
    exportError: undefined,
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

/** Formats whose slides are several files. */
const SEVERAL_FILES: ReadonlySet<string> = new Set(['dicom-wsi', 'mirax', 'hamamatsu-vms', 'deep-zoom']);

/** What to say when files were given that are no part of the slide. */
function unusedNotice(format: string, name: string, others: number): string | undefined {
  if (others === 0 || SEVERAL_FILES.has(format)) return undefined;
  return `${others + 1} files were given; ${name} is shown. Open the others one at a time.`;
}

const SAMPLE_NAME = 'prostate-phantom.tiff';

/** The sample slide from the page's own origin. @throws slide/read-failed */
export async function readSample(base: string, signal: AbortSignal): Promise<File> {
  try {
    const response = await fetch(`${base}sample/${SAMPLE_NAME}`, { signal });
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    return new File([await response.blob()], SAMPLE_NAME);
  } catch (error) {
    if (isAbort(error)) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new AppError({ code: 'slide/read-failed', name: 'The sample slide', reason }, { cause: error });
  }
}
