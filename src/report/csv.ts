/** A result as a table for a spreadsheet: its facts as lines that begin with "#", then one row a tile. */
import { rankTiles } from '../analysis/heatmap.ts';
import type { BagPrediction } from '../analysis/prediction.ts';
import type { ResultContext } from './result.ts';
import { toResultJson } from './write-json.ts';

type Cell = string | number | null | undefined;

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
 * UTF-8 with a byte order mark, lines that end with CR LF. First `# key,value`, each field of the JSON by its name, notes by
 * number; then a header and one row a tile in the order of the bag: x, y and span_px in level-0 px, contribution in log-odds.
 */
export function toCsv(prediction: BagPrediction, context: ResultContext): string {
  const { attention, ...facts } = toResultJson(prediction, context);
  const { xy: _, tissueFraction: __, coverage: ___, ...bag } = attention.bag;
  const head = flat({ ...facts, bag }).map(([key, value]) => line([`# ${key}`, value]));
  return `\uFEFF${[...head, line(COLUMNS), ...tileRows(prediction).map(line)].join('\r\n')}\r\n`;
}

function tileRows({ attention }: BagPrediction): Cell[][] {
  const { bag, scores, weights, contributions, tileProbabilities } = attention;
  const { ranks, percentiles } = rankTiles(weights);
  return Array.from({ length: bag.count }, (_, i) => [
    i,
    ranks[i],
    bag.xy[2 * i],
    bag.xy[2 * i + 1],
    bag.spanPx,
    scores[i],
    weights[i],
    (weights[i] ?? 0) * bag.count,
    percentiles[i],
    contributions?.[i],
    tileProbabilities?.[i],
    bag.tissueFraction[i],
  ]);
}

/** Each value under the names that lead to it, joined with dots. What is undefined is left out, what is null is empty. */
function flat(value: unknown, at = ''): [string, Cell][] {
  if (value === undefined) return [];
  if (typeof value !== 'object' || value === null) {
    return [[at, typeof value === 'number' || value === null ? value : String(value)]];
  }
  return Object.entries(value).flatMap(([key, one]) => flat(one, at === '' ? key : `${at}.${key}`));
}

function line(cells: readonly Cell[]): string {
  return cells.map(cell).join(',');
}

/** A spreadsheet must not run a name as a formula, and a line break must not end the row. */
function cell(value: Cell): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'number') return String(value);
  const text = value.replace(/[\r\n]+/g, ' ');
  const safe = /^[=+\-@\t]/.test(text) ? `'${text}` : text;
  return /[",]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
