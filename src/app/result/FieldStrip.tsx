import { useEffect, useRef, useState } from 'react';
import { tileRect } from '../../analysis/heatmap.ts';
import { isAbort } from '../../errors.ts';
import type { Rect } from '../../geometry.ts';
import type { SlideInfo } from '../../slide/slide.ts';
import type { TileBag } from '../../tiling/bag.ts';
import { turnSquare, uprightOf } from '../../viewer/orientation.ts';
import { classLabel } from '../../words/labels.ts';
import { canvasSpace } from '../display/display.ts';
import { mapWords } from '../heatmap/Legend.tsx';
import { valueWords } from '../heatmap/Readout.tsx';
import { useScreen, useSession } from '../state/session.ts';
import type { ShownMap, ShownRun } from '../state/shown-run.ts';
import type { FieldGroup } from './fields.ts';

/** Enough for 120 CSS px on a dense screen, px. */
const THUMBNAIL_PX = 240;

/** The fields to read first, for and against apart, in the order of the map on screen; one opens at reading size. */
export function FieldStrip({
  run,
  bag,
  map,
  groups,
  info,
  onGo,
}: {
  run: ShownRun;
  bag: TileBag;
  map: ShownMap;
  groups: readonly FieldGroup[];
  info: SlideInfo;
  onGo: (tile: number) => void;
}) {
  const chosen = useScreen((screen) => screen.chosenTile);
  return (
    <section className="fields" aria-label="Fields" data-testid="fields">
      {groups.map(({ id, fields }) => (
        <div key={id} className="field-group">
          <h2>{groupWords(id, run, map)}</h2>
          <ol>
            {fields.map(({ tile, rank, value }) => {
              const isChosen = chosen?.runId === run.runId && chosen.index === tile;
              return (
                <li key={tile}>
                  <button
                    type="button"
                    className={isChosen ? 'thumbnail is-on' : 'thumbnail'}
                    data-testid="field"
                    data-rank={rank}
                    data-value={value}
                    data-x={bag.xy[2 * tile]}
                    data-y={bag.xy[2 * tile + 1]}
                    aria-pressed={isChosen}
                    aria-label={`Field ${rank}, ${groupWords(id, run, map)}, ${valueWords(map, value)}: open`}
                    onClick={() => onGo(tile)}
                  >
                    <Thumbnail info={info} bag={bag} tile={tile} />
                    <span aria-hidden>{valueWords(map, value)}</span>
                  </button>
                </li>
              );
            })}
          </ol>
        </div>
      ))}
    </section>
  );
}

function groupWords(id: FieldGroup['id'], run: ShownRun, map: ShownMap): string {
  if (id === 'highest') return 'Highest values';
  const { low, high } = mapWords(run, map);
  return classLabel(id === 'towards' ? high : low);
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

function Thumbnail({ info, bag, tile }: { info: SlideInfo; bag: TileBag; tile: number }) {
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
    <span className="thumbnail-hole">unreadable</span>
  ) : (
    <canvas ref={canvas} width={THUMBNAIL_PX} height={THUMBNAIL_PX} aria-hidden />
  );
}
