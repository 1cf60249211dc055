/** Everything the screen shows. What follows from it, such as the result on screen, is computed and not kept. */
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { ErrorInfo } from '../../errors.ts';
import type { BackendReport } from '../../model/backend-report.ts';
import type { ImportPlan } from '../../model/import.ts';
import type { ModelManifest } from '../../model/manifest.ts';
import type { SlideInfo } from '../../slide/slide.ts';
import type { TileBag } from '../../tiling/bag.ts';
import type { ViewPlace } from '../../viewer/navigation.ts';
import type { BackendName, CompanionFile, SlideFile } from '../../worker/protocol.ts';
import type { ChannelSetting } from '../display/channels.ts';
import { type DisplaySettings, PLAIN_DISPLAY } from '../display/display.ts';
import type { DroppedResult } from '../result/read-record.ts';
import type { BagChoice, MadeWith } from './made-with.ts';
import type { RunRecord } from './run-record.ts';

/** One for each opening: the same file opened twice has two. */
export type SlideKey = string;

/** A slide that can be read, with all that is known and was done of it. */
export interface SlideRecord {
  readonly key: SlideKey;
  /** 1 for the first slide opened in this page: its name where file names are not shown. */
  readonly number: number;
  readonly info: SlideInfo;
  readonly file: SlideFile;
  /** Files given together with it. */
  readonly companions: readonly CompanionFile[];
  /** The case it belongs to, a biopsy of several slides; undefined where nobody said. */
  readonly caseId: string | undefined;
  /** µm per level-0 px as the user gave it; asked for only when the slide does not say. */
  readonly userMpp: number | undefined;
  /** As the person set them; undefined: as models get them. */
  readonly channels: readonly ChannelSetting[] | undefined;
  /** Tiles that could not be decoded and are drawn as holes. */
  readonly holes: number;
  /** Why the file can no longer be read, if so. */
  readonly readError: ErrorInfo | undefined;
  /** What was looked at last, by fingerprint of the image; none for an image that was seen whole. */
  readonly views: ReadonlyMap<string, ViewPlace>;
  /** Finished runs, the last one last; of runs made with the same settings only the last. */
  readonly runs: readonly RunRecord[];
}

/** What is on its way to the screen; the slide that is shown stays until it is there. */
export type Opening =
  | { readonly status: 'none' }
  /** The files of a drop are being listed. */
  | { readonly status: 'listing' }
  | { readonly status: 'opening'; readonly name: string }
  | { readonly status: 'failed'; readonly name: string; readonly error: ErrorInfo };

/** What is known of a run under way. `bag` and `scores` fill the heatmap in. */
export interface RunProgress {
  readonly stage: 'model' | 'tissue' | 'tiles';
  readonly tilesDone: number;
  readonly tilesTotal: number;
  readonly tilesPerSecond: number;
  readonly secondsLeft: number | undefined;
  readonly bag: TileBag | undefined;
  /** [N] before softmax, NaN where the tile is not done. */
  readonly scores: Float32Array;
}

/** The one run at a time. A finished one is in the `runs` of its slide. */
export type RunState =
  | { readonly status: 'idle' }
  | { readonly status: 'needs-mpp'; readonly slideKey: SlideKey }
  | {
      readonly status: 'running';
      readonly slideKey: SlideKey;
      readonly runId: string;
      readonly madeWith: MadeWith;
      readonly progress: RunProgress;
    }
  | { readonly status: 'done'; readonly slideKey: SlideKey; readonly runId: string }
  | { readonly status: 'failed'; readonly slideKey: SlideKey; readonly error: ErrorInfo }
  | { readonly status: 'cancelled'; readonly slideKey: SlideKey };

/** The backend of the chosen model, found by its self-test. */
export type BackendState =
  | { readonly status: 'unknown' }
  | { readonly status: 'checking' }
  | { readonly status: 'ready'; readonly report: BackendReport }
  | { readonly status: 'failed'; readonly error: ErrorInfo };

/** Maps of steady lightness whose hues stain does not have. */
export type ShownColors = 'greens' | 'oranges' | 'grays';
/** How a shaded tile is drawn: 'auto' fills it below 20x and frames it from there on, so that nuclei are never veiled. */
export type HeatmapStyle = 'auto' | 'fill' | 'outline';

