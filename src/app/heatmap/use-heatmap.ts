import { useMemo } from 'react';
import type { HeatmapGrid } from '../../analysis/heatmap.ts';
import type { BagPrediction } from '../../analysis/prediction.ts';
import type { OpenSlide, RunState } from '../state/screen.ts';
import { useScreen } from '../state/session.ts';
import { type HeatmapView, type SeenAttention, seenAttention, toGrid, toHeatmapView } from './heatmap-view.ts';

/** The heatmap on screen, with the numbers behind it. */
export interface ShownHeatmap extends HeatmapView {
  readonly attention: SeenAttention;
  readonly grid: HeatmapGrid;
}

/** Made anew only when what it shows has changed. */
export function useHeatmap(
  slide: OpenSlide | undefined,
  run: RunState,
  result: BagPrediction | undefined,
): ShownHeatmap | undefined {
  const { mode, colours, threshold } = useScreen((screen) => screen.heatmap);
  const info = slide?.info;
  const attention = useMemo(() => info && seenAttention(run, result, info), [run, result, info]);
  const grid = useMemo(() => info && attention && toGrid(attention, info), [attention, info]);
  return useMemo(
    () => attention && grid && { attention, grid, ...toHeatmapView(attention, grid, { mode, colours, threshold }) },
    [attention, grid, mode, colours, threshold],
  );
}
