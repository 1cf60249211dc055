/** A prediction as JSON and CSV, for files and the terminal. */

import { rankTiles } from '../analysis/heatmap.ts';
import type { BagPrediction } from '../analysis/prediction.ts';
import { AppError } from '../errors.ts';
import { type Coverage, packCells, unpackCells } from '../tiling/coverage.ts';
import { noteText } from '../words/notes.ts';

/** The same value with every typed array as an array of numbers. */
type Plain<T> = T extends Float32Array | Float64Array | Int32Array | Uint8Array
  ? number[]
  : T extends object
    ? { [K in keyof T]: Plain<T[K]> }
    : T;

export type PlainPrediction = Plain<BagPrediction>;

/** Plain data for JSON: [N,2] positions become 2 N numbers, cells of the coverage runs. float32 values keep every bit. */
export function toPlain(prediction: BagPrediction): PlainPrediction {
  return plain(prediction) as PlainPrediction;
}

function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return packCells(value);
  if (ArrayBuffer.isView(value)) return Array.from(value as Float64Array);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one)]));
  }
  return value;
}

/** The prediction that `toPlain` was given, from parsed JSON. @throws usage when arrays are missing or do not fit */
export function fromPlain(json: PlainPrediction): BagPrediction {
  const attention = json?.attention;
  const bag = attention?.bag;
  const count = bag?.count;
  if (!Number.isInteger(count)) throw new AppError({ code: 'usage', problem: 'This is not an exported prediction.' });
  const doubles = (values: readonly number[] | undefined, length: number, name: string): Float64Array<ArrayBuffer> => {
    if (!Array.isArray(values) || values.length !== length || !values.every((one) => typeof one === 'number')) {
      throw new AppError({ code: 'usage', problem: `The exported prediction has no ${length} numbers in ${name}.` });
    }
    return Float64Array.from(values);
  };
  const floats = (...given: Parameters<typeof doubles>) => Float32Array.from(doubles(...given));
  return {
    ...json,
    logits: floats(json.logits, json.classes.length, 'logits'),
    probabilities: doubles(json.probabilities, json.classes.length, 'probabilities'),
    attention: {
      bag: {
        ...bag,
        mpp: bag.mpp,
        xy: Int32Array.from(floats64(bag.xy, 2 * count)),
        tissueFraction: floats(bag.tissueFraction, count, 'tissueFraction'),
        coverage: coverageOf(bag.coverage),
      },
      scores: floats(attention.scores, count, 'scores'),
      weights: floats(attention.weights, count, 'weights'),
      contributions:
        attention.contributions === undefined ? undefined : doubles(attention.contributions, count, 'contributions'),
      tileProbabilities:
        attention.tileProbabilities === undefined
          ? undefined
          : floats(attention.tileProbabilities, count, 'tileProbabilities'),
    },
  };
}

/** Undefined for a result of a version that did not say. */
function coverageOf(json: PlainPrediction['attention']['bag']['coverage']): Coverage | undefined {
  if (json === undefined) return undefined;
  const { columns, rows, x, y, spanPx } = json;
  const cells = Array.isArray(json.cells) ? unpackCells(json.cells, columns * rows) : undefined;
  const isGrid = [columns, rows].every((one) => Number.isInteger(one) && one > 0) && spanPx > 0;
  if (cells === undefined || !isGrid || ![x, y, spanPx].every((one) => Number.isFinite(one))) {
    throw new AppError({
      code: 'usage',
      problem: 'The exported prediction has a coverage that is not a grid of cells.',
    });
  }
  return { columns, rows, x, y, spanPx, cells };
}

/** Positions go past 2^24, where float32 loses whole numbers. */
function floats64(values: number[] | undefined, length: number): number[] {
  if (!Array.isArray(values) || values.length !== length || !values.every((one) => Number.isInteger(one))) {
    throw new AppError({ code: 'usage', problem: `The exported prediction has no ${length} whole numbers in xy.` });
  }
  return values;
}

const COLUMNS = [
  'index',
  'rank',
  'x',
  'y',
  'span_px',
  'score',
  'weight',
  'times_uniform',
  'percentile',
  'contribution',
  'tile_probability',
  'tissue_fraction',
] as const;

/**
 * One row a tile in the order of the bag; x, y and span_px in level-0 px. The result and its notes stand above in lines
 * that begin with "#".
 */
export function toCsv(prediction: BagPrediction): string {
  const { attention, classes } = prediction;
  const { bag, scores, weights, contributions, tileProbabilities } = attention;
  const head = [
    `slide ${prediction.slideId}`,
    `model ${prediction.modelId}`,
    ...classes.map((name, i) => `probability of ${name} ${prediction.probabilities[i] ?? ''}`),
    `label ${prediction.label} at threshold ${prediction.threshold}`,
    `${bag.count} of ${bag.candidates} tiles, level ${bag.level}, ${bag.mpp ?? 'unknown'} µm/px`,
    `backend ${prediction.backend.name}, ${prediction.backend.device}`,
    ...prediction.notes.map((note) => `note ${note.code}: ${noteText(note)}`),
    'research use only, not for diagnosis',
  ];
  const { ranks, percentiles } = rankTiles(weights);
  const rows = Array.from({ length: bag.count }, (_, i) =>
    [
      i,
      ranks[i],
      bag.xy[2 * i],
      bag.xy[2 * i + 1],
      bag.spanPx,
      scores[i],
      weights[i],
      (weights[i] ?? 0) * bag.count,
      percentiles[i],
      contributions?.[i] ?? '',
      tileProbabilities?.[i] ?? '',
      bag.tissueFraction[i],
    ].join(','),
  );
  return `${[...head.map((line) => `# ${line.replace(/[\r\n]+/g, ' ')}`), COLUMNS.join(','), ...rows].join('\n')}\n`;
}
