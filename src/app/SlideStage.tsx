import { X } from 'lucide-react';
import { type RefObject, useCallback, useEffect, useMemo, useState } from 'react';
import { Button } from 'react-aria-components';
import { tileAt, tileRect, topTiles } from '../analysis/heatmap.ts';
import { SlideViewer } from '../viewer/SlideViewer.tsx';
import { MAGNIFICATIONS, toUmPerPx } from '../viewer/scale-bar.ts';
import type { SlideView } from '../viewer/slide-view.ts';
import { toView } from './channels.ts';
import { AdjustedNotice } from './DisplayControls.tsx';
import { canvasSpace, PLAIN_DISPLAY } from './display.ts';
import { ErrorNotice } from './ErrorNotice.tsx';
import { Gallery } from './Gallery.tsx';
import { focusOf, type KeyAction, keyAction } from './keys.ts';
import { Legend } from './Legend.tsx';
import { Readout } from './Readout.tsx';
import { useScreen, useSession } from './session.ts';
import { mppOf, type OpenSlide, resultOnScreen } from './store.ts';
import { nextTile } from './tile-order.ts';
import type { ShownHeatmap } from './use-heatmap.ts';
import { useSettled } from './use-settled.ts';
import { ViewTools } from './ViewTools.tsx';

/** The slide, what floats over it, and the tiles below it. `view` is filled with the live view for keys and exports. */
export function SlideStage({
  slide,
  heatmap,
  view,
  onHelp,
}: {
  slide: OpenSlide;
  heatmap: ShownHeatmap | undefined;
  view: RefObject<SlideView | undefined>;
  onHelp: () => void;
}) {
  const { actions, slides, store } = useSession();
  const state = useScreen((screen) => screen.slide);
  const run = useScreen((screen) => screen.run);
  const notice = useScreen((screen) => screen.notice);
  const settings = useScreen((screen) => screen.heatmap);
  const display = useScreen((screen) => screen.display);
  const chosen = useScreen((screen) => screen.chosenTile);
  const [hovered, setHovered] = useState<number>();
  const [live, setLive] = useState<SlideView>();
  const { info } = slide;
  const mpp = mppOf(slide);
  const result = resultOnScreen(run, slide);
  const channels = useSettled(useMemo(() => toView(slide.channels), [slide.channels]));
  const look = { colors: display.colors, channels };
  const tilesKey = `${info.colorProfile === undefined ? 'stored' : display.colors} ${JSON.stringify(channels)}`;

  const attention = heatmap?.attention;
  const grid = heatmap?.grid;
  const order = useMemo(() => result && topTiles(result.attention.weights, result.attention.bag.count), [result]);
  const rectOf = useCallback(
    (tile: number | undefined) =>
      attention === undefined || tile === undefined || tile >= attention.bag.count
        ? undefined
        : tileRect(attention.bag, tile),
    [attention],
  );
  const hoveredRect = useMemo(() => rectOf(hovered), [rectOf, hovered]);
  const chosenRect = useMemo(() => rectOf(chosen), [rectOf, chosen]);
  const shown = settings.isOn ? (hovered ?? chosen) : chosen;

  // The pointer stands still while keys move the slide below it: what it pointed at is gone.
  useEffect(() => live?.watch(() => setHovered(undefined)), [live]);

  const goTo = useCallback(
    (tile: number | undefined) => {
      actions.chooseTile(tile);
      const rect = rectOf(tile);
      if (rect !== undefined) view.current?.flyTo(rect);
    },
    [actions, rectOf, view],
  );

  const act = useCallback(
    (action: KeyAction) => {
      const on = view.current;
      const { heatmap, chosenTile, display } = store.getState();
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
          if (order) goTo(nextTile(order, chosenTile, 1));
          return;
        case 'previous-tile':
          if (order) goTo(nextTile(order, chosenTile, -1));
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
    [actions, store, view, order, goTo, mpp, onHelp],
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
          key={info.id}
          info={info}
          mpp={mpp}
          space={canvasSpace(info.colorProfile, display.managed)}
          readTile={(level, col, row, signal) => slides.readTile(info.id, level, col, row, signal, look)}
          readReduced={(region, signal) => slides.readReduced(info.id, region, signal, look)}
          readOverview={(signal, onProgress) => slides.readOverview(info.id, signal, look, onProgress)}
          tilesKey={tilesKey}
          adjustment={display.adjustment}
          heatmap={settings.isOn ? heatmap?.picture : undefined}
          opacity={settings.opacity}
          hovered={settings.isOn ? hoveredRect : undefined}
          chosen={chosenRect}
          onPointer={(pointer) => setHovered(pointer && grid && tileAt(grid, pointer.slide.x, pointer.slide.y))}
          onPick={(pointer) => {
            if (result !== undefined && grid !== undefined) {
              actions.chooseTile(tileAt(grid, pointer.slide.x, pointer.slide.y));
            }
          }}
          onTileFailed={(error, tile) => actions.tileFailed(info.id, error, tile)}
          onView={(next) => {
            view.current = next;
            setLive(next);
          }}
        />
        {settings.isOn && heatmap !== undefined && (
          <Legend
            mode={heatmap.mode}
            scale={heatmap.scale}
            settings={settings}
            positive={result?.positiveClass ?? ''}
            isPartial={run.status === 'running'}
          />
        )}
        {live !== undefined && attention !== undefined && shown !== undefined && shown < attention.bag.count && (
          <Readout attention={attention} tile={shown} view={live} />
        )}
        <ViewTools onAction={act} />
        <div className="stage-notices">
          <AdjustedNotice />
          {state.status === 'opening' && (
            <div className="notice" role="status">
              Opening {state.name}…
            </div>
          )}
          {state.status === 'failed' && <ErrorNotice error={state.error} onDismiss={actions.dismissError} />}
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
      {result !== undefined && <Gallery result={result} info={info} onGo={goTo} />}
    </main>
  );
}
