import { useEffect, useRef, useState } from 'react';
import type { MadeFor } from '../../words/scope.ts';
import { useScreen } from '../state/session.ts';
import type { ShownRun } from '../state/shown-run.ts';
import { announcement, type Moment } from './announcement.ts';

/** Says to a screen reader what became of a run. */
export function Announcer({ run, madeFor }: { run: ShownRun | undefined; madeFor: MadeFor | undefined }) {
  const state = useScreen((screen) => screen.run);
  const slideKey = useScreen((screen) => screen.shownSlide);
  const before = useRef<Moment>(undefined);
  const [said, say] = useState('');
  useEffect(() => {
    const now: Moment = { slideKey, state, run, madeFor };
    const next = before.current && announcement(before.current, now);
    before.current = now;
    if (next !== undefined) say(next);
  }, [slideKey, state, run, madeFor]);
  return (
    <p className="visually-hidden" role="status">
      {said}
    </p>
  );
}
