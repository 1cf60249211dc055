/** What a person can do. Each action writes only while its own controller is the current one. */
import type { ErrorInfo } from '../../errors.ts';
import type { AnalysisClient } from '../../worker/connect.ts';
import type { DisplaySettings } from '../display/display.ts';
import { createImportActions, type ImportActions, type ImportServices } from '../import/import-actions.ts';
import { createOpenActions, type OpenActions, type OpenServices } from '../open/open-actions.ts';
import { createSlideActions, type SlideActions } from '../open/slide-actions.ts';
import { createResultFileActions, type ResultFileActions } from '../result/result-file-actions.ts';
import { createRunActions, type RunActions, type RunServices } from '../run/run-actions.ts';
import type { ChosenTile, HeatmapSettings, ScreenStore } from './screen.ts';

export interface Services extends OpenServices, RunServices, ImportServices {
  readonly analysis: Pick<AnalysisClient, 'prepare' | 'analyze' | 'planImport' | 'importModel'>;
}

export interface Actions extends OpenActions, RunActions, SlideActions, ImportActions, ResultFileActions {
  /** Takes the notice of a failed opening or run away; the slide before, or the result, stays. */
  dismissError(): void;
  dismissNotice(): void;
  /** Says, or with undefined no longer says, that an export or the reading of a result did not succeed. */
  setExportError(error: ErrorInfo | undefined): void;
  setHeatmap(change: Partial<HeatmapSettings>): void;
  setDisplay(change: Partial<DisplaySettings>): void;
  chooseTile(tile: ChosenTile | undefined): void;
  setKeys(hasKeys: boolean): void;
  setFileNames(showsFileNames: boolean): void;
}

export function createActions(store: ScreenStore, services: Services): Actions {
  /** Pixel sizes given by hand, by slide, until the page is left. */
  const givenMpp = new Map<string, number>();
  const { actions: running, turns } = createRunActions(store, services);
  const importing = createImportActions(store, services, turns.choose);
  const results = createResultFileActions(store, services.models, turns);
  const { cancel, run } = running;
  const { planImport } = importing;
  return {
    ...running,
    ...importing,
    ...results,
    ...createOpenActions(store, services, { cancel, planImport, results, turns, givenMpp }),
    ...createSlideActions(store, givenMpp, () => void run()),
    dismissError: () => {
      const { opening, run } = store.getState();
      if (opening.status === 'failed') store.setState({ opening: { status: 'none' } });
      else if (run.status === 'failed') store.setState({ run: { status: 'idle' } });
    },
    dismissNotice: () => store.setState({ notice: undefined }),
    setExportError: (exportError) => store.setState({ exportError }),
    setHeatmap: (change) => store.setState(({ heatmap }) => ({ heatmap: { ...heatmap, ...change } })),
    setDisplay: (change) => store.setState(({ display }) => ({ display: { ...display, ...change } })),
    chooseTile: (chosenTile) => store.setState({ chosenTile }),
    setKeys: (hasKeys) => store.setState({ hasKeys }),
    setFileNames: (showsFileNames) => store.setState({ showsFileNames }),
  };
}
