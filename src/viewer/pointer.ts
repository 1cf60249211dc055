/** Mouse, finger and pen over the slide: where they point, what they click, and gestures over a mirrored slide. */
import OpenSeadragon from 'openseadragon';
import type { Pointer, SlideFrame } from './slide-frame.ts';
import { createTwist, toQuarter } from './twist.ts';

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
    });
  }
  turnByFingers(viewer, isMirrored);
  return () => tracker.destroy();
}

/** Two fingers turn the slide only when they mean it. The viewer's own way begins with the first degree. */
function turnByFingers(viewer: OpenSeadragon.Viewer, isMirrored: boolean): void {
  const twist = createTwist();
  let center: OpenSeadragon.Point | undefined;
  let last: number | undefined;
  viewer.addHandler('canvas-pinch', (event) => {
    const [one, other] = event.gesturePoints;
    if (one === undefined || other === undefined) return;
    // Each finger moves in an event of its own: what the viewer says of both since the last one counts everything twice.
    const line = one.currentPos.minus(other.currentPos);
    const angle = (Math.atan2(line.y, line.x) * 180) / Math.PI;
    const turn = last === undefined ? 0 : twist.turn(angle - last);
    last = angle;
    center = viewer.viewport.pointFromPixel(event.center, true);
    if (turn === 0) return;
    const { viewport } = viewer;
    // A mirrored slide turns the other way.
    viewport.rotateTo(viewport.getRotation(true) + (isMirrored ? -turn : turn), center, true);
  });
  const end = () => {
    last = undefined;
    if (!twist.end() || center === undefined) return;
    const degrees = viewer.viewport.getRotation(true);
    const quarter = toQuarter(degrees);
    if (quarter !== degrees) viewer.viewport.rotateTo(quarter, center, true);
  };
  viewer.addHandler('canvas-release', end);
  viewer.addHandler('canvas-nonprimary-release', end);
}
