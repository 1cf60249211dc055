/** Moving over the slide: by keys and buttons, and what "the whole slide" is while the screen around it changes. */
import OpenSeadragon from 'openseadragon';
import type { Rect } from '../geometry.ts';
import type { SlideInfo } from '../slide/slide.ts';
import { isOnItsSide, uprightOf } from './orientation.ts';
import type { SlideFrame } from './slide-frame.ts';
import { stayPut } from './stay-put.ts';
import { MIN_ZOOM_OF_HOME } from './viewer-options.ts';

export interface Navigation {
  /** Zooms about the middle of the screen to so many CSS px a level-0 px. */
  zoomTo(scale: number): void;
  zoomBy(factor: number): void;
  /** By a share of what is on screen. */
  panBy(x: number, y: number): void;
  home(): void;
  /** Clockwise on the screen. */
  rotateBy(degrees: number): void;
  /** The right way up: as the file asks, or as stored. */
  turnUpright(): void;
  /** Brings a rectangle (level-0 px) to the middle, with room around it; `atLeast`: never smaller than so many CSS px a level-0 px. */
  flyTo(rect: Rect, atLeast?: number): void;
}

/** What of a slide is looked at: the point in the middle of the view, level-0 px, and how it is seen. */
export interface ViewPlace {
  readonly x: number;
  readonly y: number;
  /** CSS px of the screen for one level-0 px. */
  readonly scale: number;
  /** Clockwise from the right way up, 0..360. */
  readonly degrees: number;
}

export interface OwnedNavigation extends Navigation {
  /** True until the person moved away from the whole slide. */
  isAtHome(): boolean;
  /** Looks there at once. */
  goTo(place: ViewPlace): void;

  /** The view is gone. */
  stop(): void;
}

/** What of the sides of a rectangle is left free around it when it is flown to. */
const ROOM_AROUND = 1.5;

/** Names of what a person does who moves the slide. */
const MOVES = [
  'canvas-drag',
  'canvas-scroll',
  'canvas-pinch',
  'canvas-double-click',
  'navigator-drag',
  'navigator-click',
  'navigator-scroll',
] as const;

/** 1 where the viewer counts clockwise as the screen does; it mirrors after it turned: then it goes the other way. */
export function clockwiseOf(orientation: SlideInfo['orientation']): 1 | -1 {
  return uprightOf(orientation).isMirrored ? -1 : 1;
}

/** `still`: arrives at once. */
export function createNavigation(
  viewer: OpenSeadragon.Viewer,
  frame: SlideFrame,
  info: SlideInfo,
  still: boolean,
): OwnedNavigation {
  const upright = uprightOf(info.orientation);
  const clockwise = clockwiseOf(info.orientation);
  const home = () => frame.toViewport(info.bounds);

  /** Until the person moves, the whole slide stays in view, also when the window changes. */
  let isHome = true;
  for (const name of MOVES) {
    viewer.addHandler(name, () => {
      isHome = false;
    });
  }
  viewer.addHandler('open', () => {
    // Not as an option of the viewer: its overview in the corner would stay as it was.
    viewer.viewport.setFlip(upright.isMirrored);
  });
  const stop = stayPut(
    viewer,
    () => isHome,
    () => goHome(true),
  );

  /** Unlike the viewer's own fitBounds, its target stays true when the next key comes before it has arrived. */
  const fit = (bounds: OpenSeadragon.Rect, isImmediate: boolean, atLeast = 0) => {
    viewer.viewport.zoomTo(Math.max(zoomOf(bounds), zoomAt(atLeast)), undefined, isImmediate);
    viewer.viewport.panTo(bounds.getCenter(), isImmediate);
  };
  /** Of so many CSS px a level-0 px. */
  const zoomAt = (scale: number) => (scale * info.width) / viewer.viewport.getContainerSize().x;
  /** At which a rectangle is in view, the right way up. */
  const zoomOf = (bounds: OpenSeadragon.Rect) => {
    const { x, y } = viewer.viewport.getContainerSize();
    const [width, height] = isOnItsSide(upright) ? [bounds.height, bounds.width] : [bounds.width, bounds.height];
    return 1 / Math.max(width, (height * x) / y);
  };
  /** Lets the person zoom out so far. */
  const allowZoom = (zoom: number) => {
    const limits: OpenSeadragon.Viewport & { minZoomImageRatio?: number } = viewer.viewport;
    limits.minZoomImageRatio = Math.min(MIN_ZOOM_OF_HOME, zoom / viewer.viewport.getHomeZoom());
  };
  const goHome = (isImmediate: boolean) => {
    // The viewer's own home is that of the slide as stored: for one on its side it can be far too close.
    allowZoom(MIN_ZOOM_OF_HOME * zoomOf(home()));
    fit(home(), isImmediate);
  };
  const apply = () => viewer.viewport.applyConstraints(still);

  return {
    stop,
    isAtHome: () => isHome,
    goTo: ({ x, y, scale, degrees }) => {
      isHome = false;
      viewer.viewport.setRotation(upright.degrees + clockwise * degrees, true);
      allowZoom(Math.min(zoomAt(scale), MIN_ZOOM_OF_HOME * zoomOf(home())));
      viewer.viewport.zoomTo(zoomAt(scale), undefined, true);
      viewer.viewport.panTo(frame.toViewport({ x, y, width: 0, height: 0 }).getTopLeft(), true);
    },
    zoomTo: (scale) => {
      isHome = false;
      const zoom = zoomAt(scale);
      // A magnification that was asked for is given, however small the slide then is.
      allowZoom(Math.min(zoom, MIN_ZOOM_OF_HOME * zoomOf(home())));
      viewer.viewport.zoomTo(zoom, undefined, still);
      apply();
    },
    zoomBy: (factor) => {
      isHome = false;
      viewer.viewport.zoomBy(factor, undefined, still);
      apply();
    },
    panBy: (x, y) => {
      isHome = false;
      const bounds = viewer.viewport.getBoundsNoRotate(false);
      const by = new OpenSeadragon.Point(clockwise * x * bounds.width, y * bounds.height);
      viewer.viewport.panBy(by.rotate(-viewer.viewport.getRotation(false)), still);
      apply();
    },
    home: () => {
      isHome = true;
      viewer.viewport.setRotation(upright.degrees, still);
      goHome(still);
    },
    rotateBy: (degrees) => {
      viewer.viewport.setRotation(viewer.viewport.getRotation(false) + clockwise * degrees, still);
    },
    turnUpright: () => {
      viewer.viewport.setRotation(upright.degrees, still);
    },
    flyTo: ({ x, y, width, height }, atLeast) => {
      isHome = false;
      const wide = {
        x: x - ROOM_AROUND * width,
        y: y - ROOM_AROUND * height,
        width: (1 + 2 * ROOM_AROUND) * width,
        height: (1 + 2 * ROOM_AROUND) * height,
      };
      fit(frame.toViewport(wide), still, atLeast);
    },
  };
}
