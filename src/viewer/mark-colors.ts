/** Colors of what is drawn over the tissue: our own, or those of the person's system where it forces them. */
import type { HatchColors } from './hatching.ts';

export interface MarkColors {
  readonly chosen: string;
  readonly hover: string;
  /** Around both. */
  readonly casing: string;
  /** Around each analyzed tile. */
  readonly analyzed: string;
  readonly hatch: HatchColors;
}

const OWN: MarkColors = {
  chosen: '#3451b2',
  hover: '#18181b',
  casing: 'rgba(255,255,255,.85)',
  analyzed: 'rgba(24,24,27,.55)',
  hatch: { line: 'rgba(24,24,27,.6)', casing: 'rgba(255,255,255,.5)' },
};

/** @see CSS Color 4, system colors: a canvas takes them by name. */
const FORCED: MarkColors = {
  chosen: 'Highlight',
  hover: 'CanvasText',
  casing: 'Canvas',
  analyzed: 'CanvasText',
  hatch: { line: 'CanvasText', casing: 'Canvas' },
};

export function markColors(isForced: boolean): MarkColors {
  return isForced ? FORCED : OWN;
}
