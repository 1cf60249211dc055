/** Everything the screen shows, as two unions in which impossible states cannot be spelled. */
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { BagPrediction } from '../../analysis/prediction.ts';
import type { ErrorInfo } from '../../errors.ts';
import type { BackendReport } from '../../model/backend-report.ts';
import type { ImportPlan } from '../../model/import.ts';
import type { ModelManifest } from '../../model/manifest.ts';
import type { SlideInfo } from '../../slide/slide.ts';
import type { TileBag } from '../../tiling/bag.ts';
import type { BackendName, CompanionFile, SlideFile } from '../../worker/protocol.ts';
import type { ChannelSetting } from '../display/channels.ts';
import { type DisplaySettings, PLAIN_DISPLAY } from '../display/display.ts';

/** A slide that can be read: plain data and the file it lies in. */
export interface OpenSlide {
  readonly info: SlideInfo;
  readonly file: SlideFile;
  /** Files given together with it. */
  readonly companions: readonly CompanionFile[];
  /** µm per level-0 px as the user gave it; asked for only when the slide does not say. */
  readonly userMpp: number | undefined;
  /** As the person set them; undefined: as models get them. */
  readonly channels: readonly ChannelSetting[] | undefined;
  /** Tiles that could not be decoded and are drawn as holes. */
  readonly holes: number;
  /** Why the file can no longer be read, if so. */
  readonly readError: ErrorInfo | undefined;
}

/** `previous` is the slide that stays on screen while another opens, or when it fails. */
export type SlideState =
  | { readonly status: 'none' }
  | { readonly status: 'opening'; readonly name: string; readonly previous: OpenSlide | undefined }
  | { readonly status: 'open'; readonly slide: OpenSlide }
  | {
      readonly status: 'failed';
      readonly name: string;
      readonly error: ErrorInfo;
      readonly previous: OpenSlide | undefined;
    };

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

/** `previous` is the result that stays on screen until a new one is there. */
export type RunState =
  | { readonly status: 'idle'; readonly previous: BagPrediction | undefined }
  | { readonly status: 'needs-mpp'; readonly previous: BagPrediction | undefined }
  | {
      readonly status: 'running';
      readonly modelId: string;
      readonly progress: RunProgress;
      readonly previous: BagPrediction | undefined;
    }
  | { readonly status: 'done'; readonly prediction: BagPrediction }
  | { readonly status: 'failed'; readonly error: ErrorInfo; readonly previous: BagPrediction | undefined }
  | { readonly status: 'cancelled'; readonly previous: BagPrediction | undefined };

/** The backend of the chosen model, found by its self-test. */
export type BackendState =
  | { readonly status: 'unknown' }
  | { readonly status: 'checking' }
  | { readonly status: 'ready'; readonly report: BackendReport }
  | { readonly status: 'failed'; readonly error: ErrorInfo };

/** The maps shown to a person; 'percentile' is left out, because it is hot on every slide. */
export type HeatmapMode = 'attention' | 'contribution' | 'probability';
/** Perceptually even ones only. */
export type ShownColours = 'viridis' | 'magma' | 'cividis';

export interface HeatmapSettings {
  readonly isOn: boolean;
  readonly mode: HeatmapMode;
  readonly colours: ShownColours;
  /** 0..1 */
  readonly opacity: number;
  /** 0..1 of the legend's length: below it a tile is clear. */
  readonly threshold: number;
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

export type BagChoice = 'model' | 'darkest-16';

export interface Screen {
  readonly slide: SlideState;
  readonly run: RunState;
  readonly backend: BackendState;
  readonly modelId: string;
  /** The user's own models, from this visit and those before. */
  readonly imported: readonly ModelManifest[];
  readonly importing: ImportState;
  readonly bagChoice: BagChoice;
  /** Forced by ?backend= for tests. */
  readonly forcedBackend: BackendName | undefined;
  readonly heatmap: HeatmapSettings;
  readonly display: DisplaySettings;
  /** Index into the bag of the tile chosen in the gallery or on the slide. */
  readonly chosenTile: number | undefined;
  /** Something that happened and needs no answer. */
  readonly notice: string | undefined;
  readonly hasKeys: boolean;
}

export type ScreenStore = StoreApi<Screen>;

/** The state of a page that has just been loaded. */
export function createScreenStore(
  modelId: string,
  forcedBackend: BackendName | undefined,
  display: DisplaySettings = PLAIN_DISPLAY,
): ScreenStore {
  return createStore<Screen>(() => ({
    slide: { status: 'none' },
    run: { status: 'idle', previous: undefined },
    backend: { status: 'unknown' },
    modelId,
    imported: [],
    importing: { status: 'none' },
    bagChoice: 'model',
    forcedBackend,
    heatmap: { isOn: true, mode: 'attention', colours: 'viridis', opacity: 0.65, threshold: 0 },
    display,
    chosenTile: undefined,
    notice: undefined,
    hasKeys: true,
  }));
}

/** The slide on screen: the open one, or the one before while another opens or after it failed. */
export function slideOnScreen(state: SlideState): OpenSlide | undefined {
  switch (state.status) {
    case 'none':
      return undefined;
    case 'open':
      return state.slide;
    case 'opening':
    case 'failed':
      return state.previous;
  }
}

/** The result on screen, if it belongs to that slide. */
export function resultOnScreen(run: RunState, slide: OpenSlide | undefined): BagPrediction | undefined {
  const prediction = run.status === 'done' ? run.prediction : run.previous;
  return prediction !== undefined && prediction.slideId === slide?.info.id ? prediction : undefined;
}

/** µm per level-0 px, mean of both axes: the slide's own, else the user's. */
export function mppOf(slide: OpenSlide): number | undefined {
  const { mpp } = slide.info;
  return mpp === undefined ? slide.userMpp : (mpp.x + mpp.y) / 2;
}
