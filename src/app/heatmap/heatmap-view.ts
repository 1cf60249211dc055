/** From the state to what the heatmap shows: of the result, or of the tiles done so far while the model runs. Pure. */
import {
  gridOf,
  type HeatmapGrid,
  type HeatmapPicture,
  type HeatmapScale,
  paintHeatmap,
  runningWeights,
  scaleOf,
  shadeValues,
} from '../../analysis/heatmap.ts';
import type { Attention, BagPrediction } from '../../analysis/prediction.ts';
import type { SlideInfo } from '../../slide/slide.ts';
import type { HeatmapMode, HeatmapSettings, RunState } from '../state/screen.ts';

/** What can be said of tiles, whether the run is over or not. */
export type SeenAttention = Pick<Attention, 'bag' | 'weights' | 'contributions' | 'tileProbabilities'>;

export interface HeatmapView {
  readonly mode: HeatmapMode;
  readonly scale: HeatmapScale;
  readonly picture: HeatmapPicture;
}

/** The attention on screen: while a run fills in, that of the tiles done so far. */
export function seenAttention(
  run: RunState,
  result: BagPrediction | undefined,
  info: SlideInfo,
): SeenAttention | undefined {
  if (run.status === 'running') {
    const { bag, scores } = run.progress;
    if (bag === undefined || bag.slideId !== info.id) return undefined;
    return { bag, weights: runningWeights(scores), contributions: undefined, tileProbabilities: undefined };
  }
  return result?.attention;
}

/** The modes that a model's numbers allow. */
export function modesOf(attention: SeenAttention | undefined): readonly HeatmapMode[] {
  const modes: HeatmapMode[] = ['attention'];
  if (attention?.contributions !== undefined) modes.push('contribution');
  if (attention?.tileProbabilities !== undefined) modes.push('probability');
  return modes;
}

/** Largest weight in times an equal share, where none reaches twice that: the map of attention is then nearly empty. */
export function flatAttention({ weights }: Pick<SeenAttention, 'weights'>): number | undefined {
  let largest = 0;
  for (const weight of weights) if (weight > largest) largest = weight;
  const times = largest * weights.length;
  return weights.length > 1 && times < 2 ? times : undefined;
}

export function toGrid(attention: SeenAttention, info: SlideInfo): HeatmapGrid {
  return gridOf(attention.bag, { x: 0, y: 0, width: info.width, height: info.height });
}

/** The picture of the heatmap and its scale; opacity is left to the layer that draws it. */
export function toHeatmapView(
  attention: SeenAttention,
  grid: HeatmapGrid,
  settings: Pick<HeatmapSettings, 'mode' | 'colours' | 'threshold'>,
): HeatmapView {
  const mode = modesOf(attention).includes(settings.mode) ? settings.mode : 'attention';
  const values = shadeValues(attention, mode);
  const scale = scaleOf(mode, values);
  const { colours, threshold } = settings;
  return { mode, scale, picture: paintHeatmap(grid, values, scale, { colours, threshold }) };
}
