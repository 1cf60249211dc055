/** From what is on screen at one moment to all that a picture of it is made of. */
import { paintLegend } from '../../../analysis/heatmap.ts';
import { COVERAGE_NAMES, countCells } from '../../../tiling/coverage.ts';
import { isNeutral, toCurve } from '../../../viewer/display-curve.ts';
import type { PaintOverlay } from '../../../viewer/heatmap-layer.ts';
import { coverageLabel } from '../../../words/coverage.ts';
import { count } from '../../../words/numbers.ts';
import type { SlidePool } from '../../../worker/pool.ts';
import { toView } from '../../display/channels.ts';
import type { DisplaySettings } from '../../display/display.ts';
import type { HeatmapView } from '../../heatmap/heatmap-view.ts';
import { mapWords } from '../../heatmap/Legend.tsx';
import { mppOf } from '../../state/made-with.ts';
import type { HeatmapSettings, SlideRecord } from '../../state/screen.ts';
import type { ShownRun } from '../../state/shown-run.ts';
import type { ToExport } from '../export-files.ts';
import { captionLines } from './caption-lines.ts';
import type { ViewOnScreen } from './picture-plan.ts';
import { KEY_WIDTH, type MapKey, type PictureKey } from './strip.ts';
import type { PictureOrder } from './write-png.ts';

/** The screen at the moment of the order. */
export interface OnScreen extends ToExport {
  readonly slide: SlideRecord;
  readonly run: ShownRun;
  readonly view: ViewOnScreen;
  /** Clockwise from the right way up. */
  readonly degrees: number;
  readonly overlay: PaintOverlay;
  /** Undefined where none lies over the tissue. */
  readonly heatmap: HeatmapView | undefined;
  readonly settings: HeatmapSettings;
  readonly display: DisplaySettings;
  readonly widthPx: number;
}

export function toOrder(screen: OnScreen, slides: Pick<SlidePool, 'readReduced'>): PictureOrder {
  const { slide, run, heatmap, display, settings } = screen;
  const { info } = slide;
  // The picture is in sRGB, so that it looks alike wherever it is opened.
  const look = {
    colors: display.colors === 'stored' ? 'stored' : 'managed',
    channels: toView(slide.channels),
  } as const;
  const words = heatmap && mapWords(run, heatmap.map);
  const mpp = mppOf(slide);
  return {
    view: screen.view,
    widthPx: screen.widthPx,
    tissue: {
      info,
      read: (region, signal) => slides.readReduced(info.id, region, signal, look),
      curve: isNeutral(display.adjustment) ? undefined : toCurve(display.adjustment),
    },
    overlay: screen.overlay,
    mpp,
    key: { map: heatmap && toMapKey(run, heatmap, settings), coverage: coverageKey(run, settings) },
    lines: (slidePxPerPx) =>
      captionLines({
        ...screen,
        umPerPx: mpp === undefined ? undefined : mpp * slidePxPerPx,
        slidePxPerPx,
        map: words && { name: words.name, unit: words.exactUnit },
        heatmap: settings,
      }),
  };
}

function toMapKey(run: ShownRun, { map, scale }: HeatmapView, settings: HeatmapSettings): MapKey {
  const { name, unit, low, high } = mapWords(run, map);
  return { name, unit, low, high, ramp: paintLegend(scale, settings, KEY_WIDTH), ticks: scale.ticks };
}

function coverageKey({ bag }: ShownRun, { hasCoverage, isHeldOff }: HeatmapSettings): PictureKey['coverage'] {
  if (!hasCoverage || isHeldOff || bag?.coverage === undefined) return [];
  const counts = countCells(bag.coverage);
  return COVERAGE_NAMES.filter((name) => name === 'tile' || counts[name] > 0).map((name) => ({
    name,
    words: `${count(counts[name])} ${coverageLabel(name)}`,
  }));
}
