/** Drawing a sheet up and down by its head: it follows the pointer and comes to rest folded or open. */
import { type PointerEvent, type RefObject, useRef, useState } from 'react';

/** A pointer that moves less has pressed, not drawn. CSS px. */
const PRESS_PX = 6;
/** Drawn so far, the sheet goes where it was drawn to, else back. CSS px. */
const ENOUGH_PX = 48;

/** Whether the sheet is open after a pointer went `up` CSS px (down is negative) from where it took it. Pure. */
export function isOpenAfter(wasOpen: boolean, up: number): boolean {
  if (Math.abs(up) < PRESS_PX) return !wasOpen;
  return Math.abs(up) < ENOUGH_PX ? wasOpen : up > 0;
}

/** Handlers for the head; buttons in it keep their own presses. `height`: of the whole sheet while it is drawn, CSS px. */
export function useSheetDrag(
  sheet: RefObject<HTMLElement | null>,
  isOpen: boolean,
  onOpen: (isOpen: boolean) => void,
): {
  readonly height: number | undefined;
  readonly handlers: Readonly<
    Record<
      'onPointerDown' | 'onPointerMove' | 'onPointerUp' | 'onPointerCancel',
      (event: PointerEvent<HTMLElement>) => void
    >
  >;
} {
  const from = useRef<{ readonly y: number; readonly height: number; readonly pointer: number }>(undefined);
  const [height, setHeight] = useState<number>();
  const end = () => {
    from.current = undefined;
    setHeight(undefined);
  };
  return {
    height,
    handlers: {
      onPointerDown: (event) => {
        const isButton = event.target instanceof Element && event.target.closest('button') !== null;
        if (isButton || event.button !== 0 || sheet.current === null) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        from.current = { y: event.clientY, height: sheet.current.offsetHeight, pointer: event.pointerId };
      },
      onPointerMove: (event) => {
        const start = from.current;
        if (start === undefined || event.pointerId !== start.pointer) return;
        const up = start.y - event.clientY;
        if (height !== undefined || Math.abs(up) >= PRESS_PX) setHeight(start.height + up);
      },
      onPointerUp: (event) => {
        const start = from.current;
        if (start === undefined || event.pointerId !== start.pointer) return;
        onOpen(isOpenAfter(isOpen, start.y - event.clientY));
        end();
      },
      onPointerCancel: end,
    },
  };
}
