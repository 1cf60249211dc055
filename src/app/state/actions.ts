/** What a person can do. Each action writes only while its own controller is the current one. */
import type { AnalysisClient } from '../../worker/connect.ts';
import type { DisplaySettings } from '../display/display.ts';
import { createImportActions, type ImportActions, type ImportServices } from '../import/import-actions.ts';
import { createOpenActions, type OpenActions, type OpenServices } from '../open/open-actions.ts';
import { createSlideActions, type SlideActions } from '../open/slide-actions.ts';
import { createRunActions, type RunActions, type RunServices } from '../run/run-actions.ts';
import type { HeatmapSettings, ScreenStore } from './screen.ts';

export interface Services extends OpenServices, RunServices, ImportServices {
  readonly analysis: Pick<AnalysisClient, 'prepare' | 'analyze' | 'planImport' | 'importModel'>;
}

export interface Actions extends OpenActions, RunActions, SlideActions, ImportActions {
  /** Takes the notice of a failed opening or run away; the slide before, or the result, stays. */
  dismissError(): void;
  dismissNotice(): void;
  setHeatmap(change: Partial<HeatmapSettings>): void;
  setDisplay(change: Partial<DisplaySettings>): void;
  chooseTile(index: number | undefined): void;
  setKeys(hasKeys: boolean): void;
}

export function createActions(store: ScreenStore, services: Services): Actions {
  /** Pixel sizes given by hand, by slide, until the page is left. */
  const givenMpp = new Map<string, number>();
  const { actions: running, turns } = createRunActions(store, services);
  const importing = createImportActions(store, services, turns.choose);
  const { cancel, run } = running;
  const { planImport } = importing;
  return {
    ...running,
    ...importing,
    ...createOpenActions(store, services, { cancel, planImport, turns, givenMpp }),
    ...createSlideActions(store, givenMpp, () => void run()),
    dismissError: () => {
      const { slide, run } = store.getState();
      if (slide.status === 'failed') {
        store.setState({
          slide: slide.previous === undefined ? { status: 'none' } : { status: 'open', slide: slide.previous },
        });
      } else if (run.status === 'failed') store.setState({ run: { status: 'idle', previous: run.previous } });
    },
    dismissNotice: () => store.setState({ notice: undefined }),
    setHeatmap: (change) => store.setState(({ heatmap }) => ({ heatmap: { ...heatmap, ...change } })),
    setDisplay: (change) => store.setState(({ display }) => ({ display: { ...display, ...change } })),
    chooseTile: (chosenTile) => store.setState({ chosenTile }),
    setKeys: (hasKeys) => store.setState({ hasKeys }),
  };
}
