/** Where a slide stands on the screen: level-0 px, OpenSeadragon's frame (the slide is 1 wide), CSS px of the viewer. */
import OpenSeadragon from 'openseadragon';
import type { Rect } from '../geometry.ts';
import type { SlideInfo } from '../slide/slide.ts';
import { type Affine, applyAffine, toAffine } from './affine.ts';
import { uprightOf } from './orientation.ts';

export interface Pointer {
  /** level-0 px */
  readonly slide: { readonly x: number; readonly y: number };
  /** CSS px from the viewer's top left. */
  readonly screen: { readonly x: number; readonly y: number };
}

export interface SlideFrame {
  /** Level-0 px to CSS px of the viewer, as it stands in this frame of an animation. */
  affine(): Affine;
  /** A point of the viewer, CSS px, on the other side of a mirrored slide; the point itself of any other. */
  mirrored(point: { readonly x: number; readonly y: number }): OpenSeadragon.Point;
  /** Of CSS px of the viewer. */
  toPointer(position: OpenSeadragon.Point): Pointer;
  /** The box around a rectangle (level-0 px), CSS px of the viewer. */
  toScreen(rect: Rect): Rect;
  /** A rectangle (level-0 px) in OpenSeadragon's frame. */
  toViewport(rect: Rect): OpenSeadragon.Rect;
}

/** Of a viewer that shows one slide at OpenSeadragon's own place for it. */
export function slideFrame(
  viewer: OpenSeadragon.Viewer,
  { width, height, orientation }: Pick<SlideInfo, 'width' | 'height' | 'orientation'>,
): SlideFrame {
  const { isMirrored } = uprightOf(orientation);
  // The viewer's own conversions know nothing of its mirror.
  const mirrored: SlideFrame['mirrored'] = ({ x, y }) =>
    new OpenSeadragon.Point(isMirrored ? viewer.viewport.getContainerSize().x - x : x, y);
  const place = (x: number, y: number) =>
    mirrored(viewer.viewport.viewportToViewerElementCoordinates(new OpenSeadragon.Point(x / width, y / width)));
  const affine = (): Affine => toAffine(place(0, 0), place(width, 0), place(0, height), width, height);
  return {
    affine,
    mirrored,
    toPointer: (position) => {
      const point = viewer.viewport.viewerElementToViewportCoordinates(mirrored(position));
      return {
        slide: { x: point.x * width, y: point.y * width },
        screen: { x: position.x, y: position.y },
      };
    },
    toScreen: (rect) => {
      const map = affine();
      const corners = [
        applyAffine(map, rect.x, rect.y),
        applyAffine(map, rect.x + rect.width, rect.y),
        applyAffine(map, rect.x, rect.y + rect.height),
        applyAffine(map, rect.x + rect.width, rect.y + rect.height),
      ];
      const xs = corners.map((corner) => corner.x);
      const ys = corners.map((corner) => corner.y);
      const x = Math.min(...xs);
      const y = Math.min(...ys);
      return { x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y };
    },
    toViewport: (rect) =>
      new OpenSeadragon.Rect(rect.x / width, rect.y / width, rect.width / width, rect.height / width),
  };
}
