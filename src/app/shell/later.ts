/** Dialogs whose code is not part of the first view: read in an idle moment, at the latest when one is opened. */
import { type ComponentType, useEffect, useRef, useState } from 'react';
import { useSession } from '../state/session.ts';

/** Resolves to the same component each time; after a failure the next call tries again. */
export type Later<P> = () => Promise<ComponentType<P>>;

export function later<P>(load: Later<P>): Later<P> {
  let loading: Promise<ComponentType<P>> | undefined;
  return () => {
    loading ??= load().catch((error: unknown) => {
      loading = undefined;
      throw error;
    });
    return loading;
  };
}

/** Read ahead, so that they open also when the network is gone; one that fails says so when it is opened. */
export function readAhead(loads: readonly (() => Promise<unknown>)[]): () => void {
  const work = () => {
    for (const load of loads) load().catch(() => undefined);
  };
  // Safari has no idle callbacks.
  if (typeof window.requestIdleCallback !== 'function') {
    const timer = window.setTimeout(work, 1000);
    return () => window.clearTimeout(timer);
  }
  const id = window.requestIdleCallback(work, { timeout: 4000 });
  return () => window.cancelIdleCallback(id);
}

/** The component once it was wanted and is there; `onMissing` takes back what waits for it. */
export function useLater<P>(load: Later<P>, isWanted: boolean, onMissing: () => void): ComponentType<P> | undefined {
  const { store } = useSession();
  const [component, setComponent] = useState<ComponentType<P>>();
  const missing = useRef(onMissing);
  missing.current = onMissing;
  const mustLoad = isWanted && component === undefined;
  useEffect(() => {
    if (!mustLoad) return;
    load().then(
      (loaded) => setComponent(() => loaded),
      () => {
        missing.current();
        store.setState({ notice: 'A part of the page could not be loaded. Check the connection, then try again.' });
      },
    );
  }, [mustLoad, load, store]);
  return component;
}
