import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { tileRect } from '../../analysis/heatmap.ts';
import type { Rect } from '../../geometry.ts';
import type { TileBag } from '../../tiling/bag.ts';
import type { SlideView } from '../../viewer/slide-view.ts';
import { mapValue } from '../../words/fields.ts';
import { count } from '../../words/numbers.ts';
import type { ShownMap, ShownRun } from '../state/shown-run.ts';
import { mapWords } from './Legend.tsx';
import { placeBeside } from './place-beside.ts';
import { strengthRanks } from './tile-ranks.ts';

/** What stands over the slide and is never covered. */
const TOOLS = '.float:not(.readout), .navigator, .stage-notices > *';

/** What is known of one tile of the bag, beside it and never on it. `title`: what it is, where it is more than a tile. */
export function Readout({
  run,
  bag,
  map,
  tile,
  title,
  view,
}: {
  run: ShownRun;
  bag: TileBag;
  /** The one on screen: its value stands first. */
  map: ShownMap;
  tile: number;
  title: string | undefined;
  view: SlideView;
}) {
  const box = useRef<HTMLDivElement>(null);
  const [, setMoves] = useState(0);
  useEffect(() => view.watch(() => setMoves((moves) => moves + 1)), [view]);
  const ranks = useMemo(() => strengthRanks(map.values), [map]);
  const known = [map, ...run.maps.filter(({ id }) => id !== map.id)].filter(
    ({ values }) => !Number.isNaN(values[tile] ?? Number.NaN),
  );
  const place = view.toScreen(tileRect(bag, tile));
  // Each time that it is drawn: how large it is, and what stands around it, only the page knows.
  useLayoutEffect(() => {
    const element = box.current;
    const stage = element?.parentElement;
    if (!element || !stage) return;
    const { x, y } = placeBeside(
      place,
      { width: element.offsetWidth, height: element.offsetHeight },
      { width: stage.clientWidth, height: stage.clientHeight },
      toolsOf(stage),
    );
    element.style.left = `${x}px`;
    element.style.top = `${y}px`;
  });
  const stage = view.size();
  const isOut =
    place.x > stage.width || place.y > stage.height || place.x + place.width < 0 || place.y + place.height < 0;
  if (known.length === 0 || isOut) return null;
  return (
    <div ref={box} className="float readout" data-testid="tile-readout" data-tile={tile}>
      <b>
        {title ?? `Tile ${count(ranks[tile] ?? 0)} of ${count(bag.count)} by ${mapWords(run, map).name.toLowerCase()}`}
      </b>
      <dl className="facts">
        {known.map((one) => (
          <div key={one.id}>
            <dt>{mapWords(run, one).name}</dt>
            <dd>{mapValue(one.kind, one.isSigned, one.values[tile] ?? Number.NaN)}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

/** Where the tools are, CSS px of the stage. */
function toolsOf(stage: HTMLElement): readonly Rect[] {
  const { left, top } = stage.getBoundingClientRect();
  return Array.from(stage.querySelectorAll(TOOLS), (tool) => {
    const { x, y, width, height } = tool.getBoundingClientRect();
    return { x: x - left, y: y - top, width, height };
  }).filter(({ width, height }) => width > 0 && height > 0);
}
