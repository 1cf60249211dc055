import { X } from 'lucide-react';
import { useCallback, useEffect, useMemo, useRef } from 'react';
import { Button } from 'react-aria-components';
import { SlideViewer } from '../viewer/SlideViewer.tsx';
import { MAGNIFICATIONS, toUmPerPx } from '../viewer/scale-bar.ts';
import type { SlideView } from '../viewer/slide-view.ts';
import { ErrorNotice } from './ErrorNotice.tsx';
import { Gallery, tileRect } from './Gallery.tsx';
import { type KeyAction, keyAction, TAKES_KEYS } from './keys.ts';
import { useScreen, useSession } from './session.ts';
import { mppOf, type OpenSlide, resultOnScreen } from './store.ts';
import { nextTile, rankTiles } from './tile-ranks.ts';
import { ViewTools } from './ViewTools.tsx';

/** The slide, what floats over it, and the tiles below it. */
export function SlideStage({ slide, onHelp }: { slide: OpenSlide; onHelp: () => void }) {
  const { actions, slides, store } = useSession();
  const state = useScreen((screen) => screen.slide);
  const run = useScreen((screen) => screen.run);
  const notice = useScreen((screen) => screen.notice);
  const chosen = useScreen((screen) => screen.chosenTile);
  const result = resultOnScreen(run, slide);
  const view = useRef<SlideView | undefined>(undefined);
  const { info } = slide;
  const mpp = mppOf(slide);

  const ranks = useMemo(() => result && rankTiles(result.attention.weights), [result]);
  const chosenRect = useMemo(
    () => (result === undefined || chosen === undefined ? undefined : tileRect(result.attention.bag, chosen)),
    [result, chosen],
  );
  useEffect(() => {
    if (chosenRect !== undefined) view.current?.flyTo(chosenRect);
  }, [chosenRect]);

  const act = useCallback(
    (action: KeyAction) => {
      const on = view.current;
      const { heatmap, chosenTile } = store.getState();
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
        case 'opacity-down':
          return actions.setHeatmap({ opacity: Math.max(0, Math.round(heatmap.opacity * 10 - 1) / 10) });
        case 'opacity-up':
          return actions.setHeatmap({ opacity: Math.min(1, Math.round(heatmap.opacity * 10 + 1) / 10) });
        case 'next-tile':
          if (ranks) actions.chooseTile(nextTile(ranks, chosenTile, 1));
          return;
        case 'previous-tile':
          if (ranks) actions.chooseTile(nextTile(ranks, chosenTile, -1));
          return;
        case 'help':
          return onHelp();
        default: {
          const magnification = MAGNIFICATIONS[Number(action.slice('magnification-'.length))];
          if (mpp !== undefined && magnification !== undefined) on?.zoomTo(mpp / toUmPerPx(magnification));
        }
      }
    },
    [actions, store, ranks, mpp, onHelp],
  );

  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (!store.getState().hasKeys) return;
      const takesKeys = event.target instanceof Element && event.target.closest(TAKES_KEYS) !== null;
      const action = keyAction(event, takesKeys);
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
          readTile={(level, col, row, signal) => slides.readTile(info.id, level, col, row, signal)}
          heatmap={undefined}
          opacity={1}
          hovered={undefined}
          chosen={chosenRect}
          onPointer={() => undefined}
          onPick={() => undefined}
          onTileFailed={(error) => actions.tileFailed(info.id, error)}
          onView={(next) => {
            view.current = next;
          }}
        />
        <ViewTools onAction={act} />
        <div className="stage-notices">
          {state.status === 'opening' && (
            <div className="notice" role="status">
              Opening {state.name}…
            </div>
          )}
          {state.status === 'failed' && <ErrorNotice error={state.error} onDismiss={actions.dismissError} />}
          {slide.readError !== undefined && <ErrorNotice error={slide.readError} />}
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
      {result !== undefined && <Gallery result={result} info={info} />}
    </main>
  );
}
