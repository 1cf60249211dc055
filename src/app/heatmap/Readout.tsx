import { useEffect, useMemo, useState } from 'react';
import { rankTiles, readTileNumbers, tileRect } from '../../analysis/heatmap.ts';
import type { SlideView } from '../../viewer/slide-view.ts';
import { count, probability, signed, times } from '../../words/numbers.ts';
import type { SeenAttention } from './heatmap-view.ts';

const WIDTH = 216;
const HEIGHT = 148;
const GAP = 14;

/** What is known of one tile, beside it and never on it. */
export function Readout({ attention, tile, view }: { attention: SeenAttention; tile: number; view: SlideView }) {
  const [, setMoves] = useState(0);
  useEffect(() => view.watch(() => setMoves((moves) => moves + 1)), [view]);
  const ranking = useMemo(() => rankTiles(attention.weights), [attention]);
  const {
    weight,
    timesUniform,
    percentile,
    rank,
    contribution,
    probability: alone,
  } = readTileNumbers(attention, ranking, tile);
  if (Number.isNaN(weight)) return null;
  const place = view.toScreen(tileRect(attention.bag, tile));
  const stage = view.size();
  if (place.x > stage.width || place.y > stage.height || place.x + place.width < 0 || place.y + place.height < 0) {
    return null;
  }
  const right = place.x + place.width + GAP;
  const left = right + WIDTH + 8 <= stage.width ? right : place.x - GAP - WIDTH;
  const top = Math.min(Math.max(8, place.y), stage.height - HEIGHT - 8);
  return (
    <div
      className="float readout"
      style={{ left: `${Math.max(8, Math.min(left, stage.width - WIDTH - 8))}px`, top: `${top}px` }}
      data-testid="tile-readout"
    >
      <b>
        Tile {count(rank)} of {count(attention.weights.length)}
      </b>
      <dl className="facts">
        <div>
          <dt>attention</dt>
          <dd>{times(timesUniform)} uniform</dd>
        </div>
        <div>
          <dt>weight</dt>
          <dd>{weight.toPrecision(3)}</dd>
        </div>
        <div>
          <dt>percentile</dt>
          <dd>{percentile.toFixed(1)}</dd>
        </div>
        {contribution !== undefined && (
          <div>
            <dt>contribution</dt>
            <dd>{signed(contribution)}</dd>
          </div>
        )}
        {alone !== undefined && (
          <div>
            <dt>this tile alone</dt>
            <dd>{probability(alone)}</dd>
          </div>
        )}
      </dl>
    </div>
  );
}
