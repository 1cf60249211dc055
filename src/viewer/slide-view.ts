/** One slide in OpenSeadragon: its tiles, the heatmap layer over them, and everything a person can do to the view. */
import OpenSeadragon from 'openseadragon';
import type { HeatmapPicture } from '../analysis/heatmap.ts';
import type { Rect } from '../geometry.ts';
import type { ScreenSpace } from '../slide/color-profile.ts';
import type { SlideInfo } from '../slide/slide.ts';
import { VIEW_KEYS } from '../words/view.ts';
import type { Affine } from './affine.ts';
import type { Coverage } from './coverage-drawing.ts';
import { applyCurve } from './display-curve.ts';
import { createDisplayFilter } from './display-filter.ts';
import { createHeatmapLayer, type Marks, type PaintOverlay } from './heatmap-layer.ts';
import type { HeatmapDrawing } from './heatmap-outline.ts';
import { createHeldPicture } from './held-picture.ts';
import { clockwiseOf, createNavigation, type Navigation, type ViewPlace } from './navigation.ts';
import { keepNavigatorFitting } from './navigator.ts';
import { openTiles, type SlideReaders } from './open-tiles.ts';
import { uprightOf } from './orientation.ts';
import type { OverviewState } from './overview-state.ts';
import { listenToPointer, type PointerEvents } from './pointer.ts';
import { slideFrame } from './slide-frame.ts';
import type { FailedTile } from './tile-source.ts';
import { viewerOptions } from './viewer-options.ts';

export interface ViewPosition {
  /** CSS px of the screen for one level-0 px. */
  readonly scale: number;
  /** Clockwise from the right way up, 0..360. */
  readonly degrees: number;
}

export interface SlideViewEvents extends PointerEvents {
  onTileFailed(error: unknown, tile: FailedTile): void;
  /** Not before `openSlideView` has returned. */
  onOverview(state: OverviewState): void;
}

/** A live view of one slide: owned, and destroyed, by whoever opened it. */
export interface SlideView extends Navigation {
  setHeatmap(picture: HeatmapPicture | undefined): void;
  setOpacity(opacity: number): void;
  /** `umPerSlidePx`: µm of a level-0 px, undefined when nobody knows. */
  setDrawing(drawing: HeatmapDrawing, umPerSlidePx: number | undefined): void;
  /** Which tiles a model looked at, and which not; undefined: not shown. */
  setCoverage(coverage: Coverage | undefined): void;
  setMarks(marks: Marks): void;
  /** Bare tissue, without heatmap, coverage and marks, until it is turned off again. */
  setHidden(isHidden: boolean): void;
  /** What is shown for each stored value, [256] 0..1, of the slide and not of the heatmap; undefined: as it is. */
  setCurve(curve: readonly number[] | undefined): void;
  /** Reads all tiles again: `readTile` gives others now. Until those in sight are there the old picture stays. */
  reload(): void;
  position(): ViewPosition;
  /** Calls back after each move; returns how to stop. */
  watch(listener: (position: ViewPosition) => void): () => void;
  /** CSS px. */
  size(): { readonly width: number; readonly height: number };
  /** Where a rectangle (level-0 px) is on the screen: the box around it, CSS px of the viewer. */
  toScreen(rect: Rect): Rect;
  focus(): void;
  /** What is looked at; undefined while that is the whole slide. */
  place(): ViewPlace | undefined;
  /** Level-0 px to CSS px of the viewer, as it stands now. */
  affine(): Affine;
  /** What lies over the tissue now, to be painted again in a picture. */
  overlay(): PaintOverlay;
  /** The tissue and the heatmap as they are on screen; never the label or the macro image. */
  snapshot(): HTMLCanvasElement;
  destroy(): void;
}

