/** How OpenSeadragon is set up for a slide. */
import type OpenSeadragon from 'openseadragon';
import type { ScreenSpace } from '../slide/color-profile.ts';
import type { SlideInfo } from '../slide/slide.ts';
import { navigatorSize } from './navigator.ts';
import { uprightOf } from './orientation.ts';
import { tilesInCache, toPyramid } from './pyramid.ts';
import { WideDrawer } from './wide-drawer.ts';

/** Tiles asked for at once; the pool of workers takes as many as it has workers and queues the rest. */
const TILE_REQUESTS = 12;
/** How far one zooms out, as a share of the zoom at which the whole slide is in view. */
export const MIN_ZOOM_OF_HOME = 0.5;

/** `view`: size of the element, CSS px. `still`: nothing moves by itself. @see https://openseadragon.github.io/docs/OpenSeadragon.html#.Options */
export function viewerOptions(
  info: SlideInfo,
  space: ScreenSpace,
  view: { readonly width: number; readonly height: number },
  still: boolean,
): OpenSeadragon.Options {
  const upright = uprightOf(info.orientation);
  return {
    showNavigationControl: false,
    showNavigator: true,
    navigatorPosition: 'TOP_RIGHT',
    navigatorAutoFade: false,
    navigatorOpacity: 1,
    navigatorBackground: '#ffffff',
    navigatorBorderColor: 'transparent',
    navigatorDisplayRegionColor: '#3451b2',
    ...sizeOption(navigatorSize(info, view)),
    degrees: upright.degrees,
    drawer: space === 'display-p3' ? [WideDrawer] : hasRealWebGl() ? ['webgl', 'canvas'] : ['canvas'],
    maxImageCacheCount: tilesInCache(toPyramid(info)),
    imageLoaderLimit: TILE_REQUESTS,
    // A tile that waits behind others in the pool has not failed.
    timeout: 120_000,
    animationTime: still ? 0 : 0.35,
    springStiffness: 9,
    // The first step comes before all others: nothing is drawn until it is there (tile-source.ts).
    immediateRender: false,
    // One a frame would leave the workers idle where frames are slow.
    maxTilesPerFrame: 4,
    blendTime: 0,
    // A level is fine enough where one of its px is at most two of the screen's own, of which a dense one has more.
    minPixelRatio: 0.5 / Math.min(2, Math.max(1, window.devicePixelRatio)),
    maxZoomPixelRatio: 8,
    minZoomImageRatio: MIN_ZOOM_OF_HOME,
    visibilityRatio: 0.2,
    zoomPerScroll: 1.25,
    gestureSettingsMouse: { clickToZoom: false, dblClickToZoom: true, flickEnabled: !still },
    // Turning by fingers is our own (pointer.ts).
    gestureSettingsTouch: { clickToZoom: false, dblClickToZoom: true, pinchRotate: false, flickEnabled: !still },
    gestureSettingsPen: { clickToZoom: false },
    crossOriginPolicy: false,
  };
}

function sizeOption({ width, height }: { readonly width: number; readonly height: number }) {
  return { navigatorWidth: width, navigatorHeight: height };
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
