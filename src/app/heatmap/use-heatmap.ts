import { useMemo } from 'react';
import { useScreen, useSlide } from '../state/session.ts';
import type { ShownRun } from '../state/shown-run.ts';
import { type HeatmapView, toGrid, toHeatmapView } from './heatmap-view.ts';

/** The heatmap of the run on screen, made anew only when what it shows has changed. */
export function useHeatmap(run: ShownRun | undefined): HeatmapView | undefined {
  const mapId = useScreen((screen) => screen.heatmap.mapId);
  const colors = useScreen((screen) => screen.heatmap.colors);
  const threshold = useScreen((screen) => screen.heatmap.threshold);
  const info = useSlide()?.info;
  const grid = useMemo(() => toGrid(run, info), [run, info]);
  return useMemo(() => toHeatmapView(run, grid, { mapId, colors, threshold }), [run, grid, mapId, colors, threshold]);
}
