import { useEffect, useRef } from 'react';
import { useSession } from '../state/session.ts';
import { focusOf, type KeyAction, keyAction } from './keys.ts';
import { createTapOrHold } from './tap-or-hold.ts';

/** Keys that also hide what lies over the tissue, for as long as they are held down. */
const HELD: ReadonlySet<KeyAction> = new Set(['heatmap', 'hold-bare']);

/** Listens to the keys of the page and calls `act` for each that does something. */
export function useKeys(act: (action: KeyAction) => void): void {
  const { actions, store } = useSession();
  const latest = useRef(act);
  latest.current = act;
  useEffect(() => {
    const held = createTapOrHold(
      (ms, callback) => {
        const timer = setTimeout(callback, ms);
        return () => clearTimeout(timer);
      },
      {
        onTap: (key) => {
          if (key !== ' ') latest.current('heatmap');
        },
        onHold: () => actions.setHeatmap({ isHeldOff: true }),
        onRelease: () => actions.setHeatmap({ isHeldOff: false }),
      },
    );
    const press = (event: KeyboardEvent) => {
      const action = keyAction(event, focusOf(event.target), store.getState().hasKeys);
      if (action === undefined) return;
      // Space would scroll the page, and goes on doing so while it is held.
      event.preventDefault();
      if (!HELD.has(action)) latest.current(action);
      else if (!event.repeat) held.down(event.key.toLowerCase(), event.timeStamp);
    };
    const release = (event: KeyboardEvent) => held.up(event.key.toLowerCase(), event.timeStamp);
    window.addEventListener('keydown', press);
    window.addEventListener('keyup', release);
    window.addEventListener('blur', held.end);
    document.addEventListener('visibilitychange', held.end);
    return () => {
      window.removeEventListener('keydown', press);
      window.removeEventListener('keyup', release);
      window.removeEventListener('blur', held.end);
      document.removeEventListener('visibilitychange', held.end);
      held.end();
    };
  }, [actions, store]);
}
