/** The product: a slide and a model in, a prediction out. The worker and the command line both call it and add nothing. */
import { AppError, assert } from '../errors.ts';
import type { Model } from '../model/load.ts';
import { meanMpp } from '../slide/pixel-size.ts';
import type { Slide } from '../slide/slide.ts';
import { type BagSpec, planBag, type TileBag, type TileBatch } from '../tiling/bag.ts';
import { readBatches } from '../tiling/batches.ts';
import { markUnreadable } from '../tiling/coverage.ts';
import { countUnlike } from './appearance.ts';
import { noteRun } from './notes.ts';
import { outcomeOf } from './outcome.ts';
import type { BagPrediction } from './prediction.ts';
import { decideScope } from './scope.ts';

/** The part of a loaded model that a run needs. */
export type RunnableModel = Pick<Model, 'manifest' | 'bias' | 'backend' | 'batchTiles' | 'forward'>;

export interface AnalyzeProgress {
  readonly stage: 'tissue' | 'tiles';
  readonly tilesDone: number;
  readonly tilesTotal: number;
  readonly tilesPerSecond: number;
  readonly secondsLeft: number | undefined;
  /** Sent once, when the bag is planned. */
  readonly bag: TileBag | undefined;
  /** Scores before softmax of tiles `scoresFirst` .., those finished since the last progress; NaN for unreadable tiles. */
  readonly scoresFirst: number;
  readonly scores: Float32Array<ArrayBuffer>;
}

export interface AnalyzeOptions {
  /** µm per level-0 px as the user gave it; the slide's own otherwise. */
  readonly mpp?: number | undefined;
  /** Instead of the manifest's bag. */
  readonly bag?: BagSpec | undefined;
  /** Where pixels come from; `readBatches` of the slide itself otherwise. */
  readonly batches?:
    | ((bag: TileBag, batchTiles: number, signal: AbortSignal | undefined) => AsyncIterable<TileBatch>)
    | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: AnalyzeProgress) => void) | undefined;
}

/** Progress is for eyes. */
const PROGRESS_MS = 100;
/** Above this share of unreadable tiles there is no result. */
const MOST_FAILED = 0.01;

/**
 * Plans the bag, streams its pixels through the model and pools. Memory does not grow with the bag but for two numbers a
 * tile. Tiles that cannot be read are taken out of the bag; more than 1 % of them end the run.
 * @throws slide/no-mpp, bag/no-tissue, bag/tiles-failed, slide/read-failed, gpu/lost, gpu/out-of-memory
 */
