/** Do the maps point at the lesion? Each map of a slide against the share of lesion in its tiles. */
import type { Attention } from '../analysis/prediction.ts';
import { auroc } from './metrics.ts';

/** The maps that are judged, in the order of the report. */
export const MAPS = ['attention', 'contribution', 'tileProbability'] as const;
export type MapName = (typeof MAPS)[number];

/** AUROC among the tiles of one slide; null for a map that the model does not have. */
export interface MapFigures {
  /** Tiles that are at least half lesion. */
  readonly lesionTiles: number;
  readonly auroc: Readonly<Record<MapName, number | null>>;
}

/** Mean over slides, with its standard error. */
export interface MapSummary {
  readonly slides: number;
  readonly maps: readonly {
    readonly name: MapName;
    readonly mean: number;
    readonly standardError: number | undefined;
  }[];
}

/** A tile is positive where at least half of it is lesion. Undefined where all tiles are, or none. */
export function scoreMaps(attention: Attention, lesionFraction: ArrayLike<number>): MapFigures | undefined {
  const inside = Array.from(lesionFraction, (share) => (share >= 0.5 ? 1 : 0));
  const score = (values: ArrayLike<number> | undefined) => (values && auroc(inside, values)) ?? null;
  const figures = {
    attention: score(attention.weights),
    contribution: score(attention.contributions),
    tileProbability: score(attention.tileProbabilities),
  };
  if (figures.attention === null) return undefined;
  return { lesionTiles: inside.filter((one) => one === 1).length, auroc: figures };
}

/** Undefined where no slide has figures. */
export function summarizeMaps(slides: readonly MapFigures[]): MapSummary | undefined {
  if (slides.length === 0) return undefined;
  const maps = MAPS.flatMap((name) => {
    const values = slides.flatMap((slide) => slide.auroc[name] ?? []);
    if (values.length === 0) return [];
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    const standardError = values.length < 2 ? undefined : Math.sqrt(squares / (values.length - 1) / values.length);
    return [{ name, mean, standardError }];
  });
  return { slides: slides.length, maps };
}
