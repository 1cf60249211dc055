/** One slide in OpenSeadragon: its tiles, the heatmap layer over them, and everything a person can do to the view. */
import OpenSeadragon from 'openseadragon';
import type { HeatmapPicture } from '../analysis/heatmap.ts';
import type { Rect } from '../geometry.ts';
import type { ScreenSpace } from '../slide/color-profile.ts';
import type { SlideInfo } from '../slide/slide.ts';
import { createDisplayFilter } from './display-filter.ts';
import { type Affine, createHeatmapLayer, type PaintOverlay } from './heatmap-layer.ts';
import { createHeldPicture } from './held-picture.ts';
import { clockwiseOf, createNavigation, type Navigation } from './navigation.ts';
import { uprightOf } from './orientation.ts';
import { listenToPointer, type PointerEvents } from './pointer.ts';
import { slideFrame } from './slide-frame.ts';
import { createTileSource, type FailedTile, type ReadReduced, type ReadTile } from './tile-source.ts';
import { abortUnseenTiles } from './unseen-tiles.ts';
import { viewerOptions } from './viewer-options.ts';

export interface ViewPosition {
  /** CSS px of the screen for one level-0 px. */
  readonly scale: number;
  /** Clockwise from the right way up, 0..360. */
  readonly degrees: number;
}

export interface SlideViewEvents extends PointerEvents {
  onTileFailed(error: unknown, tile: FailedTile): void;
}

/** A live view of one slide: owned, and destroyed, by whoever opened it. */
export interface SlideView extends Navigation {
  setHeatmap(picture: HeatmapPicture | undefined): void;
  setOpacity(opacity: number): void;
  setMarks(marks: { readonly hover: Rect | undefined; readonly chosen: Rect | undefined }): void;
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
  /** Level-0 px to CSS px of the viewer, as it stands now. */
  affine(): Affine;
  /** What lies over the tissue now, to be painted again in a picture. */
  overlay(): PaintOverlay;
  destroy(): void;
}

/** Opens a view inside an empty element that has a size. */
export function openSlideView(
  element: HTMLElement,
  info: SlideInfo,
  space: ScreenSpace,
  readers: { readonly readTile: ReadTile; readonly readReduced: ReadReduced },
  events: SlideViewEvents,
): SlideView {
  const still = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
  const upright = uprightOf(info.orientation);
  const tiles = createTileSource(info, space, readers, events.onTileFailed);
  const viewer = OpenSeadragon({ element, tileSources: [tiles.source], ...viewerOptions(info, space, still) });
  // Keys are the app's own (app/shell/keys.ts), so that they work wherever the focus is.
  viewer.addHandler('canvas-key', (event) => {
    event.preventDefaultAction = true;
  });
  viewer.canvas.setAttribute('aria-label', `Slide ${info.name}`);
  viewer.canvas.setAttribute('role', 'application');

  const layer = createHeatmapLayer();
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
  abortUnseenTiles(viewer, tiles, info, () => last.scale);
  const stopListening = listenToPointer(viewer, frame, upright.isMirrored, events);
  const navigation = createNavigation(viewer, frame, info, still);
  // After the navigation has brought the slide into view.
  viewer.addHandler('open', moved);

  return {
    ...navigation,
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
      for (const picture of held) picture.hold();
      tiles.renew();
      viewer.world.resetItems();
      viewer.navigator?.world.resetItems();
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
    affine: frame.affine,
    overlay: layer.freeze,
    destroy: () => {
      tiles.close();
      for (const picture of held) picture.drop();
      stopListening();
      viewer.destroy();
    },
  };
}