export async function analyze(
  slide: Slide,
  model: RunnableModel,
  options: AnalyzeOptions = {},
): Promise<BagPrediction> {
  const { signal } = options;
  const { manifest } = model;
  const spec = options.bag ?? manifest.bag;
  const started = performance.now();
  const report = reporter(options.onProgress);
  report.tissue();
  const plan = await planBag(slide, spec, { mpp: options.mpp, signal });
  const { unreadable } = plan.rejected;
  if (unreadable > MOST_FAILED * plan.candidates) {
    throw new AppError({ code: 'bag/tiles-failed', failed: unreadable, count: plan.candidates });
  }
  const planned = performance.now();
  report.planned(plan);

  const scores = new Float32Array(plan.count);
  const values = new Float32Array(plan.count);
  const failed = new Set<number>();
  const source = options.batches ?? ((bag, batchTiles) => readBatches(slide, bag, { batchTiles, signal }));
  const { appearance, features } = manifest.scope;
  let unlikeAppearance = 0;
  let unlikeFeatures = 0;
  let done = 0;
  let encodeMs = 0;
  for await (const batch of source(plan, model.batchTiles, signal)) {
    signal?.throwIfAborted();
    assert(batch.first === done, 'batches come in order');
    const before = performance.now();
    const output = await model.forward(batch.rgb, batch.count, signal);
    signal?.throwIfAborted();
    encodeMs += performance.now() - before;
    for (let k = 0; k < batch.count; k++) {
      const score = output.scores[k] ?? Number.NaN;
      const value = output.values[k] ?? Number.NaN;
      assert(Number.isFinite(score) && Number.isFinite(value), 'the model gave something that is not a number');
      scores[batch.first + k] = score;
      values[batch.first + k] = value;
    }
    for (const index of batch.failed) {
      failed.add(index);
      scores[index] = Number.NaN;
    }
    if (appearance !== undefined) unlikeAppearance += countUnlike(batch, plan.tilePx, appearance);
    if (features !== undefined) unlikeFeatures += countBeyond(output.featureDistances, batch, features.limit);
    done += batch.count;
    report.tiles(done, scores);
  }
  assert(done === plan.count, 'every tile of the bag was read');
  if (failed.size > MOST_FAILED * plan.count) {
    throw new AppError({ code: 'bag/tiles-failed', failed: failed.size, count: plan.count });
  }

  const encoded = performance.now();
  const kept = Int32Array.from({ length: plan.count }, (_, i) => i).filter((i) => !failed.has(i));
  const bag = failed.size === 0 ? plan : markUnreadable(plan, failed);
  const keptScores = Float32Array.from(kept, (i) => scores[i] as number);
  const keptValues = Float32Array.from(kept, (i) => values[i] as number);
  const scopeFacts = {
    mpp: options.mpp ?? meanMpp(slide.info.mpp),
    tiles: bag.count,
    unlikeAppearance: appearance && unlikeAppearance,
    unlikeFeatures: features && unlikeFeatures,
  };
  const scope = decideScope(manifest.scope, scopeFacts);
  const outcome = outcomeOf(keptScores, keptValues, model.bias, manifest, scope);
  const ended = performance.now();
  return {
    slideId: slide.info.id,
    modelId: `${manifest.id}@${manifest.version}`,
    ...outcome,
    attention: { bag, ...outcome.attention },
    notes: noteRun({
      info: slide.info,
      manifest,
      spec,
      bag,
      userMpp: options.mpp,
      failed: failed.size,
      weights: outcome.attention.weights,
      scopeFacts,
      scope,
    }),
    backend: model.backend,
    elapsedMs: {
      tissue: planned - started,
      // Reading overlaps encoding: what is left is the time the model waited for pixels.
      tiles: Math.max(0, encoded - planned - encodeMs),
      encode: encodeMs,
      head: ended - encoded,
      total: ended - started,
    },
  };
}

/** Tiles of the batch whose features lie beyond the limit; unreadable ones do not count. */
function countBeyond(distances: Float32Array | undefined, { first, count, failed }: TileBatch, limit: number): number {
  assert(distances?.length === count, 'a model that states its features gives a distance for each tile');
  let beyond = 0;
  for (let k = 0; k < count; k++) if ((distances[k] as number) > limit && !failed.includes(first + k)) beyond++;
  return beyond;
}

/** Says how far the run is, not more often than PROGRESS_MS, but at the start of each stage and at the end. */
function reporter(onProgress: AnalyzeOptions['onProgress']) {
  const nothing = new Float32Array(0);
  let total = 0;
  let started = 0;
  let last = 0;
  let sent = 0;
  return {
    tissue: () =>
      onProgress?.({
        stage: 'tissue',
        tilesDone: 0,
        tilesTotal: 0,
        tilesPerSecond: 0,
        secondsLeft: undefined,
        bag: undefined,
        scoresFirst: 0,
        scores: nothing,
      }),
    planned: (bag: TileBag) => {
      total = bag.count;
      started = performance.now();
      last = started;
      onProgress?.({
        stage: 'tiles',
        tilesDone: 0,
        tilesTotal: total,
        tilesPerSecond: 0,
        secondsLeft: undefined,
        bag,
        scoresFirst: 0,
        scores: nothing,
      });
    },
    tiles: (done: number, scores: Float32Array<ArrayBuffer>) => {
      const now = performance.now();
      if (now - last < PROGRESS_MS && done < total) return;
      last = now;
      const perSecond = done / Math.max(1e-3, (now - started) / 1000);
      onProgress?.({
        stage: 'tiles',
        tilesDone: done,
        tilesTotal: total,
        tilesPerSecond: perSecond,
        secondsLeft: (total - done) / perSecond,
        bag: undefined,
        scoresFirst: sent,
        scores: scores.slice(sent, done),
      });
      sent = done;
    },
  };
}
