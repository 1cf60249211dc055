import { useEffect, useRef, useState } from 'react';
import { tileRect } from '../../analysis/heatmap.ts';
import { isAbort } from '../../errors.ts';
import type { Rect } from '../../geometry.ts';
import type { SlideInfo } from '../../slide/slide.ts';
import type { TileBag } from '../../tiling/bag.ts';
import { turnSquare, uprightOf } from '../../viewer/orientation.ts';
import { canvasSpace } from '../display/display.ts';
import { useScreen, useSession } from '../state/session.ts';

/** Enough for 120 CSS px on a dense screen, px. */
const THUMBNAIL_PX = 240;

/** The tissue of one tile as it is on the slide, the right way up. */
export function FieldThumbnail({ info, bag, tile }: { info: SlideInfo; bag: TileBag; tile: number }) {
  const { slides } = useSession();
  const { colors, managed } = useScreen((screen) => screen.display);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [hasFailed, setFailed] = useState(false);
  const space = canvasSpace(info.colorProfile, managed);
  useEffect(() => {
    const controller = new AbortController();
    setFailed(false);
    slides
      .readRegion(info.id, regionOf(info, bag, tile), controller.signal, { colors })
      .then((bitmap) => {
        const context = canvas.current?.getContext('2d', { colorSpace: space });
        if (context && !controller.signal.aborted) {
          context.save();
          context.imageSmoothingQuality = 'high';
          turnSquare(context, THUMBNAIL_PX, uprightOf(info.orientation));
          context.drawImage(bitmap, 0, 0, THUMBNAIL_PX, THUMBNAIL_PX);
          context.restore();
        }
        bitmap.close();
      })
      .catch((error: unknown) => {
        if (!isAbort(error)) setFailed(true);
      });
    return () => controller.abort();
  }, [slides, info, bag, tile, colors, space]);
  return hasFailed ? (
    <span className="field-hole">unreadable</span>
  ) : (
    <canvas ref={canvas} width={THUMBNAIL_PX} height={THUMBNAIL_PX} aria-hidden />
  );
}

/** The smallest level on which the tile still has as many pixels as the thumbnail, and its side there. */
function regionOf(info: SlideInfo, bag: TileBag, tile: number): Rect & { readonly level: number } {
  const fine = info.levels.filter(({ downsample }) => bag.spanPx / downsample >= THUMBNAIL_PX);
  const level = fine.reduce(
    (a, b) => (b.downsample > a.downsample ? b : a),
    info.levels[0] ?? { index: 0, downsample: 1 },
  );
  const side = Math.max(1, Math.round(bag.spanPx / level.downsample));
  const { x, y } = tileRect(bag, tile);
  return { level: level.index, x, y, width: side, height: side };
}
