/** From the one value on screen to what the heatmap draws. Pure. */
import {
  gridOf,
  type HeatmapGrid,
  type HeatmapPicture,
  type HeatmapScale,
  paintHeatmap,
  scaleOf,
} from '../../analysis/heatmap.ts';
import type { SlideInfo } from '../../slide/slide.ts';
import type { HeatmapSettings } from '../state/screen.ts';
import { type ShownMap, type ShownRun, shownMap } from '../state/shown-run.ts';

export interface HeatmapView {
  readonly map: ShownMap;
  readonly grid: HeatmapGrid;
  readonly scale: HeatmapScale;
  /** Opacity is left to the layer that draws it. */
  readonly picture: HeatmapPicture;
}

/** Largest value in times an equal share, where none reaches twice that: the map of attention is then nearly empty. */
export function flatAttention({ kind, range, values }: ShownMap): number | undefined {
  const [, largest] = range;
  return kind === 'attention' && values.length > 1 && largest < 2 ? largest : undefined;
}

/** The cells of the run's tiles on the slide; undefined where nothing of them can be drawn on it. */
export function toGrid(run: ShownRun | undefined, info: SlideInfo | undefined): HeatmapGrid | undefined {
  if (run?.bag === undefined || info === undefined || !run.isOfShownImage) return undefined;
  return gridOf(run.bag, { x: 0, y: 0, width: info.width, height: info.height });
}

export function toHeatmapView(
  run: ShownRun | undefined,
  grid: HeatmapGrid | undefined,
  { mapId, colors, threshold }: Pick<HeatmapSettings, 'mapId' | 'colors' | 'threshold'>,
): HeatmapView | undefined {
  const map = shownMap(run, mapId);
  if (map === undefined || grid === undefined) return undefined;
  const scale = scaleOf(map.kind, map.values, map.isSigned);
  return { map, grid, scale, picture: paintHeatmap(grid, map.values, scale, { colors, threshold }) };
}

/** The picture with one tile as clear as glass: what is read is never covered. */
export function withoutTile(picture: HeatmapPicture, grid: HeatmapGrid, tile: number): HeatmapPicture {
  const cell = grid.tileOf.indexOf(tile);
  if (cell < 0) return picture;
  const rgba = picture.rgba.slice();
  rgba[4 * cell + 3] = 0;
  return { ...picture, rgba };
}
