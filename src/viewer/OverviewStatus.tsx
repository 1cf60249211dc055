import { useEffect, useState } from 'react';
import { BUILDING_OVERVIEW } from '../words/view.ts';
import type { OverviewState } from './overview-state.ts';

/** ms: what is there sooner is not worth words. */
const SOON = 500;

/** Says that parts of the slide are still missing, until they are there. A screen reader hears it once, without numbers. */
export function OverviewStatus({ state }: { state: OverviewState }) {
  const [isLate, setLate] = useState(false);
  const { isComplete, share } = state;
  useEffect(() => {
    if (isComplete) return;
    const timer = setTimeout(() => setLate(true), SOON);
    return () => {
      clearTimeout(timer);
      setLate(false);
    };
  }, [isComplete]);
  return (
    <div role="status" className="overview-status" data-testid="overview-status">
      {isLate && !isComplete && (
        <p className="float">
          {BUILDING_OVERVIEW} <span aria-hidden>{Math.floor(share * 100)} %</span>
        </p>
      )}
    </div>
  );
}
