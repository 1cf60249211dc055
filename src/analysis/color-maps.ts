/**
 * Color maps as tables of 256 RGB values, for shades over stained tissue: blue-green and orange are hues that hematoxylin and
 * eosin do not have, and every map darkens steadily from white, so that the strongest value is the one that stands out and
 * never the palest. Measured in color-maps.test.ts over the colors of H&E.
 */

/** 'grays' is told apart with any color vision. */
export type ColorMap = 'greens' | 'oranges' | 'grays';

type Color = readonly [number, number, number];

const BLUE_GREEN: Color = [0, 122, 104];
const ORANGE: Color = [240, 122, 0];
const NEUTRAL: Color = [245, 245, 245];

/** First and last color. The first is glass: a weak value has no opacity. */
const SEQUENTIAL: Readonly<Record<ColorMap, readonly [Color, Color]>> = {
  greens: [[222, 243, 236], BLUE_GREEN],
  oranges: [[255, 232, 205], ORANGE],
  grays: [
    [228, 228, 228],
    [12, 12, 12],
  ],
};

export const COLOR_MAPS: readonly ColorMap[] = ['greens', 'oranges', 'grays'];

const tables = new Map<string, Uint8Array>();

/** [256,3] uint8, low to high. */
export function sequentialTable(map: ColorMap): Uint8Array {
  const [from, to] = SEQUENTIAL[map];
  return tableOf(map, (t) => between(from, to, t));
}

/** [256,3] uint8: blue-green (against) over white to orange (towards), told apart with any color vision. */
export function divergingTable(): Uint8Array {
  // The hue is there early: what is weak is already told apart by its opacity.
  return tableOf('diverging', (t) => between(NEUTRAL, t < 0.5 ? BLUE_GREEN : ORANGE, Math.abs(2 * t - 1) ** 0.5));
}

function between(from: Color, to: Color, share: number): readonly number[] {
  return from.map((value, i) => Math.round(value + share * ((to[i] ?? 0) - value)));
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
