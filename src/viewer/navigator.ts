/** The overview in the corner of the view: how large it is, and when its frame says something. */
import type OpenSeadragon from 'openseadragon';
import type { SlideInfo } from '../slide/slide.ts';
import { isOnItsSide, uprightOf } from './orientation.ts';
import type { SlideFrame } from './slide-frame.ts';

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Longest side, CSS px. */
const LONGEST = 168;
/** Shortest side, CSS px, where there is room for it: that of a long slide. */
const SHORTEST = 48;
/** Of the width and of the height of the view. */
const MOST_OF_VIEW = 1 / 4;

/**
 * Whole CSS px, of the slide's own proportions; a square for one that stands on its side, since it turns inside. `view`
 * in CSS px.
 */
export function navigatorSize(info: Pick<SlideInfo, 'width' | 'height' | 'orientation'>, view: Size): Size {
  const most = (side: number) => Math.max(1, Math.floor(Math.min(LONGEST, side * MOST_OF_VIEW)));
  const [widest, highest] = [most(view.width), most(view.height)];
  if (isOnItsSide(uprightOf(info.orientation))) {
    const side = Math.min(widest, highest);
    return { width: side, height: side };
  }
  const scale = Math.min(widest / info.width, highest / info.height);
  return {
    width: Math.min(widest, Math.max(SHORTEST, Math.round(info.width * scale))),
    height: Math.min(highest, Math.max(SHORTEST, Math.round(info.height * scale))),
  };
}

/** Follows the size of the view, and hides the frame of what is in view while that is the whole slide. */
export function keepNavigatorFitting(viewer: OpenSeadragon.Viewer, frame: SlideFrame, info: SlideInfo): void {
  let [width, height] = [0, 0];
  viewer.addHandler('update-viewport', () => {
    const { navigator } = viewer;
    if (!navigator) return;
    const view = viewer.viewport.getContainerSize();
    if (view.x !== width || view.y !== height) {
      [width, height] = [view.x, view.y];
      const size = navigatorSize(info, { width, height });
      navigator.setWidth(size.width);
      navigator.setHeight(size.height);
    }
    const box = frame.toScreen(info.bounds);
    // Half a CSS px: the whole slide at home touches the edges of the view.
    const isWhole =
      box.x > -0.5 && box.y > -0.5 && box.x + box.width < width + 0.5 && box.y + box.height < height + 0.5;
    navigator.element.classList.toggle('is-whole', isWhole);
  });
}
