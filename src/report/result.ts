/** What is known of a result beside its numbers, and the shape in which both leave milscope. */
import type { BagPrediction, Note } from '../analysis/prediction.ts';
import { weightsSha256 } from '../model/catalog.ts';
import type { ModelManifest } from '../model/manifest.ts';
import type { SlideInfo } from '../slide/slide.ts';
import type { BagSpec, TileBag } from '../tiling/bag.ts';
import { APP_VERSION, type AppVersion } from './version.ts';

/** Of docs/result.schema.json. Fields are only ever added: one that changed its meaning would be another version. */
export const SCHEMA_VERSION = 1;

export const RESEARCH_USE = 'Research use only. Not for diagnosis.';

/** How `BagPrediction.slideId` is computed, see slide/fingerprint.ts: another way of doing it gets another number. */
export const FINGERPRINT_SCHEME = 1;

/** Where and with what a result was made. null: an export of an earlier version did not say. */
export interface ResultContext {
  /** The milscope that computed it. */
  readonly app: AppVersion;
  /** When, ISO 8601 in UTC. */
  readonly date: string | null;
  readonly model: ResultModel;
  readonly fingerprint: { readonly scheme: number; readonly value: string };
  /** Level-0 px. */
  readonly slideSize: { readonly width: number; readonly height: number } | null;
  /** µm per level-0 px, and who stated it; null also where nobody did. */
  readonly pixelSize: { readonly x: number; readonly y: number; readonly from: 'file' | 'user' } | null;
  /** Which image of a file with several; null where it has one. */
  readonly series: number | null;
  /** How the tiles were chosen. */
  readonly bagSpec: BagSpec | null;
  /** The slide's file name, often an accession number: only where somebody asked for it. */
  readonly slide?: string;
  /** Heads an export that was made while other settings were chosen on the screen. Never read back. */
  readonly staleText?: string;
}

/** A result that was read back. */
export interface ReadResult {
  readonly prediction: BagPrediction;
  readonly context: ResultContext;
}

export interface ResultModel {
  readonly id: string;
  readonly version: string;
  readonly name: string | null;
  /** Hex; of an imported model the file that was given. */
  readonly weightsSha256: string | null;
  readonly license: string | null;
  /** What it was made for. */
  readonly tissue: string | null;
  readonly stain: string | null;
}

export interface RunDescription {
  readonly info: SlideInfo;
  readonly manifest: ModelManifest;
  /** µm per level-0 px as the user gave it, where it was used. */
  readonly userMpp: number | undefined;
  /** Used for the run. */
  readonly bagSpec: BagSpec;
  readonly date: Date;
  /** True puts the slide's file name into the export. */
  readonly withName: boolean;
}

/** The context of a run that has just been made here. */
export function resultContext({ info, manifest, userMpp, bagSpec, date, withName }: RunDescription): ResultContext {
  const { id, version, name, license, scope } = manifest;
  return {
    app: APP_VERSION,
    date: date.toISOString(),
    model: {
      ...{ id, version, name, license },
      weightsSha256: weightsSha256(manifest) || null,
      ...{ tissue: scope.tissue, stain: scope.stain },
    },
    fingerprint: { scheme: FINGERPRINT_SCHEME, value: info.id },
    slideSize: { width: info.width, height: info.height },
    pixelSize:
      userMpp !== undefined
        ? { x: userMpp, y: userMpp, from: 'user' }
        : info.mpp === undefined
          ? null
          : { x: info.mpp.x, y: info.mpp.y, from: 'file' },
    series: info.series?.open ?? null,
    bagSpec,
    ...(withName ? { slide: info.name } : {}),
  };
}

/** Of typed arrays arrays of numbers; cells of a coverage as runs of code and length. */
type Plain<T> = T extends Float32Array | Float64Array | Int32Array | Uint8Array
  ? readonly number[]
  : T extends object
    ? { readonly [K in keyof T]: Plain<T[K]> }
    : T;

/** The result as JSON has it: docs/result.schema.json says what each field means. */
export interface ResultJson extends Omit<Plain<BagPrediction>, 'notes' | 'attention'> {
  readonly schemaVersion: typeof SCHEMA_VERSION;
  readonly researchUse: string;
  readonly staleText?: string;
  readonly app: AppVersion & { readonly name: 'milscope' };
  readonly date: string | null;
  readonly slide?: string;
  readonly fingerprint: ResultContext['fingerprint'];
  readonly slideSize: ResultContext['slideSize'];
  readonly pixelSize: ResultContext['pixelSize'];
  readonly series: number | null;
  readonly model: ResultModel;
  readonly tile: {
    readonly protocol: BagSpec['protocol'];
    readonly sidePx: number;
    /** null where the pixel size is unknown. */
    readonly sideUm: number | null;
  };
  readonly bagSpec: BagSpec | null;
  /** The sentence of `scope`; null where nobody knows what the model was made for. */
  readonly scopeText: string | null;
  /** The sentence of `label`. */
  readonly callText: string;
  readonly notes: readonly (Note & { readonly text: string })[];
  readonly attention: Plain<Omit<BagPrediction['attention'], 'bag'>> & { readonly bag: Plain<TileBag> };
}
