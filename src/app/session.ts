/** What every part of the screen can reach: the state, the actions, and the workers behind them. */
import { createContext, useContext } from 'react';
import { useStore } from 'zustand';
import type { ModelManifest } from '../model/manifest.ts';
import type { SlidePool } from '../worker/pool.ts';
import type { Actions } from './actions.ts';
import type { Screen, ScreenStore } from './store.ts';

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
  return imported.length === 0 ? models : [...models, ...imported];
}
