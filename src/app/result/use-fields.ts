import { useMemo } from 'react';
import { fieldSentence, mapValue, sideLabel, tileSentence } from '../../words/fields.ts';
import type { HeatmapView } from '../heatmap/heatmap-view.ts';
import { mapWords } from '../heatmap/Legend.tsx';
import { strengthRanks } from '../heatmap/tile-ranks.ts';
import { useScreen } from '../state/session.ts';
import type { ShownRun } from '../state/shown-run.ts';
import { type FieldGroup, fieldGroups, fieldOf, fieldOrder } from './fields.ts';

/** The fields of the map on screen, and the one of them that is open. */
export interface Fields {
  /** None while the run is under way. */
  readonly groups: readonly FieldGroup[];
  /** Tiles in the order of the strip. */
  readonly order: readonly number[];
  /** The tile that is open, of the run on screen: a field or any other. */
  readonly chosen: number | undefined;
  /** "Field 3 of 12, towards malignant, +0.42": of the tile that is open; empty where none is. */
  readonly spoken: string;
  /** "Field 3 of 12" for a tile that is listed. */
  titleOf(tile: number): string | undefined;
}

export function useFields(run: ShownRun | undefined, heatmap: HeatmapView | undefined): Fields {
  const chosenTile = useScreen((screen) => screen.chosenTile);
  const map = heatmap?.map;
  /** A tile of another run is none of this one's. */
  const chosen = chosenTile !== undefined && chosenTile.runId === run?.runId ? chosenTile.index : undefined;
  const groups = useMemo(() => (map === undefined || run?.isPartial ? [] : fieldGroups(map)), [map, run?.isPartial]);
  return useMemo(() => {
    const order = fieldOrder(groups);
    return {
      groups,
      order,
      chosen,
      spoken:
        run === undefined || map === undefined || chosen === undefined ? '' : spokenTile(run, map, groups, chosen),
      titleOf: (tile) => {
        const field = fieldOf(groups, tile);
        return field && `Field ${field.rank} of ${order.length}`;
      },
    };
  }, [groups, chosen, run, map]);
}

function spokenTile(run: ShownRun, map: HeatmapView['map'], groups: readonly FieldGroup[], tile: number): string {
  const words = mapWords(run, map);
  const value = mapValue(map.kind, map.isSigned, map.values[tile] ?? Number.NaN);
  const field = fieldOf(groups, tile);
  return field === undefined
    ? tileSentence(strengthRanks(map.values)[tile] ?? 0, map.values.length, words.name, value)
    : fieldSentence(field.rank, fieldOrder(groups).length, sideLabel(field.group, words), value);
}
