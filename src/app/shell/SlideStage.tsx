import { X } from 'lucide-react';
import { type RefObject, useCallback, useEffect, useMemo, useState } from 'react';
import { Button } from 'react-aria-components';
import { tileAt, tileRect } from '../../analysis/heatmap.ts';
import { SlideViewer } from '../../viewer/SlideViewer.tsx';
import { MAGNIFICATIONS, toUmPerPx } from '../../viewer/scale-bar.ts';
import type { SlideView } from '../../viewer/slide-view.ts';
import { toView } from '../display/channels.ts';
import { AdjustedNotice } from '../display/DisplayControls.tsx';
import { canvasSpace, PLAIN_DISPLAY } from '../display/display.ts';
import { useDebounced } from '../display/use-debounced.ts';
import type { HeatmapView } from '../heatmap/heatmap-view.ts';
import { Legend } from '../heatmap/Legend.tsx';
import { Readout } from '../heatmap/Readout.tsx';
import { FieldStrip } from '../result/FieldStrip.tsx';
import { fieldGroups, fieldOrder } from '../result/fields.ts';
import { nextTile } from '../result/tile-order.ts';
import { WaitingResult } from '../result/WaitingResult.tsx';
import { mppOf } from '../state/made-with.ts';
import type { SlideRecord } from '../state/screen.ts';
import { useScreen, useSession } from '../state/session.ts';
import type { ShownRun } from '../state/shown-run.ts';
import { ErrorNotice } from './ErrorNotice.tsx';
import { focusOf, type KeyAction, keyAction } from './keys.ts';
import { ViewTools } from './ViewTools.tsx';

