/** Where the focus is once a slide has opened: on the slide, so that the keys and a screen reader begin there. */
import { useEffect, useRef } from 'react';
import type { SlideView } from '../../viewer/slide-view.ts';
import type { SlideKey } from '../state/screen.ts';

/** Once for each slide, when its view is there. Whoever is in a dialog or a menu stays there. */
export function useFocusOnOpen(slideKey: SlideKey, view: SlideView | undefined): void {
  const focused = useRef<SlideKey>(undefined);
  const shown = useRef(slideKey);
  shown.current = slideKey;
  // Only a new view: while the next slide is on its way, the view is still that of the one before, and gone.
  useEffect(() => {
    if (view === undefined || focused.current === shown.current) return;
    focused.current = shown.current;
    if (document.querySelector('[role=dialog], [role=alertdialog], [role=menu], [role=listbox]') === null) view.focus();
  }, [view]);
}
