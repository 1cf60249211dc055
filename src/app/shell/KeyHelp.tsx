import { lazy, Suspense, useEffect } from 'react';

const load = () => import('./KeySheet.tsx').then((module) => ({ default: module.KeySheet }));
const KeySheet = lazy(load);

/** The sheet of keys, while it is asked for. */
export function KeyHelp({ isOpen, onChange }: { isOpen: boolean; onChange: (isOpen: boolean) => void }) {
  // No part of the first view; once that stands it is fetched, so that it is there when the connection is gone.
  useEffect(() => {
    load().catch(() => undefined);
  }, []);
  return isOpen ? (
    <Suspense>
      <KeySheet onChange={onChange} />
    </Suspense>
  ) : null;
}
