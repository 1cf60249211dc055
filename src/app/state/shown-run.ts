/**
 * The one value that the screen shows of a run. Heatmap, legend, strip of fields, read-out, marks, keys, announcements and
 * exports take nothing but this, so that they cannot speak of two runs at once. Pure.
 */
import { runningWeights } from '../../analysis/heatmap.ts';
import type { BagPrediction, Note, Scope } from '../../analysis/prediction.ts';
import type { ModelManifest } from '../../model/manifest.ts';
import type { TileBag } from '../../tiling/bag.ts';
import { bagOf, type Difference, differences, type MadeWith, modelKey, mppOf } from './made-with.ts';
import { type RunRecord, type RunSource, runToShow } from './run-record.ts';
import { type RunProgress, type Screen, type SlideKey, type SlideRecord, slideOnScreen } from './screen.ts';

/** What a run says of the whole slide. */
export type Outcome =
  | {
      readonly kind: 'binary';
      readonly positive: string;
      readonly negative: string;
      /** Of the positive class, calibrated, 0..1, unrounded. */
      readonly probability: number;
      /** Null where none applies: outside the scope, or where the model states none. */
      readonly threshold: number | null;
      /** The class that is called; null where the model has no say. */
      readonly called: string | null;
    }
  | {
      readonly kind: 'classes';
      readonly classes: readonly { readonly name: string; readonly probability: number }[];
      readonly called: string | null;
    }
  | { readonly kind: 'value'; readonly name: string; readonly value: number; readonly unit: string }
  | { readonly kind: 'none' };

export type MapKind = 'attention' | 'contribution' | 'probability' | 'score';

/** A number for each tile of the bag. */
export interface ShownMap {
  readonly id: string;
  readonly kind: MapKind;
  /** The class it speaks for, where it speaks for one. */
  readonly class?: string;
  /** 'times uniform', 'log-odds', 'probability': what one step of the values is; words are made of it elsewhere. */
  readonly unit: 'times-uniform' | 'log-odds' | 'probability' | 'score';
  /** Smallest and largest of the values that are known. */
  readonly range: readonly [number, number];
  /** Both ends mean something, in opposite directions. */
  readonly isSigned: boolean;
  /** [N], NaN where unknown. */
  readonly values: Float32Array | Float64Array;
}

export interface ShownRun {
  readonly slideKey: SlideKey;
  /** Changes with each run: a tile number belongs to it. */
  readonly runId: string;
  readonly source: RunSource;
  readonly outcome: Outcome;
  readonly maps: readonly ShownMap[];
  /** Undefined before the tiles are chosen. */
  readonly bag: TileBag | undefined;
  /** Undefined while the run is under way. */
  readonly scope: Scope | undefined;
  readonly notes: readonly Note[];
  /** True while the run is under way: no call, no export. */
  readonly isPartial: boolean;
  /** True where model, tiles, pixel size or image on screen are no longer those it was made with. */
  readonly isStale: boolean;
  /** In what they differ; empty where it is current. */
  readonly staleIn: readonly Difference[];
  readonly madeWith: MadeWith;
  /** False where the tiles lie in another image of the file than the one on screen: nothing of them is drawn. */
  readonly isOfShownImage: boolean;
  /** The finished run, with what only details and exports need. */
  readonly record: RunRecord | undefined;
}

/** What a run begun now would be made with; undefined without slide or model. */
export function currentSettings(
  slide: SlideRecord | undefined,
  model: ModelManifest | undefined,
  bagChoice: Screen['bagChoice'],
): MadeWith | undefined {
  if (slide === undefined || model === undefined) return undefined;
  return {
    modelKey: modelKey(model),
    modelName: model.imported === undefined ? `${model.name} ${model.version}` : `${model.name} (imported)`,
    license: model.license,
    bagChoice,
    bag: bagOf(model, bagChoice),
    mpp: mppOf(slide),
    series: slide.info.series?.open,
  };
}

