/**
 * Color maps as tables of 256 RGB values, for shades over stained tissue: their hues are those that hematoxylin and eosin do
 * not have, and they darken steadily, so that the strongest value is the one that stands out and never the palest.
 */
import { interpolateGreens, interpolateGreys, interpolateOranges } from 'd3-scale-chromatic';

/** 'grays' is told apart with any color vision. */
export type ColorMap = 'greens' | 'oranges' | 'grays';

const SEQUENTIAL: Readonly<Record<ColorMap, (t: number) => string>> = {
  greens: interpolateGreens,
  oranges: interpolateOranges,
  grays: interpolateGreys,
};

export const COLOR_MAPS: readonly ColorMap[] = ['greens', 'oranges', 'grays'];

/** Part of a map that is used: its first tenth is white, which is glass; the last of the oranges is brown, which is tissue. */
const USED: Readonly<Record<ColorMap, readonly [number, number]>> = {
  greens: [0.15, 1],
  oranges: [0.15, 0.9],
  grays: [0.15, 1],
};

const tables = new Map<string, Uint8Array>();

/** [256,3] uint8, low to high. */
export function sequentialTable(map: ColorMap): Uint8Array {
  const [from, to] = USED[map];
  return tableOf(map, (t) => parseColor(SEQUENTIAL[map](from + t * (to - from))));
}

const AGAINST = [0, 109, 91] as const;
const TOWARDS = [200, 70, 0] as const;
const NEUTRAL = [245, 245, 245] as const;

/** [256,3] uint8: blue-green (against) over white to orange (towards), told apart with any color vision. */
export function divergingTable(): Uint8Array {
  return tableOf('diverging', (t) => {
    const end = t < 0.5 ? AGAINST : TOWARDS;
    // The hue is there early: what is weak is already told apart by its opacity.
    const share = Math.abs(2 * t - 1) ** 0.5;
    return NEUTRAL.map((from, i) => Math.round(from + share * ((end[i] ?? 0) - from)));
  });
}

function tableOf(name: string, colorAt: (t: number) => readonly number[]): Uint8Array {
  let table = tables.get(name);
  if (table === undefined) {
    table = new Uint8Array(256 * 3);
    for (let i = 0; i < 256; i++) table.set(colorAt(i / 255), i * 3);
    tables.set(name, table);
  }
  return table;
}

/** d3 writes "#rrggbb" or "rgb(r, g, b)". */
function parseColor(text: string): readonly number[] {
  if (text.startsWith('#')) return [1, 3, 5].map((at) => Number.parseInt(text.slice(at, at + 2), 16));
  return (text.match(/\d+(\.\d+)?/g) ?? []).slice(0, 3).map((part) => Math.round(Number(part)));
}
