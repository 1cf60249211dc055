import { useEffect, useRef, useState } from 'react';
import type { HeatmapPicture } from '../analysis/heatmap.ts';
import type { Rect } from '../geometry.ts';
import type { ScreenSpace } from '../slide/color-profile.ts';
import type { SlideInfo } from '../slide/slide.ts';
import type { Coverage } from './coverage-drawing.ts';
import { type Adjustment, isNeutral, toCurve } from './display-curve.ts';
import type { HeatmapDrawing } from './heatmap-outline.ts';
import { loadSlideView, preloadSlideView } from './load-slide-view.ts';
import type { ViewPlace } from './navigation.ts';
import { OverviewStatus } from './OverviewStatus.tsx';
import { NO_OVERVIEW, type OverviewState, type ReadOverview } from './overview-state.ts';
import { ScaleAndMagnification } from './ScaleAndMagnification.tsx';
import type { Pointer } from './slide-frame.ts';
import type { SlideView, ViewPosition } from './slide-view.ts';
import type { FailedTile, ReadReduced, ReadTile } from './tile-source.ts';
import './viewer.css';

export interface SlideViewerProps {
  readonly info: SlideInfo;
  /** µm per level-0 px, or undefined when nobody knows it. */
  readonly mpp: number | undefined;
  /** Magnification of the scan; without it that of its pixel size. */
  readonly objective?: number | undefined;
  /** Of the colours of the tiles. */
  readonly space: ScreenSpace;
  readonly readTile: ReadTile;
  readonly readReduced: ReadReduced;
  /** Gives the whole slide before its tiles; without it the tiles alone show it. */
  readonly readOverview?: ReadOverview | undefined;
  /** Changes when `readTile` gives other tiles than before: all are read again. */
  readonly tilesKey: string;
  readonly adjustment: Adjustment;
  readonly heatmap: HeatmapPicture | undefined;
  readonly opacity: number;
  /** How the heatmap's tiles are drawn; by itself, filled, and outlined where nuclei are read. */
  readonly heatmapStyle?: HeatmapDrawing | undefined;
  /** Which tiles a model looked at and which not; undefined: not shown. */
  readonly coverage?: Coverage | undefined;
  /** Bare tissue while it is true: heatmap, coverage and marks are hidden and kept. */
  readonly isHidden?: boolean | undefined;
  /** Tiles with an outline, level-0 px. */
  readonly hovered: Rect | undefined;
  readonly chosen: Rect | undefined;
  readonly onPointer: (pointer: Pointer | undefined) => void;
  readonly onPick: (pointer: Pointer) => void;
  readonly onTileFailed: (error: unknown, tile: FailedTile) => void;
  /** The live view, for keys and buttons; undefined when it is gone. */
  readonly onView: (view: SlideView | undefined) => void;
  /** What is looked at first, in place of the whole slide. */
  readonly start?: ViewPlace | undefined;
  /** What was looked at last, when the view is gone; undefined: the whole slide. */
  readonly onLeave?: (place: ViewPlace | undefined) => void;
}

preloadSlideView();

/** One slide on screen. React never sees a pixel: it holds the view, and the view draws. */
export function SlideViewer(props: SlideViewerProps) {
  const { info, mpp, space, tilesKey, adjustment, heatmap, opacity, hovered, chosen, coverage } = props;
  const { heatmapStyle = 'auto', isHidden = false } = props;
  const host = useRef<HTMLDivElement>(null);
  const latest = useRef(props);
  latest.current = props;
  /** Of the slide that this view was made for. */
  const leave = useRef(props.onLeave);
  const [view, setView] = useState<SlideView>();
  const [position, setPosition] = useState<ViewPosition>();
  const [overview, setOverview] = useState<OverviewState>(NO_OVERVIEW);
  const [failure, setFailure] = useState<unknown>();

  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    let opened: SlideView | undefined;
    let isGone = false;
    setOverview(NO_OVERVIEW);
    loadSlideView().then(({ openSlideView }) => {
      if (isGone) return;
      opened = openSlideView(
        element,
        info,
        space,
        {
          readTile: (level, col, row, signal) => latest.current.readTile(level, col, row, signal),
          readReduced: (region, signal) => latest.current.readReduced(region, signal),
          readOverview: async (signal, onProgress) => latest.current.readOverview?.(signal, onProgress),
        },
        {
          onPointer: (pointer) => latest.current.onPointer(pointer),
          onPick: (pointer) => latest.current.onPick(pointer),
          onTileFailed: (error, tile) => latest.current.onTileFailed(error, tile),
          onOverview: setOverview,
        },
        latest.current.start,
      );
      setView(opened);
      latest.current.onView(opened);
    }, setFailure);
    return () => {
      isGone = true;
      if (opened === undefined) return;
      setView(undefined);
      latest.current.onView(undefined);
      leave.current?.(opened.place());
      opened.destroy();
    };
  }, [info, space]);

  // While the view only pans there is nothing to render.
  useEffect(() => view?.watch((next) => setPosition((known) => (isSameZoom(known, next) ? known : next))), [view]);
  const shownKey = useRef(tilesKey);
  useEffect(() => {
    if (view === undefined || shownKey.current === tilesKey) return;
    shownKey.current = tilesKey;
    view.reload();
  }, [view, tilesKey]);
  useEffect(() => view?.setCurve(isNeutral(adjustment) ? undefined : toCurve(adjustment)), [view, adjustment]);
  useEffect(() => view?.setHeatmap(heatmap), [view, heatmap]);
  useEffect(() => view?.setOpacity(opacity), [view, opacity]);
  useEffect(() => view?.setDrawing(heatmapStyle, mpp), [view, heatmapStyle, mpp]);
  useEffect(() => view?.setCoverage(coverage), [view, coverage]);
  useEffect(() => view?.setMarks({ hover: hovered, chosen }), [view, hovered, chosen]);
  useEffect(() => view?.setHidden(isHidden), [view, isHidden]);

  // Without its code there is no view: whoever catches what a page cannot go on from says so.
  if (failure !== undefined) throw failure;
  return (
    <>
      <div
        ref={host}
        className="slide-view"
        data-testid="slide-view"
        data-overview={overview.kind}
        aria-busy={!overview.isComplete}
      />
      <div className="view-foot">
        <OverviewStatus state={overview} />
        {view !== undefined && position !== undefined && position.scale > 0 && (
          <ScaleAndMagnification
            position={position}
            umPerSlidePx={mpp}
            objective={props.objective}
            onScale={view.zoomTo}
            onUpright={view.turnUpright}
          />
        )}
      </div>
    </>
  );
}

/** The scale is measured on the screen, so panning changes its last digits. */
function isSameZoom(one: ViewPosition | undefined, other: ViewPosition): boolean {
  return one !== undefined && one.degrees === other.degrees && Math.abs(one.scale / other.scale - 1) < 1e-9;
}
