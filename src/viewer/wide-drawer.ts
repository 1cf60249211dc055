/** Tiles of Display-P3 colours on canvases of Display-P3: OpenSeadragon's own would clip them to sRGB. */
import OpenSeadragon from 'openseadragon';

/** Type of such tiles in OpenSeadragon's cache. */
export const WIDE_BITMAP = 'wideBitmap';

const WIDE = { colorSpace: 'display-p3' } as const;

OpenSeadragon.converter.learn(
  WIDE_BITMAP,
  'context2d',
  (_tile: unknown, bitmap: ImageBitmap) => {
    const canvas = document.createElement('canvas');
    canvas.width = bitmap.width;
    canvas.height = bitmap.height;
    const context = canvas.getContext('2d', { ...WIDE, willReadFrequently: true });
    context?.drawImage(bitmap, 0, 0);
    return context;
  },
  1,
  2,
);
OpenSeadragon.converter.learnDestroy(WIDE_BITMAP, (bitmap: ImageBitmap) => bitmap.close());

/** What a drawer may replace; the types do not know it. */
const drawerOfCanvas = OpenSeadragon.CanvasDrawer.prototype as unknown as {
  _createDrawingElement(): HTMLCanvasElement;
};

/**
 * The drawer on a 2-D canvas, which keeps the colours that a canvas was first asked for.
 * @see https://openseadragon.github.io/docs/OpenSeadragon.DrawerBase.html
 */
export class WideDrawer extends OpenSeadragon.CanvasDrawer {
  protected _createDrawingElement(): HTMLCanvasElement {
    const canvas = drawerOfCanvas._createDrawingElement.call(this);
    canvas.getContext('2d', WIDE);
    return canvas;
  }
}
