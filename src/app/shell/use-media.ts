/** Which of a few layouts fits the window. One place decides, and the style sheets follow its classes. */
import { useCallback, useSyncExternalStore } from 'react';

/** The header folds into one menu. */
export const COMPACT = '(max-width: 899.98px)';
/** The panel lies under the slide and is drawn up; in a low window it stands at the side, where it needs no height. */
export const SHEET = '(max-width: 899.98px) and (min-height: 520px), (max-width: 559.98px)';
/** The tools stand in a row at the upper edge, not in a column over the tissue. */
export const NARROW = '(max-width: 719.98px)';

/** Whether a media query holds, now and after each change. */
export function useMedia(query: string): boolean {
  const subscribe = useCallback(
    (changed: () => void) => {
      const list = window.matchMedia(query);
      list.addEventListener('change', changed);
      return () => list.removeEventListener('change', changed);
    },
    [query],
  );
  return useSyncExternalStore(subscribe, () => window.matchMedia(query).matches);
}