/** The slide, what floats over it, and the tiles below it. `view` is filled with the live view for keys and exports. */
export function SlideStage({
  slide,
  run,
  heatmap,
  view,
  onHelp,
}: {
  slide: SlideRecord;
  run: ShownRun | undefined;
  heatmap: HeatmapView | undefined;
  view: RefObject<SlideView | undefined>;
  onHelp: () => void;
}) {
  const { actions, slides, store } = useSession();
  const opening = useScreen((screen) => screen.opening);
  const exportError = useScreen((screen) => screen.exportError);
  const notice = useScreen((screen) => screen.notice);
  const settings = useScreen((screen) => screen.heatmap);
  const display = useScreen((screen) => screen.display);
  const chosenTile = useScreen((screen) => screen.chosenTile);
  const [hovered, setHovered] = useState<number>();
  const [live, setLive] = useState<SlideView>();
  const { info } = slide;
  const mpp = mppOf(slide);
  const channels = useDebounced(useMemo(() => toView(slide.channels), [slide.channels]));
  const look = { colors: display.colors, channels };
  const tilesKey = `${info.colorProfile === undefined ? 'stored' : display.colors} ${JSON.stringify(channels)}`;

  const bag = run?.isOfShownImage ? run.bag : undefined;
  const grid = heatmap?.grid;
  const map = heatmap?.map;
  const groups = useMemo(() => (map === undefined || run?.isPartial ? [] : fieldGroups(map)), [map, run]);
  const order = useMemo(() => fieldOrder(groups), [groups]);
  const runId = run?.runId;
  /** A tile of another run is none of this one's. */
  const chosen = chosenTile?.runId === runId ? chosenTile?.index : undefined;
  const rectOf = useCallback(
    (tile: number | undefined) =>
      bag === undefined || tile === undefined || tile >= bag.count ? undefined : tileRect(bag, tile),
    [bag],
  );
  const hoveredRect = useMemo(() => rectOf(hovered), [rectOf, hovered]);
  const chosenRect = useMemo(() => rectOf(chosen), [rectOf, chosen]);
  const shown = settings.isOn ? (hovered ?? chosen) : chosen;

  // The pointer stands still while keys move the slide below it: what it pointed at is gone.
  useEffect(() => live?.watch(() => setHovered(undefined)), [live]);

  const goTo = useCallback(
    (tile: number | undefined) => {
      actions.chooseTile(tile === undefined || runId === undefined ? undefined : { runId, index: tile });
      const rect = rectOf(tile);
      if (rect !== undefined) view.current?.flyTo(rect);
    },
    [actions, rectOf, view, runId],
  );

  const act = useCallback(
    (action: KeyAction) => {
      const on = view.current;
      const { heatmap, display } = store.getState();
      switch (action) {
        case 'pan-left':
          return on?.panBy(-0.2, 0);
        case 'pan-right':
          return on?.panBy(0.2, 0);
        case 'pan-up':
          return on?.panBy(0, -0.2);
        case 'pan-down':
          return on?.panBy(0, 0.2);
        case 'zoom-in':
          return on?.zoomBy(1.5);
        case 'zoom-out':
          return on?.zoomBy(1 / 1.5);
        case 'home':
          return on?.home();
        case 'rotate-left':
          return on?.rotateBy(-15);
        case 'rotate-right':
          return on?.rotateBy(15);
        case 'full-screen':
          if (document.fullscreenElement === null) void document.documentElement.requestFullscreen?.();
          else void document.exitFullscreen();
          return;
        case 'heatmap':
          return actions.setHeatmap({ isOn: !heatmap.isOn });
        case 'colours':
          return actions.setDisplay({ colors: display.colors === 'stored' ? display.managed : 'stored' });
        case 'display-reset':
          return actions.setDisplay({ adjustment: PLAIN_DISPLAY.adjustment });
        case 'opacity-down':
          return actions.setHeatmap({ opacity: Math.max(0, Math.round(heatmap.opacity * 10 - 1) / 10) });
        case 'opacity-up':
          return actions.setHeatmap({ opacity: Math.min(1, Math.round(heatmap.opacity * 10 + 1) / 10) });
        case 'next-tile':
          goTo(nextTile(order, chosen, 1));
          return;
        case 'previous-tile':
          goTo(nextTile(order, chosen, -1));
          return;
        case 'no-tile':
          return actions.chooseTile(undefined);
        case 'help':
          return onHelp();
        default: {
          const magnification = MAGNIFICATIONS[Number(action.slice('magnification-'.length))];
          if (mpp !== undefined && magnification !== undefined) on?.zoomTo(mpp / toUmPerPx(magnification));
        }
      }
    },
    [actions, store, view, order, chosen, goTo, mpp, onHelp],
  );

  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (!store.getState().hasKeys) return;
      const action = keyAction(event, focusOf(event.target));
      if (action === undefined) return;
      event.preventDefault();
      act(action);
    };
    window.addEventListener('keydown', press);
    return () => window.removeEventListener('keydown', press);
  }, [act, store]);

  return (
    <main className="stage-column">
      <div className="stage">
        <SlideViewer
          key={`${slide.key} ${info.id}`}
          info={info}
          mpp={mpp}
          space={canvasSpace(info.colorProfile, display.managed)}
          readTile={(level, col, row, signal) => slides.readTile(info.id, level, col, row, signal, look)}
          readReduced={(region, signal) => slides.readReduced(info.id, region, signal, look)}
          tilesKey={tilesKey}
          adjustment={display.adjustment}
          heatmap={settings.isOn ? heatmap?.picture : undefined}
          opacity={settings.opacity}
          hovered={settings.isOn ? hoveredRect : undefined}
          chosen={chosenRect}
          onPointer={(pointer) => setHovered(pointer && grid && tileAt(grid, pointer.slide.x, pointer.slide.y))}
          onPick={(pointer) => {
            if (run === undefined || run.isPartial || grid === undefined) return;
            const index = tileAt(grid, pointer.slide.x, pointer.slide.y);
            actions.chooseTile(index === undefined ? undefined : { runId: run.runId, index });
          }}
          onTileFailed={(error, tile) => actions.tileFailed(info.id, error, tile)}
          onView={(next) => {
            view.current = next;
            setLive(next);
          }}
        />
        {settings.isOn && heatmap !== undefined && run !== undefined && <Legend heatmap={heatmap} run={run} />}
        {live !== undefined && run !== undefined && bag !== undefined && shown !== undefined && shown < bag.count && (
          <Readout run={run} bag={bag} tile={shown} view={live} />
        )}
        <ViewTools onAction={act} />
        <div className="stage-notices">
          <AdjustedNotice />
          {(opening.status === 'opening' || opening.status === 'listing') && (
            <div className="notice" role="status">
              {opening.status === 'listing' ? 'Reading the folder…' : `Opening ${opening.name}…`}
            </div>
          )}
          {opening.status === 'failed' && <ErrorNotice error={opening.error} onDismiss={actions.dismissError} />}
          {exportError !== undefined && (
            <ErrorNotice error={exportError} onDismiss={() => actions.setExportError(undefined)} />
          )}
          <WaitingResult />
          {slide.readError !== undefined && (
            <ErrorNotice error={slide.readError} onDismiss={actions.dismissReadError} />
          )}
          {notice !== undefined && (
            <div className="notice" role="status">
              <p>{notice}</p>
              <Button className="icon-button" aria-label="Dismiss" onPress={actions.dismissNotice}>
                <X size={16} aria-hidden />
              </Button>
            </div>
          )}
        </div>
      </div>
      {run !== undefined && bag !== undefined && map !== undefined && groups.length > 0 && (
        <FieldStrip run={run} bag={bag} map={map} groups={groups} info={info} onGo={goTo} />
      )}
    </main>
  );
}
