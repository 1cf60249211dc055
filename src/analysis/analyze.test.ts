import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { linearModel, meanColour } from '../testing/linear-model.ts';
import { memorySlide, type Rgb } from '../testing/memory-slide.ts';
import type { TileBag } from '../tiling/bag.ts';
import { readBatches } from '../tiling/batches.ts';
import { type AnalyzeProgress, analyze, type RunnableModel } from './analyze.ts';
import type { NoteCode } from './prediction.ts';

const SPEC = { protocol: 'tissue-grid', tilePx: 64, mpp: 1, minTissue: 0.5, maxTiles: 5000, seed: 1 } as const;

/** Eosin with nuclei; a dark "lesion" in the tile at column 3, row 2 of a grid of 64 px. */
function paint(x: number, y: number): Rgb {
  if (Math.floor(x / 64) === 3 && Math.floor(y / 64) === 2) return (x + y) % 5 < 2 ? [60, 30, 110] : [110, 50, 140];
  return (Math.floor(x / 7) + Math.floor(y / 5)) % 3 === 0 ? [90, 40, 130] : [215, 140, 190];
}

const slide = () => memorySlide({ width: 512, height: 512, mpp: 1, paint });
const codes = (prediction: { readonly notes: readonly { readonly code: NoteCode }[] }) =>
  prediction.notes.map((note) => note.code);

it('gives the attention, contributions and probability of the pooled tiles', async () => {
  const model = linearModel({ bag: SPEC, score: [0, -20, 0] });
  const prediction = await analyze(slide(), model);
  const { attention } = prediction;
  expect(attention.bag.count).toBe(64);
  // The same by hand.
  let k = 0;
  for await (const { rgb, count } of readBatches(slide(), attention.bag, { batchTiles: 10 })) {
    for (let i = 0; i < count; i++, k++) {
      const [, green] = meanColour(rgb.subarray(i * 64 * 64 * 3, (i + 1) * 64 * 64 * 3));
      expect(attention.scores[k]).toBeCloseTo(-20 * green, 5);
      expect(attention.tileProbabilities?.[k]).toBeCloseTo(1 / (1 + Math.exp(6 * green - 3)), 5);
    }
  }
  const sum = (values: Iterable<number>) => [...values].reduce((a, b) => a + b, 0);
  expect(sum(attention.weights)).toBeCloseTo(1, 5);
  const logit = sum(attention.contributions ?? []) + 3;
  expect(prediction.logits[1]).toBeCloseTo(logit, 5);
  expect(prediction.logits[0]).toBe(0);
  expect(prediction.probabilities[1]).toBeCloseTo(1 / (1 + Math.exp(-logit)), 6);
  expect(sum(prediction.probabilities)).toBeCloseTo(1, 6);
  expect(prediction).toMatchObject({ label: 'malignant', modelId: 'linear@1.0.0', threshold: 0.5 });
  // The model says nothing of how its training tiles looked.
  expect(prediction.scope).toEqual({ state: 'unmeasured', reasons: ['appearance'] });
  const top = attention.weights.indexOf(Math.max(...attention.weights));
  expect([attention.bag.xy[2 * top], attention.bag.xy[2 * top + 1]]).toEqual([3 * 64, 2 * 64]);
  expect(codes(prediction)).toEqual([]);
  const { tissue, tiles, encode, head, total } = prediction.elapsedMs;
  expect(tissue + tiles + encode + head).toBeCloseTo(total, 3);
});

it('takes threshold, temperature and order of classes from the manifest', async () => {
  const base = await analyze(slide(), linearModel({ bag: SPEC }));
  const logit = base.logits[1] as number;
  const p = 1 / (1 + Math.exp(-logit / 2));
  const decision = { threshold: p + 0.01, temperature: 2, chosenOn: '' };
  const other = await analyze(
    slide(),
    linearModel({ bag: SPEC, manifest: { decision, classes: ['malignant', 'benign'] } }),
  );
  expect(other.probabilities[0]).toBeCloseTo(p, 6);
  expect(other.logits[0]).toBeCloseTo(logit, 6);
  expect(other.label).toBe('benign');
  const below = { decision: { ...decision, threshold: p - 0.01 } };
  expect((await analyze(slide(), linearModel({ bag: SPEC, manifest: below }))).label).toBe('malignant');
});

it('does not depend on the size of the batches or on who reads them', async () => {
  const one = await analyze(slide(), linearModel({ bag: SPEC, batchTiles: 1 }));
  const mine = slide();
  const batches = (bag: TileBag, batchTiles: number) => readBatches(mine, bag, { batchTiles });
  const many = await analyze(mine, linearModel({ bag: SPEC, batchTiles: 37 }), { batches });
  expect(many.attention).toEqual(one.attention);
  expect(many.probabilities).toEqual(one.probabilities);
});

