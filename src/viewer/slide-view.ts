/** OpenSeadragon with our tile source and the heatmap layer over it: everything imperative about the view is here. */
import OpenSeadragon from 'openseadragon';
import type { HeatmapPicture } from '../analysis/heatmap.ts';
import type { Rect } from '../geometry.ts';
import type { ScreenSpace } from '../slide/color-profile.ts';
import type { SlideInfo } from '../slide/slide.ts';
import { applyCurve } from './display-curve.ts';
import { createDisplayFilter } from './display-filter.ts';
import { type Affine, applyAffine, createHeatmapLayer, toAffine } from './heatmap-layer.ts';
import { isOnItsSide, uprightOf } from './orientation.ts';
import { tilesInCache, toPyramid } from './pyramid.ts';
import { createTileSource, type FailedTile, NO_LONGER_WANTED, type ReadReduced, type ReadTile } from './tile-source.ts';
import { WideDrawer } from './wide-drawer.ts';

export interface ViewPosition {
  /** CSS px of the screen for one level-0 px. */
  readonly scale: number;
  /** Clockwise from the right way up, 0..360. */
  readonly degrees: number;
}

export interface Pointer {
  /** level-0 px */
  readonly slide: { readonly x: number; readonly y: number };
  /** CSS px from the viewer's top left. */
  readonly screen: { readonly x: number; readonly y: number };
}

export interface SlideViewEvents {
  /** Undefined when the pointer leaves the slide view. */
  onPointer(pointer: Pointer | undefined): void;
  /** A click or tap that was no drag. */
  onPick(pointer: Pointer): void;
  onTileFailed(error: unknown, tile: FailedTile): void;
}

/** A live view of one slide: owned, and destroyed, by whoever opened it. */
export interface SlideView {
  setHeatmap(picture: HeatmapPicture | undefined): void;
  setOpacity(opacity: number): void;
  setMarks(marks: { readonly hover: Rect | undefined; readonly chosen: Rect | undefined }): void;
  /** What is shown for each stored value, [256] 0..1, of the slide and not of the heatmap; undefined: as it is. */
  setCurve(curve: readonly number[] | undefined): void;
  /** Reads all tiles again: `readTile` gives others now. */
  reload(): void;
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
  /** Brings a rectangle (level-0 px) to the middle, with room around it. */
  flyTo(rect: Rect): void;
  position(): ViewPosition;
  /** Calls back after each move; returns how to stop. */
  watch(listener: (position: ViewPosition) => void): () => void;
  /** CSS px. */
  size(): { readonly width: number; readonly height: number };
  /** Where a rectangle (level-0 px) is on the screen: the box around it, CSS px of the viewer. */
  toScreen(rect: Rect): Rect;
  focus(): void;
  /** The tissue and the heatmap as they are on screen; never the label or the macro image. */
  snapshot(): HTMLCanvasElement;
  destroy(): void;
}

/** Tiles asked for at once; the pool of workers takes as many as it has workers and queues the rest. */
const TILE_REQUESTS = 12;
/** Longest side of the overview in the corner, CSS px. */
const NAVIGATOR_PX = 168;
/** How far one zooms out, as a share of the zoom at which the whole slide is in view. */
const MIN_ZOOM_OF_HOME = 0.5;

