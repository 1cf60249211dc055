/** The slide as it stood, over the viewer's own picture while its tiles are read again: there is no blank in between. */
import type OpenSeadragon from 'openseadragon';
import type { Affine } from './affine.ts';

/** ms: after that what was read so far is shown, as it is of a slide that opens. */
const LONGEST_HOLD = 2_000;

export interface HeldPicture {
  /** Has no size while nothing is held. */
  readonly canvas: HTMLCanvasElement;
  /** Keeps what is on screen now until all tiles in sight are there again. Called before the viewer forgets them. */
  hold(): void;
  drop(): void;
}

/**
 * A copy and not a second slide in the viewer: models, exports and the cache never see two. `affine`: where the slide
 * stands on the screen, which the copy follows.
 */
export function createHeldPicture(viewer: OpenSeadragon.Viewer, affine: () => Affine): HeldPicture {
  const canvas = document.createElement('canvas');
  canvas.className = 'held-picture';
  canvas.setAttribute('aria-hidden', 'true');
  let toSlide: DOMMatrix | undefined;

  const drop = () => {
    toSlide = undefined;
    canvas.remove();
    canvas.width = 0;
    canvas.height = 0;
  };
  viewer.addHandler('update-viewport', () => {
    if (toSlide !== undefined) canvas.style.transform = toMatrix(affine()).multiply(toSlide).toString();
  });

  return {
    canvas,
    drop,
    hold: () => {
      const drawn = viewer.drawer?.canvas;
      const slide = viewer.world.getItemAt(0);
      // One that is held already is whole; what is drawn below it is not.
      if (toSlide !== undefined || !slide || !(drawn instanceof HTMLCanvasElement)) return;
      canvas.width = drawn.width;
      canvas.height = drawn.height;
      canvas.style.width = `${drawn.clientWidth}px`;
      canvas.style.height = `${drawn.clientHeight}px`;
      canvas.style.transform = '';
      const { colorSpace = 'srgb' } = drawn.getContext('2d')?.getContextAttributes() ?? {};
      canvas.getContext('2d', { colorSpace })?.drawImage(drawn, 0, 0);
      drawn.after(canvas);
      toSlide = toMatrix(affine()).inverse();
      const until = performance.now() + LONGEST_HOLD;
      const look = () => {
        if (toSlide === undefined) return;
        if (slide.getFullyLoaded() || performance.now() > until) drop();
        else requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    },
  };
}

function toMatrix({ a, b, c, d, e, f }: Affine): DOMMatrix {
  return new DOMMatrix([a, b, c, d, e, f]);
}
