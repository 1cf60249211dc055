/** The order of tiles by a map. Pure. */
import type { ShownMap } from '../state/shown-run.ts';

/** [N] 1 for the strongest value, whatever its sign; ties by index; 0 where the value is unknown. */
export function strengthRanks(values: ShownMap['values']): Int32Array {
  const ranks = new Int32Array(values.length);
  Array.from(values, (value, tile) => ({ tile, strength: Math.abs(value) }))
    .filter(({ strength }) => !Number.isNaN(strength))
    .sort((a, b) => b.strength - a.strength || a.tile - b.tile)
    .forEach(({ tile }, place) => {
      ranks[tile] = place + 1;
    });
  return ranks;
}

/** The tiles by value, the highest first, or the lowest; ties by index, tiles of unknown value last. */
export function tilesByValue(values: ShownMap['values'], isHighestFirst: boolean): readonly number[] {
  const sign = isHighestFirst ? -1 : 1;
  return Array.from(values, (value, tile) => ({ tile, value }))
    .sort((a, b) => {
      const [isA, isB] = [Number.isNaN(a.value), Number.isNaN(b.value)];
      if (isA || isB) return Number(isA) - Number(isB) || a.tile - b.tile;
      return sign * (a.value - b.value) || a.tile - b.tile;
    })
    .map(({ tile }) => tile);
}