it('tells its progress at most every 100 ms, with every score once', async () => {
  const seen: { at: number; progress: AnalyzeProgress }[] = [];
  const model = linearModel({ bag: SPEC, batchTiles: 2 });
  const slow: typeof model = {
    ...model,
    forward: async (rgb, count, signal) => {
      await new Promise((resolve) => setTimeout(resolve, 15));
      return model.forward(rgb, count, signal);
    },
  };
  const prediction = await analyze(slide(), slow, {
    onProgress: (progress) => seen.push({ at: performance.now(), progress }),
  });
  const [first, planned, ...rest] = seen;
  expect(first?.progress.stage).toBe('tissue');
  expect(planned?.progress.bag?.count).toBe(64);
  expect(rest.length).toBeGreaterThan(2);
  const scores = new Float32Array(64).fill(Number.NaN);
  rest.forEach(({ at, progress }, i) => {
    expect(progress.bag).toBeUndefined();
    scores.set(progress.scores, progress.scoresFirst);
    expect(progress.tilesDone).toBe(progress.scoresFirst + progress.scores.length);
    if (i > 0 && i < rest.length - 1) expect(at - (rest[i - 1]?.at ?? 0)).toBeGreaterThan(95);
  });
  expect(scores).toEqual(prediction.attention.scores);
  expect(rest.at(-1)?.progress).toMatchObject({ tilesDone: 64, tilesTotal: 64, secondsLeft: 0 });
});

it('stops when it is told to: while planning, while reading and while running', async () => {
  for (const stage of ['tissue', 'tiles', 'forward']) {
    const stop = new AbortController();
    const model = linearModel({ bag: SPEC, batchTiles: 4, onForward: () => stage === 'forward' && stop.abort() });
    let forwards = 0;
    const counted: typeof model = {
      ...model,
      forward: (...args) => {
        forwards++;
        return model.forward(...args);
      },
    };
    const onProgress = (progress: AnalyzeProgress) => {
      if (progress.stage === stage) stop.abort();
    };
    const run = analyze(slide(), counted, { signal: stop.signal, onProgress });
    await expect(run).rejects.toMatchObject({ name: 'AbortError' });
    expect(forwards).toBeLessThanOrEqual(1);
  }
});

/** A large slide that is quick to paint: `columns` x `rows` tiles of tissue. */
function wide(columns: number, rows: number, broken: ReadonlySet<string> = new Set(), tilePx = 64) {
  const colours: Rgb[] = [
    [215, 140, 190],
    [90, 40, 130],
    [200, 120, 180],
  ];
  return memorySlide({
    width: columns * tilePx,
    height: rows * tilePx,
    mpp: 1,
    tilePx,
    broken,
    paint: (x, y) => colours[((x >> 2) * 7 + (y >> 2) * 3 + (x >> 6)) % 3] as Rgb,
  });
}

