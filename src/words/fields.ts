/** What is said of the fields to review and of the tiles of a map. */
import type { MapKind } from '../analysis/heatmap.ts';
import type { MapLabel } from './labels.ts';
import { classLabel } from './labels.ts';
import { count, probability, signed, times } from './numbers.ts';

/** Which fields stand together: for and against the class that a signed map speaks for, or the highest of any other map. */
export type FieldSide = 'towards' | 'against' | 'highest';

/** "Towards malignant", "Towards benign", "Highest attention" */
export function sideLabel(side: FieldSide, { name, low, high }: Pick<MapLabel, 'name' | 'low' | 'high'>): string {
  if (side === 'highest') return `Highest ${name.toLowerCase()}`;
  return classLabel(side === 'towards' ? high : low);
}

/** A value of a map as it is read: "3.1×", "+0.42", "0.83". */
export function mapValue(kind: MapKind, isSigned: boolean, value: number): string {
  if (Number.isNaN(value)) return '–';
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

/** "Field 3 of 12, towards malignant, +0.42" */
export function fieldSentence(rank: number, of: number, side: string, value: string): string {
  return `Field ${count(rank)} of ${count(of)}, ${side.charAt(0).toLowerCase()}${side.slice(1)}, ${value}`;
}

/** Of a tile that is no field of the strip: "Tile 45 of 670 by contribution, +0.01" */
export function tileSentence(rank: number, of: number, map: string, value: string): string {
  return `Tile ${count(rank)} of ${count(of)} by ${map.toLowerCase()}, ${value}`;
}

/** Where the negative class is called and no field speaks against that. */
export function weakFieldsSentence(positive: string, negative: string): string {
  return `Called ${negative}: no field raises the probability of ${positive} by 0.01 or more.`;
}

/** Beside the fields of the most attention, where the negative class is called: they are no evidence against it. */
export function lookedAtSentence(positive: string, negative: string): string {
  return `Called ${negative}: these were looked at most, which is no sign of ${positive}.`;
}
