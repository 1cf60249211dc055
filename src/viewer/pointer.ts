/** Mouse, finger and pen over the slide: where they point, what they click, and gestures over a mirrored slide. */
import OpenSeadragon from 'openseadragon';
import type { Pointer, SlideFrame } from './slide-frame.ts';

export interface PointerEvents {
  /** Undefined when the pointer leaves the slide view. */
  onPointer(pointer: Pointer | undefined): void;
  /** A click or tap that was no drag. */
  onPick(pointer: Pointer): void;
}

/** Returns how to stop. */
export function listenToPointer(
  viewer: OpenSeadragon.Viewer,
  { mirrored, toPointer }: SlideFrame,
  isMirrored: boolean,
  events: PointerEvents,
): () => void {
  const tracker = new OpenSeadragon.MouseTracker({
    element: viewer.canvas,
    preProcessEventHandler: (event) => {
      // Only listens: the viewer's own tracker on the same element does the panning.
      event.preventDefault = false;
      event.stopPropagation = false;
    },
    moveHandler: (event) => {
      if ('position' in event && viewer.viewport) events.onPointer(toPointer(event.position as OpenSeadragon.Point));
    },
    leaveHandler: () => events.onPointer(undefined),
  });
  viewer.addHandler('canvas-click', (event) => {
    // The viewer hands it over mirrored.
    if (event.quick) events.onPick(toPointer(mirrored(event.position)));
  });
  viewer.addHandler('canvas-drag', () => events.onPointer(undefined));
  if (isMirrored) {
    // Of these the viewer takes the position as if nothing were mirrored.
    const mirror = (point: OpenSeadragon.Point) => {
      point.x = mirrored(point).x;
    };
    viewer.addHandler('canvas-double-click', ({ position }) => mirror(position));
    viewer.addHandler('canvas-pinch', (event) => {
      mirror(event.center);
      mirror(event.lastCenter);
      // It would turn against the fingers.
      event.preventDefaultRotateAction = true;
    });
  }
  return () => tracker.destroy();
}