it('takes a few unreadable tiles out of the bag and says so', async () => {
  // Planned on a whole slide, then one tile of 400 goes bad.
  const good = wide(20, 20);
  const bad = wide(20, 20, new Set(['0/5/5', '0/6/5']));
  const batches = (bag: TileBag, batchTiles: number) => readBatches(bad, bag, { batchTiles });
  const prediction = await analyze(good, linearModel({ bag: SPEC }), { batches });
  const { bag, weights, scores } = prediction.attention;
  expect(bag.count).toBe(398);
  expect([weights.length, scores.length, bag.xy.length]).toEqual([398, 398, 796]);
  expect(bag.rejected.unreadable).toBe(2);
  expect([...weights].reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
  for (let i = 0; i < 398; i++) expect([bag.xy[2 * i], bag.xy[2 * i + 1]]).not.toEqual([320, 320]);
  expect(codes(prediction)).toContain('tiles-missing');
  expect(prediction.notes).toContainEqual({ code: 'tiles-missing', params: { tiles: 2, place: 'tissue' } });
});

it('gives no result when more than one per cent cannot be read', async () => {
  const broken = new Set(['0/5/5', '0/6/5', '0/7/5', '0/8/5', '0/9/5']);
  const batches = (bag: TileBag, batchTiles: number) => readBatches(wide(20, 20, broken), bag, { batchTiles });
  const info = { code: 'bag/tiles-failed', failed: 5, count: 400 };
  await expect(analyze(wide(20, 20), linearModel({ bag: SPEC }), { batches })).rejects.toMatchObject({ info });
  await expect(analyze(wide(20, 20, broken), linearModel({ bag: SPEC }))).rejects.toMatchObject({ info });
});

it('runs a bag of 5,000 tiles in memory for a few batches', async () => {
  setFlagsFromString('--expose_gc');
  const collect: () => void = runInNewContext('gc');
  collect();
  const before = process.memoryUsage();
  let tiles = 0;
  const held: number[] = [];
  const model = linearModel({
    bag: { ...SPEC, tilePx: 32 },
    batchTiles: 32,
    onForward: (count) => {
      const step = Math.floor(tiles / 500);
      tiles += count;
      if (Math.floor(tiles / 500) === step) return;
      collect();
      const now = process.memoryUsage();
      held.push(now.heapUsed + now.arrayBuffers - before.heapUsed - before.arrayBuffers);
    },
  });
  const prediction = await analyze(wide(80, 64, new Set(), 32), model);
  expect(prediction.attention.bag.count).toBe(5000);
  expect(tiles).toBe(5000);
  expect(codes(prediction)).toContain('bag-capped');
  // All tiles at once would be 15 MB; two batches and a few decoded tiles are 0.3 MB. The middle of ten looks, because
  // freed buffers are sometimes counted a little longer.
  expect(held.length).toBe(10);
  expect(held.sort((a, b) => a - b)[5]).toBeLessThan(2 * 2 ** 20);
});

it('refuses numbers that are none', async () => {
  const model = linearModel({ bag: SPEC });
  const broken: typeof model = {
    ...model,
    forward: async (_, count) => ({
      scores: new Float32Array(count).fill(Number.NaN),
      values: new Float32Array(count),
    }),
  };
  await expect(analyze(slide(), broken)).rejects.toMatchObject({ info: { code: 'internal' } });
});

/** Features of the tiles as `distances` has them, in the order of the bag. */
function withFeatures(distances: (index: number) => number): RunnableModel {
  const base = linearModel({ bag: SPEC });
  let done = 0;
  return {
    ...base,
    manifest: {
      ...base.manifest,
      scope: { ...base.manifest.scope, features: { file: 'features.safetensors', blocks: 2, limit: 4 } },
    },
    forward: async (rgb, count, signal) => {
      const output = await base.forward(rgb, count, signal);
      const first = done;
      done += count;
      return { ...output, featureDistances: Float32Array.from({ length: count }, (_, k) => distances(first + k)) };
    },
  };
}

it('calls no class where the features of most tiles are unlike those of training', async () => {
  const half = await analyze(
    slide(),
    withFeatures((i) => (i < 32 ? 5 : 4)),
  );
  expect(half).toMatchObject({ scope: { state: 'unmeasured' }, label: 'malignant' });
  const most = await analyze(
    slide(),
    withFeatures((i) => (i < 33 ? 5 : 4)),
  );
  expect(most).toMatchObject({ scope: { state: 'outside', reasons: ['features'] }, label: null, threshold: 0.5 });
  expect(most.notes).toContainEqual({
    code: 'features-unlike-training',
    params: { tissue: 'painted tissue', stain: 'H&E', unlike: 33, tiles: 64 },
  });
  expect(most.probabilities).toEqual(half.probabilities);
});

it('does not count the features of tiles that could not be read', async () => {
  const bad = wide(20, 20, new Set(['0/5/5', '0/6/5']));
  const failed = new Set<number>();
  const batches = async function* (bag: TileBag, batchTiles: number) {
    for await (const batch of readBatches(bad, bag, { batchTiles })) {
      for (const index of batch.failed) failed.add(index);
      yield batch;
    }
  };
  // 200 of the 400 are unlike, the two that fail among them: 198 of 398 are not more than half, 200 of 398 would be.
  let others = 198;
  const model = withFeatures((i) => (failed.has(i) || others-- > 0 ? 9 : 0));
  const prediction = await analyze(wide(20, 20), model, { batches });
  expect(prediction.attention.bag.count).toBe(398);
  expect(prediction.scope.reasons).not.toContain('features');
});

it('is outside by a pixel size given by hand as by the slide’s own', async () => {
  const model = linearModel({ bag: { ...SPEC, mpp: 2 } });
  const outside = { scope: { state: 'outside', reasons: ['pixel-size'] }, label: null };
  const large = memorySlide({ width: 512, height: 512, mpp: 2, paint });
  expect(await analyze(large, model)).toMatchObject(outside);
  expect(await analyze(slide(), model, { mpp: 2 })).toMatchObject(outside);
});

it('states no class where the manifest states no threshold', async () => {
  const decision = { threshold: null, temperature: 1, chosenOn: '' };
  const prediction = await analyze(slide(), linearModel({ bag: SPEC, manifest: { decision } }));
  expect(prediction).toMatchObject({ label: null, threshold: null });
});