/** `model`: the one that is chosen. */
export function selectShownRun(
  screen: Pick<Screen, 'slides' | 'shownSlide' | 'run' | 'bagChoice'>,
  model: ModelManifest | undefined,
): ShownRun | undefined {
  const slide = slideOnScreen(screen);
  if (slide === undefined) return undefined;
  const { run } = screen;
  if (run.status === 'running' && run.slideKey === slide.key)
    return ofProgress(slide, run.runId, run.madeWith, run.progress);
  const current = currentSettings(slide, model, screen.bagChoice);
  const record = runToShow(slide.runs, current);
  return record && ofRecord(slide, record, current);
}

function ofProgress(slide: SlideRecord, runId: string, madeWith: MadeWith, progress: RunProgress): ShownRun {
  const bag = progress.bag?.slideId === slide.info.id ? progress.bag : undefined;
  return {
    slideKey: slide.key,
    runId,
    source: 'model',
    outcome: { kind: 'none' },
    maps: bag === undefined ? [] : [attentionMap(runningWeights(progress.scores))],
    bag,
    scope: undefined,
    notes: [],
    isPartial: true,
    isStale: false,
    staleIn: [],
    madeWith,
    isOfShownImage: bag !== undefined,
    record: undefined,
  };
}

function ofRecord(slide: SlideRecord, record: RunRecord, current: MadeWith | undefined): ShownRun {
  const { prediction, madeWith } = record;
  const staleIn = current === undefined ? (['model'] as const) : differences(madeWith, current);
  return {
    slideKey: slide.key,
    runId: record.id,
    source: record.source,
    outcome: outcomeOf(prediction),
    maps: mapsOf(prediction),
    bag: prediction.attention.bag,
    scope: prediction.scope,
    notes: prediction.notes,
    isPartial: false,
    isStale: staleIn.length > 0,
    staleIn,
    madeWith,
    isOfShownImage: prediction.slideId === slide.info.id,
    record,
  };
}

function outcomeOf({ classes, positiveClass, probabilities, label, threshold, scope }: BagPrediction): Outcome {
  const positive = classes.indexOf(positiveClass);
  return {
    kind: 'binary',
    positive: positiveClass,
    negative: classes[1 - positive] ?? '',
    probability: probabilities[positive] ?? Number.NaN,
    threshold: scope.state === 'outside' ? null : threshold,
    called: label,
  };
}

/** Made once for each prediction: what is drawn from a map is drawn anew only when the map is another. */
const mapsByPrediction = new WeakMap<BagPrediction, readonly ShownMap[]>();

function mapsOf(prediction: BagPrediction): readonly ShownMap[] {
  const known = mapsByPrediction.get(prediction);
  if (known !== undefined) return known;
  const maps = makeMaps(prediction);
  mapsByPrediction.set(prediction, maps);
  return maps;
}

/** The maps that a model has numbers for, the best to review by first. */
function makeMaps({ attention, positiveClass }: BagPrediction): readonly ShownMap[] {
  const maps: ShownMap[] = [];
  const { contributions, tileProbabilities, weights } = attention;
  if (contributions !== undefined)
    maps.push({
      ...{ id: 'contribution', kind: 'contribution', class: positiveClass, unit: 'log-odds', isSigned: true },
      range: rangeOf(contributions),
      values: contributions,
    });
  maps.push(attentionMap(weights));
  if (tileProbabilities !== undefined)
    maps.push({
      ...{ id: 'probability', kind: 'probability', class: positiveClass, unit: 'probability', isSigned: false },
      range: rangeOf(tileProbabilities),
      values: tileProbabilities,
    });
  return maps;
}

/** Weights as times an equal share of the tiles that are known. */
function attentionMap(weights: Float32Array): ShownMap {
  let known = 0;
  for (const weight of weights) if (!Number.isNaN(weight)) known++;
  const values = Float32Array.from(weights, (weight) => weight * known);
  return { id: 'attention', kind: 'attention', unit: 'times-uniform', isSigned: false, range: rangeOf(values), values };
}

function rangeOf(values: Float32Array | Float64Array): readonly [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : [0, 0];
}

/** The map on screen: the one asked for, where the run has it; else the first, the best to review by. */
export function shownMap(run: Pick<ShownRun, 'maps'> | undefined, mapId: string | undefined): ShownMap | undefined {
  return run?.maps.find(({ id }) => id === mapId) ?? run?.maps[0];
}
