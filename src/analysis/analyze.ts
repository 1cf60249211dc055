/** The product: a slide and a model in, a prediction out. The worker and the command line both call it and add nothing. */
import { AppError, assert } from '../errors.ts';
import { poolAttention } from '../model/attention-mil.ts';
import type { Model } from '../model/load.ts';
import type { Slide } from '../slide/slide.ts';
import { type BagSpec, planBag, type TileBag, type TileBatch } from '../tiling/bag.ts';
import { readBatches } from '../tiling/batches.ts';
import { markUnreadable } from '../tiling/coverage.ts';
import { countUnlike } from './appearance.ts';
import { noteRun } from './notes.ts';
import type { BagPrediction } from './prediction.ts';

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
  const { appearance } = manifest.scope;
  let unlike = 0;
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
    if (appearance !== undefined) unlike += countUnlike(batch, plan.tilePx, appearance);
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
  const { threshold, temperature } = manifest.decision;
  const pooled = poolAttention(keptScores, keptValues, model.bias, temperature);
  const positive = manifest.classes.indexOf(manifest.positiveClass);
  const negative = 1 - positive;
  assert(manifest.classes.length === 2 && positive >= 0, 'a model has two classes');
  const isPositive = pooled.probability >= threshold;
  const ended = performance.now();
  return {
    slideId: slide.info.id,
    modelId: `${manifest.id}@${manifest.version}`,
    classes: manifest.classes,
    // The head has one logit, of the positive class; the other is 0, so that softmax gives the probabilities.
    logits: pair(positive, pooled.logit, 0),
    probabilities: pair(positive, pooled.probability, 1 - pooled.probability),
    positiveClass: manifest.positiveClass,
    label: manifest.classes[isPositive ? positive : negative] ?? '',
    threshold,
    attention: {
      bag,
      scores: keptScores,
      weights: Float32Array.from(pooled.weights),
      contributions: Float32Array.from(pooled.contributions),
      tileProbabilities: Float32Array.from(pooled.tileProbabilities),
    },
    notes: noteRun({
      info: slide.info,
      manifest,
      spec,
      bag,
      userMpp: options.mpp,
      failed: failed.size,
      weights: pooled.weights,
      unlike: appearance === undefined ? undefined : unlike,
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

function pair(positive: number, atPositive: number, other: number): Float32Array<ArrayBuffer> {
  return Float32Array.from([0, 1], (i) => (i === positive ? atPositive : other));
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