export interface HeatmapSettings {
  readonly isOn: boolean;
  /** Held down: nothing covers the tissue. */
  readonly isHeldOff: boolean;
  /** Id of the map that the person chose; undefined: the one that the result is best reviewed by. */
  readonly mapId: string | undefined;
  readonly colors: ShownColors;
  /** 0..1 */
  readonly opacity: number;
  /** 0..1 of the legend's length: below it a tile is clear. */
  readonly threshold: number;
  readonly style: HeatmapStyle;
  /** Which tiles were looked at, and why the others were not. */
  readonly hasCoverage: boolean;
}

/** A model of the user's own on its way in; `plan` is what will be done, shown before it is. */
export type ImportState =
  | { readonly status: 'none' }
  | { readonly status: 'reading'; readonly name: string }
  | { readonly status: 'failed'; readonly name: string; readonly error: ErrorInfo }
  /** `error`: why the import did not succeed with the settings given last. */
  | {
      readonly status: 'planned';
      readonly name: string;
      readonly plan: ImportPlan;
      readonly error: ErrorInfo | undefined;
    }
  | { readonly status: 'importing'; readonly name: string; readonly plan: ImportPlan }
  | { readonly status: 'done'; readonly manifest: ModelManifest };

/** A tile of one run: it means nothing for the tiles of another. */
export interface ChosenTile {
  readonly runId: string;
  /** Index into the bag of that run. */
  readonly index: number;
}

export interface Screen {
  readonly slides: ReadonlyMap<SlideKey, SlideRecord>;
  readonly shownSlide: SlideKey | undefined;
  readonly opening: Opening;
  readonly run: RunState;
  readonly backend: BackendState;
  readonly modelId: string;
  /** The model that the person had before the sample slide brought its own. */
  readonly modelBeforeSample: string | undefined;
  /** The user's own models, from this visit and those before. */
  readonly imported: readonly ModelManifest[];
  readonly importing: ImportState;
  readonly bagChoice: BagChoice;
  /** Forced by ?backend= for tests. */
  readonly forcedBackend: BackendName | undefined;
  readonly heatmap: HeatmapSettings;
  readonly display: DisplaySettings;
  /** In the strip of fields or on the slide. */
  readonly chosenTile: ChosenTile | undefined;
  /** A result that was dropped back and whose slide is not on screen, or is being run on. */
  readonly waitingResult: DroppedResult | undefined;
  /** Something that happened and needs no answer. */
  readonly notice: string | undefined;
  /** Why the last export or the reading of a result did not succeed. */
  readonly exportError: ErrorInfo | undefined;
  readonly hasKeys: boolean;
  /** Whether file names, often accession numbers, stand in the title of the tab. */
  readonly showsFileNames: boolean;
}

export type ScreenStore = StoreApi<Screen>;

/** The state of a page that has just been loaded. */
export function createScreenStore(
  modelId: string,
  forcedBackend: BackendName | undefined,
  display: DisplaySettings = PLAIN_DISPLAY,
): ScreenStore {
  return createStore<Screen>(() => ({
    slides: new Map(),
    shownSlide: undefined,
    opening: { status: 'none' },
    run: { status: 'idle' },
    backend: { status: 'unknown' },
    modelId,
    modelBeforeSample: undefined,
    imported: [],
    importing: { status: 'none' },
    bagChoice: 'model',
    forcedBackend,
    heatmap: {
      isOn: true,
      isHeldOff: false,
      mapId: undefined,
      colors: 'greens',
      opacity: 0.65,
      threshold: 0,
      style: 'auto',
      hasCoverage: false,
    },
    display,
    chosenTile: undefined,
    waitingResult: undefined,
    notice: undefined,
    exportError: undefined,
    hasKeys: true,
    showsFileNames: false,
  }));
}

/** The slide on screen: also while another opens, and after that failed. */
export function slideOnScreen({ slides, shownSlide }: Pick<Screen, 'slides' | 'shownSlide'>): SlideRecord | undefined {
  return shownSlide === undefined ? undefined : slides.get(shownSlide);
}

/** Writes one slide anew; nothing where it is no longer there. */
export function changeSlide(store: ScreenStore, key: SlideKey, change: (slide: SlideRecord) => SlideRecord): void {
  store.setState(({ slides }) => {
    const slide = slides.get(key);
    return slide === undefined ? {} : { slides: new Map(slides).set(key, change(slide)) };
  });
}
