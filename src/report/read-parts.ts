/** Parts of a result that every version of the export writes alike, read strictly. */
import type { Attention, BagPrediction } from '../analysis/prediction.ts';
import type { BagSpec, TileBag } from '../tiling/bag.ts';
import { type Coverage, unpackCells } from '../tiling/coverage.ts';
import { type Reader, refuse } from './json-reader.ts';

/** A model may ask for so many tiles, see model/manifest.ts. */
export const MOST_TILES = 1_000_000;

const MOST_INT32 = 2 ** 31 - 1;
const MOST_FLOAT32 = 3.4e38;
/** Sums of float32 shares: a million of them. */
const WEIGHT_TOLERANCE = 1e-3;

const FINITE32 = { from: -MOST_FLOAT32, to: MOST_FLOAT32 };
const SHARE = { from: 0, to: 1 };
const PROTOCOLS = ['darkest', 'tissue-grid'] as const;

/** Two different classes, one of them the positive one. */
export function readClasses(root: Reader): Pick<BagPrediction, 'classes' | 'positiveClass'> {
  const classes = root.texts('classes', 2);
  if (classes.length !== 2 || classes[0] === classes[1]) root.fail('classes', 'must be two different names');
  const positiveClass = root.text('positiveClass');
  if (!classes.includes(positiveClass)) root.fail('positiveClass', 'must be one of classes');
  return { classes, positiveClass };
}

/** Two probabilities that add up to 1, as far as float32 can. */
export function readProbabilities(root: Reader, tolerance: number): Float64Array<ArrayBuffer> {
  const probabilities = root.numbers('probabilities', 2, SHARE);
  const sum = (probabilities[0] ?? 0) + (probabilities[1] ?? 0);
  return Math.abs(sum - 1) <= tolerance ? probabilities : root.fail('probabilities', 'must add up to 1');
}

export function readLogits(root: Reader): Float32Array<ArrayBuffer> {
  return Float32Array.from(root.numbers('logits', 2, FINITE32));
}

/** Contributions as they stand there; both optional arrays are undefined where the file has none. */
export function readAttention(root: Reader, slideId: string): Attention {
  const attention = root.object('attention');
  const bag = readBag(attention.object('bag'), slideId);
  const floats = (field: string, limits = FINITE32) => Float32Array.from(attention.numbers(field, bag.count, limits));
  const weights = floats('weights', SHARE);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (Math.abs(total - 1) > WEIGHT_TOLERANCE) attention.fail('weights', 'must add up to 1');
  return {
    bag,
    scores: floats('scores'),
    weights,
    contributions: attention.has('contributions') ? attention.numbers('contributions', bag.count, FINITE32) : undefined,
    tileProbabilities: attention.has('tileProbabilities') ? floats('tileProbabilities', SHARE) : undefined,
  };
}

function readBag(bag: Reader, slideId: string): TileBag {
  if (bag.text('slideId') !== slideId) bag.fail('slideId', 'must be that of the result');
  const count = bag.integer('count', { from: 1, to: MOST_TILES });
  const xy = bag.numbers('xy', 2 * count, { from: -MOST_INT32, to: MOST_INT32 });
  if (!xy.every(Number.isInteger)) bag.fail('xy', 'must hold whole numbers');
  const rejected = bag.object('rejected');
  const kept = (field: string) => rejected.integer(field, { from: 0, to: MOST_INT32 });
  return {
    slideId,
    protocol: bag.oneOf('protocol', PROTOCOLS),
    count,
    xy: Int32Array.from(xy),
    spanPx: bag.number('spanPx', { from: 1e-3, to: MOST_INT32 }),
    tilePx: bag.integer('tilePx', { from: 1, to: 65_536 }),
    mpp: bag.has('mpp') ? bag.number('mpp', { from: 1e-6, to: 1e6 }) : undefined,
    level: bag.integer('level', { from: 0, to: 1000 }),
    tissueFraction: Float32Array.from(bag.numbers('tissueFraction', count, SHARE)),
    candidates: bag.integer('candidates', { from: count, to: MOST_INT32 }),
    rejected: {
      background: kept('background'),
      pen: kept('pen'),
      black: kept('black'),
      blur: kept('blur'),
      unreadable: kept('unreadable'),
      cap: kept('cap'),
    },
    coverage: bag.has('coverage') ? readCoverage(bag.object('coverage')) : undefined,
  };
}

function readCoverage(coverage: Reader): Coverage {
  const side = { from: 1, to: 2 ** 24 };
  const place = { from: -MOST_INT32, to: MOST_INT32 };
  const columns = coverage.integer('columns', side);
  const rows = coverage.integer('rows', side);
  const runs = coverage.list('cells', 2 * side.to);
  return {
    columns,
    rows,
    x: coverage.number('x', place),
    y: coverage.number('y', place),
    spanPx: coverage.number('spanPx', { from: 1e-3, to: MOST_INT32 }),
    cells:
      unpackCells(runs, columns * rows) ?? coverage.fail('cells', 'must be runs of known codes that fill the grid'),
  };
}

export function readBagSpec(spec: Reader): BagSpec {
  const tilePx = spec.integer('tilePx', { from: 1, to: 65_536 });
  if (spec.oneOf('protocol', PROTOCOLS) === 'darkest') {
    return {
      protocol: 'darkest',
      tilePx,
      count: spec.integer('count', { from: 1, to: MOST_TILES }),
      downsample: spec.number('downsample', { from: 1 }),
    };
  }
  return {
    protocol: 'tissue-grid',
    tilePx,
    mpp: spec.number('mpp', { from: 1e-6, to: 100 }),
    minTissue: spec.number('minTissue', SHARE),
    maxTiles: spec.integer('maxTiles', { from: 1, to: MOST_TILES }),
    seed: spec.integer('seed', { from: 0, to: 2 ** 32 - 1 }),
  };
}

export function readBackend(root: Reader): BagPrediction['backend'] {
  const backend = root.object('backend');
  const selfTest = backend.object('selfTest');
  return {
    name: backend.oneOf('name', ['webgpu', 'wasm', 'cpu']),
    device: backend.text('device', { mayBeEmpty: true }),
    software: backend.boolean('software'),
    selfTest: {
      probability: selfTest.number('probability', { from: 0 }),
      attention: selfTest.number('attention', { from: 0 }),
    },
    reasons: backend.texts('reasons', 64),
  };
}

export function readElapsed(root: Reader): BagPrediction['elapsedMs'] {
  const elapsed = root.object('elapsedMs');
  const time = (field: string) => elapsed.number(field, { from: 0 });
  return {
    tissue: time('tissue'),
    tiles: time('tiles'),
    encode: time('encode'),
    head: time('head'),
    total: time('total'),
  };
}

/** id and version of "id@version". */
export function splitModelId(modelId: string): { readonly id: string; readonly version: string } {
  const at = modelId.lastIndexOf('@');
  if (at <= 0 || at === modelId.length - 1) return refuse('modelId must be a name and a version, joined by @');
  return { id: modelId.slice(0, at), version: modelId.slice(at + 1) };
}
