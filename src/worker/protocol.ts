/** The whole protocol between the page and its workers: types only, so that the page never bundles the core. */
import type { BagPrediction } from '../analysis/prediction.ts';
import type { BackendName, BackendReport } from '../model/backend-report.ts';
import type { ImportPlan, ImportSettings } from '../model/import.ts';
import type { ModelManifest } from '../model/manifest.ts';
import type { ChannelView } from '../slide/channel-view.ts';
import type { ReducedRegion } from '../slide/reduced.ts';
import type { SlideInfo } from '../slide/slide.ts';
import type { BagSpec, TileBag, TileBatch } from '../tiling/bag.ts';

export interface Call<In, Out, Progress = never> {
  in: In;
  out: Out;
  progress: Progress;
}

/** A file that was dropped together with the slide's own: MIRAX, VMS and DICOM slides are several files. */
export interface CompanionFile {
  /** As the slide names it: relative to the folder of the slide's own file. */
  readonly path: string;
  readonly file: Blob;
}

/** A slide on a server, by its address: the worker asks for parts of it. */
export interface RemoteFile {
  readonly url: string;
}

/** Where a slide lies: posted to each worker, which opens it for itself. */
export type SlideFile = Blob | RemoteFile;

/** Colours for the screen: through the slide's ICC profile, where it has a usable one, to sRGB or Display-P3; or as stored. */
export type ScreenColors = 'managed' | 'managed-p3' | 'stored';

/** How a slide looks on the screen. No number of a model depends on it. */
export interface ScreenLook {
  readonly colors: ScreenColors;
  /** Of a slide of channels: those that are on; undefined: as models get it. */
  readonly channels?: ChannelView | undefined;
}

/** Served by each worker of the slide pool. */
export interface SlideCalls {
  /** `series`: which of several images of the file; undefined: the largest. */
  open: Call<
    { file: SlideFile; name: string; companions: readonly CompanionFile[]; series: number | undefined },
    SlideInfo
  >;
  tile: Call<{ slideId: string; level: number; col: number; row: number; look: ScreenLook }, ImageBitmap>;
  /** Any rectangle: x, y in level-0 px, width and height in px of the level. */
  region: Call<
    { slideId: string; level: number; x: number; y: number; width: number; height: number; look: ScreenLook },
    ImageBitmap
  >;
  /** A part of a level made smaller, for slides without small levels. */
  reduced: Call<{ slideId: string; region: ReducedRegion; look: ScreenLook }, ImageBitmap>;
  /** As stored, but for the thumbnail: label and macro are of another camera than the profile. */
  associated: Call<{ slideId: string; name: string; colors: ScreenColors }, ImageBitmap>;
  /** The thumbnail, where it shows the whole slide and nothing else (slide/overview.ts); else undefined. */
  thumbnail: Call<{ slideId: string; colors: ScreenColors }, ImageBitmap | undefined>;
  /** Pixels of tiles `first` .. `first + count` of a bag, for the analysis worker: always as stored. */
  batch: Call<{ slideId: string; bag: TileBag; first: number; count: number }, TileBatch>;
  close: Call<{ slideId: string }, void>;
  /** Serves these calls on one more port, with slides of its own: how the analysis worker gets its tiles. */
  attach: Call<{ port: MessagePort }, void>;
}

export interface AnalysisProgress {
  readonly stage: 'model' | 'tissue' | 'tiles';
  readonly tilesDone: number;
  readonly tilesTotal: number;
  readonly tilesPerSecond: number;
  readonly secondsLeft: number | undefined;
  /** Sent once, when the bag is planned. */
  readonly bag: TileBag | undefined;
  /** Scores before softmax of tiles `scoresFirst` .. , those finished since the last progress. */
  readonly scoresFirst: number;
  readonly scores: Float32Array;
}

export type { BackendName };

/** Served by the one analysis worker. */
export interface AnalysisCalls {
  /** Chooses the backend, loads the model and checks it with its golden bag. */
  prepare: Call<{ modelId: string; backend: BackendName | undefined }, BackendReport>;
  analyze: Call<
    {
      file: SlideFile;
      name: string;
      companions: readonly CompanionFile[];
      /** As of `open`. */
      series: number | undefined;
      modelId: string;
      /** µm per level-0 px, as the user gave it; undefined to use the slide's own. */
      mpp: number | undefined;
      /** Instead of the manifest's bag. */
      bag: BagSpec | undefined;
      /** Tests force 'webgpu'; undefined lets the self-test choose. */
      backend: BackendName | undefined;
      /** One to each worker of the slide pool; the run closes them. Empty: the analysis worker decodes for itself. */
      tilePorts: readonly { readonly workerId: number; readonly port: MessagePort }[];
    },
    BagPrediction,
    AnalysisProgress
  >;
  /** What importing these files as a model would do; changes nothing. */
  planImport: Call<{ files: readonly CompanionFile[] }, ImportPlan>;
  /** Imports, checks and keeps a model: all of it, or nothing. */
  importModel: Call<{ files: readonly CompanionFile[]; settings: Partial<ImportSettings> }, ModelManifest>;
  /** A worker of the slide pool died: what was asked of it is asked elsewhere. */
  tileWorkerLost: Call<{ workerId: number }, void>;
}
