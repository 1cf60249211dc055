import { useMemo } from 'react';
import type { Attention } from '../analysis/prediction.ts';
import type { Rect } from '../geometry.ts';
import { count, probability, signed, times } from './numbers.ts';
import { rankTiles } from './tile-ranks.ts';

const WIDTH = 216;
const GAP = 14;

/** What is known of one tile, beside it and never on it. `place` is the tile on screen, CSS px of the stage. */
export function Readout({
  attention,
  tile,
  place,
  stage,
}: {
  attention: Attention;
  tile: number;
  place: Rect;
  stage: { readonly width: number; readonly height: number };
}) {
  const ranks = useMemo(() => rankTiles(attention.weights), [attention]);
  const total = attention.weights.length;
  const weight = attention.weights[tile] ?? 0;
  const rank = ranks.rank[tile] ?? total;
  const contribution = attention.contributions?.[tile];
  const alone = attention.tileProbabilities?.[tile];
  const right = place.x + place.width + GAP;
  const left = right + WIDTH <= stage.width ? right : place.x - GAP - WIDTH;
  const top = Math.min(Math.max(8, place.y), stage.height - 172);
  return (
    <div
      className="float readout"
      style={{ left: `${Math.max(8, left)}px`, top: `${top}px` }}
      data-testid="tile-readout"
    >
      <b>
        Tile {count(rank)} of {count(total)}
      </b>
      <dl className="facts">
        <div>
          <dt>attention</dt>
          <dd>{times(weight * total)} uniform</dd>
        </div>
        <div>
          <dt>weight</dt>
          <dd>{weight.toPrecision(3)}</dd>
        </div>
        <div>
          <dt>percentile</dt>
          <dd>{percentile(rank, total)}</dd>
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

/** Share of tiles that weigh no more than this one, 0..100. */
function percentile(rank: number, total: number): string {
  return ((100 * (total - rank + 1)) / total).toFixed(1);
}