/** Opens a view inside an empty element that has a size; `start`: what is looked at first, in place of the whole slide. */
export function openSlideView(
  element: HTMLElement,
  info: SlideInfo,
  space: ScreenSpace,
  readers: SlideReaders,
  events: SlideViewEvents,
  start?: ViewPlace,
): SlideView {
  const still = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
  const upright = uprightOf(info.orientation);
  const size = { width: element.clientWidth, height: element.clientHeight };
  const viewer = OpenSeadragon({ element, ...viewerOptions(info, space, size, still) });
  // Keys are the app's own (app/shell/keys.ts), so that they work wherever the focus is.
  viewer.addHandler('canvas-key', (event) => {
    event.preventDefaultAction = true;
  });
  viewer.canvas.setAttribute('aria-label', `Slide ${info.name}`);
  viewer.canvas.setAttribute('role', 'application');
  addDescription(viewer.canvas, VIEW_KEYS);

  const layer = createHeatmapLayer(() => draw());
  viewer.canvas.append(layer.canvas);
  const filter = createDisplayFilter();
  viewer.element.append(filter.element);
  const frame = slideFrame(viewer, info);
  const held = [createHeldPicture(viewer, frame.affine)];
  let curve: readonly number[] | undefined;
  /** The drawers draw only slide pixels. */
  const applyFilter = () => {
    for (const canvas of [viewer.drawer?.canvas, viewer.navigator?.drawer?.canvas, ...held.map(({ canvas }) => canvas)])
      if (canvas instanceof HTMLElement) canvas.style.filter = curve === undefined ? '' : filter.css;
  };
  viewer.addHandler('open', () => {
    // The navigator is there once the slide is open.
    const { navigator } = viewer;
    if (navigator) held.push(createHeldPicture(navigator, slideFrame(navigator, info).affine));
    applyFilter();
  });

  const draw = () => {
    if (!viewer.viewport) return;
    const size = viewer.viewport.getContainerSize();
    layer.draw(frame.affine(), size.x, size.y);
  };
  const changed =
    <A extends readonly unknown[]>(change: (...to: A) => void) =>
    (...to: A) => {
      change(...to);
      draw();
    };
  const listeners = new Set<(position: ViewPosition) => void>();
  let last: ViewPosition = { scale: 0, degrees: 0 };
  let corner = { x: 0, y: 0 };
  const moved = () => {
    draw();
    const map = frame.affine();
    const scale = Math.hypot(map.a, map.b);
    const turned = clockwiseOf(info.orientation) * (viewer.viewport.getRotation(true) - upright.degrees);
    const degrees = ((turned % 360) + 360) % 360;
    if (scale === last.scale && degrees === last.degrees && map.e === corner.x && map.f === corner.y) return;
    last = { scale, degrees };
    corner = { x: map.e, y: map.f };
    for (const listener of listeners) listener(last);
  };
  viewer.addHandler('update-viewport', moved);
  const tiles = openTiles(viewer, info, space, readers, () => last.scale, events);
  const stopListening = listenToPointer(viewer, frame, upright.isMirrored, events);
  const { stop, isAtHome, goTo, ...navigation } = createNavigation(viewer, frame, info, still);
  if (start !== undefined) viewer.addOnceHandler('open', () => goTo(start));
  keepNavigatorFitting(viewer, frame, info);
  // After the navigation has brought the slide into view.
  viewer.addHandler('open', moved);

  return {
    ...navigation,
    setHeatmap: changed(layer.setPicture),
    setOpacity: changed(layer.setOpacity),
    setDrawing: changed(layer.setDrawing),
    setCoverage: changed(layer.setCoverage),
    setMarks: changed(layer.setMarks),
    setHidden: changed(layer.setHidden),
    setCurve: (next) => {
      curve = next;
      if (next !== undefined) filter.setCurve(next);
      applyFilter();
    },
    reload: () => {
      for (const picture of held) picture.hold();
      tiles.reload();
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
    toScreen: frame.toScreen,
    focus: () => viewer.canvas.focus(),
    place: () => {
      if (isAtHome()) return undefined;
      const { x, y } = viewer.viewport.getContainerSize();
      const { slide } = frame.toPointer(new OpenSeadragon.Point(x / 2, y / 2));
      return { ...slide, ...last };
    },
    affine: frame.affine,
    overlay: layer.freeze,
    snapshot: () => {
      const canvas = document.createElement('canvas');
      // The layer has the size of the view only once it had something to draw.
      const { x, y } = viewer.viewport.getContainerSize();
      canvas.width = Math.round(x * window.devicePixelRatio);
      canvas.height = Math.round(y * window.devicePixelRatio);
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
      for (const picture of held) picture.drop();
      stopListening();
      stop();
      layer.stop();
      viewer.destroy();
    },
  };
}

let described = 0;

/** Tells assistive technology what stands nowhere on the screen. */
function addDescription(element: HTMLElement, words: string): void {
  const description = document.createElement('span');
  description.id = `view-description-${described++}`;
  description.hidden = true;
  description.textContent = words;
  element.after(description);
  element.setAttribute('aria-describedby', description.id);
}
