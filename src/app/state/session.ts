/** What every part of the screen can reach: the state, the actions, and the workers behind them. */
import { createContext, useContext, useMemo } from 'react';
import { useStore } from 'zustand';
import { useShallow } from 'zustand/react/shallow';
import type { ModelManifest } from '../../model/manifest.ts';
import type { SlidePool } from '../../worker/pool.ts';
import type { Actions } from './actions.ts';
import { type Screen, type ScreenStore, type SlideRecord, slideOnScreen } from './screen.ts';
import { type ShownRun, selectShownRun } from './shown-run.ts';

export interface Session {
  readonly store: ScreenStore;
  readonly actions: Actions;
  readonly slides: Pick<SlidePool, 'readTile' | 'readReduced' | 'readOverview' | 'readRegion' | 'readAssociated'>;
  /** Those shipped with the page. */
  readonly models: readonly ModelManifest[];
}

export const SessionContext = createContext<Session | undefined>(undefined);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === undefined) throw new Error('the screen stands inside a SessionContext');
  return session;
}

/** A part of the state; the component is drawn again when that part changes. */
export function useScreen<T>(select: (screen: Screen) => T): T {
  return useStore(useSession().store, select);
}

/** Every model there is: the shipped ones, then the user's own. */
export function useModels(): readonly ModelManifest[] {
  const { models } = useSession();
  const imported = useScreen((screen) => screen.imported);
  return useMemo(() => (imported.length === 0 ? models : [...models, ...imported]), [models, imported]);
}

/** The model that is chosen. */
export function useModel(): ModelManifest | undefined {
  const models = useModels();
  const modelId = useScreen((screen) => screen.modelId);
  return models.find(({ id }) => id === modelId);
}

export function useSlide(): SlideRecord | undefined {
  return useScreen(slideOnScreen);
}

/** The one value on screen of a run; made anew only when something that it follows from has changed. */
export function useShownRun(): ShownRun | undefined {
  const model = useModel();
  const screen = useScreen(
    useShallow(({ slides, shownSlide, run, bagChoice }) => ({ slides, shownSlide, run, bagChoice })),
  );
  return useMemo(() => selectShownRun(screen, model), [screen, model]);
}
