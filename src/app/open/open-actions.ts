/** How a slide comes onto the screen: from files, from an address, from the page itself, or another image of its file. */
import { AppError, isAbort, isAppError } from '../../errors.ts';
import type { ModelManifest } from '../../model/manifest.ts';
import { nameOfUrl, parseAddress } from '../../slide/address.ts';
import type { SlidePool } from '../../worker/pool.ts';
import type { RemoteFile } from '../../worker/protocol.ts';
import type { ImportActions } from '../import/import-actions.ts';
import type { ModelTurns, RunActions } from '../run/run-actions.ts';
import { type ScreenStore, slideOnScreen } from '../state/screen.ts';
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
  /** Opens a slide, or begins the import of a model. */
  openFiles(files: readonly GivenFile[]): Promise<void>;
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
  readonly turns: ModelTurns;
  /** Pixel sizes given by hand, by slide. */
  readonly givenMpp: ReadonlyMap<string, number>;
}

export function createOpenActions(
  store: ScreenStore,
  { slides, models, sampleModelId, readSample }: OpenServices,
  { cancel, planImport, turns, givenMpp }: AroundOpening,
): OpenActions {
  let opening: AbortController | undefined;
  const onScreen = () => slideOnScreen(store.getState().slide);

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
      turns.prepareOnce();
    } catch (error) {
      if (opening !== controller || isAbort(error)) return;
      // No slide, then perhaps a model under a name that does not say so.
      const dropped = given !== undefined && 'main' in given ? given.main : undefined;
      if (dropped && isAppError(error, 'slide/unrecognized') && (await hasWeightsInside(dropped.file))) {
        if (opening !== controller) return;
        store.setState({ slide: previous === undefined ? { status: 'none' } : { status: 'open', slide: previous } });
        return planImport([dropped]);
      }
      store.setState({ slide: { status: 'failed', name, error: toErrorInfo(error), previous } });
    }
  };

  return {
    openFiles: async (files) => {
      if (isNamedLikeModel(files)) return planImport(files);
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
        store.setState({ slide: { status: 'failed', name: address, error: toErrorInfo(error), previous: onScreen() } });
      }
    },
    openSample: async () => {
      // A model for the sample's own kind of tissue, where one is shipped: the others are for tissue of other organs.
      const fitting = models.find(({ id }) => id === sampleModelId);
      if (fitting !== undefined && fitting.id !== store.getState().modelId) turns.chooseForNext(fitting.id);
      await open(SAMPLE_NAME, async (signal) => {
        const file = await readSample(signal);
        return { main: { path: file.name, file }, companions: [] };
      });
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
