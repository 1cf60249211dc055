/** Colour maps as tables of 256 RGB values. */
import {
  interpolateBrBG,
  interpolateCividis,
  interpolateInferno,
  interpolateMagma,
  interpolateTurbo,
  interpolateViridis,
} from 'd3-scale-chromatic';

/** Perceptually even but for turbo; viridis and cividis read alike with any colour vision. */
export type ColourMap = 'viridis' | 'magma' | 'inferno' | 'cividis' | 'turbo';

const SEQUENTIAL: Readonly<Record<ColourMap, (t: number) => string>> = {
  viridis: interpolateViridis,
  magma: interpolateMagma,
  inferno: interpolateInferno,
  cividis: interpolateCividis,
  turbo: interpolateTurbo,
};

export const COLOUR_MAPS: readonly ColourMap[] = ['viridis', 'magma', 'inferno', 'cividis', 'turbo'];

const tables = new Map<string, Uint8Array>();

/** [256,3] uint8, low to high. */
export function sequentialTable(map: ColourMap): Uint8Array {
  return tableOf(map, SEQUENTIAL[map]);
}

/**
 * [256,3] uint8: teal (against) over white to brown (for). Not red and blue, which are the colours of the stain; and
 * told apart with any colour vision.
 */
export function divergingTable(): Uint8Array {
  return tableOf('diverging', (t) => interpolateBrBG(1 - t));
}

function tableOf(name: string, interpolate: (t: number) => string): Uint8Array {
  let table = tables.get(name);
  if (table === undefined) {
    table = new Uint8Array(256 * 3);
    for (let i = 0; i < 256; i++) table.set(parseColour(interpolate(i / 255)), i * 3);
    tables.set(name, table);
  }
  return table;
}

/** d3 writes "#rrggbb" or "rgb(r, g, b)". */
function parseColour(text: string): readonly number[] {
  if (text.startsWith('#')) return [1, 3, 5].map((at) => Number.parseInt(text.slice(at, at + 2), 16));
  return (text.match(/\d+(\.\d+)?/g) ?? []).slice(0, 3).map((part) => Math.round(Number(part)));
}
