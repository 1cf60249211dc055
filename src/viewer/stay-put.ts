/** What stays on screen when the stage around it changes its size. */
import OpenSeadragon from 'openseadragon';

/** Frames of the page after a resize of its window in which its stage follows. */
const FRAMES = 4;

/**
 * The center and the scale of what is seen stay, unless the person resized the window while the whole slide was in view:
 * then it is fitted anew. `isHome`: the person has not moved away from the whole slide. Returns how to stop.
 */
export function stayPut(viewer: OpenSeadragon.Viewer, isHome: () => boolean, goHome: () => void): () => void {
  const { viewport } = viewer;
  let width = viewport.getContainerSize().x;
  let isDrawn = false;
  /** Where the view was going before it was resized; `scale`: CSS px for the width of the slide. */
  let kept: { readonly center: OpenSeadragon.Point; readonly scale: number } | undefined;
  let windowResized = 0;

  const onWindowResize = () => {
    windowResized = FRAMES;
    requestAnimationFrame(countDown);
  };
  const countDown = () => {
    windowResized -= 1;
    if (windowResized > 0) requestAnimationFrame(countDown);
  };
  window.addEventListener('resize', onWindowResize);

  viewer.addHandler('open', () => {
    // Until it is open the viewer does not follow its element.
    const { clientWidth, clientHeight } = viewer.container;
    viewport.resize(new OpenSeadragon.Point(Math.max(1, clientWidth), Math.max(1, clientHeight)));
    goHome();
    kept = undefined;
    width = viewport.getContainerSize().x;
  });
  // The size is the new one, the place still the old one.
  viewer.addHandler('resize', () => {
    kept ??= { center: viewport.getCenter(false), scale: viewport.getZoom(false) * width };
  });
  // OpenSeadragon changes the zoom after its events of resizing, so the place is put right one step later.
  viewer.addHandler('viewport-change', () => {
    const to = kept;
    kept = undefined;
    width = viewport.getContainerSize().x;
    if (to === undefined) return;
    if (isHome() && (windowResized > 0 || !isDrawn)) goHome();
    else {
      viewport.zoomTo(to.scale / width, undefined, true);
      viewport.panTo(to.center, true);
    }
  });
  viewer.addHandler('update-viewport', () => {
    isDrawn = true;
  });
  return () => window.removeEventListener('resize', onWindowResize);
}