/** Opens a view inside an empty element that has a size. */
export function openSlideView(
  element: HTMLElement,
  info: SlideInfo,
  space: ScreenSpace,
  readers: { readonly readTile: ReadTile; readonly readReduced: ReadReduced },
  events: SlideViewEvents,
): SlideView {
  const still = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
  const steps = toPyramid(info);
  const upright = uprightOf(info.orientation);
  /** OpenSeadragon mirrors after it turned: what it counts clockwise then goes the other way on the screen. */
  const clockwise = upright.isMirrored ? -1 : 1;
  const tiles = createTileSource(info, space, readers, events.onTileFailed);
  const viewer = OpenSeadragon({
    element,
    tileSources: [tiles.source],
    showNavigationControl: false,
    showNavigator: true,
    navigatorPosition: 'TOP_RIGHT',
    navigatorAutoFade: false,
    navigatorOpacity: 1,
    navigatorBackground: '#ffffff',
    navigatorBorderColor: 'transparent',
    navigatorDisplayRegionColor: '#3451b2',
    ...(isOnItsSide(upright) ? { navigatorWidth: NAVIGATOR_PX, navigatorHeight: NAVIGATOR_PX } : navigatorSize(info)),
    degrees: upright.degrees,
    drawer: space === 'display-p3' ? [WideDrawer] : hasRealWebGl() ? ['webgl', 'canvas'] : ['canvas'],
    maxImageCacheCount: tilesInCache(steps),
    imageLoaderLimit: TILE_REQUESTS,
    // A tile that waits behind others in the pool has not failed.
    timeout: 120_000,
    animationTime: still ? 0 : 0.35,
    springStiffness: 9,
    immediateRender: still,
    blendTime: 0,
    maxZoomPixelRatio: 8,
    minZoomImageRatio: MIN_ZOOM_OF_HOME,
    visibilityRatio: 0.2,
    zoomPerScroll: 1.25,
    gestureSettingsMouse: { clickToZoom: false, dblClickToZoom: true, flickEnabled: !still },
    gestureSettingsTouch: { clickToZoom: false, dblClickToZoom: true, pinchRotate: true, flickEnabled: !still },
    gestureSettingsPen: { clickToZoom: false },
    crossOriginPolicy: false,
  });
  // Keys are the app's own (app/keys.ts), so that they work wherever the focus is.
  viewer.addHandler('canvas-key', (event) => {
    event.preventDefaultAction = true;
  });
  viewer.canvas.setAttribute('aria-label', `Slide ${info.name}`);
  viewer.canvas.setAttribute('role', 'application');

  const layer = createHeatmapLayer();
  viewer.canvas.append(layer.canvas);
  const filter = createDisplayFilter();
  viewer.element.append(filter.element);
  let curve: readonly number[] | undefined;
  /** The drawers draw only slide pixels; the navigator is there once the slide is open. */
  const applyFilter = () => {
    for (const canvas of [viewer.drawer?.canvas, viewer.navigator?.drawer?.canvas])
      if (canvas instanceof HTMLElement) canvas.style.filter = curve === undefined ? '' : filter.css;
  };
  viewer.addHandler('open', applyFilter);

  // The viewer's own conversions know nothing of its mirror.
  const mirrored = ({ x, y }: { readonly x: number; readonly y: number }) =>
    new OpenSeadragon.Point(upright.isMirrored ? viewer.viewport.getContainerSize().x - x : x, y);
  const place = (x: number, y: number) =>
    mirrored(
      viewer.viewport.viewportToViewerElementCoordinates(
        new OpenSeadragon.Point(x / info.width, y / info.width), // OpenSeadragon's frame: the slide is 1 wide
      ),
    );
  const affine = (): Affine =>
    toAffine(place(0, 0), place(info.width, 0), place(0, info.height), info.width, info.height);
  const draw = () => {
    if (!viewer.viewport) return;
    const size = viewer.viewport.getContainerSize();
    layer.draw(affine(), size.x, size.y);
  };
  const listeners = new Set<(position: ViewPosition) => void>();
  let last: ViewPosition = { scale: 0, degrees: 0 };
  let corner = { x: 0, y: 0 };
  const moved = () => {
    draw();
    const map = affine();
    const scale = Math.hypot(map.a, map.b);
    const turned = clockwise * (viewer.viewport.getRotation(true) - upright.degrees);
    const degrees = ((turned % 360) + 360) % 360;
    if (scale === last.scale && degrees === last.degrees && map.e === corner.x && map.f === corner.y) return;
    last = { scale, degrees };
    corner = { x: map.e, y: map.f };
    for (const listener of listeners) listener(last);
  };
  viewer.addHandler('update-viewport', moved);

  // The viewer only drops requests that have not begun; those under way are ended here once their tile is out of sight
  // or finer than the screen can show.
  viewer.addHandler('update-viewport', () => {
    const inSight = viewer.viewport.getBounds(true).getBoundingBox();
    const finest = 4 * last.scale * window.devicePixelRatio;
    tiles.abort((tile) => {
      // The overview in the corner asks for tiles of its own.
      if (tile.tiledImage?.viewer !== viewer) return false;
      const tooFine = tile.level > 0 && (steps[tile.level]?.scale ?? 0) > finest;
      return tooFine || inSight.intersection(tile.bounds) === null;
    });
  });
  viewer.addHandler('tile-load-failed', ({ tile, message }) => {
    if (message !== NO_LONGER_WANTED) return;
    // The viewer takes it for missing right after this event; it is not.
    queueMicrotask(() => {
      tile.exists = true;
    });
  });

  const toPointer = (position: OpenSeadragon.Point): Pointer => {
    const point = viewer.viewport.viewerElementToViewportCoordinates(mirrored(position));
    return {
      slide: { x: point.x * info.width, y: point.y * info.width },
      screen: { x: position.x, y: position.y },
    };
  };
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
  if (upright.isMirrored) {
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

  const rect = (one: Rect) =>
    new OpenSeadragon.Rect(one.x / info.width, one.y / info.width, one.width / info.width, one.height / info.width);
  const home = () => rect(info.bounds);
  /** Until the person moves, the whole slide stays in view, also when the screen around it changes. */
  let isHome = true;
  for (const name of [
    'canvas-drag',
    'canvas-scroll',
    'canvas-pinch',
    'canvas-double-click',
    'navigator-drag',
    'navigator-click',
    'navigator-scroll',
  ] as const) {
    viewer.addHandler(name, () => {
      isHome = false;
    });
  }
  // OpenSeadragon keeps its own zoom after the resize events, so the whole slide is fitted one step later.
  let isResized = false;
  viewer.addHandler('after-resize', () => {
    isResized = true;
  });
  viewer.addHandler('viewport-change', () => {
    if (isResized && isHome) goHome(true);
    isResized = false;
  });
  viewer.addHandler('open', () => {
    // Not as an option of the viewer: its overview in the corner would stay as it was.
    viewer.viewport.setFlip(upright.isMirrored);
    goHome(true);
    moved();
  });
  /** Unlike the viewer's own fitBounds, its target stays true when the next key comes before it has arrived. */
  const fit = (bounds: OpenSeadragon.Rect, isImmediate: boolean) => {
    viewer.viewport.zoomTo(zoomOf(bounds), undefined, isImmediate);
    viewer.viewport.panTo(bounds.getCenter(), isImmediate);
  };
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
    setHeatmap: (picture) => {
      layer.setPicture(picture);
      draw();
    },
    setOpacity: (opacity) => {
      layer.setOpacity(opacity);
      draw();
    },
    setMarks: (marks) => {
      layer.setMarks(marks);
      draw();
    },
    setCurve: (next) => {
      curve = next;
      if (next !== undefined) filter.setCurve(next);
      applyFilter();
    },
    reload: () => {
      tiles.renew();
      viewer.world.resetItems();
      viewer.navigator?.world.resetItems();
    },
    zoomTo: (scale) => {
      isHome = false;
      const zoom = (scale * info.width) / viewer.viewport.getContainerSize().x;
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
    flyTo: (target) => {
      isHome = false;
      const margin = 1.5;
      fit(
        rect({
          x: target.x - margin * target.width,
          y: target.y - margin * target.height,
          width: (1 + 2 * margin) * target.width,
          height: (1 + 2 * margin) * target.height,
        }),
        still,
      );
    },
    position: () => last,
    watch: (listener) => {
      listeners.add(listener);
      if (last.scale > 0) listener(last);
      return () => {
        listeners.delete(listener);
      };
    },
    size: () => {
      const { x, y } = viewer.viewport.getContainerSize();
      return { width: x, height: y };
    },
    toScreen: (target) => {
      const map = affine();
      const corners = [
        applyAffine(map, target.x, target.y),
        applyAffine(map, target.x + target.width, target.y),
        applyAffine(map, target.x, target.y + target.height),
        applyAffine(map, target.x + target.width, target.y + target.height),
      ];
      const xs = corners.map((corner) => corner.x);
      const ys = corners.map((corner) => corner.y);
      const x = Math.min(...xs);
      const y = Math.min(...ys);
      return { x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y };
    },
    focus: () => viewer.canvas.focus(),
    snapshot: () => {
      const canvas = document.createElement('canvas');
      canvas.width = layer.canvas.width;
      canvas.height = layer.canvas.height;
      const context = canvas.getContext('2d');
      if (context !== null) {
        context.fillStyle = `rgb(${info.background.join(' ')})`;
        context.fillRect(0, 0, canvas.width, canvas.height);
        const tissue = viewer.drawer.canvas;
        if (tissue instanceof HTMLCanvasElement) context.drawImage(tissue, 0, 0, canvas.width, canvas.height);
        if (curve !== undefined) {
          // Not every browser draws through filters, so the kept pixels are changed one by one.
          const pixels = context.getImageData(0, 0, canvas.width, canvas.height);
          applyCurve(pixels.data, curve);
          context.putImageData(pixels, 0, 0);
        }
        context.drawImage(layer.canvas, 0, 0);
      }
      return canvas;
    },
    destroy: () => {
      tiles.close();
      tracker.destroy();
      viewer.destroy();
    },
  };
}

/** As large as fits in a square at the slide's own proportions. Only for one that is not turned: it turns inside. */
function navigatorSize(info: SlideInfo): { navigatorWidth: number; navigatorHeight: number } {
  const scale = NAVIGATOR_PX / Math.max(info.width, info.height);
  return {
    navigatorWidth: Math.max(48, Math.round(info.width * scale)),
    navigatorHeight: Math.max(48, Math.round(info.height * scale)),
  };
}

/** WebGL drawn by the processor is slower than a plain canvas. */
function hasRealWebGl(): boolean {
  const context = document.createElement('canvas').getContext('webgl2', { failIfMajorPerformanceCaveat: true });
  if (context === null) return false;
  const names = context.getExtension('WEBGL_debug_renderer_info');
  const renderer = String(context.getParameter(names?.UNMASKED_RENDERER_WEBGL ?? context.RENDERER));
  context.getExtension('WEBGL_lose_context')?.loseContext();
  return !/swiftshader|llvmpipe|softpipe|basic render/i.test(renderer);
}
