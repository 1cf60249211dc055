import { useEffect, useMemo, useState } from 'react';
import { rankTiles, tileRect } from '../../analysis/heatmap.ts';
import type { TileBag } from '../../tiling/bag.ts';
import type { SlideView } from '../../viewer/slide-view.ts';
import { count, probability, signed, times } from '../../words/numbers.ts';
import type { ShownMap, ShownRun } from '../state/shown-run.ts';

const WIDTH = 216;
const HEIGHT = 120;
const GAP = 14;

/** What is known of one tile of the bag, beside it and never on it. */
export function Readout({ run, bag, tile, view }: { run: ShownRun; bag: TileBag; tile: number; view: SlideView }) {
  const [, setMoves] = useState(0);
  useEffect(() => view.watch(() => setMoves((moves) => moves + 1)), [view]);
  const attention = run.maps.find(({ kind }) => kind === 'attention');
  const ranks = useMemo(() => attention && rankTiles(Float32Array.from(attention.values)).ranks, [attention]);
  const known = run.maps.filter(({ values }) => !Number.isNaN(values[tile] ?? Number.NaN));
  if (known.length === 0) return null;
  const place = view.toScreen(tileRect(bag, tile));
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
        Tile {count(ranks?.[tile] ?? tile + 1)} of {count(bag.count)} by attention
      </b>
      <dl className="facts">
        {known.map((map) => (
          <div key={map.id}>
            <dt>{LABELS[map.kind]}</dt>
            <dd>{valueWords(map, map.values[tile] ?? Number.NaN)}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

const LABELS = { attention: 'attention', contribution: 'contribution', probability: 'single tile', score: 'score' };

/** A value of a map as it is read: "3.1×", "+0.42", "0.83". */
export function valueWords({ kind, isSigned }: Pick<ShownMap, 'kind' | 'isSigned'>, value: number): string {
  if (isSigned) return signed(value);
  switch (kind) {
    case 'attention':
      return value > 0 && value < 0.005 ? '<0.01×' : times(value);
    case 'probability':
      return probability(value);
    default:
      return String(Number(value.toPrecision(3)));
  }
}
